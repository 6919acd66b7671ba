"""Taking turns over all processes that use a database."""

import fcntl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, func, select


@contextmanager
def alone(engine: Engine, at: str) -> Iterator[bool]:
    """Tell whether nobody else is `at` this just now, and keep others away until it is done.

    Whoever comes second is told so at once and does not wait.
    """
    taken = _on_the_server if engine.dialect.name == "postgresql" else _beside_the_file
    with taken(engine, at) as is_ours:
        yield is_ours


@contextmanager
def _on_the_server(engine: Engine, at: str) -> Iterator[bool]:
    with engine.connect() as connection:
        lock = func.pg_try_advisory_xact_lock(zlib.crc32(at.encode()))
        yield connection.scalar(select(lock)) is True


@contextmanager
def _beside_the_file(engine: Engine, at: str) -> Iterator[bool]:
    # A lock on the database file itself would be lost when any connection to it is closed.
    with Path(f"{engine.url.database}-{at}").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
