"""Segments at size: live counts, and all that the segment pages ask, in banks of `fairlead demo`.

A snapshot of fifty segments is set against counting the same fifty one after the other, which has
to say the same. Use: python -m benchmarks.segments ADDRESS …
of finished banks, in which nothing is written.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import event, func, select

from benchmarks.demo import built_at
from benchmarks.selection import PREVIEWS
from core.access import SYSTEM
from core.campaigns.queries.previews import audience_steps
from core.customers.model import Customer, CustomerState
from core.customers.rules import Medium
from core.database import connect
from core.impact.queries.runs import impacts
from core.segments.criteria import Known
from core.segments.criteria.tree import KnownSegment
from core.segments.queries import (
    compiled,
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
from core.work import Reader, looking

SEGMENTS, ROUNDS = 50, 3
MOST_OF_COUNTS, MOST_OF_A_PAGE = 300, 1_000  # milliseconds at a million customers
MOST_OF_ONE_LOOK = 1.0  # a snapshot of all, against counting each
PRODUCTS = ("current", "savings", "mortgage", "term-deposit")


def main(*addresses: str) -> bool:
    """Measure each bank, print what came out, and tell whether it is within the limits."""
    return all(list(map(_measured, addresses)))


def _measured(url: str) -> bool:
    engine = connect(url)
    now = built_at(engine)
    with looking(engine) as session:
        customers = session.scalar(select(func.count()).select_from(Customer)) or 0
        print(f"{engine.dialect.name}: {customers:,} customers", flush=True)
        more = max(1, customers / 1_000_000)
        view = Reader(session, SYSTEM, now)
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
    known = _known(view)
    takes, passes, one_by_one = _once(view, lambda view: _each(view, known))
    taken = []
    for _ in range(ROUNDS):
        seconds, looks, at_once = _once(view, lambda view: _together(view, known))
        taken.append(seconds)
        if at_once != one_by_one:
            raise AssertionError("Counting together and one by one differ.")
    together = statistics.median(taken)
    print(
        f"{view.dialect:10} {SEGMENTS} segments one by one {takes:.2f} s in {passes} passes,"
        f" a snapshot {together:.2f} s in {looks}, ratio {together / takes:.2f}",
        flush=True,
    )
    return together <= takes * MOST_OF_ONE_LOOK and looks == 1


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


def _known(view: Reader) -> Known:
    """Return the bank's words with fifty segments in place of its own."""
    rows = (
        KnownSegment(number, f"Benchmark {number}", SegmentKind.DYNAMIC, rule, is_retired=False)
        for number, rule in enumerate(_rules())
    )
    return replace(known_words(view), segments={row.name: row for row in rows})


def _each(view: Reader, known: Known) -> dict[tuple[int, int], int]:
    found = {}
    state = CustomerState
    sums = (func.sum(state.balance), func.sum(state.yearly_value), func.sum(state.churn_risk))
    branch_id = state.branch_id + 0  # or SQLite would fetch all customers branch by branch
    for each in known.segments.values():
        inside = compiled(view, each.rule or {}, known=known)
        statement = within(view, select(branch_id, func.count(), *sums), by_id=True).where(inside)
        rows = view.session.execute(statement.group_by(branch_id))
        found |= {(each.id, row[0]): row[1] for row in rows}
    return found


def _together(view: Reader, known: Known) -> dict[tuple[int, int], int]:
    ids = [each.id for each in known.segments.values()]
    rows = standing(view, ids, known=known)
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
    """Tell whether a statement looks at the customers from the first on.

    Parts of a pass go on after an id, which whoever groups all customers only says as the way;
    the first and the last id are found without a pass.
    """
    goes_on = "customer_state.customer_id >" in statement and "GROUP BY" not in statement
    ends = statement.startswith(("SELECT min(", "SELECT max("))
    return "FROM customer_state" in statement and not (goes_on or ends or "OFFSET" in statement)


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
