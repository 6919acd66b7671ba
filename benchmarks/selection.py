"""Selection, launch and previews at size, on both databases, against SQL written by hand.

Each way runs in a process of its own on a copy of the same bank, turn about. Use:
python -m benchmarks.selection [customers [rounds]]
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from benchmarks import handwritten
from benchmarks.bank import NOW, build
from benchmarks.places import Postgresql, Sqlite, server
from core.access import SYSTEM
from core.activities.actions.launch import Launch, launch
from core.activities.model import Activity, Change
from core.campaigns.queries.previews import audience_steps
from core.customers.model import Indicator
from core.customers.rules import Medium
from core.database import connect, write_turn
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.actions.starting import StartRun, start_run
from core.runs.model import Candidate, Excluded, Run
from core.runs.rules import Confirmation
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


def main(customers: int = 1_000_000, rounds: int = 3) -> bool:
    """Measure both databases, print what came out, and tell whether it is within the limits."""
    with tempfile.TemporaryDirectory(prefix="fairlead-benchmark-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        good = _measured(Sqlite(Path(folder)), customers, rounds)
        with server(folder) as url:
            return _measured(Postgresql(url), customers, rounds) and good


def _measured(place: Sqlite | Postgresql, customers: int, rounds: int) -> bool:
    engine = connect(place.url)
    name = engine.dialect.name
    started = time.perf_counter()
    design_id = build(engine, customers)
    print(f"{name}: {customers:,} customers in {time.perf_counter() - started:.0f} s", flush=True)
    with changing(engine, SYSTEM, now=NOW) as work:
        unit_id = work.session.scalar(text("SELECT min(id) FROM unit"))
        days = (NOW.date(), NOW.date() + timedelta(days=60))
        run_id = start_run(work, StartRun(design_id, unit_id, *days)).run_id
    _previews(engine)
    engine.dispose()  # nobody may be connected to what is copied, and SQLite closes its log
    taken: dict[str, list[dict[str, float]]] = {"hand": [], "ours": []}
    counts = {}
    for round_ in range(rounds):
        for way in ("hand", "ours") if round_ % 2 == 0 else ("ours", "hand"):
            url = place.copy()
            taken[way].append(_in_a_process(url, way, run_id))
            counts[way] = _counts(url, run_id)
            place.drop()
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
                size = audience_steps(view, rule=rule, medium=Medium.PHONE)
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
    result["memory"] = most_memory()
    print(json.dumps(result))


def most_memory() -> float:
    """Return the most memory this process ever had, in MB."""
    # What getrusage says includes the process that this one was started from.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


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


def _counts(url: str, run_id: int) -> tuple[int, ...]:
    engine = connect(url)
    with Session(engine) as session:

        def count(table, *which):
            return session.scalar(select(func.count()).select_from(table).where(*which))

        found = (
            count(Candidate, Candidate.run_id == run_id),
            count(Candidate, Candidate.run_id == run_id, Candidate.arm > 0),
            count(Excluded, Excluded.run_id == run_id),
            count(Activity, Activity.run_id == run_id),
            count(Change),
            count(Indicator, Indicator.reference == f"run:{run_id}"),
        )
    engine.dispose()
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        _once(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        sys.exit(0 if main(*(int(number) for number in sys.argv[1:])) else 1)
