"""One engine for PostgreSQL or SQLite, behaving alike."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from time import monotonic

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from core.settings import CONNECTIONS

RESTED = 1.0  # seconds in the pool, after which a connection may have been cut


def connect(url: str, *, connections: int = CONNECTIONS) -> Engine:
    """Open the database at `url`, behaving alike on both products.

    :param connections: the most that this process holds open at once on PostgreSQL; whoever
        needs one more waits until one comes back, for half a minute at most
    """
    if url.startswith("postgresql"):
        # A server that can would translate for the processor whatever it takes for dear, each time
        # anew. That pays where a statement takes many seconds; it takes each live count for such.
        limits = "-c lock_timeout=10s -c timezone=UTC -c jit=off"
        engine = create_engine(
            url,
            # All of them stay open: making one anew costs more than most requests. What came back
            # last goes out first, so that those at work know their statements and need no asking.
            pool_size=connections,
            max_overflow=0,
            pool_use_lifo=True,
            connect_args={"options": limits},
            hide_parameters=True,  # they hold names and numbers of customers; errors are logged
        )
        _ask_whether_there(engine)
        return engine
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    # What came back last goes out first: it still has pages in memory, and few others need any.
    engine = create_engine(
        url, pool_size=20, max_overflow=40, pool_use_lifo=True, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def read_only(engine: Engine) -> Engine:
    """Share the pool, refuse writes, and show every query the same snapshot."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    return engine.execution_options(sqlite_read_only=True)


def spilling(engine: Engine) -> Engine:
    """Share the pool, and let large temporary tables go to the disk, as PostgreSQL's do."""
    return engine.execution_options(sqlite_spills=True)


def _ask_whether_there(engine: Engine) -> None:
    """Ask the server whether a connection still holds, unless it was used this very moment.

    Asking each time is a trip to the server for every request. A server that was started anew
    was away for longer than that.
    """

    def put_back(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = monotonic()

    def take_out(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        since = record.info.get("rests_since")
        if since is None or monotonic() - since < RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error  # the pool then connects anew

    event.listen(engine, "checkin", put_back)
    event.listen(engine, "checkout", take_out)


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    connection.isolation_level = None  # we emit BEGIN ourselves, below
    # SQLite's own knows A to Z only; names have É, Ř and Ü, and a search has to find them.
    connection.create_function("lower", 1, _lower, deterministic=True)
    for pragma in (
        "foreign_keys = ON",
        "journal_mode = WAL",
        "synchronous = FULL",
        "busy_timeout = 30000",
        "cache_size = -98304",  # the state of a million customers, and some room
    ):
        connection.execute(f"PRAGMA {pragma}")


def _lower(value: object) -> str | None:
    if value is None:
        return None
    # Letter by letter, whatever stands beside it.
    return str(value).replace("Σ", "σ").lower()  # noqa: RUF001  the Greek letter is meant


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    reading = options.get("sqlite_read_only", False)
    spills = options.get("sqlite_spills", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")
    connection.exec_driver_sql(f"PRAGMA temp_store = {'FILE' if spills else 'MEMORY'}")
    # A writer that starts by reading would deadlock with another; take the lock at once.
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


_turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


@contextmanager
def write_turn(engine: Engine) -> Iterator[None]:
    """Let the writers of this process queue up for SQLite, whose own busy wait is unfair."""
    if engine.dialect.name != "sqlite":
        yield
        return
    with _turns[str(engine.url)]:
        yield


def lost_a_race(error: BaseException) -> bool:
    """Test whether the database gave up because of another transaction."""
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None)
    return sqlstate in {"40001", "40P01", "55P03"} or "database is locked" in str(error)
