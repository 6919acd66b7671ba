from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.customers.rules import (
    FIGURES,
    WORDS,
    AttributeType,
    CustomerKind,
    IndicatorKind,
    Medium,
    Origin,
)
from core.database import Base, Code, Day, Number, only
from core.people.model import Person, Unit


class Product(Base):
    """Something of ours that customers hold. `bit` is its place in the mask of the state row.

    Products beyond the 62nd have no bit and are looked up in the holdings instead.
    """

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    category: Mapped[str] = mapped_column(default="other")
    bit: Mapped[int | None] = mapped_column(unique=True)
    yearly_margin: Mapped[Decimal | None]


class Attribute(Base):
    """A column that an import brought for customers beyond the known fields.

    `place` is the column of the state row that has its values, too; those for which there was
    none left are read from the wide record instead.
    """

    __tablename__ = "attribute"
    __table_args__ = (only("type", AttributeType), only("origin", Origin))

    name: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    type: Mapped[AttributeType] = mapped_column(Code(AttributeType))
    origin: Mapped[Origin] = mapped_column(Code(Origin))
    place: Mapped[str | None] = mapped_column(unique=True)


class Customer(Base):
    """The wide record. Rules over many customers read `CustomerState` instead.

    `attributes` holds numbers as JSON numbers, dates as ISO text and flags as true/false.
    """

    __tablename__ = "customer"
    __table_args__ = (
        only("kind", CustomerKind),
        Index("ix_customer_created_at", "created_at", "id"),  # who came after a draw
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    customer_no: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[CustomerKind] = mapped_column(Code(CustomerKind), default=CustomerKind.PRIVATE)
    name: Mapped[str]
    pin: Mapped[str | None]
    fiscal_no: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CustomerState(Base):
    """One narrow row per customer: all that selection needs, kept current with every change.

    `products`, `consents` and `indicators` are bit masks (`Product.bit` as `1 << bit`,
    `Medium.bit`, `IndicatorKind.bit`); the tables behind them stay the source of truth.
    `pending` counts activities that are unassigned or open. What rules ask most stands in front:
    SQLite reads a row from its beginning. At the end stand the places of attributes.
    """

    __tablename__ = "customer_state"
    __table_args__ = (
        CheckConstraint("pending >= 0", name="pending"),
        Index("ix_customer_state_branch_id", "branch_id"),
        Index("ix_customer_state_manager_id", "manager_id"),
    )

    customer_id: Mapped[int] = mapped_column(Number, ForeignKey(Customer.id), primary_key=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    do_not_contact: Mapped[bool] = mapped_column(default=False)
    products: Mapped[int] = mapped_column(BigInteger, default=0)
    consents: Mapped[int] = mapped_column(default=0)
    indicators: Mapped[int] = mapped_column(default=0)
    born_on: Mapped[date | None] = mapped_column(Day)
    churn_risk: Mapped[float | None]
    last_contact_at: Mapped[datetime | None]
    last_refusal_at: Mapped[datetime | None]
    pending: Mapped[int] = mapped_column(default=0)
    branch_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    kind: Mapped[CustomerKind] = mapped_column(Code(CustomerKind), default=CustomerKind.PRIVATE)
    joined_on: Mapped[date | None] = mapped_column(Day)
    balance: Mapped[Decimal | None]
    yearly_value: Mapped[Decimal | None]


for name in FIGURES:
    setattr(CustomerState, name, mapped_column(name, Double, deferred=True))
for name in WORDS:
    setattr(CustomerState, name, mapped_column(name, Text, deferred=True))


class Holding(Base):
    """An agreement on a product; it is held while `closed_on` is empty."""

    __tablename__ = "holding"
    __table_args__ = (
        Index("ix_holding_customer_id", "customer_id"),
        # Who opened a product in a period, without a look at the agreements.
        Index("ix_holding_opened", "product_id", "opened_on", "customer_id"),
        # Who holds a product now, and how much, without a look at the agreements.
        Index(
            "ix_holding_held",
            "product_id",
            "customer_id",
            "balance",
            "closed_on",
            sqlite_where=text("closed_on IS NULL"),
            postgresql_where=text("closed_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    agreement_no: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[int] = mapped_column(Number, ForeignKey(Customer.id))
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id))
    status: Mapped[str | None]
    balance: Mapped[Decimal | None]
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]


class Consent(Base):
    __tablename__ = "consent"
    __table_args__ = (
        only("medium", Medium),
        only("origin", Origin),
        {"sqlite_with_rowid": False},
    )

    customer_id: Mapped[int] = mapped_column(Number, ForeignKey(Customer.id), primary_key=True)
    medium: Mapped[Medium] = mapped_column(Code(Medium), primary_key=True)
    is_given: Mapped[bool]
    since: Mapped[datetime]
    origin: Mapped[Origin] = mapped_column(Code(Origin), default=Origin.SOURCE)


class Indicator(Base):
    """A short-lived mark read during conversations; valid until cleared or `valid_until`."""

    __tablename__ = "indicator"
    __table_args__ = (
        only("kind", IndicatorKind),
        Index(
            "ix_indicator_customer_id",
            "customer_id",
            postgresql_where=text("cleared_at IS NULL"),
            sqlite_where=text("cleared_at IS NULL"),
        ),
        Index("ix_indicator_reference", "reference"),
        # Everybody in distress at once, without a look at the marks.
        Index(
            "ix_indicator_distress",
            "customer_id",
            "valid_from",
            "valid_until",
            postgresql_where=text("kind = 3 AND cleared_at IS NULL"),
            sqlite_where=text("kind = 3 AND cleared_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    customer_id: Mapped[int] = mapped_column(Number, ForeignKey(Customer.id))
    kind: Mapped[IndicatorKind] = mapped_column(Code(IndicatorKind))
    reference: Mapped[str | None]  # what set it, such as `run:7`
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]
