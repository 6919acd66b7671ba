from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from core.campaigns.model import Channel, Design, Holdout, Stage
from core.campaigns.rules import RandomisedBy
from core.customers.model import Customer
from core.database import Base, Code, Number, only
from core.people.model import Person, Unit
from core.runs.rules import Confirmation, Exclusion, RunStatus


class Run(Base):
    """One unit carrying out one version on a schedule.

    `arm_key` seeds the hash that decides arms; `frozen_rule` is the rule as it was selected by.
    `capacity` limits how many candidates are taken. An imported run was carried out elsewhere.
    """

    __tablename__ = "run"
    __table_args__ = (
        only("status", RunStatus),
        only("randomised_by", RandomisedBy),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("control_share BETWEEN 0 AND 5000", name="control_share"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    design_id: Mapped[int] = mapped_column(ForeignKey(Design.id), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    plan_entry_id: Mapped[int | None] = mapped_column(index=True)
    description: Mapped[str] = mapped_column(default="")
    status: Mapped[RunStatus] = mapped_column(Code(RunStatus), default=RunStatus.PLANNED)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    initiated_at: Mapped[datetime]
    arm_key: Mapped[int]
    control_share: Mapped[int]
    randomised_by: Mapped[RandomisedBy] = mapped_column(
        Code(RandomisedBy), default=RandomisedBy.CUSTOMER
    )
    capacity: Mapped[int | None]
    frozen_rule: Mapped[dict[str, Any] | None]
    population: Mapped[int | None]
    selected_at: Mapped[datetime | None]
    launched_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    outcomes_seen_at: Mapped[datetime | None]
    is_imported: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class RunArm(Base):
    """`arm` 0 is the control group; every other arm is treated. `share` in basis points."""

    __tablename__ = "run_arm"

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id), primary_key=True)
    arm: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    name: Mapped[str]
    share: Mapped[int | None]


class RunStage(Base):
    """A stage whose work was made, and when: what keeps it from being made a second time.

    One that follows another is made as its customers become ready: again and again, `made_at`
    being the last time and `made` all of it.
    """

    __tablename__ = "run_stage"

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id), primary_key=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey(Stage.id), primary_key=True)
    made_at: Mapped[datetime]
    made: Mapped[int]  # activities, or messages of an external stage


class Candidate(Base):
    """A customer in a run, and how far the customer came.

    The funnel counts these moments, each set once; `outcome_at` is the outcome as it is
    measured alike in every arm (the product opened, or the imported result), and
    `outcome_value` its money. Control customers only ever have an outcome. `cluster_id` is the
    person or branch that was drawn with all its customers, where customers were not drawn alone.
    """

    __tablename__ = "candidate"
    __table_args__ = (
        only("confirmation", Confirmation),
        CheckConstraint("arm >= 0", name="arm"),
        CheckConstraint(
            "arm > 0 OR assigned_at IS NULL OR is_imported", name="no_work_for_control"
        ),
        Index("ix_candidate_customer_id", "customer_id"),
        Index(
            "ix_candidate_confirmer",
            "confirmer_id",
            postgresql_where=text("confirmation = 1"),
            sqlite_where=text("confirmation = 1"),
        ),
        Index(
            "ix_candidate_converted",
            "converted_at",
            "customer_id",
            postgresql_where=text("converted_at IS NOT NULL"),
            sqlite_where=text("converted_at IS NOT NULL"),
        ),
        # All that is asked of outcomes day by day, so that few of a run's candidates are read.
        Index(
            "ix_candidate_outcome",
            "run_id",
            "arm",
            "outcome_at",
            "branch_id",
            postgresql_where=text("outcome_at IS NOT NULL"),
            sqlite_where=text("outcome_at IS NOT NULL"),
        ),
        # Who was reported as converted: of a run, and what else was of the same customer.
        Index(
            "ix_candidate_claimed",
            "run_id",
            "customer_id",
            postgresql_where=text("converted_at IS NOT NULL"),
            sqlite_where=text("converted_at IS NOT NULL"),
        ),
        Index(
            "ix_candidate_claims",
            "customer_id",
            "run_id",
            postgresql_where=text("converted_at IS NOT NULL"),
            sqlite_where=text("converted_at IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id), primary_key=True)
    customer_id: Mapped[int] = mapped_column(Number, ForeignKey(Customer.id), primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    arm: Mapped[int] = mapped_column(SmallInteger)
    cluster_id: Mapped[int | None]
    confirmation: Mapped[Confirmation] = mapped_column(Code(Confirmation))
    confirmer_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    confirmed_at: Mapped[datetime | None]
    rejection: Mapped[str | None]
    assigned_at: Mapped[datetime | None]
    attempted_at: Mapped[datetime | None]
    reached_at: Mapped[datetime | None]
    responded_at: Mapped[datetime | None]
    converted_at: Mapped[datetime | None]
    won_at: Mapped[datetime | None]
    outcome_at: Mapped[datetime | None]
    outcome_value: Mapped[Decimal | None]
    attempts: Mapped[int] = mapped_column(default=0)
    channel_id: Mapped[int | None] = mapped_column(ForeignKey(Channel.id))
    is_imported: Mapped[bool] = mapped_column(default=False)


class Leak(Base):
    """A contact with a customer who is held out that happened all the same, and why.

    It counts as contamination: of the run whose control group the customer is in, or of the
    portfolio-wide holdout.
    """

    __tablename__ = "leak"
    __table_args__ = (
        CheckConstraint("(run_id IS NULL) <> (holdout_id IS NULL)", name="of_one"),
        Index("ix_leak_run_id", "run_id", "customer_id"),
        Index("ix_leak_holdout_id", "holdout_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey(Run.id))
    holdout_id: Mapped[int | None] = mapped_column(ForeignKey(Holdout.id))
    customer_id: Mapped[int] = mapped_column(Number, ForeignKey(Customer.id), index=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    reason: Mapped[str]


class CountedCandidate(Base):
    """A candidate as cells count it, kept before the first change since they were folded.

    Only `keep_counted` writes these rows, with the candidate held, so no key is checked again.
    `is_folding` marks those that a fold brings into the cells at this moment.
    """

    __tablename__ = "counted_candidate"
    __table_args__ = (
        only("confirmation", Confirmation),
        {"sqlite_with_rowid": False},
    )

    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    is_folding: Mapped[bool] = mapped_column(default=False)
    branch_id: Mapped[int]
    arm: Mapped[int] = mapped_column(SmallInteger)
    confirmation: Mapped[Confirmation] = mapped_column(Code(Confirmation))
    assigned_at: Mapped[datetime | None]
    attempted_at: Mapped[datetime | None]
    reached_at: Mapped[datetime | None]
    responded_at: Mapped[datetime | None]
    converted_at: Mapped[datetime | None]
    won_at: Mapped[datetime | None]
    outcome_at: Mapped[datetime | None]
    outcome_value: Mapped[Decimal | None]
    attempts: Mapped[int]
    channel_id: Mapped[int | None]


class Excluded(Base):
    """A customer of the population who did not become a candidate, and the first rule why."""

    __tablename__ = "excluded"
    __table_args__ = (only("reason", Exclusion), {"sqlite_with_rowid": False})

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id), primary_key=True)
    customer_id: Mapped[int] = mapped_column(Number, ForeignKey(Customer.id), primary_key=True)
    reason: Mapped[Exclusion] = mapped_column(Code(Exclusion))


class WaterfallStep(Base):
    """How many a rule kept out; with the candidates these add up to the population."""

    __tablename__ = "waterfall_step"
    __table_args__ = (only("reason", Exclusion),)

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id), primary_key=True)
    reason: Mapped[Exclusion] = mapped_column(Code(Exclusion), primary_key=True)
    customers: Mapped[int]
