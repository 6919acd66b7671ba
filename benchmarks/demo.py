"""The demo bank at size: how long it takes to build and to check, and how much memory."""

import resource
import tempfile
import time
from datetime import datetime
from pathlib import Path

from core.access import SYSTEM
from core.database import connect
from core.settings import settings
from core.work import reading
from data import demo
from data.integrity import examine
from data.migrations import upgrade


def main(customers: int = 1_000_000) -> bool:
    """Build one on SQLite and tell whether it is consistent."""
    with tempfile.TemporaryDirectory(prefix="fairlead-benchmark-") as folder:
        engine = connect(f"sqlite:///{Path(folder) / 'demo.db'}")
        upgrade(engine)
        now = datetime.now(settings().zone)
        started = time.perf_counter()
        built = demo.build(engine, customers=customers, seed=1, now=now, bank_name="Benchmark")
        print(
            f"demo bank: {built.customers:,} customers and {built.activities:,} activities"
            f" in {time.perf_counter() - started:.0f} s"
        )
        started = time.perf_counter()
        with reading(engine, SYSTEM, now=now) as view:
            faults = [finding for finding in examine(view) if finding.violations]
        print(f"demo bank: checked in {time.perf_counter() - started:.0f} s; {faults or 'whole'}")
        engine.dispose()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"demo bank: memory of our process at most {memory:.0f} MB", flush=True)
    return not faults


if __name__ == "__main__":
    main()
