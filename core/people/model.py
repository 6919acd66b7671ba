from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.access import Role
from core.calendars.model import WorkCalendar
from core.database import Base, Code, Number, only
from core.people.rules import AbsenceKind, JobFunction, SignInSource, UnitKind


class Unit(Base):
    """A node of the bank's tree; the last level of it is a branch.

    A unit without a calendar follows that of the nearest unit above. The topmost says in which
    `currency` all amounts of the bank are.
    """

    __tablename__ = "unit"
    __table_args__ = (only("kind", UnitKind),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[UnitKind] = mapped_column(Code(UnitKind))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    country: Mapped[str | None]
    subdivision: Mapped[str | None]
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey(WorkCalendar.id))
    is_active: Mapped[bool] = mapped_column(default=True)
    currency: Mapped[str | None]


class Team(Base):
    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id), index=True)


class Person(Base):
    """A member of staff. `unit_id` is the branch or department where the person works."""

    __tablename__ = "person"
    __table_args__ = (
        only("job_function", JobFunction),
        CheckConstraint("daily_capacity >= 0", name="daily_capacity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_no: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey(Team.id), index=True)
    job_function: Mapped[JobFunction] = mapped_column(Code(JobFunction), default=JobFunction.OTHER)
    daily_capacity: Mapped[int] = mapped_column(default=20)
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey(WorkCalendar.id))  # own hours
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Absence(Base):
    """Days, first and last included, on which a person does not work.

    What the person has goes to the deputy, or without one to the branch pool, on the first day;
    what nobody has touched by then comes back after the last.
    """

    __tablename__ = "absence"
    __table_args__ = (
        only("kind", AbsenceKind),
        CheckConstraint("ends_on >= starts_on", name="days"),
        CheckConstraint("deputy_id <> person_id", name="deputy"),
        Index("ix_absence_person_id", "person_id", "starts_on"),
        Index("ix_absence_ends_on", "ends_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    kind: Mapped[AbsenceKind] = mapped_column(Code(AbsenceKind))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    planned_by: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    planned_at: Mapped[datetime]
    handed_over_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class PersonRole(Base):
    __tablename__ = "person_role"
    __table_args__ = (only("role", Role),)

    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), primary_key=True)
    role: Mapped[Role] = mapped_column(Code(Role), primary_key=True)


class Qualification(Base):
    """What somebody is certified for, such as advising on investments."""

    __tablename__ = "qualification"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class PersonQualification(Base):
    __tablename__ = "person_qualification"

    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), primary_key=True)
    qualification_id: Mapped[int] = mapped_column(ForeignKey(Qualification.id), primary_key=True)
    valid_until: Mapped[date | None]


class Credential(Base):
    """How a person proves who they are. The hash is bcrypt's; the password is nowhere."""

    __tablename__ = "credential"

    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    failed_attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    must_change: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime]


class WebSession(Base):
    """One browser signed in. Only hashes of its cookie and of its one-time ticket are kept."""

    __tablename__ = "web_session"
    __table_args__ = (
        only("source", SignInSource),
        Index("ix_web_session_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    source: Mapped[SignInSource] = mapped_column(Code(SignInSource))
    cookie_hash: Mapped[str | None] = mapped_column(unique=True)
    ticket_hash: Mapped[str | None] = mapped_column(unique=True)
    ticket_expires_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
