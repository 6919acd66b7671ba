"""What the pages ask both databases, in a bank of a million customers and in one a fifth as big.

The pages run as they are, each as somebody whose page it is and who has the most work of the
bank. A page's queries together have to answer in time, and none that takes long may grow more
than the work does; how many statements a page takes is pinned by tests. Use:
python -m benchmarks.pages [customers], or with the addresses of a small and a big finished bank, or
of one alone, of which nothing is compared, and the names of pages where not all are wanted. Banks
stay as they were: sessions end with the visit, and counts of the work that nobody had made before
go again.
"""

import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, delete, event, func, select
from sqlalchemy.orm import Session
from streamlit.logger import set_log_level
from streamlit.testing.v1 import AppTest

from benchmarks import demo, reports
from benchmarks.bare import against_the_hand
from benchmarks.samples import address, busiest
from benchmarks.visits import OF_A_BRANCH, VISITS, Visit
from components import gateway, server
from core.access import Role
from core.activities.model import Activity
from core.activities.scope import pending
from core.database import connect
from core.people.model import WebSession
from core.people.queries.actors import actor_of
from core.people.rules import SignInSource
from core.queues.model import ClosedCell, ClosedDay, TroubleCell, WorkCell, WorkCount
from core.queues.upkeep import count_work, keep_counts
from core.settings import settings
from core.work import looking, reading, upkeep

SHELL = Path(__file__).parents[1] / "components" / "shell.py"
TIMES = 5
MOST_OF_A_PAGE = 1.0  # seconds of all its queries
LEAST = 0.1  # seconds; what a query takes below that may grow
SLACK = 1.25


@dataclass
class Measured:
    """Seconds by visit and query, of whole visits, and the statements of each; how much work."""

    queries: dict[tuple[Visit, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    visits: dict[Visit, list[float]] = field(default_factory=lambda: defaultdict(list))
    statements: dict[Visit, int] = field(default_factory=dict)
    pending: int = 0


def main(customers: int = 1_000_000) -> bool:
    """Measure both banks on both databases, and tell whether everything answers in time."""
    with demo.banks(customers) as pairs:
        return all([compare(*pair) for pair in pairs])  # noqa: C419  each is measured


def compare(small: str, big: str) -> bool:
    """Measure two finished banks, print it, and tell whether nothing is slow."""
    before, after = _measured(small), _measured(big)
    growth, good = after.pending / before.pending, True
    product = connect(big).dialect.name
    for (visit, query), taken in after.queries.items():
        was, now = (statistics.median(each) for each in (before.queries[visit, query], taken))
        most = was * SLACK * (1 if visit.role in OF_A_BRANCH else growth)
        wrong = "  GROWS" if now > max(LEAST, most) else ""
        good &= not wrong
        print(
            f"{product:10} {visit.name:20} {visit.role:16} {query:42}"
            f" {was * 1000:8.1f} -> {now * 1000:8.1f} ms, x {now / was:.2f}{wrong}"
        )
    good &= _in_time(product, after)
    print(f"{product}: {before.pending:,} -> {after.pending:,} pending, x {growth:.2f}", flush=True)
    good &= reports.in_time(big)
    return _by_hand(big) and good


def alone(url: str, *pages: str) -> bool:
    """Measure one finished bank, print it, and tell whether every page answers in time.

    :param pages: only these, or all unless said
    """
    found, product = _measured(url, pages), connect(url).dialect.name
    for (visit, query), taken in found.queries.items():
        now = statistics.median(taken)
        print(f"{product:10} {visit.name:20} {visit.role:16} {query:42} {now * 1000:8.1f} ms")
    return _in_time(product, found)


def _in_time(product: str, found: Measured) -> bool:
    good = True
    for visit, seconds in found.visits.items():
        now = statistics.median(seconds)
        good &= now <= MOST_OF_A_PAGE
        print(
            f"{product:10} {visit.name:20} {visit.role:16} {found.statements[visit]:3} statements,"
            f" queries {now * 1000:7.1f} ms{'  SLOW' if now > MOST_OF_A_PAGE else ''}"
        )
    return good


def _by_hand(url: str) -> bool:
    engine = connect(url)
    roles = {"agent": Role.AGENT, "lead": Role.TEAM_LEAD, "manager": Role.CAMPAIGN_MANAGER}
    with Session(engine) as session:
        actors = {name: actor_of(session, busiest(engine, role)[0]) for name, role in roles.items()}
    part = address(engine, Visit("", Role.TEAM_LEAD, (("q", "part"),)), actors["lead"].unit_id)
    good = against_the_hand(engine, demo.built_at(engine), actors, part["q"])
    engine.dispose()
    return good


def _measured(url: str, pages: Collection[str] = ()) -> Measured:
    set_log_level("error")  # it misses its server
    engine = connect(url)
    now = demo.built_at(engine)
    os.environ["FAIRLEAD_DATABASE_URL"] = url
    settings.cache_clear()
    server.now, server._engine = lambda: now, lambda _url: engine  # noqa: SLF001
    found = Measured()
    try:
        with _counted(engine, now):
            for visit in (each for each in VISITS if not pages or each.page in pages):
                with _signed_in(engine, visit.role, now) as (session_id, unit_id):
                    query = address(engine, visit, unit_id)
                    _run(engine, visit, session_id, now, query, Measured())  # compiles what it asks
                    for _ in range(TIMES):
                        _run(engine, visit, session_id, now, query, found)
        with looking(engine) as session:
            work = select(func.count()).select_from(Activity).where(pending())
            found.pending = session.scalar(work) or 0
        return found
    finally:
        engine.dispose()


@contextmanager
def _counted(engine: Engine, now: datetime) -> Iterator[None]:
    """Keep the work counted, as the clock of a server does; what was not counted before goes."""
    with looking(engine) as session:
        is_counted = session.scalar(select(func.count()).select_from(WorkCount))
    more = True
    while more:  # it takes some days at a time
        with looking(engine) as session:
            counts = count_work(session, now=now)
        with upkeep(engine) as session:
            keep_counts(session, counts)
        more = bool(counts.days)
    try:
        yield
    finally:
        if not is_counted:
            with upkeep(engine) as session:
                for table in (WorkCell, ClosedCell, ClosedDay, TroubleCell, WorkCount):
                    session.execute(delete(table))


def _run(
    engine: Engine,
    visit: Visit,
    session_id: int,
    now: datetime,
    address: dict[str, str],
    found: Measured,
) -> None:
    """Run a page from the beginning, and note what it asked."""
    queries: dict[str, float] = defaultdict(float)
    answers: dict[tuple[str, ...], Any] = {}
    carried_out = 0

    def look(key, query, actor, filters):
        if key not in answers:
            started = time.perf_counter()
            with reading(engine, actor, now=now) as view:
                answers[key] = query(view, **filters)
            name = f"{query.__module__.rpartition('.')[2]}.{query.__name__}"
            queries[name] += time.perf_counter() - started
        return answers[key]

    def on_execute(_connection, _cursor, statement, *_rest):
        nonlocal carried_out
        carried_out += not statement.startswith(("PRAGMA", "BEGIN"))

    gateway._look = look  # noqa: SLF001  what a page asks, without the memory of the server
    event.listen(engine, "before_cursor_execute", on_execute)
    app = AppTest.from_file(str(SHELL), default_timeout=300)
    app.session_state["session_id"] = session_id
    for key, value in address.items():
        app.query_params[key] = value
    app.switch_page(f"../pages/{visit.page}.py")
    app.run()
    event.remove(engine, "before_cursor_execute", on_execute)
    if app.exception or app.error:  # what is shown in place of a page asks little
        raise AssertionError(app.exception or app.error)
    for query, seconds in queries.items():
        found.queries[visit, query].append(seconds)
    found.visits[visit].append(sum(queries.values()))
    found.statements[visit] = carried_out


@contextmanager
def _signed_in(engine: Engine, role: Role, now: datetime) -> Iterator[tuple[int, int]]:
    person_id, unit_id = busiest(engine, role)
    with Session(engine) as session, session.begin():
        row = WebSession(
            person_id=person_id, source=SignInSource.PASSWORD, opened_at=now, seen_at=now
        )
        session.add(row)
        session.flush()
        session_id = row.id
    try:
        yield session_id, unit_id
    finally:
        with Session(engine) as session, session.begin():
            session.execute(delete(WebSession).where(WebSession.id == session_id))


if __name__ == "__main__":
    given = sys.argv[1:]
    if given and not given[0].isdecimal():
        both = len(given) == 2 and "://" in given[1]
        sys.exit(0 if (compare if both else alone)(*given) else 1)
    sys.exit(0 if main(*(int(number) for number in given)) else 1)
