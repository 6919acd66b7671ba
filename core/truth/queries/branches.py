"""What branches reported of runs, and what stands of it."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import func, select

from core.impact.rules import Absent
from core.measures import Rate
from core.people.model import Unit
from core.truth.estimates import Score, score
from core.truth.queries.claims import Known
from core.truth.queries.judging import judged
from core.truth.rules import LEFT, Check, Finding, Standing
from core.work import Reader

_NOBODY = Rate(0, 0)


@dataclass(frozen=True)
class Looked:
    """How many conversions leads were asked about, and what of those looked at was found.

    `drawn` are those found false out of those looked at that were drawn at random.
    """

    asked: int = 0
    done: int = 0
    false: int = 0
    drawn: Rate = _NOBODY

    def __add__(self, other: "Looked") -> "Looked":
        return Looked(
            self.asked + other.asked,
            self.done + other.done,
            self.false + other.false,
            self.drawn + other.drawn,
        )


@dataclass(frozen=True)
class BranchTruth:
    """What one branch reported, and what stands of it.

    `sales_out` are the won ones that do not; `unseen` were no outcome of the run.
    """

    branch_id: int
    branch: str
    check: Check
    sales_out: int
    unseen: int
    looked: Looked

    @property
    def id(self) -> int:
        return self.branch_id

    @property
    def score(self) -> Score | Absent:
        return score(self.check)


def branches_of(view: Reader, run_ids: list[int], by: Known) -> dict[int, list[BranchTruth]]:
    """Count the reports of runs by branch, in scope, and what leads found of them."""
    claims = judged(view, run_ids, by)
    is_done = claims.c.finding.in_([Finding.GENUINE, Finding.FALSE])
    is_false = claims.c.finding == Finding.FALSE
    looked = [
        func.count(claims.c.finding),
        func.count().filter(is_done),
        func.count().filter(is_false),
        func.count().filter(is_false, claims.c.at_random),
        func.count().filter(is_done, claims.c.at_random),
    ]
    parts = [func.count().filter(claims.c.standing == standing) for standing in Standing]
    sales_out = func.count(claims.c.won_at).filter(claims.c.standing.not_in(LEFT))
    unseen = func.count().filter(claims.c.outcome_at.is_(None))
    rows = view.session.execute(
        select(claims.c.run_id, Unit.id, Unit.name, *parts, sales_out, unseen, *looked)
        .join(Unit, Unit.id == claims.c.branch_id)
        .group_by(claims.c.run_id, Unit.id, Unit.name)
        .order_by(claims.c.run_id, Unit.name)
    )
    found: defaultdict[int, list[BranchTruth]] = defaultdict(list)
    for run_id, branch_id, branch, *counts in rows:
        check = Check.of(dict(zip(Standing, counts, strict=False)))
        sales, unseen_of, asked, done, false, drawn_false, drawn = counts[len(Standing) :]
        of = Looked(asked, done, false, Rate(drawn_false, drawn))
        found[run_id].append(BranchTruth(branch_id, branch, check, sales, unseen_of, of))
    return found
