from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.calendars.rules import Purpose
from core.database import Base, Code, only


class WorkCalendar(Base):
    """A zone, the holidays of a country, and the hours of a week that units and people follow."""

    __tablename__ = "work_calendar"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    zone: Mapped[str]  # as in the tz database
    country: Mapped[str | None]  # whose public holidays are free; None knows none
    subdivision: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class CalendarHours(Base):
    """One span of a weekday, in minutes after midnight on the calendar's wall; lunch is a gap."""

    __tablename__ = "calendar_hours"
    __table_args__ = (
        only("purpose", Purpose),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint(
            "opens_minute >= 0 AND opens_minute < closes_minute AND closes_minute <= 1440",
            name="span",
        ),
        {"sqlite_with_rowid": False},
    )

    calendar_id: Mapped[int] = mapped_column(ForeignKey(WorkCalendar.id), primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(Code(Purpose), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)  # Monday is 0
    opens_minute: Mapped[int] = mapped_column(primary_key=True)
    closes_minute: Mapped[int]


class CalendarClosure(Base):
    """A day on which a calendar's units are closed although it is no public holiday."""

    __tablename__ = "calendar_closure"
    __table_args__ = ({"sqlite_with_rowid": False},)

    calendar_id: Mapped[int] = mapped_column(ForeignKey(WorkCalendar.id), primary_key=True)
    closed_on: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]
