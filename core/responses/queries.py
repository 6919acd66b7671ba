"""What people ask about answers and leads."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import case, or_, select

from core.access import Permission, masked, masked_number
from core.activities.model import Activity
from core.activities.rules import Outcome
from core.activities.scope import allow, in_pool, own, revealed, seen
from core.campaigns.model import Campaign, Consumable, Design, DesignConsumable
from core.customers.model import Customer, Holding, Product
from core.people.model import Person
from core.responses.model import Gift, Lead, Response
from core.responses.rules import LeadStatus
from core.runs.model import Run
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class LeadRow:
    """One lead as a list shows it."""

    id: int
    version: int
    activity_id: int
    customer: str
    campaign: str
    design_version: int
    product: str | None
    agreement_no: str | None
    person: str | None
    status: LeadStatus
    value: Decimal | None
    opened_at: datetime
    closed_at: datetime | None
    loss_reason: str | None


def my_leads(
    view: Reader, *, status: LeadStatus | None = LeadStatus.OPEN, window: Window | None = None
) -> Part[LeadRow]:
    """List the leads of the own activities, the longest open first."""
    view.authorize(Permission.WORK_ACTIVITIES)
    statement = _leads(view).where(own(view))
    if status is not None:
        statement = statement.where(Lead.status == status)
    rows, total = windowed(
        view.session,
        statement,
        window or Window(),
        sorts={"opened": Lead.opened_at, "value": Lead.value, "closed": Lead.closed_at},
        last=Lead.id,
    )
    return Part([_row(row) for row in rows], total)


def lead_of(view: Reader, *, activity_id: int) -> LeadRow | None:
    """Return the lead that an activity led to, if any and if the actor may see it."""
    allow(view)
    row = view.session.execute(_leads(view).where(Activity.id == activity_id)).one_or_none()
    return None if row is None else _row(row)


@dataclass(frozen=True)
class GiftRow:
    """A thing that a lead's offer comes with: how many are left, and when the customer got it."""

    id: int
    name: str
    left: int
    given_at: datetime | None


def gifts_of_lead(view: Reader, *, lead_id: int) -> list[GiftRow]:
    """List what the customer of a lead may be given, or was given, by name."""
    view.authorize(Permission.WORK_ACTIVITIES)
    statement = (
        select(Consumable.id, Consumable.name, Consumable.stock, Gift.given_at)
        .join(DesignConsumable, DesignConsumable.consumable_id == Consumable.id)
        .join(Lead, Lead.design_id == DesignConsumable.design_id)
        .join(Activity, Activity.id == Lead.activity_id)
        .outerjoin(Gift, (Gift.lead_id == Lead.id) & (Gift.consumable_id == Consumable.id))
        .where(Lead.id == lead_id, seen(view))
        .order_by(Consumable.name)
    )
    return [GiftRow(*row) for row in view.session.execute(statement)]


@dataclass(frozen=True)
class Answer:
    """What the customer said in the end."""

    outcome: Outcome
    note: str
    at: datetime
    who: str | None


def answer(view: Reader, *, activity_id: int) -> Answer | None:
    """Return the answer that closed an activity, if there is one and the actor may see it."""
    allow(view)
    row = view.session.execute(
        select(
            Response.outcome,
            case((revealed(view), Response.note), else_=""),  # it may say who it was
            Response.at,
            Person.name,
        )
        .join(Activity, Activity.id == Response.activity_id)
        .outerjoin(Person, Person.id == Response.person_id)
        .where(Response.activity_id == activity_id, seen(view))
    ).one_or_none()
    return None if row is None else Answer(*row)


@dataclass(frozen=True)
class AnswerRow:
    """One answer of a customer, and the campaign that it was given to."""

    id: int
    at: datetime
    campaign: str
    outcome: Outcome
    note: str
    who: str | None


def answers_of(view: Reader, *, customer_id: int) -> list[AnswerRow]:
    """List what a customer said on the activities that the actor may see, the newest first."""
    allow(view)
    statement = (
        select(
            Response.activity_id,
            Response.at,
            Campaign.name,
            Response.outcome,
            case((revealed(view), Response.note), else_=""),
            Person.name,
        )
        .join(Activity, Activity.id == Response.activity_id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .outerjoin(Person, Person.id == Response.person_id)
        .where(Activity.customer_id == customer_id, seen(view))
        .order_by(Response.at.desc(), Response.activity_id.desc())
    )
    return [AnswerRow(*row) for row in view.session.execute(statement)]


@dataclass(frozen=True)
class Agreement:
    """An open agreement on the base product, from which an up-sell can start."""

    agreement_no: str
    product: str
    opened_on: date | None


def agreements(view: Reader, *, activity_id: int) -> list[Agreement]:
    """List the agreements that a lead of this activity may name, the newest first."""
    view.authorize(Permission.WORK_ACTIVITIES)
    statement = (
        select(Holding.agreement_no, Product.name, Holding.opened_on)
        .join(Activity, Activity.customer_id == Holding.customer_id)
        .join(Run, Run.id == Activity.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Product, Product.id == Holding.product_id)
        .where(
            Activity.id == activity_id,
            or_(own(view), in_pool(view)),
            Holding.product_id == Design.base_product_id,
            Holding.closed_on.is_(None),
        )
        .order_by(Holding.opened_on.desc(), Holding.agreement_no)
    )
    return [Agreement(*row) for row in view.session.execute(statement)]


def _leads(view: Reader) -> Any:
    return (
        select(
            Lead.id,
            Lead.version,
            Lead.activity_id,
            Customer.name.label("customer"),
            Campaign.name.label("campaign"),
            Design.version.label("design_version"),
            Product.name.label("product"),
            Lead.agreement_no,
            Person.name.label("person"),
            Lead.status,
            Lead.value,
            Lead.opened_at,
            Lead.closed_at,
            Lead.loss_reason,
            revealed(view).label("revealed"),
        )
        .join(Activity, Activity.id == Lead.activity_id)
        .join(Customer, Customer.id == Lead.customer_id)
        .join(Campaign, Campaign.id == Lead.campaign_id)
        .join(Design, Design.id == Lead.design_id)
        .outerjoin(Product, Product.id == Lead.product_id)
        .outerjoin(Person, Person.id == Lead.person_id)
        .where(seen(view))
    )


def _row(record: Any) -> LeadRow:
    fields = dict(record._mapping)  # noqa: SLF001  the public name of this attribute
    if not fields.pop("revealed"):
        fields["customer"] = masked(fields["customer"])
        fields["agreement_no"] = masked_number(fields["agreement_no"])
        fields["loss_reason"] = None
    return LeadRow(**fields)
