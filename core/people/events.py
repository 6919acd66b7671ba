"""What the journal remembers about people. Never a password, nor anything made from one."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from core.journal.model import Event


@dataclass(frozen=True)
class PersonEvent(Event):
    """A fact about one person; `sessions_ended` says how many browsers it signed out."""

    person_id: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"person:{self.person_id}",)


@dataclass(frozen=True)
class PersonAdded(PersonEvent):
    kind: ClassVar[str] = "person.added"

    staff_no: str
    unit_id: int
    team_id: int | None
    roles: tuple[str, ...]


@dataclass(frozen=True)
class AccountGiven(PersonEvent):
    kind: ClassVar[str] = "account.given"

    username: str


@dataclass(frozen=True)
class PersonEnabled(PersonEvent):
    kind: ClassVar[str] = "person.enabled"


@dataclass(frozen=True)
class RolesChanged(PersonEvent):
    kind: ClassVar[str] = "roles.changed"

    before: tuple[str, ...]
    after: tuple[str, ...]
    sessions_ended: int


@dataclass(frozen=True)
class PasswordReset(PersonEvent):
    kind: ClassVar[str] = "password.reset"

    sessions_ended: int


@dataclass(frozen=True)
class PasswordChanged(PersonEvent):
    kind: ClassVar[str] = "password.changed"

    sessions_ended: int


@dataclass(frozen=True)
class SignedIn(PersonEvent):
    kind: ClassVar[str] = "session.opened"

    session_id: int
    source: str


@dataclass(frozen=True)
class SignedOut(PersonEvent):
    kind: ClassVar[str] = "session.ended"

    session_id: int
    reason: str


@dataclass(frozen=True)
class SignInRefused(Event):
    """A wrong sign-in. What was typed is not kept: people type passwords into the wrong field."""

    kind: ClassVar[str] = "session.refused"

    person_id: int | None
    is_locked: bool

    @property
    def subjects(self) -> tuple[str, ...]:
        return () if self.person_id is None else (f"person:{self.person_id}",)


@dataclass(frozen=True)
class UnitAdded(Event):
    kind: ClassVar[str] = "unit.added"

    unit_id: int
    code: str
    parent_id: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"unit:{self.unit_id}",)


@dataclass(frozen=True)
class TeamAdded(Event):
    kind: ClassVar[str] = "team.added"

    team_id: int
    name: str
    unit_id: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"team:{self.team_id}", f"unit:{self.unit_id}")


@dataclass(frozen=True)
class QualificationAdded(Event):
    kind: ClassVar[str] = "qualification.added"

    qualification_id: int
    code: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"qualification:{self.qualification_id}",)


@dataclass(frozen=True)
class QualificationsChanged(PersonEvent):
    kind: ClassVar[str] = "qualifications.changed"

    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class PersonHoursSet(PersonEvent):
    """A person follows a calendar of their own, or with None the one of their unit."""

    kind: ClassVar[str] = "person.hours-set"

    calendar: str | None


@dataclass(frozen=True)
class UnitHoursSet(Event):
    """A unit follows a calendar, or with None the one of the unit above."""

    kind: ClassVar[str] = "unit.hours-set"

    unit_id: int
    calendar: str | None

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"unit:{self.unit_id}",)


@dataclass(frozen=True)
class AbsenceEvent(PersonEvent):
    """A fact about one absence. Why somebody is away is not kept: it may be about their health."""

    absence_id: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (*super().subjects, f"absence:{self.absence_id}")


@dataclass(frozen=True)
class AbsencePlanned(AbsenceEvent):
    kind: ClassVar[str] = "absence.planned"

    starts_on: date
    ends_on: date
    deputy_id: int | None


@dataclass(frozen=True)
class AbsenceChanged(AbsenceEvent):
    kind: ClassVar[str] = "absence.changed"

    starts_on: date
    ends_on: date
    deputy_id: int | None


@dataclass(frozen=True)
class AbsenceCancelled(AbsenceEvent):
    kind: ClassVar[str] = "absence.cancelled"
