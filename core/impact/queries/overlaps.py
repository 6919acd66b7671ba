"""Customers whom several runs treated at the same time: why their effects are not added up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from core.access import Permission, Scope
from core.campaigns.model import Campaign, Design
from core.impact.model import RunFold, RunOverlap
from core.impact.queries.funnel import require_run
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM
from core.work import Reader

MOST_AT_ONCE = 20  # runs that are compared in one go: each is a look at all its customers


@dataclass(frozen=True)
class Overlap:
    """Another run that treated some of the same customers while both went on."""

    run_id: int
    code: str
    campaign: str
    customers: int

    @property
    def id(self) -> int:
        return self.run_id


@dataclass(frozen=True)
class Met:
    """Which runs had customers in common with a run, counted after it was folded."""

    run_id: int
    folded_at: datetime
    shared: tuple[tuple[int, int], ...]  # the other run, and how many


def overlaps(view: Reader, *, run_id: int) -> list[Overlap]:
    """List the runs that treated customers of this run at the same time, the most first.

    What is not counted yet, or only for the asker's units, is counted at once.

    :raises NotFound: there is no such run, or nobody of it is in scope
    """
    view.authorize(Permission.SEE_IMPACT)
    run = require_run(view, run_id)
    is_counted = view.session.scalar(select(RunFold.is_compared).where(RunFold.run_id == run_id))
    scope = view.actor.scope
    known = _kept(run_id) if is_counted and scope.bank_wide else _live(run_id, scope)
    both = known.subquery("both")
    rows = view.session.execute(
        select(Run, Campaign.name, func.max(both.c.customers))
        .join(both, both.c.other_id == Run.id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .group_by(Run.id, Campaign.name)
    )
    found = [
        Overlap(other.id, other.code, campaign, int(customers))
        for other, campaign, customers in rows
        if went_on_together(run, other)
    ]
    return sorted(found, key=lambda row: (-row.customers, row.code))


def went_on_together(one: Any, other: Any) -> bool:
    """Tell whether two runs went on at the same time; what was stopped early ended then."""
    return bool(one.starts_on <= _last_day(other) and other.starts_on <= _last_day(one))


def _last_day(run: Any) -> date:
    last: date = run.ends_on
    return min(last, run.finished_at.date()) if run.finished_at else last


def _kept(run_id: int) -> Select[Any]:
    """Read what was counted with this run, or later with the other one."""
    there = select(RunOverlap.other_id, RunOverlap.customers).where(RunOverlap.run_id == run_id)
    here = select(RunOverlap.run_id, RunOverlap.customers).where(RunOverlap.other_id == run_id)
    both = union_all(there, here).subquery("pairs")
    return select(both.c.other_id, both.c.customers)


def _live(run_id: int, scope: Scope) -> Select[*tuple[Any, ...]]:
    """Count from the run's own customers outwards: a look at each, not at everybody's runs."""
    mine, theirs = aliased(Candidate), aliased(Candidate)
    run, other = aliased(Run), aliased(Run)
    own = select(mine.customer_id).where(
        mine.run_id == run_id, mine.arm > CONTROL_ARM, scope.limits(mine.branch_id)
    )
    return (
        select(theirs.run_id.label("other_id"), func.count().label("customers"))
        .select_from(theirs)
        .join(other, other.id == theirs.run_id)
        .join(run, run.id == literal(run_id))
        .where(theirs.customer_id.in_(own), theirs.arm > CONTROL_ARM, _were_to_meet(run, other))
        .group_by(theirs.run_id)
    )


def _were_to_meet(run: Any, other: Any) -> ColumnElement[bool]:
    return and_(
        or_(other.launched_at.is_not(None), other.is_imported),
        other.id != run.id,
        other.starts_on <= run.ends_on,
        run.starts_on <= other.ends_on,
    )


def compare_folded(session: Session) -> list[Met]:
    """Count with which runs some that were folded lately had customers in common; keep nothing."""
    new = session.execute(
        select(RunFold.run_id, RunFold.folded_at)
        .where(RunFold.is_compared.is_(False))
        .order_by(RunFold.run_id)
        .limit(MOST_AT_ONCE)
    ).all()
    everywhere = Scope(bank_wide=True)
    return [
        Met(
            run_id,
            folded_at,
            tuple((other, many) for other, many in session.execute(_live(run_id, everywhere))),
        )
        for run_id, folded_at in new
    ]


@dataclass(frozen=True)
class Shared:
    """Which pairs of runs had customers in common, and which runs were not compared yet."""

    pairs: frozenset[frozenset[int]]
    unknown: frozenset[int]


def shared(view: Reader, run_ids: Iterable[int]) -> Shared:
    """Say which of these runs had customers in common, wherever in the bank."""
    view.authorize(Permission.SEE_IMPACT)
    pairs = view.session.execute(select(RunOverlap.run_id, RunOverlap.other_id))
    known = set(view.session.scalars(select(RunFold.run_id).where(RunFold.is_compared)))
    return Shared(
        frozenset(frozenset((one, other)) for one, other in pairs),
        frozenset(run_ids) - known,
    )
