"""Append-only entries, one per business event, findable by every record they touch."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import Base, Number


@dataclass(frozen=True)
class Event:
    """A fact in the words of the business. Who and when are added by the work itself."""

    kind: ClassVar[str]

    @property
    def subjects(self) -> tuple[str, ...]:
        """Return the records the fact is about, such as `activity:42`."""
        raise NotImplementedError

    @property
    def notices(self) -> tuple["Notice", ...]:
        """Return what neighbouring systems are to be told of it, in BIAN's names."""
        return ()


@dataclass(frozen=True)
class Notice:
    """One message to neighbouring systems: `type` such as `CandidateSelection/Updated`."""

    type: str
    subject: str
    payload: dict[str, Any]


class Entry(Base):
    __tablename__ = "journal_entry"
    __table_args__ = (Index("ix_journal_entry_at", "at"),)

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(index=True)
    facts: Mapped[dict[str, Any]]
    subjects: Mapped[list["Subject"]] = relationship(lazy="raise")
    notices: Mapped[list["Outgoing"]] = relationship(lazy="raise")


class Subject(Base):
    __tablename__ = "journal_subject"

    entry_id: Mapped[int] = mapped_column(Number, ForeignKey(Entry.id), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True, index=True)


class Outgoing(Base):
    """The outbox: written in the transaction of the change, read in order by `id`."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    entry_id: Mapped[int] = mapped_column(Number, ForeignKey(Entry.id), index=True)
    at: Mapped[datetime]
    type: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str]
    payload: Mapped[dict[str, Any]]


def entry_of(fact: Event, *, actor_id: int | None, at: datetime) -> Entry:
    """Turn a fact into its journal entry with subjects and notices."""
    return Entry(
        at=at,
        actor_id=actor_id,
        kind=fact.kind,
        facts={name: _plain(value) for name, value in asdict(fact).items()},
        subjects=[Subject(name=name) for name in dict.fromkeys(fact.subjects)],
        notices=[
            Outgoing(at=at, type=n.type, subject=n.subject, payload=_plain(n.payload))
            for n in fact.notices
        ],
    )


def _plain(value: Any) -> Any:
    """Make a value fit for JSON without losing what it says."""
    match value:
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(inner) for inner in value]
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
    return value
