"""One activity with all that is needed to work it: guide, customer, reasons, next moves."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, select

from core.activities.guide import rendered
from core.activities.model import Activity
from core.activities.queries.rows import ActivityRow, listed, row_of
from core.activities.rules import LIFECYCLE, Objection
from core.activities.scope import allow, revealed, seen
from core.campaigns.model import (
    Campaign,
    CampaignType,
    Channel,
    Content,
    Design,
    Stage,
    StatusReason,
    TemplateReason,
)
from core.campaigns.rules import Objective, ReasonUse
from core.customers.model import Customer, CustomerState, Holding, Product
from core.customers.rules import CustomerKind, IndicatorKind, Medium
from core.people.model import Person, Qualification
from core.refusals import NotFound
from core.work import Reader


@dataclass(frozen=True)
class Sheet:
    """One activity: the row of the lists, and what the design says to do with it.

    `moves` are the verbs that the actor may do from here; whose it is decides besides.
    """

    row: ActivityRow
    channel: str | None
    subject: str
    script: str
    guide: str
    offer: str
    product: str | None
    objective: Objective
    qualification: str | None
    is_mine: bool
    moves: tuple[str, ...]


def sheet(view: Reader, *, activity_id: int) -> Sheet:
    """Return one activity of the actor's scope with its guide, tokens filled in.

    :raises NotFound: there is none, or not for this person
    """
    row = _row(view, activity_id)
    found = view.session.execute(
        select(
            Channel.name,
            Content.subject,
            Content.body,
            Design.guide,
            Design.offer,
            Product.name.label("product"),
            CampaignType.objective,
            Qualification.name.label("qualification"),
        )
        .select_from(Activity)
        .join(Stage, Stage.id == Activity.stage_id)
        .join(Design, Design.id == Stage.design_id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .outerjoin(Content, Content.id == Stage.content_id)
        .outerjoin(Channel, Channel.id == Content.channel_id)
        .outerjoin(Product, Product.id == Design.product_id)
        .outerjoin(Qualification, Qualification.id == Design.qualification_id)
        .where(Activity.id == activity_id)
    ).one()
    words = {
        "customer name": row.customer,
        "branch": row.branch,
        "person": row.person or row.branch,
        "offer": found.offer,
        "product": found.product or "",
    }
    return Sheet(
        row=row,
        channel=found.name,
        subject=rendered(found.subject or "", words),
        script=rendered(found.body or "", words),
        guide=rendered(found.guide, words),
        offer=rendered(found.offer, words),
        product=found.product,
        objective=found.objective,
        qualification=found.qualification,
        is_mine=row.person_id is not None and row.person_id == view.actor.person_id,
        moves=tuple(move.verb for move in LIFECYCLE.offered(row.status, view.actor)),
    )


@dataclass(frozen=True)
class Held:
    """An agreement of the customer, open now."""

    product: str
    agreement_no: str
    opened_on: date | None
    balance: Decimal | None


@dataclass(frozen=True)
class Facts:
    """What to know about the customer before the contact; numbers only where they may be read.

    `consents` are the media that the customer allows; `in_distress` says not to sell now.
    """

    customer_no: str
    kind: CustomerKind
    born_on: date | None
    joined_on: date | None
    email: str | None
    phone: str | None
    manager: str | None
    consents: tuple[Medium, ...]
    in_distress: bool
    do_not_contact: bool
    last_contact_at: datetime | None
    last_refusal_at: datetime | None
    holdings: tuple[Held, ...]


def facts(view: Reader, *, activity_id: int) -> Facts | None:
    """Return what is known about the customer, or None where the name is masked.

    :raises NotFound: there is no such activity, or not for this person
    """
    allow(view)
    customer = view.session.execute(
        select(
            revealed(view).label("revealed"),
            Customer.id,
            Customer.customer_no,
            Customer.kind,
            Customer.email,
            Customer.phone,
            CustomerState,
            Person.name.label("manager"),
        )
        .select_from(Activity)
        .join(Customer, Customer.id == Activity.customer_id)
        .join(CustomerState, CustomerState.customer_id == Activity.customer_id)
        .outerjoin(Person, Person.id == CustomerState.manager_id)
        .where(Activity.id == activity_id, seen(view))
    ).one_or_none()
    if customer is None:
        raise NotFound(Objection.MISSING)
    if not customer.revealed:
        return None
    holdings = view.session.execute(
        select(Product.name, Holding.agreement_no, Holding.opened_on, Holding.balance)
        .join(Product, Product.id == Holding.product_id)
        .where(Holding.customer_id == customer.id, Holding.closed_on.is_(None))
        .order_by(Product.name, Holding.agreement_no)
    )
    state = customer.CustomerState
    return Facts(
        customer_no=customer.customer_no,
        kind=customer.kind,
        born_on=state.born_on,
        joined_on=state.joined_on,
        email=customer.email,
        phone=customer.phone,
        manager=customer.manager,
        consents=tuple(medium for medium in Medium if state.consents & medium.bit),
        in_distress=bool(state.indicators & IndicatorKind.DISTRESS.bit),
        do_not_contact=state.do_not_contact,
        last_contact_at=state.last_contact_at,
        last_refusal_at=state.last_refusal_at,
        holdings=tuple(Held(*row) for row in holdings),
    )


@dataclass(frozen=True)
class ReasonChoice:
    id: int
    value: str


def reasons(view: Reader, *, activity_id: int, use: ReasonUse) -> list[ReasonChoice]:
    """List the reasons that the stage's template offers for a target status."""
    allow(view)
    statement = (
        select(StatusReason.id, StatusReason.value)
        .join(TemplateReason, TemplateReason.reason_id == StatusReason.id)
        .join(Stage, Stage.reason_template_id == TemplateReason.template_id)
        .join(Activity, Activity.stage_id == Stage.id)
        .where(Activity.id == activity_id, seen(view), TemplateReason.use == use, choosable())
        .order_by(StatusReason.value)
    )
    return [ReasonChoice(*row) for row in view.session.execute(statement)]


def choosable() -> ColumnElement[bool]:
    """Restrict to the reasons that a person can choose."""
    return StatusReason.is_system.is_(False) & StatusReason.is_retired.is_(False)


def _row(view: Reader, activity_id: int) -> ActivityRow:
    allow(view)
    record = view.session.execute(listed(view).where(Activity.id == activity_id)).one_or_none()
    if record is None:
        raise NotFound(Objection.MISSING)
    return row_of(record)
