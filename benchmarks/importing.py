"""Imports at size, on both databases, against a bulk load written by hand for the same files.

The hand-written way trusts its file and remembers nothing: no row is judged, none can be undone.
Each way runs in a process of its own on a copy of the same bank, turn about. Use:
python -m benchmarks.importing [rows [rounds]]
"""

import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks import handloaded
from benchmarks.bank import NOW, build
from benchmarks.places import Postgresql, Sqlite, server
from benchmarks.selection import most_memory
from core.access import SYSTEM
from core.customers.model import Consent, Customer, CustomerState, Holding
from core.database import connect, spilling, write_turn
from core.intake.actions.taking import take_in, try_out
from core.intake.rules import IntakeKind
from core.runs.model import Candidate
from core.work import changing, rehearsing
from data.importers.meaning import parse_mapping
from data.importers.reading import open_reading

MOST_SECONDS, LIMIT, MEMORY = 60, 4, 500  # of one import; ratio to the hand; megabytes
IN_THE_BANK = 1_000  # customers there before
KINDS = (IntakeKind.CUSTOMERS, IntakeKind.HOLDINGS, IntakeKind.RESULTS)
MAPPINGS = {
    IntakeKind.CUSTOMERS: """
        source = "benchmark"
        [fields]
        customer_no = "no"
        name = "name"
        pin = "pin"
        email = "email"
        branch = "branch"
        born_on = "born"
        joined_on = "joined"
        balance = "balance"
        churn_risk = "churn"
        [consents]
        phone = "phone"
        email = "mail"
        post = "post"
        [attributes]
        job = { column = "job", type = "text" }
        income = { column = "income", type = "number" }
        """,
    IntakeKind.HOLDINGS: """
        source = "benchmark"
        [fields]
        agreement_no = "no"
        customer = "customer"
        product = "product"
        balance = "balance"
        opened_on = "opened"
        """,
    IntakeKind.RESULTS: """
        source = "benchmark"
        [campaign]
        code = "OLD"
        name = "An old campaign"
        [fields]
        customer = "customer"
        date = "day"
        outcome = "bought"
        arm = "arm"
        value = "value"
        [[arms]]
        name = "treated"
        [[arms]]
        name = "held out"
        control = true
        """,
}


def main(rows: int = 100_000, rounds: int = 3) -> bool:
    """Measure both databases, print what came out, and tell whether it is within the limits."""
    with tempfile.TemporaryDirectory(prefix="fairlead-benchmark-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        files = _files(Path(folder), rows)
        good = _measured(Sqlite(Path(folder)), files, rounds)
        with server(folder) as url:
            return _measured(Postgresql(url), files, rounds) and good


def _files(folder: Path, rows: int) -> Path:
    """Write a file of each kind into a folder."""
    rng = np.random.default_rng(1)
    born = np.datetime64("1940-01-01") + rng.integers(0, 24_000, rows)
    joined = np.datetime64("2000-01-01") + rng.integers(0, 9_000, rows)
    days = np.datetime64("2025-01-01") + rng.integers(0, 300, rows)
    yes = np.array(["no", "yes"])
    numbers = [f"N{number:07}" for number in range(rows)]
    cents = [f"{cents / 100:.2f}" for cents in rng.integers(0, 9_000_000, rows).tolist()]
    tables = {
        IntakeKind.CUSTOMERS: {
            "no": numbers,
            "name": [f"Customer {number}" for number in range(rows)],
            "pin": [f"{number:010}" for number in range(rows)],
            "email": [f"c{number}@mail.example" for number in range(rows)],
            "branch": [f"B{place}" for place in rng.integers(0, 200, rows).tolist()],
            "born": born,
            "joined": joined,
            "balance": cents,
            "churn": rng.random(rows).round(4),
            **{name: yes[rng.integers(0, 2, rows)] for name in ("phone", "mail", "post")},
            "job": np.array(["smith", "clerk", "teacher"])[rng.integers(0, 3, rows)],
            "income": rng.integers(10_000, 90_000, rows),
        },
        IntakeKind.HOLDINGS: {
            "no": [f"A{number:07}" for number in range(rows)],
            "customer": numbers,
            "product": np.array(["current", "savings"])[rng.integers(0, 2, rows)],
            "balance": cents,
            "opened": joined,
        },
        IntakeKind.RESULTS: {
            "customer": numbers,
            "day": days,
            "bought": yes[(rng.random(rows) < 0.1).astype(int)],
            "arm": np.array(["treated", "held out"])[(rng.random(rows) < 0.1).astype(int)],
            "value": cents,
        },
    }
    for kind, table in tables.items():
        with (folder / f"{kind}.csv").open("w", newline="") as file:
            written = csv.writer(file)
            written.writerow(table)
            written.writerows(zip(*table.values(), strict=True))
    return folder


def _measured(place: Sqlite | Postgresql, files: Path, rounds: int) -> bool:
    engine = connect(place.url)
    name = engine.dialect.name
    build(engine, IN_THE_BANK)
    engine.dispose()  # nobody may be connected to what is copied, and SQLite closes its log
    taken: dict[str, list[dict[str, float]]] = {"hand": [], "ours": []}
    counts = {}
    for round_ in range(rounds):
        for way in ("hand", "ours") if round_ % 2 == 0 else ("ours", "hand"):
            url = place.copy()
            taken[way].append(_in_a_process(url, way, files))
            counts[way] = _counts(url)
            place.drop()
    if counts["hand"] != counts["ours"]:
        raise AssertionError(f"The two ways differ: {counts}")
    print(f"{name}: {counts['ours']} customers, states, masks, consents, holdings, candidates")
    good = True
    for kind in KINDS:
        hand, ours, dry = (
            [one[part] for one in taken[way]]
            for way, part in (("hand", kind), ("ours", kind), ("ours", f"{kind} tried"))
        )
        ratio = statistics.median(ours) / statistics.median(hand)
        good &= ratio <= LIMIT and max(ours) < MOST_SECONDS
        shown = [" ".join(f"{seconds:.2f}" for seconds in each) for each in (hand, ours, dry)]
        print(
            f"{name} import {kind:9} by hand {shown[0]} s, ours {shown[1]} s, ratio {ratio:.2f};"
            f" dry run {shown[2]} s"
        )
    memory = max(one["memory"] for one in taken["ours"])
    print(f"{name} memory of our process at most {memory:.0f} MB", flush=True)
    return good and memory < MEMORY


def _in_a_process(url: str, way: str, files: Path) -> dict[str, float]:
    arguments = [sys.executable, "-m", "benchmarks.importing", "--once", url, way, str(files)]
    root = Path(__file__).parents[1]
    done = subprocess.run(arguments, cwd=root, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def _once(url: str, way: str, files: Path) -> None:
    engine = connect(url)
    result = {}
    for kind in KINDS:
        file = files / f"{kind}.csv"
        if way == "ours":
            started = time.perf_counter()
            with rehearsing(spilling(engine), SYSTEM, now=NOW) as work:
                try_out(work, _request(kind, file))
            result[f"{kind} tried"] = time.perf_counter() - started
        started = time.perf_counter()
        if way == "ours":
            with changing(spilling(engine), SYSTEM, now=NOW) as work:
                take_in(work, _request(kind, file))
        else:
            with write_turn(engine), engine.begin() as connection:
                handloaded.LOADS[kind](connection, file)
        result[kind] = time.perf_counter() - started
    result["memory"] = most_memory()
    print(json.dumps(result))


def _request(kind: IntakeKind, file: Path):
    mapping = parse_mapping(MAPPINGS[kind], kind)
    return open_reading(kind, file, mapping).request(bank_name="Bank of benchmarks")


def _counts(url: str) -> tuple[int, ...]:
    engine = connect(url)
    with Session(engine) as session:
        found = tuple(
            session.scalar(select(counted))
            for counted in (
                func.count(Customer.id),
                func.count(CustomerState.customer_id),
                func.sum(CustomerState.products + CustomerState.consents),
                func.count(Consent.medium),
                func.count(Holding.id),
                func.count(Candidate.customer_id),
            )
        )
    engine.dispose()
    return tuple(int(number) for number in found)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        _once(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        sys.exit(0 if main(*(int(number) for number in sys.argv[1:])) else 1)
