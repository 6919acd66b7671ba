from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.activities.model import Activity
from core.activities.rules import Outcome
from core.campaigns.model import Campaign, Consumable, Design
from core.customers.model import Customer, Product
from core.database import Base, Code, Number, only
from core.people.model import Person
from core.responses.rules import LeadStatus
from core.runs.model import Run


class Response(Base):
    """What the customer said on an activity: its last answer, one row an activity."""

    __tablename__ = "response"
    __table_args__ = (only("outcome", Outcome), Index("ix_response_run_id", "run_id"))

    activity_id: Mapped[int] = mapped_column(Number, ForeignKey(Activity.id), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id))
    customer_id: Mapped[int] = mapped_column(Number, ForeignKey(Customer.id))
    outcome: Mapped[Outcome] = mapped_column(Code(Outcome))
    note: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))


class Lead(Base):
    """A sales opportunity from an accepted offer, followed to won or lost."""

    __tablename__ = "lead"
    __table_args__ = (
        only("status", LeadStatus),
        CheckConstraint("(status = 1) = (closed_at IS NULL)", name="closed"),
        CheckConstraint("value IS NULL OR value >= 0", name="value"),
        Index("ix_lead_run_id", "run_id", "customer_id"),
        Index("ix_lead_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    activity_id: Mapped[int] = mapped_column(Number, ForeignKey(Activity.id), unique=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id))
    campaign_id: Mapped[int] = mapped_column(ForeignKey(Campaign.id))
    design_id: Mapped[int] = mapped_column(ForeignKey(Design.id))
    customer_id: Mapped[int] = mapped_column(Number, ForeignKey(Customer.id))
    product_id: Mapped[int | None] = mapped_column(ForeignKey(Product.id))
    agreement_no: Mapped[str | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    status: Mapped[LeadStatus] = mapped_column(Code(LeadStatus))
    value: Mapped[Decimal | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    loss_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class Gift(Base):
    """A thing given away with an offer to the customer of a lead, at what it cost then."""

    __tablename__ = "gift"
    __table_args__ = (CheckConstraint("unit_cost >= 0", name="unit_cost"),)

    lead_id: Mapped[int] = mapped_column(Number, ForeignKey(Lead.id), primary_key=True)
    consumable_id: Mapped[int] = mapped_column(ForeignKey(Consumable.id), primary_key=True)
    unit_cost: Mapped[Decimal]
    given_at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
