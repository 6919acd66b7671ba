"""How long a report of impact takes from the command line, loading of everything included.

Use: python -m benchmarks.reports ADDRESS, of a finished bank
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database import connect
from core.runs.model import Candidate, Run

LONGEST = 10.0  # seconds


def in_time(url: str) -> bool:
    """Make both files of the largest run, print how long they took, and tell whether in time."""
    engine = connect(url)
    with Session(engine) as session:
        sizes = select(Candidate.run_id, func.count().label("many")).group_by(Candidate.run_id)
        largest = sizes.order_by(func.count().desc()).limit(1).subquery()
        code, many = session.execute(
            select(Run.code, largest.c.many).join(largest, largest.c.run_id == Run.id)
        ).one()
    product = engine.dialect.name
    engine.dispose()
    good = True
    for kind in ("pdf", "xlsx"):
        taken = _made(url, code, kind)
        good &= taken <= LONGEST
        wrong = "  SLOW" if taken > LONGEST else ""
        print(f"{product:10} {kind} of {code}: {many:,} candidates in {taken:.1f} s{wrong}")
    return good


def _made(url: str, code: str, kind: str) -> float:
    with tempfile.TemporaryDirectory(prefix="fairlead-benchmark-") as folder:
        file = Path(folder) / f"impact.{kind}"
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "cli", "impact", code, f"--{kind}", str(file)],
            env={**os.environ, "FAIRLEAD_DATABASE_URL": url},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        taken = time.perf_counter() - started
        assert file.stat().st_size > 0  # noqa: S101  or nothing was measured
    return taken


if __name__ == "__main__":
    sys.exit(0 if in_time(sys.argv[1]) else 1)
