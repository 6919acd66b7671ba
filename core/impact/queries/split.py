"""A run's candidates counted group by group: live, whatever its size."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import func, literal_column, select

from core.customers.model import CustomerState
from core.impact.queries.cells import cell_counts, cells, live_counts
from core.impact.queries.groups import FOLDED, group, joined
from core.impact.tally import Tally
from core.refusals import Invalid
from core.runs.model import Candidate
from core.segments.queries import MOST_SEGMENTS, known_words, mask, usable
from core.work import Reader

EVERY_SEGMENT = "segments"
MOST_GROUPS = 5_000
Tallies: TypeAlias = dict[tuple[int, str | None, str | None], Tally]  # by arm, key and label


def by_group(view: Reader, run_id: int, by: str) -> Tallies:
    """Count every arm of a run in each group, on the customers in scope.

    :raises Invalid: there is no such split, or it has too many groups
    """
    counted = cells(view.actor.scope, [run_id]) if by in FOLDED else None
    source: Any = Candidate if counted is None else counted.c
    split = group(view, by, source, run_id)
    columns: tuple[Any, ...] = (source.arm, split.key.label("key"), split.label.label("label"))
    counts = live_counts() if counted is None else cell_counts(counted)
    statement = joined(
        select(*columns, *counts).select_from(Candidate if counted is None else counted), [split]
    )
    if counted is None:  # cells are of the run alone
        statement = statement.where(
            Candidate.run_id == run_id, view.actor.scope.limits(Candidate.branch_id)
        )
    else:  # nobody is left in a cell that all have moved on from
        statement = statement.having(func.sum(counted.c.targeted) > 0)
    # By name: PostgreSQL does not see that an expression with parameters is the same again.
    statement = statement.group_by(source.arm, literal_column("key"), literal_column("label"))
    rows = view.session.execute(statement).fetchmany(MOST_GROUPS + 1)
    if len(rows) > MOST_GROUPS:
        raise Invalid(
            f"Split by {by} there are more than {MOST_GROUPS:,} groups; "
            "choose something with fewer values."
        )
    return {(arm, key, label): Tally.of(counts) for arm, key, label, *counts in rows}


@dataclass(frozen=True)
class BySegment:
    """A run's customers by arm and the number that says in which of the segments they are.

    `named` are the code and the name of each segment, in the order of the number's bits.
    """

    named: tuple[tuple[str, str], ...]
    numbers: Mapping[tuple[int, int], Tally]

    def inside(self, place: int, *, is_inside: bool = True) -> dict[int, Tally]:
        """Add up by arm who is in a segment, or who is not."""
        found: defaultdict[int, Tally] = defaultdict(Tally)
        for (arm, number), tally in self.numbers.items():
            if bool(number >> place & 1) is is_inside:
                found[arm] += tally
        return found

    @property
    def tallies(self) -> Tallies:
        """Return the tallies of those inside; a customer may be in several segments."""
        return {
            (arm, code, name): tally
            for place, (code, name) in enumerate(self.named)
            for arm, tally in self.inside(place).items()
        }


def by_segment(view: Reader, run_id: int) -> BySegment:
    """Count a run by all segments in use in one look at its candidates."""
    known = known_words(view)
    ids = usable(known).ids[:MOST_SEGMENTS]
    named = {segment.id: (code, segment.name) for code, segment in known.segments.items()}
    statement = (
        select(Candidate.arm, mask(view, ids, known=known).label("inside"), *live_counts())
        .select_from(Candidate)
        .join(CustomerState, CustomerState.customer_id == Candidate.customer_id)
        .where(Candidate.run_id == run_id, view.actor.scope.limits(Candidate.branch_id))
        .group_by(Candidate.arm, literal_column("inside"))
    )
    return BySegment(
        tuple(named[id_] for id_ in ids),
        {(arm, inside): Tally.of(row) for arm, inside, *row in view.session.execute(statement)},
    )
