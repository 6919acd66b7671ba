from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.customers.model import Customer
from core.database import Base, Code, Number, only
from core.people.model import Person, Unit
from core.runs.model import Run
from core.truth.rules import Finding


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
