"""Customers whom several runs treated at the same time: why their effects are not added up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from core.access import Permission, Scope
from core.campaigns.model import Campaign, Design
from core.database import ids_as_text, ids_of, read_ids
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
    is_kept = is_counted and scope.bank_wide
    known = _kept(view.session, run_id) if is_kept else _met(view.session, run_id, scope)
    rows = view.session.execute(
        select(Run, Campaign.name)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(Run.id.in_(known))
    )
    found = [
        Overlap(other.id, other.code, campaign, known[other.id])
        for other, campaign in rows
        if went_on_together(run, other)
    ]
    return sorted(found, key=lambda row: (-row.customers, row.code))


def went_on_together(one: Any, other: Any) -> bool:
    """Tell whether two runs went on at the same time; what was stopped early ended then."""
    return bool(one.starts_on <= _last_day(other) and other.starts_on <= _last_day(one))


def _last_day(run: Any) -> date:
    last: date = run.ends_on
    return min(last, run.finished_at.date()) if run.finished_at else last


def _kept(session: Session, run_id: int) -> dict[int, int]:
    """Read what was counted with this run, or later with the other one."""
    there = select(RunOverlap.other_id, RunOverlap.customers).where(RunOverlap.run_id == run_id)
    here = select(RunOverlap.run_id, RunOverlap.customers).where(RunOverlap.other_id == run_id)
    both = union_all(there, here).subquery("both")
    most = select(both.c.other_id, func.max(both.c.customers)).group_by(both.c.other_id)
    return dict(session.execute(most).all())


def _met(session: Session, run_id: int, scope: Scope) -> dict[int, int]:
    """Count whom the run treated in the scope and others did too, wherever, by the other run.

    Each run's customers come as one text: to look them up one after the other takes SQLite thirty
    times as long, and PostgreSQL twice.
    """
    run, other = aliased(Run), aliased(Run)
    treated = Candidate.arm > CONTROL_ARM
    mine = (Candidate.run_id == run_id, treated, scope.limits(Candidate.branch_id))
    own = ids_of(session, select(Candidate.customer_id).where(*mine))
    theirs = select(ids_as_text(Candidate.customer_id)).where(Candidate.run_id == other.id, treated)
    rows = session.execute(
        select(other.id, theirs.scalar_subquery())
        .join(run, run.id == literal(run_id))
        .where(_were_to_meet(run, other))
    )
    found = {id_: int(np.isin(read_ids(text), own).sum()) for id_, text in rows}
    return {id_: customers for id_, customers in found.items() if customers}


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
            tuple(_met(session, run_id, everywhere).items()),
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
