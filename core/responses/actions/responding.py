"""Closing sales work with what the customer said; a yes opens a lead."""

from dataclasses import dataclass

from sqlalchemy import exists, select, update

from core.activities.actions.contacts import channel_of
from core.activities.actions.finishing import completed
from core.activities.actions.moves import found, offered, owned
from core.activities.model import Activity
from core.activities.rules import COMPLETE, DETAIL_OF, Outcome
from core.campaigns.model import Campaign, CampaignType, Design
from core.campaigns.rules import ActivityType, Objective, ReasonUse
from core.customers.model import Customer, CustomerState, Holding, Indicator, Product
from core.customers.rules import IndicatorKind
from core.database import affected
from core.refusals import Invalid
from core.responses.events import CustomerResponded, OpenedLead
from core.responses.model import Lead, Response
from core.responses.rules import LeadStatus
from core.runs.model import Run
from core.work import Work


@dataclass(frozen=True)
class Respond:
    """A request to close sales work with what the customer said.

    `reason_id` says why the customer refused; `agreement_no` which agreement an up-sell replaces;
    `channel_id` by which channel, where that is not the stage's. `leak_reason` says why a customer
    who is held out was contacted all the same; without it that is refused.
    """

    activity_id: int
    outcome: Outcome
    reason_id: int | None = None
    note: str = ""
    agreement_no: str | None = None
    version: int | None = None
    channel_id: int | None = None
    leak_reason: str = ""

    def __post_init__(self) -> None:
        if self.outcome not in DETAIL_OF:
            raise Invalid(f"An answer is accepted or refused, not {self.outcome}.")


def respond(work: Work, request: Respond) -> CustomerResponded:
    """Complete a sales activity with the customer's answer; a yes becomes a lead.

    A no keeps its reason, starts the quiet period and clears the campaign's indicator.

    :raises NotAllowed: it is somebody else's
    :raises Invalid: administrative work, no reason for a no, or no agreement for an up-sell
    :raises NotFound, Conflict: see `moves.found`
    """
    work.authorize_move(COMPLETE)
    activity = found(
        work,
        request.activity_id,
        move=COMPLETE,
        version=request.version,
        leak_reason=request.leak_reason,
    )
    owned(work, activity, COMPLETE)
    if activity.type is not ActivityType.SALES:
        raise Invalid("Administrative work is completed as done; it has no answer.")
    accepted = request.outcome is Outcome.ACCEPTED
    reason_id = None
    if not accepted:
        reason_id = offered(work, activity, ReasonUse.CANCELLED, request.reason_id)
    offer = _offer(work, activity)
    agreement_no = _agreement(work, activity, offer, request.agreement_no) if accepted else None
    channel_id = channel_of(work, activity, request.channel_id)

    done = completed(
        work,
        activity,
        request.outcome,
        channel_id=channel_id,
        reason_id=reason_id,
        note=request.note,
    )
    work.session.add(
        Response(
            activity_id=activity.id,
            run_id=activity.run_id,
            customer_id=activity.customer_id,
            outcome=request.outcome,
            note=request.note.strip(),
            at=work.now,
            person_id=work.actor.person_id,
        )
    )
    lead = _opened(work, activity, offer, agreement_no) if accepted else None
    cleared = False if accepted else _unmarked(work, activity)

    fact = CustomerResponded(
        **vars(done), customer_no=offer.customer, lead=lead, indicator_cleared=cleared
    )
    work.record(fact)
    return fact


@dataclass(frozen=True)
class _Offer:
    """What was offered to whom: our ids, and the codes that neighbours know."""

    design_id: int
    version: int
    product_id: int | None
    base_product_id: int | None
    product: str | None
    campaign: str
    type: str
    objective: Objective
    run: str
    customer: str


def _offer(work: Work, activity: Activity) -> _Offer:
    row = work.session.execute(
        select(
            Design.id.label("design_id"),
            Design.version,
            Design.product_id,
            Design.base_product_id,
            Product.code.label("product"),
            Campaign.code.label("campaign"),
            CampaignType.name.label("type"),
            CampaignType.objective,
            Run.code.label("run"),
            Customer.customer_no.label("customer"),
        )
        .select_from(Run)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .outerjoin(Product, Product.id == Design.product_id)
        .join(Customer, Customer.id == activity.customer_id)
        .where(Run.id == activity.run_id)
    ).one()
    return _Offer(**row._mapping)  # noqa: SLF001  the public name of this attribute


def _agreement(work: Work, activity: Activity, offer: _Offer, number: str | None) -> str | None:
    """Return the agreement that an up-sell starts from; other campaigns may do without."""
    number = (number or "").strip() or None
    if number is None:
        if offer.objective is Objective.UP_SELL:
            raise Invalid("An up-sell needs the number of the agreement that it starts from.")
        return None
    holds = exists().where(
        Holding.agreement_no == number,
        Holding.customer_id == activity.customer_id,
        Holding.closed_on.is_(None),
    )
    if offer.base_product_id is not None:
        holds = holds.where(Holding.product_id == offer.base_product_id)
    if not work.session.scalar(select(holds)):
        raise Invalid(f"The customer has no open agreement {number} on the base product.")
    return number


def _opened(work: Work, activity: Activity, offer: _Offer, agreement_no: str | None) -> OpenedLead:
    lead = Lead(
        activity_id=activity.id,
        run_id=activity.run_id,
        campaign_id=activity.campaign_id,
        design_id=offer.design_id,
        customer_id=activity.customer_id,
        product_id=offer.product_id,
        agreement_no=agreement_no,
        person_id=activity.person_id,
        status=LeadStatus.OPEN,
        opened_at=work.now,
    )
    work.session.add(lead)
    work.session.flush()
    return OpenedLead(
        lead_id=lead.id,
        customer=offer.customer,
        campaign=offer.campaign,
        type=offer.type,
        version=offer.version,
        run=offer.run,
        product=offer.product,
        agreement_no=agreement_no,
        person=work.actor.name,
        opened_at=work.now,
    )


def _unmarked(work: Work, activity: Activity) -> bool:
    """Clear the indicator that this run set; drop the customer's bit where no other run set it."""
    kind = IndicatorKind.CAMPAIGN_CANDIDATE
    of_customer = (
        Indicator.customer_id == activity.customer_id,
        Indicator.kind == kind,
        Indicator.cleared_at.is_(None),
    )
    cleared = affected(
        work.session,
        update(Indicator)
        .where(*of_customer, Indicator.reference == f"run:{activity.run_id}")
        .values(cleared_at=work.now),
    )
    if cleared:
        affected(
            work.session,
            update(CustomerState)
            .where(CustomerState.customer_id == activity.customer_id, ~exists().where(*of_customer))
            .values(indicators=CustomerState.indicators.bitwise_and(~kind.bit)),
        )
    return cleared > 0
