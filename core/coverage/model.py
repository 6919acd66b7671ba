"""Coverage as it was counted: every customer of a cell in exactly one of its parts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.coverage.rules import Aim, Place
from core.database import Base, Code, only

WHOLE_BANK = 0  # stands for all branches together, so that the whole is read at once
_SUM = " + ".join(place.field for place in Place)


class CoverageCount(Base):
    """A period that was counted. `days` is empty where somebody asked for days of their own.

    `left_out` names the segments that could not be counted, and says why.
    """

    __tablename__ = "coverage_count"
    __table_args__ = (
        Index("uq_coverage_count_days", "days", unique=True),
        CheckConstraint("last_on >= first_on", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    days: Mapped[int | None]
    first_on: Mapped[date]
    last_on: Mapped[date]
    counted_at: Mapped[datetime]
    left_out: Mapped[dict[str, Any]]


class CoverageCell(Base):
    """The customers of a segment whom a product concerns, in one branch; branches add up.

    The database itself refuses a cell whose parts are not the whole.
    """

    __tablename__ = "coverage_cell"
    __table_args__ = (
        only("aim", Aim),
        CheckConstraint(f"eligible = {_SUM}", name="identity"),
        CheckConstraint(
            " AND ".join(f"{place.field} >= 0" for place in Place), name="no_part_below_nothing"
        ),
        {"sqlite_with_rowid": False},
    )

    count_id: Mapped[int] = mapped_column(
        ForeignKey(CoverageCount.id, ondelete="CASCADE"), primary_key=True
    )
    branch_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    aim: Mapped[Aim] = mapped_column(Code(Aim), primary_key=True)
    segment_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    product_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    eligible: Mapped[int]
    reached: Mapped[int]
    held_out: Mapped[int]
    in_work: Mapped[int]
    not_active: Mapped[int]
    do_not_contact: Mapped[int]
    no_consent: Mapped[int]
    distress: Mapped[int]
    capped: Mapped[int]
    open_gap: Mapped[int]


class CoverageSegment(Base):
    """The customers of a segment in one branch: all, and those whom nobody ever reached.

    `contactable` are those of the latter whom nothing keeps from being asked now; `selected`
    those whom any run ever selected, to be treated or held out.
    """

    __tablename__ = "coverage_segment"
    __table_args__ = ({"sqlite_with_rowid": False},)

    count_id: Mapped[int] = mapped_column(
        ForeignKey(CoverageCount.id, ondelete="CASCADE"), primary_key=True
    )
    branch_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    segment_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customers: Mapped[int]
    never_contacted: Mapped[int]
    contactable: Mapped[int]
    selected: Mapped[int]


class OverlapCell(Base):
    """How many customers so many campaigns of the period had at once."""

    __tablename__ = "overlap_cell"
    __table_args__ = ({"sqlite_with_rowid": False},)

    count_id: Mapped[int] = mapped_column(
        ForeignKey(CoverageCount.id, ondelete="CASCADE"), primary_key=True
    )
    branch_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    campaigns: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customers: Mapped[int]


class OverlapPair(Base):
    """How many customers two campaigns of the period had both; of a campaign with itself, all."""

    __tablename__ = "overlap_pair"
    __table_args__ = (
        CheckConstraint("campaign_id <= other_id", name="order"),
        {"sqlite_with_rowid": False},
    )

    count_id: Mapped[int] = mapped_column(
        ForeignKey(CoverageCount.id, ondelete="CASCADE"), primary_key=True
    )
    branch_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    campaign_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    other_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customers: Mapped[int]
