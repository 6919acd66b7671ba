"""Segments at size, on both databases: live counts, a snapshot of fifty, overlap and profile.

The snapshot is set against counting the same fifty segments one after the other, which has to say
the same. Use: python -m benchmarks.segments [customers [rounds]]
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from benchmarks.bank import NOW, build
from benchmarks.places import Postgresql, Sqlite, server
from benchmarks.selection import PREVIEWS
from core.access import SYSTEM
from core.campaigns.queries.previews import audience_steps
from core.customers.model import CustomerState
from core.customers.rules import Medium
from core.database import connect
from core.segments.model import Segment
from core.segments.queries import count, in_segment, known_words
from core.segments.queries.counting import within
from core.segments.queries.overlap import overlap
from core.segments.queries.profile import profile
from core.segments.queries.standing import standing
from core.segments.rules import SegmentKind
from core.work import Reader, reading

SEGMENTS = 50
MOST_MILLISECONDS = 300  # of live counts with caps, at a million customers
LIMIT = 1.0  # one pass for all, against one for each
AT_SIZE = 500_000  # below it there are hardly two customers of a branch in the same segments


def main(customers: int = 1_000_000, rounds: int = 3) -> bool:
    """Measure both databases, print what came out, and tell whether it is within the limits."""
    with tempfile.TemporaryDirectory(prefix="fairlead-benchmark-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        good = _measured(Sqlite(Path(folder)).url, customers, rounds)
        with server(folder) as url:
            return _measured(Postgresql(url).url, customers, rounds) and good


def _rules() -> Iterator[dict[str, Any]]:
    """Make fifty rules that overlap, of all the kinds that the state row answers."""
    for number in range(SEGMENTS):
        young = 18 + number
        yield {
            "all": [
                {"field": "age", "is": "between", "value": [young, young + 12]},
                {"holds": {"product": "current"}},
                {"lacks" if number % 3 else "holds": {"product": "savings"}},
                {"field": "churn_risk", "is": ">", "value": number % 7 / 10},
            ]
        }


def _measured(url: str, customers: int, rounds: int) -> bool:
    engine = connect(url)
    name = engine.dialect.name
    started = time.perf_counter()
    build(engine, customers)
    ids = _define(engine)
    print(f"{name}: {customers:,} customers in {time.perf_counter() - started:.0f} s", flush=True)
    good = _previews(engine, customers, rounds)
    ways = {"each": lambda view: _each(view, ids), "together": lambda view: _together(view, ids)}
    taken, said = _turn_about(engine, ways, rounds)
    if said["each"] != said["together"]:
        raise AssertionError("Counting together and one by one differ.")
    ratio = taken["together"] / taken["each"]
    print(
        f"{name} {SEGMENTS} segments one by one {taken['each']:.2f} s,"
        f" together {taken['together']:.2f} s, ratio {ratio:.2f}",
        flush=True,
    )
    for what, question in (
        ("overlap of 8", lambda view: overlap(view, segment_ids=ids[:8])),
        ("profile", lambda view: profile(view, segment_id=ids[0])),
    ):
        alone, _ = _turn_about(engine, {what: question}, rounds)
        print(f"{name} {what}: {alone[what] * 1000:.0f} ms", flush=True)
    engine.dispose()
    return good and (ratio <= LIMIT or customers < AT_SIZE)


def _define(engine: Engine) -> list[int]:
    with Session(engine) as session, session.begin():
        rows = [
            Segment(
                code=f"s{number}",
                name=f"Segment {number}",
                kind=SegmentKind.DYNAMIC,
                rule=rule,
                changed_at=NOW,
            )
            for number, rule in enumerate(_rules())
        ]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def _previews(engine: Engine, customers: int, rounds: int) -> bool:
    """Count alone and step by step, turn about: what the steps add is told as a ratio."""
    good = True
    for name, rule in PREVIEWS.items():
        ways = {
            "plain": lambda view, rule=rule: count(view, rule),
            "capped": lambda view, rule=rule: audience_steps(view, rule=rule, medium=Medium.PHONE),
        }
        taken, said = _turn_about(engine, ways, rounds)
        milliseconds = taken["capped"] * 1000
        print(
            f"{engine.dialect.name} live counts, {name}: {said['capped'].fitting:,} fit,"
            f" {milliseconds:.0f} ms, {taken['capped'] / taken['plain']:.2f} of a count alone",
            flush=True,
        )
        good &= milliseconds <= MOST_MILLISECONDS * max(1, customers / 1_000_000)
    return good


def _turn_about(
    engine: Engine, ways: dict[str, Callable[[Reader], Any]], rounds: int
) -> tuple[dict[str, float], dict[str, Any]]:
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    said = {}
    for round_ in range(rounds + 1):
        for way in list(ways)[:: 1 if round_ % 2 else -1]:
            with reading(engine, SYSTEM, now=NOW) as view:
                started = time.perf_counter()
                said[way] = ways[way](view)
                if round_:  # the first warms up
                    seconds[way].append(time.perf_counter() - started)
    return {way: statistics.median(each) for way, each in seconds.items()}, said


def _each(view: Reader, ids: list[int]) -> dict[tuple[int, int], int]:
    known, found = known_words(view), {}
    state = CustomerState
    sums = (func.sum(state.balance), func.sum(state.yearly_value), func.sum(state.churn_risk))
    for segment_id in ids:
        statement = within(view, select(state.branch_id, func.count(), *sums))
        inside = in_segment(view, segment_id, known=known)
        rows = view.session.execute(statement.where(inside).group_by(state.branch_id))
        found |= {(segment_id, row[0]): row[1] for row in rows}
    return found


def _together(view: Reader, ids: list[int]) -> dict[tuple[int, int], int]:
    rows = standing(view, ids, known=known_words(view))
    return {(row.segment_id, row.branch_id): row.customers for row in rows if row.customers}


if __name__ == "__main__":
    sys.exit(0 if main(*(int(number) for number in sys.argv[1:])) else 1)
