from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.activities.model.activity import Activity
from core.activities.model.partial import partial
from core.activities.rules import (
    MessageStatus,
    Outcome,
    RetryEnd,
)
from core.campaigns.model import (
    Channel,
    ReasonTemplate,
    Stage,
    StatusReason,
)
from core.customers.model import Customer
from core.database import Base, Code, Number, only
from core.people.model import Person
from core.runs.model import Run


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
        partial(
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
        partial("ix_message_queued", "send_on", "run_id", where="status = 1"),
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
