"""The demo bank at size: how long it takes to build and to check, and how much memory.

Use: python -m benchmarks.demo [customers], or with the address of a finished bank to check it
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select

from benchmarks import places
from benchmarks.copied import copy
from core.access import SYSTEM
from core.database import connect, spilling
from core.journal.model import Entry
from core.settings import settings
from core.work import looking, reading
from data import demo
from data.demo.build import Built
from data.integrity import Finding, examine
from data.migrations import upgrade

GROWTH = 5


@contextmanager
def banks(customers: int = 1_000_000) -> Iterator[list[tuple[str, str]]]:
    """Build a bank and one a fifth as big, and give the addresses of both on either database."""
    with tempfile.TemporaryDirectory(prefix="fairlead-benchmark-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        files = [built(Path(folder), size) for size in (customers // GROWTH, customers)]
        with places.server(folder, for_size=True) as place:
            urls = [
                places.new_database(place, f"{file.stem}_{os.getpid()}".replace("-", "_"))
                for file in files
            ]
            for file, url in zip(files, urls, strict=True):
                copy(file, url)
            small, big = (f"sqlite:///{file}" for file in files)
            yield [(small, big), (urls[0], urls[1])]


def built_at(engine: Engine) -> datetime:
    """Return the moment up to which a bank was made, at which it is looked at."""
    with looking(engine) as session:
        moment = session.scalars(select(Entry.at).where(Entry.kind == Built.kind)).one()
    return moment.astimezone(settings().zone)


def main(customers: int = 1_000_000) -> bool:
    """Build one on SQLite and tell whether it is consistent."""
    with tempfile.TemporaryDirectory(prefix="fairlead-benchmark-") as folder:
        return checked(f"sqlite:///{built(Path(folder), customers)}")


def built(folder: Path, customers: int) -> Path:
    """Build one in a file of SQLite, print how long it took, and return the file."""
    file = folder / f"demo-{customers}.db"
    engine = connect(f"sqlite:///{file}")
    upgrade(engine)
    now = datetime.now(settings().zone)
    started = time.perf_counter()
    made = demo.build(engine, customers=customers, seed=1, now=now, bank_name="Benchmark")
    engine.dispose()  # it closes its log: the file is all there is
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"demo bank: {made.customers:,} customers and {made.activities:,} activities"
        f" in {time.perf_counter() - started:.0f} s; our process at most {memory:.0f} MB",
        flush=True,
    )
    return file


def checked(url: str) -> bool:
    """Check a bank, print how long each rule took, and tell whether all of them hold."""
    engine = connect(url)
    product, now = engine.dialect.name, datetime.now(settings().zone)
    began: list[tuple[float, str]] = []
    with reading(spilling(engine), SYSTEM, now=now) as view:
        found = examine(
            view, tell=lambda rule, _done, _of: began.append((time.perf_counter(), rule))
        )
    engine.dispose()
    ends = [*(at for at, _ in began[1:]), time.perf_counter()]
    for (at, rule), end in zip(began, ends, strict=True):
        print(f"{product:10} check: {rule:60} {end - at:7.1f} s")
    faults: list[Finding] = [finding for finding in found if finding.violations]
    print(
        f"{product:10} check: {ends[-1] - began[0][0]:.0f} s in all; {faults or 'whole'}",
        flush=True,
    )
    return not faults


if __name__ == "__main__":
    given = sys.argv[1:]
    if given and not given[0].isdecimal():
        sys.exit(0 if checked(given[0]) else 1)
    sys.exit(0 if main(*(int(number) for number in given)) else 1)
