"""Append-only entries, one per business event, findable by every record they touch."""

from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql.functions import FunctionElement

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


def _of_entry(name: str) -> Any:
    """Tell which rows belong to an entry: they are written with it, and neither is ever deleted.

    So the reference is no key: the server would look the entry up for each row of each event there
    is. `fairlead check` counts what belongs to none.
    """
    return relationship(primaryjoin=f"Entry.id == foreign({name}.entry_id)", lazy="raise")


class Entry(Base):
    __tablename__ = "journal_entry"
    __table_args__ = (
        Index("ix_journal_entry_at", "at"),
        Index("ix_journal_entry_actor_id", "actor_id", "id"),  # what somebody did, in its order
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(index=True)
    facts: Mapped[dict[str, Any]]
    subjects: Mapped[list["Subject"]] = _of_entry("Subject")
    notices: Mapped[list["Outgoing"]] = _of_entry("Outgoing")


class Subject(Base):
    __tablename__ = "journal_subject"
    # What happened to a record, in its order: of a run there may be millions of entries.
    __table_args__ = (Index("ix_journal_subject_name", "name", "entry_id"),)

    entry_id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(primary_key=True)


class TransactionNumber(FunctionElement[int]):
    """The number of the transaction at hand; SQLite has one writer at a time and needs none."""

    type = BigInteger()
    inherit_cache = True


class OldestRunning(FunctionElement[int]):
    """The lowest number of a transaction that may still commit into this database.

    Numbers are the whole server's. Transactions that are known to belong to other databases
    are left out, so that a long one over there does not hold our events back.
    """

    type = BigInteger()
    inherit_cache = True


@compiles(TransactionNumber)
def _no_number(_element: TransactionNumber, _compiler: Any, **_options: Any) -> str:
    return "0"


@compiles(TransactionNumber, "postgresql")
def _number(_element: TransactionNumber, _compiler: Any, **_options: Any) -> str:
    return "pg_current_xact_id()::text::bigint"


@compiles(OldestRunning)
def _after_all(_element: OldestRunning, _compiler: Any, **_options: Any) -> str:
    return "1"


@compiles(OldestRunning, "postgresql")
def _oldest(_element: OldestRunning, _compiler: Any, **_options: Any) -> str:
    return """(
        SELECT coalesce(
            min(running.xid::text::bigint), pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        )
        FROM pg_snapshot_xip(pg_current_snapshot()) AS running(xid)
        WHERE NOT EXISTS (
            SELECT 1 FROM pg_stat_activity AS other
            WHERE other.datname <> current_database()
            AND other.backend_xid::text::bigint = (running.xid::text::bigint & 4294967295)
        )
    )"""


class Outgoing(Base):
    """The outbox: written in the transaction of the change, read in order by `id`.

    Numbers are given out when a row is written but seen when it is committed, so a row may
    turn up below one that was read already. `transaction_no` lets readers wait for it.
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    entry_id: Mapped[int] = mapped_column(Number)
    at: Mapped[datetime]
    type: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str]
    payload: Mapped[dict[str, Any]]
    transaction_no: Mapped[int] = mapped_column(BigInteger, default=TransactionNumber())


def told_by(fact: Event) -> dict[str, Any]:
    """Return what the journal keeps of a fact, all of it plain enough for JSON."""
    return {
        "facts": _plain(fact),
        "subjects": list(dict.fromkeys(fact.subjects)),
        "notices": [_plain(notice) for notice in fact.notices],
    }


def entry_of(fact: Event, *, actor_id: int | None, at: datetime) -> Entry:
    """Turn a fact into its journal entry with subjects and notices."""
    told = told_by(fact)
    return Entry(
        at=at,
        actor_id=actor_id,
        kind=fact.kind,
        facts=told["facts"],
        subjects=[Subject(name=name) for name in told["subjects"]],
        notices=[Outgoing(at=at, **notice) for notice in told["notices"]],
    )


def _plain(value: Any) -> Any:
    """Make a value fit for JSON without losing what it says."""
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
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
