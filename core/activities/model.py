from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.activities.rules import (
    Detail,
    MessageStatus,
    Outcome,
    Promise,
    RetryEnd,
    Status,
)
from core.campaigns.model import (
    ActivitySubtype,
    Campaign,
    Channel,
    ReasonTemplate,
    Stage,
    StatusReason,
)
from core.campaigns.rules import ActivityType, Priority
from core.customers.model import Customer
from core.database import Base, Code, Number, only
from core.people.model import Absence, Person, Unit
from core.runs.model import Run


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    there = text(where)
    return Index(name, *columns, unique=unique, postgresql_where=there, sqlite_where=there)


# A change after which an activity counts for another day or branch than before, or again.
REDATED = (
    "from_due_at IS NOT NULL OR from_branch_id <> to_branch_id"
    " OR (from_status IN (3, 4) AND to_status IN (0, 1, 2))"
)


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
        _partial("ix_activity_pool", "branch_id", "priority", "due_at", "id", where="status = 0"),
        _partial("ix_activity_holder", "person_id", "due_at", where="status IN (1, 2)"),
        _partial(
            "ix_activity_pending",
            "branch_id",
            "priority",
            "due_at",
            "status",
            "person_id",
            where="status IN (0, 1, 2)",
        ),
        # Waiting for a moment that a customer was told, whoever keeps the promise.
        _partial(
            "ix_activity_promised",
            "branch_id",
            "next_action_at",
            where="status IN (0, 1, 2) AND next_action_at IS NOT NULL",
        ),
        _partial("ix_activity_pending_customer", "customer_id", where="status IN (0, 1, 2)"),
        _partial("ix_activity_pending_run", "run_id", where="status IN (0, 1, 2)"),
        Index("ix_activity_closed", "person_id", "closed_at"),
        # What was kept of the work due on a day; new work is not closed, so a launch writes none.
        _partial("ix_activity_judged", "branch_id", "due_at", where="status IN (3, 4)"),
        # How many carry a reason; new work has none, so a launch does not write here.
        _partial("ix_activity_reason_id", "reason_id", where="reason_id IS NOT NULL"),
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


class Batch(Base):
    """One bulk action: what was asked, how much of it moved; refusals row by row beside it."""

    __tablename__ = "batch"
    __table_args__ = (
        # Undone once; an undo that is undone is a batch of its own.
        Index("ix_batch_undoes_id", "undoes_id", unique=True),
        Index("ix_batch_actor_id", "actor_id", "at"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    verb: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    undoes_id: Mapped[int | None] = mapped_column(Number, ForeignKey("batch.id"))
    absence_id: Mapped[int | None] = mapped_column(ForeignKey(Absence.id))
    moved: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)


class BatchRefusal(Base):
    __tablename__ = "batch_refusal"
    __table_args__ = ({"sqlite_with_rowid": False},)

    batch_id: Mapped[int] = mapped_column(Number, ForeignKey(Batch.id), primary_key=True)
    activity_id: Mapped[int] = mapped_column(Number, primary_key=True)
    reason: Mapped[str]


class Change(Base):
    """The append-only history: one row for each change of the five tracked fields.

    Status, status reason, detailed status, person and branch, each from and to; what a bulk
    action does to the due date and the next action too, so that it can be undone.
    The row of a generated activity has nothing in its from-fields.

    `version` is the activity's after this change, where the change is one of a batch: an
    activity that still has it was not touched since. Both ends of a moment are empty where the
    change left it alone.
    """

    __tablename__ = "activity_change"
    __table_args__ = (
        Index("ix_activity_change_activity_id", "activity_id"),
        _partial("ix_activity_change_batch_id", "batch_id", where="batch_id IS NOT NULL"),
        _partial("ix_activity_change_redated", "at", where=REDATED),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    activity_id: Mapped[int] = mapped_column(Number, ForeignKey(Activity.id))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    verb: Mapped[str]
    batch_id: Mapped[int | None] = mapped_column(Number, ForeignKey(Batch.id))
    from_status: Mapped[Status | None] = mapped_column(Code(Status))
    to_status: Mapped[Status] = mapped_column(Code(Status))
    from_reason_id: Mapped[int | None]
    to_reason_id: Mapped[int | None]
    from_detail: Mapped[Detail | None] = mapped_column(Code(Detail))
    to_detail: Mapped[Detail | None] = mapped_column(Code(Detail))
    from_person_id: Mapped[int | None]
    to_person_id: Mapped[int | None]
    from_branch_id: Mapped[int | None]
    to_branch_id: Mapped[int]
    from_due_at: Mapped[datetime | None]
    to_due_at: Mapped[datetime | None]
    from_next_action_at: Mapped[datetime | None]
    to_next_action_at: Mapped[datetime | None]
    version: Mapped[int | None]


class Attempt(Base):
    """One try to reach the customer, and what it came to."""

    __tablename__ = "attempt"
    __table_args__ = (only("outcome", Outcome), Index("ix_attempt_activity_id", "activity_id"))

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    activity_id: Mapped[int] = mapped_column(Number, ForeignKey(Activity.id))
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    channel_id: Mapped[int | None] = mapped_column(ForeignKey(Channel.id))
    outcome: Mapped[Outcome] = mapped_column(Code(Outcome))
    reason_id: Mapped[int | None] = mapped_column(ForeignKey(StatusReason.id))
    note: Mapped[str] = mapped_column(default="")


class RetryRule(Base):
    """When to try again after an outcome, how often, and what then; for one channel or the rest."""

    __tablename__ = "retry_rule"
    __table_args__ = (
        only("outcome", Outcome),
        only("ending", RetryEnd),
        UniqueConstraint("template_id", "outcome", "channel_id"),
        _partial(
            "ix_retry_rule_any_channel",
            "template_id",
            "outcome",
            where="channel_id IS NULL",
            unique=True,
        ),
        CheckConstraint("delay_minutes > 0 AND most_attempts > 0", name="tries"),
        CheckConstraint("(ending = 1) = (reason_id IS NOT NULL)", name="reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey(ReasonTemplate.id))
    outcome: Mapped[Outcome] = mapped_column(Code(Outcome))
    channel_id: Mapped[int | None] = mapped_column(ForeignKey(Channel.id))
    delay_minutes: Mapped[int]
    most_attempts: Mapped[int]
    ending: Mapped[RetryEnd] = mapped_column(Code(RetryEnd))
    reason_id: Mapped[int | None] = mapped_column(ForeignKey(StatusReason.id))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class Message(Base):
    """One outbound message of an external stage, rendered when the run was launched."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("customer_id", "run_id", "stage_id"),
        only("status", MessageStatus),
        Index("ix_message_run_id", "run_id"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id))
    stage_id: Mapped[int] = mapped_column(ForeignKey(Stage.id))
    customer_id: Mapped[int] = mapped_column(Number, ForeignKey(Customer.id))
    channel_id: Mapped[int] = mapped_column(ForeignKey(Channel.id))
    status: Mapped[MessageStatus] = mapped_column(Code(MessageStatus))
    subject: Mapped[str]
    body: Mapped[str]
    send_on: Mapped[date]
    created_at: Mapped[datetime]
