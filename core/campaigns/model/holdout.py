"""Customers whom no sales campaign may touch, so that all campaigns together can be judged."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.customers.model import Customer
from core.database import Base, Number
from core.people.model import Person


class Holdout(Base):
    """A part of the bank's customers, drawn by a keyed hash and kept from `starts_on` on.

    `share` is in basis points (500 = 5 %), `population` all customers there were. `ends_on` is the
    last day; without it the holdout goes on until somebody ends it.
    """

    __tablename__ = "holdout"
    __table_args__ = (
        CheckConstraint("share BETWEEN 1 AND 5000", name="share"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="dates"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    share: Mapped[int]
    key: Mapped[int]
    population: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    created_at: Mapped[datetime]


class HoldoutCustomer(Base):
    """A customer of a portfolio-wide holdout."""

    __tablename__ = "holdout_customer"
    __table_args__ = ({"sqlite_with_rowid": False},)

    holdout_id: Mapped[int] = mapped_column(ForeignKey(Holdout.id), primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        Number, ForeignKey(Customer.id), primary_key=True, index=True
    )
