"""The launch gate and the truth check at size: all that their pages ask before they stand.

The check of runs with many reports is kept first, as the server does when time passes; it writes
nothing else. Use: python -m benchmarks.gate ADDRESS … of banks of `fairlead demo`.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Engine, select

from benchmarks.demo import built_at
from core.access import SYSTEM
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import DesignStatus
from core.database import connect, spilling
from core.gate.queries import gate
from core.truth.queries.findings import conversions
from core.truth.queries.runs import truth, truths
from core.truth.upkeep import check_next, keep_check
from core.windows import Window
from core.work import Reader, reading, upkeep

MOST = 1.0  # seconds of what a page asks before it stands
EACH = 2_000  # reports that a check judges in a second, at the least
ROUNDS = 3


def main(*addresses: str) -> bool:
    """Measure each bank, print what came out, and tell whether it is within the limits."""
    return all(list(map(_measured, addresses)))


def _measured(address: str) -> bool:
    engine = connect(address)
    now = built_at(engine)
    good = _check(engine, now)
    for page, asked in _pages(engine, now):
        taken = []
        for _ in range(ROUNDS):
            with reading(engine, SYSTEM, now=now) as view:
                started = time.perf_counter()
                asked(view)
                taken.append(time.perf_counter() - started)
        middle = statistics.median(taken)
        good &= middle <= MOST
        slow = "  SLOW" if middle > MOST else ""
        print(f"{engine.dialect.name:10} {page}: {1000 * middle:,.0f} ms{slow}", flush=True)
    engine.dispose()
    return good


def _check(engine: Engine, now: datetime) -> bool:
    """Check what wants it, one run at a time, and say how long it took to look and to write."""
    good = True
    while True:
        started = time.perf_counter()
        with reading(spilling(engine), SYSTEM, now=now) as view:
            found = check_next(view)
        looked = time.perf_counter() - started
        if found is None:
            return good
        with upkeep(engine) as session:
            reports = keep_check(session, found)
        written = time.perf_counter() - started - looked
        good &= reports / looked >= EACH
        print(
            f"{engine.dialect.name:10} {reports:,} reports checked in {looked:.1f} s, "
            f"kept in {written:.1f} s",
            flush=True,
        )


def _pages(engine: Engine, now: datetime) -> Iterator[tuple[str, Callable[[Reader], Any]]]:
    with reading(engine, SYSTEM, now=now) as view:
        waits = view.session.execute(
            select(Campaign.name, Design.id)
            .join(Design, Design.campaign_id == Campaign.id)
            .where(
                Design.status.in_([DesignStatus.DRAFT, DesignStatus.SUBMITTED]),
                Design.segment_id.is_not(None),
            )
            .order_by(Design.id)
        ).all()
        listed = truths(view, window=Window(size=20)).rows
    for campaign, design_id in waits:
        yield f"Designer and Approvals, {campaign}", partial(gate, design_id=design_id)
    yield "Truth check, every run", lambda view: truths(view, window=Window(size=20))
    largest = max(listed, key=lambda found: found.check.reported).id
    yield (
        "Truth check, the largest run",
        lambda view: (
            truth(view, run_id=largest),
            conversions(view, run_id=largest, suspicious=True, window=Window()),
        ),
    )


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
