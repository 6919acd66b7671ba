"""How a selection went: whom which rule kept out, how the arms came out, who has to confirm."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement, Integer, case, func, literal_column, select, type_coerce

from core.access import Permission
from core.campaigns.model import Design
from core.campaigns.rules import RandomisedBy
from core.database import id_set, ids_of
from core.people.model import Person, Unit
from core.runs.arms import WHOLE
from core.runs.model import Candidate, Run, RunArm, WaterfallStep
from core.runs.moves import run_in_scope
from core.runs.queries.lists import SEE_RUNS
from core.runs.rules import CONTROL_ARM, Confirmation, Exclusion
from core.work import Reader


@dataclass(frozen=True)
class Step:
    """How many a rule kept out of those whom the rules before it had left."""

    reason: Exclusion
    excluded: int
    remaining: int


@dataclass(frozen=True)
class Waterfall:
    """From everybody in the unit to the candidates; the parts add up to the population."""

    population: int
    steps: tuple[Step, ...]
    candidates: int


def waterfall(view: Reader, *, run_id: int) -> Waterfall | None:
    """Return how the selection went, rules that kept nobody out included; None before it.

    :raises NotFound: no such run among those of the actor's units
    """
    view.authorize(*SEE_RUNS)
    run = run_in_scope(view, run_id)
    if run.population is None:
        return None
    counts = {
        row.reason: row.customers
        for row in view.session.execute(
            select(WaterfallStep.reason, WaterfallStep.customers).where(
                WaterfallStep.run_id == run_id
            )
        )
    }
    remaining, steps = run.population, []
    for reason in Exclusion:
        remaining -= counts.get(reason, 0)
        steps.append(Step(reason, counts.get(reason, 0), remaining))
    return Waterfall(run.population, tuple(steps), remaining)


@dataclass(frozen=True)
class Compared:
    """How many a rule kept out by the forecast that was approved, and by the selection."""

    reason: Exclusion
    forecast: int
    selected: int

    @property
    def difference(self) -> int:
        return self.selected - self.forecast


@dataclass(frozen=True)
class AgainstForecast:
    """What was approved beside what came of it; `unit` is the one that the forecast counted."""

    unit: str
    population: int
    expected: int
    candidates: int
    steps: tuple[Compared, ...]
    is_same_unit: bool


def against_forecast(view: Reader, *, run_id: int) -> AgainstForecast | None:
    """Compare a selection with the forecast that its design was approved with, rule by rule.

    None before the selection, or when the design came without a forecast.

    :raises NotFound: no such run among those of the actor's units
    """
    found = waterfall(view, run_id=run_id)
    run = run_in_scope(view, run_id)
    frozen, unit = view.session.execute(
        select(Design.frozen, Unit.name)
        .select_from(Design)
        .join(Unit, Unit.id == run.unit_id)
        .where(Design.id == run.design_id)
    ).one()
    forecast = (frozen or {}).get("forecast")
    if found is None or forecast is None:
        return None
    foreseen = {step["reason"]: step["customers"] for step in forecast["steps"]}
    return AgainstForecast(
        unit=forecast["unit"],
        population=forecast["population"],
        expected=forecast["eligible"],
        candidates=found.candidates,
        steps=tuple(
            Compared(step.reason, foreseen.get(step.reason, 0), step.excluded)
            for step in found.steps
        ),
        is_same_unit=forecast["unit"] == unit,
    )


@dataclass(frozen=True)
class ArmCount:
    """An arm with its planned share (basis points; None if unknown) and whom it came to hold."""

    arm: int
    name: str
    planned_share: int | None
    customers: int
    confirmed: int
    clusters: int

    @property
    def is_control(self) -> bool:
        return self.arm == CONTROL_ARM

    def expected(self, candidates: int) -> float | None:
        """Return how many customers the planned share would be."""
        return None if self.planned_share is None else candidates * self.planned_share / WHOLE


def arm_counts(view: Reader, *, run_id: int) -> list[ArmCount]:
    """Count candidates by arm, for the test whether the arms came out as planned.

    :raises NotFound: no such run among those of the actor's units
    """
    view.authorize(Permission.RUN_CAMPAIGNS, Permission.SEE_IMPACT)
    run = run_in_scope(view, run_id)
    arms = view.session.execute(
        select(RunArm.arm, RunArm.name, RunArm.share)
        .where(RunArm.run_id == run_id)
        .order_by(RunArm.arm)
    ).all()
    if not arms:
        return []
    # Each a sum of its own: to group by the arm, SQLite would sort all candidates.
    counts = [
        count for arm, _name, _share in arms for count in _counts_of(run, Candidate.arm == arm)
    ]
    counted = view.session.execute(select(*counts).where(Candidate.run_id == run_id)).one()
    size = len(counts) // len(arms)
    return [
        ArmCount(*arm, *counted[place * size : (place + 1) * size])
        for place, arm in enumerate(arms)
    ]


def _counts_of(run: Run, which: ColumnElement[bool]) -> tuple[ColumnElement[int], ...]:
    is_confirmed = Candidate.confirmation == Confirmation.CONFIRMED.literal
    clusters: ColumnElement[int] = func.count(Candidate.cluster_id.distinct()).filter(which)
    is_alone = run.randomised_by is RandomisedBy.CUSTOMER
    return (
        func.count().filter(which),
        func.count().filter(which, is_confirmed),
        literal_column("0") if is_alone else clusters,
    )


@dataclass(frozen=True)
class Confirmer:
    """A relationship manager who was asked, and how many of the answers are still missing."""

    person_id: int
    name: str
    branch: str
    asked: int
    pending: int


def confirmers(view: Reader, *, run_id: int) -> list[Confirmer]:
    """List who was asked to confirm, those with the most missing answers first.

    :raises NotFound: no such run among those of the actor's units
    """
    view.authorize(Permission.RUN_CAMPAIGNS)
    run_in_scope(view, run_id)
    # Counted on an array: SQLite would sort all candidates to group them.
    none, one, two = (literal_column(each, Integer) for each in ("0", "1", "2"))
    is_pending = case((Candidate.confirmation == Confirmation.PENDING.literal, one), else_=none)
    answer = type_coerce(Candidate.confirmer_id, Integer) * two + is_pending
    of_run = (Candidate.run_id == run_id, Candidate.confirmer_id.is_not(None))
    answers = ids_of(view.session, select(answer).where(*of_run))
    given = np.bincount(answers)
    given = np.pad(given, (0, len(given) % 2)).reshape(-1, 2)
    asked = np.flatnonzero(given.any(axis=1)).tolist()
    people = view.session.execute(
        select(Person.id, Person.name, Unit.name)
        .join(Unit, Unit.id == Person.unit_id)
        .where(Person.id.in_(id_set(view.dialect, asked)))
        .order_by(Person.name, Person.id)
    )
    rows = [Confirmer(*row, int(given[row.id].sum()), int(given[row.id, 1])) for row in people]
    return sorted(rows, key=lambda row: -row.pending)
