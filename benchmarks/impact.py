"""Impact at size: a finished run of everybody and 200 smaller ones, on both databases.

What the Impact pages, an analysis and the reports ask, against a limit each; every count against
SQL written by hand over the rows. Use: python -m benchmarks.impact [customers [rounds]]
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from benchmarks import counted
from benchmarks.finished import LATER, Finished, finish
from benchmarks.places import Postgresql, Sqlite, server
from components.reports import board as board_report
from components.reports import sheets
from components.reports.content import Stamp
from components.reports.paper import as_pdf
from components.reports.run import of_run
from components.reports.workbook import as_xlsx
from core.access import SYSTEM
from core.database import connect
from core.impact.actions import AnalyseRun, analyse_run
from core.impact.queries.board import MOST_RUNS, results
from core.impact.queries.breakdown import breakdown
from core.impact.queries.calibration import calibration
from core.impact.queries.compared import By, compared
from core.impact.queries.feedback import feedback
from core.impact.queries.funnel import funnel
from core.impact.queries.kept import split_next
from core.impact.queries.over_time import over_time
from core.impact.queries.overlaps import compare_folded, overlaps, shared
from core.impact.queries.portfolio import portfolio
from core.impact.queries.runs import impact
from core.impact.queries.split import EVERY_SEGMENT
from core.impact.queries.versions import version_results
from core.impact.queries.whole import board, whole
from core.impact.upkeep import fold, keep_overlaps, keep_splits
from core.truth.queries.runs import restated
from core.truth.upkeep import check_next, keep_check
from core.windows import Window
from core.work import Reader, changing, reading, upkeep

CELLS, PAGE, LONGEST = 300, 1_000, 10_000  # ms: a question to cells, a page, a file or an analysis
EVERY = Window(size=MOST_RUNS)
SPLITS = ("branch", "attribute:job", EVERY_SEGMENT)
STAMP = Stamp("Benchmark", LATER, "Benchmark")


@dataclass(frozen=True)
class Asked:
    """A question with the most milliseconds that it may take; `page` is where it is asked."""

    name: str
    question: Callable[[Reader], Any]
    most: int
    page: str = ""


def main(customers: int = 1_000_000, rounds: int = 3) -> bool:
    """Measure both databases, print what came out, and tell whether it is within the limits."""
    with tempfile.TemporaryDirectory(prefix="fairlead-benchmark-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        good = measured(Sqlite(Path(folder)).url, customers, rounds)
        with server(folder, for_size=True) as url:
            return measured(Postgresql(url).url, customers, rounds) and good


def measured(url: str, customers: int, rounds: int) -> bool:
    """Build a bank at this address and measure it."""
    started = time.perf_counter()
    made = finish(url, customers)
    engine = connect(url)
    name = engine.dialect.name
    print(f"{name}: {customers:,} customers in {time.perf_counter() - started:.0f} s", flush=True)
    started = time.perf_counter()
    _fold(engine)
    print(f"{name} upkeep of impact in {time.perf_counter() - started:.1f} s", flush=True)
    agree(engine, made)
    good = ask(engine, made, rounds)
    engine.dispose()
    return good


def _fold(engine: Engine) -> None:
    """Do what the passing of time does for impact."""
    with upkeep(engine) as session:
        fold(session, now=LATER)
    for look, keep in (
        (lambda view: compare_folded(view.session), keep_overlaps),
        (split_next, keep_splits),
        (check_next, keep_check),
    ):
        found: Any = True
        while found:
            with reading(engine, SYSTEM, now=LATER) as view:
                found = look(view)
            with upkeep(engine) as session:
                keep(session, found)


def ask(engine: Engine, made: Finished, rounds: int) -> bool:
    """Ask everything some times, and tell whether all was answered in time."""
    good, pages = True, dict.fromkeys(("run", "board"), 0.0)
    for asked in _questions(made):
        taken = []
        for _ in range(rounds):
            with reading(engine, SYSTEM, now=LATER) as view:
                started = time.perf_counter()
                asked.question(view)
                taken.append(1000 * (time.perf_counter() - started))
        took = statistics.median(taken)
        good &= _told(engine, asked.name, took, asked.most)
        if asked.page:
            pages[asked.page] += took
    for page, took in pages.items():
        good &= _told(engine, f"page of the {page}", took, PAGE)
    started = time.perf_counter()
    with changing(engine, SYSTEM, now=LATER) as work:
        analyse_run(work, AnalyseRun(made.run_id))
    took = 1000 * (time.perf_counter() - started)
    return _told(engine, "analysing the run", took, LONGEST) and good


def _told(engine: Engine, what: str, took: float, most: int) -> bool:
    wrong = "  SLOW" if took > most else ""
    print(f"{engine.dialect.name:10} {what:38} {took:9.1f} ms of {most:,}{wrong}", flush=True)
    return not wrong


def _questions(made: Finished) -> list[Asked]:
    run = {"run_id": made.run_id}
    of_run_ = {
        "impact": impact,
        "by branch": partial(breakdown, by="branch"),
        "over time": over_time,
        "truth check": restated,
        "overlaps": overlaps,
    }
    return [
        *(Asked(name, partial(query, **run), CELLS, "run") for name, query in of_run_.items()),
        Asked("cycles", lambda view: feedback(view, **run, window=EVERY), CELLS, "run"),
        *(
            Asked(f"effect by {by}", partial(breakdown, by=by, **run), PAGE)
            for by in ("region", "attribute:job", "attribute:default", "segment:s0", EVERY_SEGMENT)
        ),
        *(
            Asked(f"funnel by {by}", partial(funnel, by=(by,), **run), PAGE)
            for by in ("channel", "branch", "month", "attribute:job", "segment:s0")
        ),
        Asked("all runs", partial(results, window=EVERY), PAGE, "board"),
        Asked("portfolio", portfolio, PAGE, "board"),
        Asked("who met whom", lambda view: shared(view, ()), CELLS, "board"),
        *(Asked(f"compared by {by}", partial(compared, by=by), PAGE) for by in By),
        Asked("calibration", calibration, PAGE),
        Asked("versions", partial(version_results, campaign_id=made.campaign_id), CELLS),
        Asked("report of the run (PDF)", partial(_paper, **run), LONGEST),
        Asked("workbook of the run (XLSX)", partial(_book, **run), LONGEST),
        Asked("report of all (PDF)", _board_paper, LONGEST),
        Asked("workbook of all (XLSX)", _board_book, LONGEST),
    ]


def _paper(view: Reader, run_id: int) -> bytes:
    return as_pdf(of_run(whole(view, run_id=run_id, by=SPLITS), STAMP))


def _book(view: Reader, run_id: int) -> bytes:
    found = whole(view, run_id=run_id, by=SPLITS)
    return as_xlsx(of_run(found, STAMP), list(sheets.of_run(found)))


def _board_paper(view: Reader) -> bytes:
    return as_pdf(board_report.of_board(board(view), STAMP))


def _board_book(view: Reader) -> bytes:
    found = board(view)
    return as_xlsx(board_report.of_board(found, STAMP), list(sheets.of_board(found)))


def agree(engine: Engine, made: Finished) -> None:
    """Count everything from the rows, and compare it with what the questions answer."""
    with Session(engine) as session, reading(engine, SYSTEM, now=LATER) as view:
        hand = partial(counted.by_hand, session, made.run_id, today=LATER.date())
        for by in SPLITS:
            started = time.perf_counter()
            rows = hand(by=by)
            took = 1000 * (time.perf_counter() - started)
            print(f"{engine.dialect.name:10} by hand: {by:29} {took:9.1f} ms", flush=True)
            _same(by, rows, _found(breakdown(view, run_id=made.run_id, by=by)))
        _same("arms", hand(by="arm"), _arms("all", impact(view, run_id=made.run_id)))
        treated = {key: counts for (key, arm), counts in hand(by="month").items() if arm and key}
        months = {row.keys[0]: row.tally for row in funnel(view, run_id=made.run_id, by=("month",))}
        ours = {key: counted.tallied(tally) for key, tally in months.items() if key}
        _same("months", treated, ours)
        _same("days", _days(hand(by="day")), _followed(over_time(view, run_id=made.run_id)))
        every: dict[Any, Any] = {}
        for run in results(view, window=EVERY).rows:
            every |= _arms(run.id, run)
        _same("all runs", counted.runs_by_hand(session), every)
        for run_id in (made.run_id, made.small_run_id):
            met = {row.run_id: row.customers for row in overlaps(view, run_id=run_id)}
            _same("overlaps", counted.met_by_hand(session, run_id), met)


def _found(rows) -> dict[Any, Any]:
    return {
        (row.id, arm): counted.tallied(tally)
        for row in rows
        for arm, tally in enumerate((row.control, row.treated))
        if tally.targeted
    }


def _arms(key, run) -> dict[Any, Any]:
    return {(key, arm.arm): counted.tallied(arm.tally) for arm in run.report.arms}


def _days(rows) -> dict[Any, int]:
    return {(day, arm): counts[0] for (day, arm), counts in rows.items() if day}


def _followed(found) -> dict[Any, int]:
    """Take the running counts of treated and control with the outcome apart, day by day."""
    told, before = {}, (0, 0)
    for at in found.days:
        now = (at.control.numerator, at.treated.numerator)
        told |= {(at.day.isoformat(), arm): now[arm] - before[arm] for arm in (0, 1)}
        before = now
    return {key: many for key, many in told.items() if many}


def _same(what: str, by_hand: dict[Any, Any], ours: dict[Any, Any]) -> None:
    if by_hand != ours:
        wrong = [key for key in {*by_hand, *ours} if by_hand.get(key) != ours.get(key)]
        one = wrong[0]
        raise AssertionError(f"{what}: {one} is {by_hand.get(one)} by hand, {ours.get(one)} to us.")


if __name__ == "__main__":
    sys.exit(0 if main(*(int(number) for number in sys.argv[1:])) else 1)
