"""Work as it was counted a moment ago, so that a look at the whole bank adds up a few rows."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Code, only
from core.queues.rules import Trouble


class WorkCount(Base):
    """When the cells were counted last: the one row is missing until somebody has."""

    __tablename__ = "work_count"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime]
    troubles_at: Mapped[datetime]


class WorkCell(Base):
    """The work of a run under way in one branch, as it stood when it was counted.

    Pending is what is `unassigned` and `open`; of both, `overdue` is past its moment and `due`
    was or is due by the end of the day. Closed by people since the run began is `closed`: of it
    `kept` was due by the end of the day, `reached` and `converted` say what came of it, and
    `today` was closed on the day itself.
    """

    __tablename__ = "work_cell"
    __table_args__ = ({"sqlite_with_rowid": False},)

    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    branch_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    unassigned: Mapped[int]
    open: Mapped[int]
    overdue: Mapped[int]
    due: Mapped[int]
    closed: Mapped[int]
    kept: Mapped[int]
    reached: Mapped[int]
    converted: Mapped[int]
    today: Mapped[int]


class ClosedDay(Base):
    """A day on the bank's wall that is over, and whose closed work was counted."""

    __tablename__ = "closed_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime]


class ClosedCell(Base):
    """What people closed on a day: of which run and branch, and when it was due; it adds up."""

    __tablename__ = "closed_cell"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: Mapped[date] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    closed: Mapped[int]
    reached: Mapped[int]
    converted: Mapped[int]


class TroubleCell(Base):
    """How many activities of a branch are in one kind of trouble."""

    __tablename__ = "trouble_cell"
    __table_args__ = (only("trouble", Trouble), {"sqlite_with_rowid": False})

    trouble: Mapped[Trouble] = mapped_column(Code(Trouble), primary_key=True)
    branch_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    activities: Mapped[int]
