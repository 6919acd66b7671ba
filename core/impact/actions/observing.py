"""Looking for the outcome alike in every arm: whether the product was opened since, or kept."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    cast,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import aliased

from core.access import Permission
from core.campaigns.model import Campaign, CampaignType, Design
from core.campaigns.rules import Objective
from core.customers.model import Holding, Product
from core.database import Moment, Money, affected
from core.impact.events import OutcomesObserved
from core.impact.model import RunSplit
from core.refusals import Conflict, Invalid
from core.runs.counted import keep_counted
from core.runs.model import Candidate, Run
from core.runs.moves import run_in_scope
from core.work import Work


@dataclass(frozen=True)
class ObserveOutcomes:
    run_id: int


def observe_outcomes(work: Work, request: ObserveOutcomes) -> OutcomesObserved:
    """Set the outcome of every candidate, treated or held out, from the product openings.

    What counts is the design's product, opened from the launch until the end of the run. Where
    the campaign is to keep customers it is the product that was held at the launch: who has it
    still was kept up to now. The money is what the design says that a conversion is worth, else
    the product's yearly margin. Doing it again finds what was imported, corrected or taken back
    since.

    :raises NotFound: no such run, or out of scope
    :raises Invalid: the run brought its own outcomes, or its design names no product
    :raises Conflict: the run is not launched yet
    """
    work.authorize(Permission.ANALYSE)
    run = run_in_scope(work, request.run_id)
    if run.is_imported:
        raise Invalid(
            f"Run {run.code} was imported with its outcomes; there is nothing to look for."
        )
    if run.launched_at is None:
        raise Conflict(f"Run {run.code} is not launched: nothing can have come of it.")
    if not observable(work, run):
        raise Invalid(
            f"The design of run {run.code} names no product, so no outcome can be looked for "
            "alike in every arm."
        )

    changed = look(work, run)

    outcomes = work.session.scalar(
        select(func.count(Candidate.outcome_at)).where(Candidate.run_id == run.id)
    )
    fact = OutcomesObserved(run_id=run.id, run=run.code, changed=changed, outcomes=outcomes or 0)
    work.record(fact)
    return fact


def observable(work: Work, run: Run) -> bool:
    """Tell whether outcomes can be looked for: launched here, about a product of ours."""
    product_id = work.session.scalar(select(Design.product_id).where(Design.id == run.design_id))
    return not run.is_imported and run.launched_at is not None and product_id is not None


def look(work: Work, run: Run) -> int:
    """Bring the outcomes of an observable run up to date; return how many changed."""
    design = work.session.get_one(Design, run.design_id)
    product = work.session.get_one(Product, design.product_id)
    worth = design.value_per_conversion
    if worth is None:
        worth = product.yearly_margin
    keeps = _objective(work, design) is Objective.RETENTION
    opened = (_kept if keeps else _openings)(work, run, product.id)
    day = literal(_launch_day(work, run), Date) if keeps else func.min(Holding.opened_on)
    first = select(Holding.customer_id.label("customer_id"), day.label("day"))
    found = first.where(*opened).group_by(Holding.customer_id).subquery("found")
    moment = _noon(work, found.c.day)
    value = null() if worth is None else literal(worth, Money)
    bought = (
        Candidate.run_id == run.id,
        Candidate.customer_id == found.c.customer_id,
        or_(
            Candidate.outcome_at.is_distinct_from(moment),
            Candidate.outcome_value.is_distinct_from(value),
        ),
    )
    keep_counted(work, *bought)
    changed = affected(
        work.session,
        update(Candidate).where(*bought).values(outcome_at=moment, outcome_value=value),
    )
    # Not one by one: SQLite would go through all openings again for each who has the outcome.
    mine = aliased(Candidate)
    had = select(mine.customer_id).where(mine.run_id == run.id, mine.outcome_at.is_not(None))
    gone = had.except_(select(Holding.customer_id).where(*opened))
    lost = (Candidate.run_id == run.id, Candidate.customer_id.in_(gone))
    keep_counted(work, *lost)
    changed += affected(
        work.session, update(Candidate).where(*lost).values(outcome_at=None, outcome_value=None)
    )
    run.outcomes_seen_at = work.now
    if changed:  # what was kept of its groups says no more what is said of it as a whole
        work.session.execute(delete(RunSplit).where(RunSplit.run_id == run.id))
    return changed


def _openings(work: Work, run: Run, product_id: int) -> list[ColumnElement[bool]]:
    return [
        Holding.product_id == product_id,
        Holding.opened_on >= _launch_day(work, run),
        Holding.opened_on <= min(run.ends_on, work.now.date()),
    ]


def _kept(work: Work, run: Run, product_id: int) -> list[ColumnElement[bool]]:
    launched, last = _launch_day(work, run), min(run.ends_on, work.now.date())
    return [
        Holding.product_id == product_id,
        or_(Holding.opened_on.is_(None), Holding.opened_on < launched),
        or_(Holding.closed_on.is_(None), Holding.closed_on > last),
    ]


def _launch_day(work: Work, run: Run) -> date:
    launched = run.launched_at
    assert launched is not None  # noqa: S101  only observable runs come here
    return launched.astimezone(work.now.tzinfo).date()


def _objective(work: Work, design: Design) -> Objective | None:
    return work.session.scalar(
        select(CampaignType.objective)
        .join(Campaign, Campaign.type_id == CampaignType.id)
        .where(Campaign.id == design.campaign_id)
    )


def _noon(work: Work, day: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return noon of a day, which is the same date in every zone a bank could be in."""
    if work.dialect == "sqlite":
        seconds = cast(func.strftime("%s", day), Integer) + 43_200
        return type_coerce(seconds * 1_000_000, Moment)
    noon = cast(day, DateTime) + timedelta(hours=12)
    return type_coerce(func.timezone("UTC", noon), Moment)
