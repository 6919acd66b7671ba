"""Units, jobs, passwords and sessions: what there is and what may be. No database here."""

from datetime import date
from enum import StrEnum

from core import saying
from core.database import Coded


class UnitKind(Coded):
    BANK = "bank", 1
    REGION = "region", 2
    BRANCH = "branch", 3
    DEPARTMENT = "department", 4
    CONTACT_CENTRE = "contact centre", 5


class JobFunction(Coded):
    RELATIONSHIP_MANAGER = "relationship manager", 1
    ACCOUNT_MANAGER = "account manager", 2
    CONTACT_CENTRE_AGENT = "contact-centre agent", 3
    TELLER = "teller", 4
    OTHER = "other", 5


class AbsenceKind(Coded):
    LEAVE = "leave", 1
    SICKNESS = "sickness", 2
    TRAINING = "training", 3
    OTHER = "other", 4


class AbsenceState(StrEnum):
    PLANNED = "planned"
    AWAY = "away"
    OVER = "over"
    CANCELLED = "cancelled"


def days_of(starts_on: date, ends_on: date) -> str:
    """Say the days of an absence, such as "3 Mar 2026 to 13 Mar 2026"."""
    first, last = saying.day(starts_on), saying.day(ends_on)
    return first if first == last else f"{first} to {last}"


class SignInSource(Coded):
    PASSWORD = "password", 1
    COMPANY = "company account", 2


class EndReason(StrEnum):
    """Why a session ended before its time."""

    SIGNED_OUT = "signed out"
    REPLACED = "signed in again in the same browser"
    PASSWORD_CHANGED = "password changed"  # noqa: S105  a reason
    PASSWORD_RESET = "password reset"  # noqa: S105  a reason
    ROLES_CHANGED = "roles changed"
    LEFT = "left"
    MOVED = "moved to another unit or team"


SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 72  # bytes; bcrypt reads no further
FEWEST_CHARACTERS = 5


def password_objections(password: str, *, username: str) -> list[str]:
    """Return what speaks against a password, or nothing; length protects, patterns don't."""
    objections = []
    if len(password) < SHORTEST_PASSWORD:
        objections.append(f"it has fewer than {SHORTEST_PASSWORD} characters")
    if len(password.encode()) > LONGEST_PASSWORD:
        objections.append(f"it is longer than {LONGEST_PASSWORD} bytes")
    if len(set(password)) < FEWEST_CHARACTERS:
        objections.append(f"it uses fewer than {FEWEST_CHARACTERS} different characters")
    if username and username.lower() in password.lower():
        objections.append("it contains the user name")
    if password != password.strip():
        objections.append("it begins or ends with a space")
    if "\0" in password:
        objections.append("it contains a character that can't be typed")
    return objections
