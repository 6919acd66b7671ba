from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.customers.model import Customer
from core.database import Base, Code, Number, only
from core.people.model import Person, Unit
from core.segments.rules import SegmentKind


class Segment(Base):
    """A rule (dynamic) or a fixed list of members (static)."""

    __tablename__ = "segment"
    __table_args__ = (only("kind", SegmentKind),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    kind: Mapped[SegmentKind] = mapped_column(Code(SegmentKind))
    rule: Mapped[dict[str, Any] | None]
    is_retired: Mapped[bool] = mapped_column(default=False)
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class SegmentVersion(Base):
    """What a segment said from a moment on. `version` is the segment's own after the change.

    A list has no rule; `members` says how many were on it then. `is_redrawn` tells a version with
    another rule or other members from one that only says something else about them.
    """

    __tablename__ = "segment_version"

    segment_id: Mapped[int] = mapped_column(ForeignKey(Segment.id), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    rule: Mapped[dict[str, Any] | None]
    members: Mapped[int | None]
    is_redrawn: Mapped[bool] = mapped_column(default=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    changed_at: Mapped[datetime]


class SegmentSnapshot(Base):
    """How a segment stood on a day in one branch; branches and sums add up, shares don't.

    `products` counts the products held, `leaving` sums the churn risk of the `rated` customers
    for whom it is known, `reached` are customers with a contact in the last 90 days, `converted`
    those who converted in a run since then.
    """

    __tablename__ = "segment_snapshot"
    __table_args__ = (
        Index("ix_segment_snapshot_taken_on", "taken_on"),
        {"sqlite_with_rowid": False},
    )

    segment_id: Mapped[int] = mapped_column(ForeignKey(Segment.id), primary_key=True)
    taken_on: Mapped[date] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey(Unit.id), primary_key=True)
    version: Mapped[int]
    customers: Mapped[int]
    balance: Mapped[Decimal]
    value: Mapped[Decimal]
    products: Mapped[int]
    rated: Mapped[int]
    leaving: Mapped[float]
    reached: Mapped[int]
    converted: Mapped[int]


class SegmentMember(Base):
    __tablename__ = "segment_member"
    __table_args__ = ({"sqlite_with_rowid": False},)

    segment_id: Mapped[int] = mapped_column(ForeignKey(Segment.id), primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        Number, ForeignKey(Customer.id), primary_key=True, index=True
    )
