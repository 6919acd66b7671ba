from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.activities.model.partial import partial
from core.activities.rules import (
    Detail,
    Promise,
    Status,
)
from core.campaigns.model import (
    ActivitySubtype,
    Campaign,
    Stage,
    StatusReason,
)
from core.campaigns.rules import ActivityType, Priority
from core.customers.model import Customer
from core.database import Base, Code, Number, only
from core.people.model import Person, Unit
from core.runs.model import Run


class Activity(Base):
    """One contact or task. Its campaign, priority and type are copied: queues sort by them."""

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("customer_id", "run_id", "stage_id"),
        only("status", Status),
        only("detail", Detail),
        only("type", ActivityType),
        only("priority", Priority),
        only("promise", Promise),
        CheckConstraint("(status = 0) = (person_id IS NULL) OR status IN (3, 4)", name="holder"),
        CheckConstraint("(status IN (3, 4)) = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("is_completed = (status = 3)", name="completed"),
        CheckConstraint("detail IS NULL OR status = 3", name="detailed"),
        partial("ix_activity_pool", "branch_id", "priority", "due_at", "id", where="status = 0"),
        partial("ix_activity_holder", "person_id", "due_at", where="status IN (1, 2)"),
        partial(
            "ix_activity_pending",
            "branch_id",
            "priority",
            "due_at",
            "status",
            "person_id",
            "activity_on",
            where="status IN (0, 1, 2)",
        ),
        # The first page of what a whole bank has to do, without sorting all of it.
        partial("ix_activity_due", "due_at", "id", where="status IN (0, 1, 2)"),
        # Of the pool, what waits for its moment, or is first in line since that has come.
        partial(
            "ix_activity_promised",
            "branch_id",
            "next_action_at",
            "id",
            where="status = 0 AND next_action_at IS NOT NULL",
        ),
        # Which runs have a customer, without a look at the work.
        partial(
            "ix_activity_pending_customer",
            "customer_id",
            "run_id",
            "status",
            "priority",
            where="status IN (0, 1, 2)",
        ),
        partial(
            "ix_activity_pending_run",
            "run_id",
            "branch_id",
            "status",
            "due_at",
            where="status IN (0, 1, 2)",
        ),
        Index("ix_activity_closed", "person_id", "closed_at"),
        # What was kept of the work due on a day; new work is not closed, so a launch writes none.
        partial("ix_activity_judged", "branch_id", "due_at", where="status IN (3, 4)"),
        # Whose stage has ended, so that the next may follow.
        partial("ix_activity_ended", "run_id", "stage_id", "closed_at", where="status IN (3, 4)"),
        # Who was contacted of late, and how often: new work was not, so a launch writes none.
        partial(
            "ix_activity_contacted",
            "contacted_at",
            "customer_id",
            "type",
            "run_id",
            where="contacted_at IS NOT NULL",
        ),
        # The same of sales alone, of which the contact policy asks whenever somebody is counted.
        partial(
            "ix_activity_sold",
            "type",
            "contacted_at",
            "customer_id",
            where="type = 1 AND contacted_at IS NOT NULL",
        ),
        # How many carry a reason; new work has none, so a launch does not write here.
        partial("ix_activity_reason_id", "reason_id", where="reason_id IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id))
    stage_id: Mapped[int] = mapped_column(ForeignKey(Stage.id))
    campaign_id: Mapped[int] = mapped_column(ForeignKey(Campaign.id))
    customer_id: Mapped[int] = mapped_column(Number, ForeignKey(Customer.id))
    type: Mapped[ActivityType] = mapped_column(Code(ActivityType))
    subtype_id: Mapped[int | None] = mapped_column(ForeignKey(ActivitySubtype.id))
    priority: Mapped[Priority] = mapped_column(Code(Priority))
    status: Mapped[Status] = mapped_column(Code(Status))
    detail: Mapped[Detail | None] = mapped_column(Code(Detail))
    reason_id: Mapped[int | None] = mapped_column(ForeignKey(StatusReason.id))
    branch_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    activity_on: Mapped[date]
    ends_on: Mapped[date]
    due_at: Mapped[datetime]
    next_action_at: Mapped[datetime | None]
    promise: Mapped[Promise | None] = mapped_column(Code(Promise))
    attempts: Mapped[int] = mapped_column(default=0)
    contacted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    is_completed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
