"""What the pages of those who work ask the database, in a bank and in one four times as big.

The pages run as they are, each as somebody whose page it is and who has the most work of the
bank. No query may grow more than the work does; how many statements a page takes is pinned by
tests. Use: python -m benchmarks.pages [customers]
"""

import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session
from streamlit.logger import set_log_level
from streamlit.testing.v1 import AppTest

from components import gateway, server
from core.access import Role
from core.activities.model import Activity
from core.activities.scope import pending
from core.database import connect
from core.people.model import Person, PersonRole, WebSession
from core.people.rules import SignInSource
from core.queues.upkeep import count_work
from core.settings import settings
from core.work import reading, upkeep
from data import demo
from data.migrations import upgrade

SHELL = Path(__file__).parents[1] / "components" / "shell.py"
GROWTH, TIMES = 4, 3
LEAST = 0.020  # seconds; what takes less is not felt, and not measured well
SLACK = 1.25
PAGES = (
    ("team_queue", Role.TEAM_LEAD),
    ("my_work", Role.AGENT),
    ("monitor", Role.TEAM_LEAD),
    ("monitor", Role.CAMPAIGN_MANAGER),
    ("exceptions", Role.TEAM_LEAD),
    ("exceptions", Role.CAMPAIGN_MANAGER),
    ("home", Role.AGENT),
    ("home", Role.TEAM_LEAD),
    ("home", Role.CAMPAIGN_MANAGER),
    ("home", Role.EXECUTIVE),
)


@dataclass(frozen=True)
class Bank:
    """Seconds by page, role and query; how many statements each page took; and how much work."""

    seconds: dict[tuple[str, Role, str], float]
    statements: dict[tuple[str, Role], int]
    pending: int


def main(customers: int = 200_000) -> bool:
    """Measure both banks on SQLite, print it, and tell whether nothing grows beyond the work."""
    set_log_level("error")  # it misses its server
    small, big = _measured(customers // GROWTH), _measured(customers)
    growth, good = big.pending / small.pending, True
    for (page, role, query), seconds in big.seconds.items():
        before = small.seconds.get((page, role, query), seconds)
        slow = seconds > LEAST and seconds > before * growth * SLACK
        good &= not slow
        print(
            f"{page:11} {role:16} {query:44} {before * 1000:7.1f} -> {seconds * 1000:7.1f} ms,"
            f" x {seconds / before:.2f}{'  SLOW' if slow else ''}"
        )
    for (page, role), statements in big.statements.items():
        print(f"{page:11} {role:16} {statements} statements")
    print(f"pages: {small.pending:,} -> {big.pending:,} pending, x {growth:.2f}", flush=True)
    return good


def _measured(customers: int) -> Bank:
    now = datetime.now(settings().zone)
    with tempfile.TemporaryDirectory(prefix="fairlead-benchmark-") as folder:
        url = f"sqlite:///{Path(folder) / 'pages.db'}"
        engine = connect(url)
        upgrade(engine)
        started = time.perf_counter()
        built = demo.build(engine, customers=customers, seed=1, now=now, bank_name="Benchmark")
        with upkeep(engine) as session:
            count_work(session, now=now)
        taken = time.perf_counter() - started
        print(f"pages: {customers:,} customers, {built.activities:,} activities in {taken:.0f} s")
        os.environ["FAIRLEAD_DATABASE_URL"] = url
        settings.cache_clear()
        server.now, server._engine = lambda: now, lambda _url: engine  # noqa: SLF001
        try:
            return _asked(engine, now)
        finally:
            engine.dispose()


def _asked(engine: Engine, now: datetime) -> Bank:
    seconds: dict[tuple[str, Role, str], list[float]] = defaultdict(list)
    statements = {}
    for page, role in PAGES:
        session_id = _signed_in(engine, role, now)
        _run(engine, page, session_id, now)  # compiles what it asks
        for _ in range(TIMES):
            queries, carried_out = _run(engine, page, session_id, now)
            statements[page, role] = carried_out
            for query, taken in queries.items():
                seconds[page, role, query].append(taken)
    with Session(engine) as session:
        work = session.scalar(select(func.count()).select_from(Activity).where(pending())) or 0
    medians = {key: statistics.median(taken) for key, taken in seconds.items()}
    return Bank(medians, statements, work)


def _run(engine: Engine, page: str, session_id: int, now: datetime) -> tuple[dict[str, float], int]:
    """Run a page from the beginning; return the seconds of each query and count statements."""
    queries: dict[str, float] = defaultdict(float)
    answers: dict[tuple[str, ...], Any] = {}
    carried_out = 0

    def look(key, query, actor, filters):
        if key not in answers:
            started = time.perf_counter()
            with reading(engine, actor, now=now) as view:
                answers[key] = query(view, **filters)
            queries[f"{query.__module__.rpartition('.')[2]}.{query.__name__}"] += (
                time.perf_counter() - started
            )
        return answers[key]

    def on_execute(_connection, _cursor, statement, *_rest):
        nonlocal carried_out
        carried_out += not statement.startswith(("PRAGMA", "BEGIN"))

    gateway._look = look  # noqa: SLF001  what a page asks, without the memory of the server
    event.listen(engine, "before_cursor_execute", on_execute)
    app = AppTest.from_file(str(SHELL), default_timeout=300)
    app.session_state["session_id"] = session_id
    app.switch_page(f"../pages/{page}.py")
    app.run()
    event.remove(engine, "before_cursor_execute", on_execute)
    if app.exception:
        raise AssertionError(app.exception)
    return queries, carried_out


def _signed_in(engine: Engine, role: Role, now: datetime) -> int:
    """Sign in whoever has the role and the most pending work, in the own hands or branch."""
    theirs = Activity.branch_id if role is Role.TEAM_LEAD else Activity.person_id
    own = Person.unit_id if role is Role.TEAM_LEAD else Person.id
    work = select(theirs.label("of"), func.count().label("many")).where(pending())
    most = work.group_by(theirs).subquery()
    with Session(engine) as session, session.begin():
        person_id = session.scalars(
            select(Person.id)
            .join(PersonRole, PersonRole.person_id == Person.id)
            .outerjoin(most, most.c.of == own)
            .where(PersonRole.role == role, Person.is_active)
            .order_by(func.coalesce(most.c.many, 0).desc(), Person.id)
            .limit(1)
        ).one()
        row = WebSession(
            person_id=person_id, source=SignInSource.PASSWORD, opened_at=now, seen_at=now
        )
        session.add(row)
        session.flush()
        return row.id


if __name__ == "__main__":
    sys.exit(0 if main(*(int(number) for number in sys.argv[1:])) else 1)
