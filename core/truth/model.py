from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.customers.model import Customer
from core.database import Base, Code, Number, only
from core.people.model import Person, Unit
from core.runs.model import Run
from core.truth.rules import Finding, Standing, Window


class Review(Base):
    """A reported conversion that the lead of a branch is asked to look at, and what was found.

    `at_random` marks those drawn without regard to any suspicion: only they say something about
    the conversions that nobody looked at.
    """

    __tablename__ = "review"
    __table_args__ = (
        only("finding", Finding),
        CheckConstraint("(finding = 1) = (found_at IS NULL)", name="found"),
        Index("ix_review_branch_id", "branch_id", "finding"),
        Index("ix_review_customer_id", "customer_id"),
        {"sqlite_with_rowid": False},
    )

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id), primary_key=True)
    customer_id: Mapped[int] = mapped_column(Number, ForeignKey(Customer.id), primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    at_random: Mapped[bool]
    asked_at: Mapped[datetime]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    finding: Mapped[Finding] = mapped_column(Code(Finding), default=Finding.OPEN)
    note: Mapped[str] = mapped_column(default="")
    found_at: Mapped[datetime | None]
    found_by: Mapped[int | None] = mapped_column(ForeignKey(Person.id))


class ClaimCheck(Base):
    """That the many reports of a run were held against the holdings, and what they were then.

    `until` is the day, by its number, until which openings were known, and `days` how long one
    may come after its report.
    """

    __tablename__ = "claim_check"

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id), primary_key=True)
    counted_at: Mapped[datetime]
    until: Mapped[int]
    days: Mapped[int]
    converted: Mapped[int]
    won: Mapped[int]
    outcomes: Mapped[int]


class CheckedClaim(Base):
    """A report as it was judged; what a lead found of it stands in its review."""

    __tablename__ = "checked_claim"
    __table_args__ = (only("standing", Standing), {"sqlite_with_rowid": False})

    run_id: Mapped[int] = mapped_column(
        ForeignKey(ClaimCheck.run_id, ondelete="CASCADE"), primary_key=True
    )
    customer_id: Mapped[int] = mapped_column(Number, primary_key=True)
    branch_id: Mapped[int]
    standing: Mapped[Standing] = mapped_column(Code(Standing))
    contact_at: Mapped[datetime]
    converted_at: Mapped[datetime]
    won_at: Mapped[datetime | None]
    outcome_at: Mapped[datetime | None]
    reported_at: Mapped[datetime]
    due_day: Mapped[int]
    opened_day: Mapped[int | None]
    in_burst: Mapped[bool]


class CheckedBurst(Base):
    """A burst among the reports of a run, as the whole bank sees it."""

    __tablename__ = "checked_burst"
    __table_args__ = (only("within", Window), Index("ix_checked_burst_run_id", "run_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(ClaimCheck.run_id, ondelete="CASCADE"))
    branch_id: Mapped[int]
    person_id: Mapped[int | None]
    within: Mapped[Window] = mapped_column(Code(Window))  # window is a word of SQL
    conversions: Mapped[int]
    of: Mapped[int]
    expected: Mapped[float]
    p: Mapped[float]
