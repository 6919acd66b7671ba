"""Giving away what an offer comes with, out of a stock that is never overdrawn."""

from dataclasses import dataclass

from sqlalchemy import func, select, update

from core.access import Permission
from core.activities.model import Activity
from core.activities.scope import seen
from core.campaigns.model import Consumable, Design, DesignConsumable
from core.refusals import Conflict, Invalid, NotFound
from core.responses.events import GiftGiven
from core.responses.model import Gift, Lead
from core.responses.rules import LeadStatus
from core.work import Work


@dataclass(frozen=True)
class Give:
    """A request to give one of a thing to the customer of a lead."""

    lead_id: int
    consumable_id: int


def give(work: Work, request: Give) -> GiftGiven:
    """Give the customer who said yes one of what the design gives away, and take it from stock.

    :raises NotAllowed: the lead is somebody else's
    :raises NotFound: there is no such lead, or not for this person
    :raises Invalid: the lead is lost, the offer does not come with it, none is left, or the version
        has given away all that were planned
    :raises Conflict: the customer was given it already
    """
    work.authorize(Permission.WORK_ACTIVITIES)
    lead = _held(work, request.lead_id)
    name = _given_away(work, lead, request.consumable_id)
    if work.session.get(Gift, (lead.id, request.consumable_id)) is not None:
        raise Conflict(f"The customer was given this already: {name}.")

    # In one statement: of two people who give away the last one, the second finds none.
    taken = work.session.execute(
        update(Consumable)
        .where(Consumable.id == request.consumable_id, Consumable.stock > 0)
        .values(stock=Consumable.stock - 1)
        .returning(Consumable.stock, Consumable.unit_cost)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if taken is None:
        raise Invalid(f"There is none left in stock: {name}.")
    _check_planned(work, lead, request.consumable_id, name)
    work.session.add(
        Gift(
            lead_id=lead.id,
            consumable_id=request.consumable_id,
            unit_cost=taken.unit_cost,
            given_at=work.now,
            person_id=work.actor.person_id,
        )
    )

    fact = GiftGiven(
        lead_id=lead.id,
        activity_id=lead.activity_id,
        customer_id=lead.customer_id,
        run_id=lead.run_id,
        consumable_id=request.consumable_id,
        gift=name,
        unit_cost=taken.unit_cost,
        left=taken.stock,
    )
    work.record(fact)
    return fact


def _held(work: Work, lead_id: int) -> Lead:
    row = work.session.execute(
        select(Lead, Activity.person_id)
        .join(Activity, Activity.id == Lead.activity_id)
        .where(Lead.id == lead_id, seen(work))
        .with_for_update(of=Lead)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such lead.")
    lead, person_id = row
    if person_id != work.actor.person_id and not work.actor.is_system:
        work.refuse("give something away, on a lead of somebody else")
    if lead.status is LeadStatus.LOST:
        raise Invalid("The lead is lost: nothing is given away for it any more.")
    return lead


def _check_planned(work: Work, lead: Lead, consumable_id: int, name: str) -> None:
    """Refuse more than the version is to give away; taking from the stock made others wait."""
    planned = work.session.scalar(select(Design.planned_gifts).where(Design.id == lead.design_id))
    if planned is None:
        return
    given = work.session.scalar(
        select(func.count())
        .select_from(Gift)
        .join(Lead, Lead.id == Gift.lead_id)
        .where(Gift.consumable_id == consumable_id, Lead.design_id == lead.design_id)
    )
    if (given or 0) >= planned:
        raise Invalid(f"All {planned:,} that were planned for this version are given away: {name}.")


def _given_away(work: Work, lead: Lead, consumable_id: int) -> str:
    name = work.session.scalar(
        select(Consumable.name)
        .join(DesignConsumable, DesignConsumable.consumable_id == Consumable.id)
        .where(Consumable.id == consumable_id, DesignConsumable.design_id == lead.design_id)
    )
    if name is None:
        raise Invalid("The offer does not come with this: choose what its design gives away.")
    return name
