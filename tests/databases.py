"""Databases for tests: one a process and product, put back to the small bank before each test.

On PostgreSQL copying a template database costs a good part of a second each time; emptying the
tables and filling the few that had rows costs hundredths. A file of SQLite is simply copied.
Each keeps one engine: compiling every statement anew costs more than carrying the statements out.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, event, make_url, text

from core.database import connect
from core.schema import METADATA

KEPT = "kept"  # the schema that holds the rows every test begins with

_FINGERPRINT = """
SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
  SELECT concat_ws(' ', c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull) AS line
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
   WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped
  UNION ALL
  SELECT concat_ws(' ', conname, convalidated, conrelid) FROM pg_constraint
   WHERE connamespace = 'public'::regnamespace
  UNION ALL
  SELECT concat_ws(' ', tgname, tgenabled, tgrelid) FROM pg_trigger WHERE NOT tgisinternal
) AS parts
"""


def administer(server, *statements):
    """Carry out statements outside any transaction, as making a database needs."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


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
        self._own = create_engine(self.url, pool_size=1, max_overflow=0)
        with self._own.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {KEPT}"))
            self.filled = [
                table.name
                for table in METADATA.sorted_tables
                if connection.execute(text(f"SELECT 1 FROM {table.name} LIMIT 1")).first()  # noqa: S608  our own tables
            ]
            for name in self.filled:
                connection.execute(text(f"CREATE TABLE {KEPT}.{name} AS TABLE public.{name}"))
            self.shape = connection.scalar(text(_FINGERPRINT))
            sequences = connection.execute(
                text("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname='public'")
            ).all()
        self.script = "; ".join(
            [
                "SET LOCAL session_replication_role = replica",
                *(f"DELETE FROM {table.name}" for table in METADATA.sorted_tables),  # noqa: S608  our own tables
                *(f"INSERT INTO {name} SELECT * FROM {KEPT}.{name}" for name in self.filled),  # noqa: S608  our own tables
                *(
                    f"SELECT setval('{name}', {last or 1}, {last is not None})"
                    for name, last in sequences
                ),
            ]
        )

    def put_back(self) -> bool:
        """Undo what a test wrote; False when it changed the tables themselves."""
        with self._own.begin() as connection:
            # Who still holds something; an idle connection waits in a pool for the next test.
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    " AND state <> 'idle'"
                )
            )
            if connection.scalar(text(_FINGERPRINT)) != self.shape:
                return False
            connection.exec_driver_sql(self.script)
        return True

    def drop(self, server):
        self.engine.dispose()
        self._own.dispose()
        administer(server, f"DROP DATABASE {make_url(self.url).database} WITH (FORCE)")


def named(server, name):
    return make_url(server).set(database=name).render_as_string(hide_password=False)
