"""Segments at size: live counts, and all that the segment pages ask, in banks of `fairlead demo`.

A snapshot of fifty segments is set against counting the same fifty one after the other, which has
to say the same. Use: python -m benchmarks.segments ADDRESS …
of finished banks, in which nothing is kept.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from benchmarks.demo import built_at
from benchmarks.selection import PREVIEWS
from core.access import SYSTEM
from core.campaigns.queries.previews import audience_steps
from core.customers.model import Customer, CustomerState
from core.customers.rules import Medium
from core.database import connect
from core.impact.queries.runs import impacts
from core.segments.model import Segment
from core.segments.queries import (
    in_segment,
    known_words,
    matching_sample,
    segment,
    segments,
    trend,
    usage,
    versions,
)
from core.segments.queries.catalogue import catalogue
from core.segments.queries.counting import within
from core.segments.queries.overlap import MOST_TOGETHER, overlap
from core.segments.queries.profile import profile
from core.segments.queries.provenance import provenance
from core.segments.queries.standing import standing
from core.segments.rules import SegmentKind
from core.work import Reader

SEGMENTS, ROUNDS = 50, 3
MOST_OF_COUNTS, MOST_OF_A_PAGE = 300, 1_000  # milliseconds at a million customers
MOST_OF_ONE_LOOK = 1.0  # a snapshot of all, against counting each
PRODUCTS = ("current", "savings", "mortgage", "term-deposit")


def main(*addresses: str) -> bool:
    """Measure each bank, print what came out, and tell whether it is within the limits."""
    return all(list(map(_measured, addresses)))


def _measured(url: str) -> bool:
    engine = connect(url)
    with Session(engine) as session:
        customers = session.scalar(select(func.count()).select_from(Customer)) or 0
    print(f"{engine.dialect.name}: {customers:,} customers", flush=True)
    more = max(1, customers / 1_000_000)
    with Session(engine) as session:  # never committed
        view = Reader(session, SYSTEM, built_at(engine))
        good = [
            _within(view, MOST_OF_COUNTS * more, _live_counts(view)),
            _within(view, MOST_OF_A_PAGE * more, _pages(view)),
            _in_one_look(view),
        ]
    engine.dispose()
    return all(good)


def _within(view: Reader, most: float, asked: dict[str, Callable[[Reader], Any]]) -> bool:
    good = True
    for what, question in asked.items():
        _once(view, question)  # warms up
        seconds = statistics.median(_once(view, question)[0] for _ in range(ROUNDS))
        slow = "  SLOW" if seconds * 1000 > most else ""
        good &= not slow
        print(f"{view.dialect:10} {what:36} {seconds * 1000:7.0f} ms{slow}", flush=True)
    return good


def _live_counts(view: Reader) -> dict[str, Callable[[Reader], Any]]:
    """Count what a rule means and who is left by consent and caps, as each of its words comes."""
    rules = {
        "the first condition": {"all": [PREVIEWS["narrow"]["all"][0]]},
        **PREVIEWS,
        **{row.code: {"segment": row.code} for row in segments(view)},
    }
    return {
        f"live counts, {name}": lambda view, rule=rule: audience_steps(
            view, rule=rule, medium=Medium.PHONE
        )
        for name, rule in rules.items()
    }


def _pages(view: Reader) -> dict[str, Callable[[Reader], Any]]:
    """Return what each of the segment pages asks, of the segment with the most customers."""
    sized = {row.id: row.customers or 0 for row in catalogue(view).rows}
    ids = sorted(sized, key=lambda id_: -sized[id_])
    one, someone = ids[0], view.session.scalars(select(func.max(Customer.customer_no))).one()

    def page(*queries: Callable[..., Any], **filters: Any) -> Callable[[Reader], Any]:
        parts = (segment, *queries)
        return lambda view: [each(view, segment_id=one, **filters) for each in parts]

    return {
        "page: all segments": catalogue,
        "page: overview": page(trend, usage),
        "page: profile": page(profile),
        "page: trend": page(trend),
        "page: campaigns": page(impacts),
        "page: why": lambda view: (
            segment(view, segment_id=one),
            provenance(view, segment_id=one, customer=someone),
        ),
        "page: versions": page(versions),
        f"page: overlap of {MOST_TOGETHER}": lambda view: (
            segments(view),
            overlap(view, segment_ids=ids[:MOST_TOGETHER]),
        ),
        "page: a few of a rule": lambda view: matching_sample(view, rule=PREVIEWS["narrow"]),
    }


def _in_one_look(view: Reader) -> bool:
    """Set a snapshot of many segments against counting one after the other."""
    ids = _define(view.session)
    ways = {"each": lambda view: _each(view, ids), "together": lambda view: _together(view, ids)}
    taken: dict[str, list[float]] = {way: [] for way in ways}
    said, looks = {}, {}
    for round_ in range(ROUNDS):
        for way in list(ways)[:: 1 if round_ % 2 else -1]:
            seconds, looks[way], said[way] = _once(view, ways[way])
            taken[way].append(seconds)
    view.session.rollback()
    if said["each"] != said["together"]:
        raise AssertionError("Counting together and one by one differ.")
    each, together = (statistics.median(taken[way]) for way in ("each", "together"))
    print(
        f"{view.dialect:10} {SEGMENTS} segments one by one {each:.2f} s in {looks['each']} passes,"
        f" a snapshot {together:.2f} s in {looks['together']}, ratio {together / each:.2f}",
        flush=True,
    )
    return together <= each * MOST_OF_ONE_LOOK and looks["together"] == 1


def _rules() -> Iterator[dict[str, Any]]:
    """Make fifty rules that overlap, of all the kinds that the state row answers."""
    for number in range(SEGMENTS):
        young = 18 + number
        yield {
            "all": [
                {"field": "age", "is": "between", "value": [young, young + 12]},
                {"holds": {"product": PRODUCTS[number % 2]}},
                {"lacks": {"product": PRODUCTS[2 + number % 2]}},
                {"field": "churn_risk", "is": ">", "value": number % 7 / 20},
            ]
        }


def _define(session: Session) -> list[int]:
    changed_at = session.scalars(select(func.max(Segment.changed_at))).one()
    rows = [
        Segment(
            code=f"benchmark-{number}",
            name=f"Benchmark {number}",
            kind=SegmentKind.DYNAMIC,
            rule=rule,
            changed_at=changed_at,
        )
        for number, rule in enumerate(_rules())
    ]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def _each(view: Reader, ids: list[int]) -> dict[tuple[int, int], int]:
    known, found = known_words(view), {}
    state = CustomerState
    sums = (func.sum(state.balance), func.sum(state.yearly_value), func.sum(state.churn_risk))
    for segment_id in ids:
        statement = within(view, select(state.branch_id, func.count(), *sums), by_id=True)
        inside = in_segment(view, segment_id, known=known)
        rows = view.session.execute(statement.where(inside).group_by(state.branch_id))
        found |= {(segment_id, row[0]): row[1] for row in rows}
    return found


def _together(view: Reader, ids: list[int]) -> dict[tuple[int, int], int]:
    rows = standing(view, ids, known=known_words(view))
    return {(row.segment_id, row.branch_id): row.customers for row in rows if row.customers}


def _once(view: Reader, question: Callable[[Reader], Any]) -> tuple[float, int, Any]:
    """Return how long a question took, in how many passes over the customers, and what it said."""
    said: list[str] = []

    def note(*told: Any) -> None:
        said.append(told[2])

    engine = view.session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    started = time.perf_counter()
    found = question(view)
    seconds = time.perf_counter() - started
    event.remove(engine, "before_cursor_execute", note)
    return seconds, sum(map(_begins_a_pass, said)), found


def _begins_a_pass(statement: str) -> bool:
    """Tell whether a statement looks at the customers from the first on; parts of a pass go on."""
    goes_on = "customer_state.customer_id >" in statement or "OFFSET" in statement
    return "FROM customer_state" in statement and not goes_on


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
