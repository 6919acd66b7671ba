from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.activities.model.activity import Activity
from core.activities.model.partial import partial
from core.activities.rules import (
    Detail,
    Promise,
    Status,
)
from core.database import Base, Code, Number
from core.people.model import Absence, Person, Unit

# What the history is of: each change has both ends of all of these.
TRACKED = ("status", "reason_id", "detail", "person_id", "branch_id")
# A change after which an activity counts for another day or branch than before, or again.
REDATED = (
    "from_due_at IS NOT NULL OR from_branch_id <> to_branch_id"
    " OR (from_status IN (3, 4) AND to_status IN (0, 1, 2))"
)
GIVEN = "to_person_id IS NOT NULL AND (from_person_id IS NULL OR to_person_id <> from_person_id)"
HANDED_ON = (
    "from_person_id IS NOT NULL AND (to_person_id IS NULL OR from_person_id <> to_person_id)"
)


class Batch(Base):
    """One bulk action: what was asked, how much of it moved; refusals row by row beside it.

    `branch_id` is the branch of all that moved; none where it was the work of several.
    """

    __tablename__ = "batch"
    __table_args__ = (
        # Undone once; an undo that is undone is a batch of its own.
        Index("ix_batch_undoes_id", "undoes_id", unique=True),
        Index("ix_batch_actor_id", "actor_id", "at"),
        Index("ix_batch_branch_id", "branch_id", "at"),
        partial("ix_batch_absence_id", "absence_id", where="absence_id IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    verb: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    undoes_id: Mapped[int | None] = mapped_column(Number, ForeignKey("batch.id"))
    absence_id: Mapped[int | None] = mapped_column(ForeignKey(Absence.id))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey(Unit.id))
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
    action does to due and end date, next action and promise too, so that it can be undone.
    The row of a generated activity has nothing in its from-fields.

    `version` is the activity's after this change, where the change is one of a batch: an
    activity that still has it was not touched since. Both ends of a date, a moment or a promise
    are empty where the change left it alone.
    """

    __tablename__ = "activity_change"
    __table_args__ = (
        Index("ix_activity_change_activity_id", "activity_id"),
        partial("ix_activity_change_batch_id", "batch_id", where="batch_id IS NOT NULL"),
        partial("ix_activity_change_redated", "at", where=REDATED),
        # Who was given work and who handed it on: rows after which it was another person's.
        partial("ix_activity_change_given", "to_person_id", "at", where=GIVEN),
        partial("ix_activity_change_handed_on", "from_person_id", "at", where=HANDED_ON),
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
    from_ends_on: Mapped[date | None]
    to_ends_on: Mapped[date | None]
    from_next_action_at: Mapped[datetime | None]
    to_next_action_at: Mapped[datetime | None]
    from_promise: Mapped[Promise | None] = mapped_column(Code(Promise))
    to_promise: Mapped[Promise | None] = mapped_column(Code(Promise))
    version: Mapped[int | None]
