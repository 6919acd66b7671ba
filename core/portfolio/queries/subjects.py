"""Whom an assessment judges, which runs count for it, and what these came to at a cut-off."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from core.campaigns.model import Campaign, Design
from core.campaigns.rules import Metric
from core.campaigns.visibility import visible
from core.database import id_set
from core.impact.queries.cells import cells
from core.impact.rules import METRIC_PARTS
from core.people.model import Unit
from core.people.queries import subtree
from core.portfolio.model import Plan, PlanEntry
from core.refusals import Invalid, NotFound
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, Confirmation
from core.work import Reader

_NAMES = tuple(dict.fromkeys(name for parts in METRIC_PARTS.values() for name in parts))


@dataclass(frozen=True)
class Subject:
    """What is judged: a campaign with the goal, and in which units its runs count."""

    campaign_id: int | None
    campaign: str
    unit_id: int
    unit: str
    entry_id: int | None = None
    metric: Metric | None = None
    goal: float | None = None


def planned_subjects(view: Reader, plan_id: int) -> list[Subject]:
    plan = view.session.scalar(
        select(Plan).where(Plan.id == plan_id, view.actor.scope.limits(Plan.unit_id))
    )
    if plan is None:
        raise NotFound("There is no such plan among those of your units.")
    rows = view.session.execute(
        select(PlanEntry, Campaign.name, Unit.name)
        .join(Unit, Unit.id == PlanEntry.unit_id)
        .outerjoin(Campaign, Campaign.id == PlanEntry.campaign_id)
        .where(PlanEntry.plan_id == plan_id, view.actor.scope.limits(PlanEntry.unit_id))
        .order_by(PlanEntry.starts_on, PlanEntry.id)
    ).all()
    if not rows:
        raise Invalid(
            f"Plan {plan.code} has no campaign yet, so there is nothing to assess: add one first."
        )
    return [
        Subject(
            campaign_id=entry.campaign_id,
            campaign=name or entry.name or "",
            unit_id=entry.unit_id,
            unit=unit,
            entry_id=entry.id,
            metric=entry.metric,
            goal=entry.goal,
        )
        for entry, name, unit in rows
    ]


def owned_subjects(view: Reader, unit_id: int | None) -> list[Subject]:
    unit = None if unit_id is None else view.session.get(Unit, unit_id)
    if unit is None or not view.actor.scope.holds(unit.id):
        raise NotFound("There is no such unit among yours.")
    below = id_set(view.dialect, subtree(view.session, unit.id))
    carried = (
        select(Design.campaign_id)
        .join(Run, Run.design_id == Design.id)
        .where(Run.unit_id.in_(below))
    )
    rows = view.session.execute(
        select(Campaign.id, Campaign.name)
        .where(or_(Campaign.unit_id.in_(below), Campaign.id.in_(carried)), visible(view))
        .order_by(Campaign.starts_on, Campaign.id)
    ).all()
    if not rows:
        raise Invalid(f"{unit.name} has no campaign yet, so there is nothing to assess.")
    return [Subject(id_, name, unit.id, unit.name) for id_, name in rows]


def runs_of(
    view: Reader, campaign_ids: Sequence[int], cut_off_at: datetime | None
) -> list[tuple[Run, Design]]:
    """Return what was carried out by the cut-off, here or elsewhere."""
    begun: ColumnElement[bool] = Run.launched_at.is_not(None)
    if cut_off_at is not None:
        begun = Run.launched_at <= cut_off_at
    statement = (
        select(Run, Design)
        .join(Design, Design.id == Run.design_id)
        .where(
            Design.campaign_id.in_(id_set(view.dialect, campaign_ids)),
            or_(begun, Run.is_imported),
            view.actor.scope.limits(Run.unit_id),
        )
        .order_by(Run.id)
    )
    return [(run, design) for run, design in view.session.execute(statement)]


def counting_for(
    view: Reader, subject: Subject, runs: Sequence[tuple[Run, Design]]
) -> list[tuple[Run, Design]]:
    """Return the runs that count for a subject: an entry's own, and those begun without a plan."""
    below = subtree(view.session, subject.unit_id)

    def counts(run: Run) -> bool:
        if subject.entry_id is not None and run.plan_entry_id is not None:
            return run.plan_entry_id == subject.entry_id
        return run.unit_id in below

    return [
        (run, design)
        for run, design in runs
        if design.campaign_id == subject.campaign_id and counts(run)
    ]


Figures: TypeAlias = Mapping[int, Mapping[int, Mapping[str, int]]]  # by run, branch and step


def counts_of(view: Reader, run_ids: Sequence[int], cut_off_at: datetime | None) -> Figures:
    """Count the treated of each run and branch, at every step that a metric asks for."""
    statement: Select[*tuple[Any, ...]]
    if cut_off_at is None:
        folded = cells(view.actor.scope, run_ids)
        statement = (
            select(
                folded.c.run_id,
                folded.c.branch_id,
                *(func.sum(folded.c[name]) for name in _NAMES),
            )
            .where(folded.c.arm > CONTROL_ARM)
            .group_by(folded.c.run_id, folded.c.branch_id)
        )
    else:
        statement = (
            select(
                Candidate.run_id,
                Candidate.branch_id,
                *(func.count().filter(reached_by(name, cut_off_at)) for name in _NAMES),
            )
            .where(
                Candidate.run_id.in_(id_set(view.dialect, run_ids)),
                Candidate.arm > CONTROL_ARM,
                view.actor.scope.limits(Candidate.branch_id),
            )
            .group_by(Candidate.run_id, Candidate.branch_id)
        )
    found: dict[int, dict[int, dict[str, int]]] = defaultdict(dict)
    for run_id, branch_id, *counts in view.session.execute(statement):
        found[run_id][branch_id] = dict(zip(_NAMES, map(int, counts), strict=True))
    return found


def reached_by(name: str, cut_off_at: datetime) -> ColumnElement[bool]:
    """Return which candidates had come to a step of the funnel by a moment."""
    if name == "targeted":
        return Candidate.run_id.is_not(None)
    if name == "confirmed":
        return and_(
            Candidate.confirmation == Confirmation.CONFIRMED.literal,
            or_(Candidate.confirmed_at.is_(None), Candidate.confirmed_at <= cut_off_at),
        )
    column = Candidate.outcome_at if name == "outcomes" else getattr(Candidate, f"{name}_at")
    condition: ColumnElement[bool] = column <= cut_off_at
    return condition


def unit_names(view: Reader) -> dict[int, str]:
    return {unit.id: unit.name for unit in view.session.scalars(select(Unit))}


def newest_designs(view: Reader, campaign_ids: Sequence[int]) -> dict[int, Design]:
    designs = view.session.scalars(
        select(Design)
        .where(Design.campaign_id.in_(id_set(view.dialect, campaign_ids)))
        .order_by(Design.campaign_id, Design.version)
    )
    return {design.campaign_id: design for design in designs}
