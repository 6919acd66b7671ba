"""Handing out work by rule, so that everybody can see that it was fair."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.activities.model import Activity, Batch
from core.database import Base, Code, Number, only
from core.distribution.rules import AllocationRule, Bar, Way
from core.people.model import Person, Qualification, Unit

_WITH_A_TURN = text("turn IS NOT NULL")


class BranchWay(Base):
    """How one branch wants its work handed out; a branch without a row keeps a pool."""

    __tablename__ = "branch_way"
    __table_args__ = (only("way", Way),)

    branch_id: Mapped[int] = mapped_column(ForeignKey(Unit.id), primary_key=True)
    way: Mapped[Way] = mapped_column(Code(Way))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Distribution(Base):
    """One time that the system handed out work by rule."""

    __tablename__ = "distribution"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    at: Mapped[datetime]
    cause: Mapped[str]
    batch_id: Mapped[int | None] = mapped_column(Number, ForeignKey(Batch.id))
    given: Mapped[int] = mapped_column(default=0)
    left: Mapped[int] = mapped_column(default=0)  # in the pools afterwards


class DistributionPerson(Base):
    """One agent of a branch, with everything that the rule looked at.

    Who has a `bar` was not asked. `place` is that of the one who waited longest, from 1, by when
    each had a turn last; a customer of one's own is no turn.

    It is kept for a year, while the allocations stay: *why me?* and the replay of `fairlead check`
    read it. It grows by the agents of a branch each time that something was given there.
    """

    __tablename__ = "distribution_person"
    __table_args__ = (
        only("bar", Bar),
        Index("ix_distribution_person_branch_id", "branch_id", "distribution_id"),
        {"sqlite_with_rowid": False},
    )

    distribution_id: Mapped[int] = mapped_column(
        Number, ForeignKey(Distribution.id), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    open: Mapped[int]
    capacity: Mapped[int]  # contacts a day, as it was
    room: Mapped[int]  # how many more the person could take
    bar: Mapped[Bar | None] = mapped_column(Code(Bar))
    place: Mapped[int]
    last_given_at: Mapped[datetime | None]
    qualifications: Mapped[str]  # ids in order, separated by commas


class Allocation(Base):
    """Why somebody got an activity: which rule, and where it stood in its branch's line."""

    __tablename__ = "allocation"
    __table_args__ = (
        only("rule", AllocationRule),
        # When somebody had a turn last.
        Index(
            "ix_allocation_turn",
            "person_id",
            "distribution_id",
            "turn",
            postgresql_where=_WITH_A_TURN,
            sqlite_where=_WITH_A_TURN,
        ),
        Index("ix_allocation_distribution_id", "distribution_id"),
        {"sqlite_with_rowid": False},
    )

    activity_id: Mapped[int] = mapped_column(Number, ForeignKey(Activity.id), primary_key=True)
    distribution_id: Mapped[int] = mapped_column(
        Number, ForeignKey(Distribution.id), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    rule: Mapped[AllocationRule] = mapped_column(Code(AllocationRule))
    place: Mapped[int]  # in the line of its branch, what is due first before the rest, from 1
    turn: Mapped[int | None]  # in the order of the branch's turns, from 1; a kept customer is none
    own_person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    qualification_id: Mapped[int | None] = mapped_column(ForeignKey(Qualification.id))
    returned_by_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    minutes: Mapped[int]  # its difficulty
    value: Mapped[Decimal | None]  # what the customer was worth a year
