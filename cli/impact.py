"""Results: the funnel of a run, what it changed, and bringing both up to date."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.common import AsJson, ask, do, fail, now, print_json, print_rows, progress, say, steps
from core.exports import ExportReport, Format, export_report
from core.impact.actions import FoldRuns, ObserveOutcomes, fold_runs, observe_outcomes
from core.impact.breaking import BrokenDown
from core.impact.estimates import Effect
from core.impact.plain import group_plain, report_plain, tally_plain
from core.impact.queries import funnel as counting
from core.impact.queries import runs
from core.impact.queries.breakdown import breakdown
from core.impact.queries.groups import WORDS
from core.impact.queries.whole import whole
from core.impact.sentences import points
from core.settings import settings
from core.truth.queries.runs import restated

_Run = Annotated[str, typer.Argument(help="The run's code or number.")]
_Any = Annotated[str | None, typer.Argument(help="The run's code or number; all if left out.")]
_Pdf = Annotated[Path | None, typer.Option("--pdf", help="Write a report into this file.")]
_Xlsx = Annotated[Path | None, typer.Option("--xlsx", help="Write a workbook into this file.")]
_By = Annotated[list[str] | None, typer.Option("--by", help=f"Split by {WORDS}; repeatable.")]

_Groups = Annotated[
    str | None,
    typer.Option("--by", help="In groups: branch, region, segments, segment:CODE, attribute:NAME."),
]


@dataclass(frozen=True)
class _FunnelLine:
    """What fits on a line of a terminal; `--json` has every step."""

    group: str
    targeted: int
    reached: int
    converted: int
    won: int
    outcomes: int
    rate: str


@dataclass(frozen=True)
class _ArmLine:
    arm: str
    customers: int
    reached: int
    conversions: int
    rate: str
    mean_value: str


@dataclass(frozen=True)
class _GroupLine:
    group: str
    treated: int
    held_out: int
    points: str
    interval: str
    p_holm: str
    result: str


def funnel(run: _Run, by: _By = None, *, json: AsJson = False) -> None:
    """Count a run's customers at every step, split as asked."""
    run_id = ask(counting.run_named, run=run)
    rows = ask(counting.funnel, run_id=run_id, by=by or [])
    if json:
        print_json({"run": run, "by": by or [], "rows": [_plain(row) for row in rows]})
        return
    print_rows(
        [
            _FunnelLine(
                ", ".join(row.labels) or "all",
                row.tally.targeted,
                row.tally.reached,
                row.tally.converted,
                row.tally.won,
                row.tally.outcomes,
                _percent(row.tally.outcome_rate.value),
            )
            for row in rows
        ],
        title=f"Funnel of {run}",
    )


def _plain(row: counting.FunnelRow) -> dict[str, Any]:
    return {"group": dict(zip(row.by, row.labels, strict=True)), **tally_plain(row.tally)}


def impact(
    run: _Run,
    by: _Groups = None,
    *,
    json: AsJson = False,
    pdf: _Pdf = None,
    xlsx: _Xlsx = None,
) -> None:
    """Say what a run changed against its control group, or why that can't be said."""
    if pdf or xlsx:
        _write(ask(counting.run_named, run=run), by, pdf, xlsx)
        return
    found = ask(runs.impact, run_id=ask(counting.run_named, run=run))
    groups = ask(breakdown, run_id=found.id, by=by) if by else []
    if json:
        told = {"by": by, "groups": [group_plain(row) for row in groups]} if by else {}
        print_json(report_plain(found.report) | told)
        return
    print_rows(
        [
            _ArmLine(
                arm.name,
                arm.tally.targeted,
                arm.tally.reached,
                arm.tally.outcomes,
                _percent(arm.tally.outcome_rate.value),
                "" if arm.tally.moments.mean is None else f"{arm.tally.moments.mean:,.2f}",
            )
            for arm in found.report.arms
        ],
        title=f"{found.facts.campaign}, {found.facts.code}",
    )
    if by:
        print_rows([_line(row) for row in groups], title=f"By {by}")
    say(found.report.sentence)
    say(f"Evidence: {found.report.grade}. {found.report.why}")


def _line(row: BrokenDown) -> _GroupLine:
    value, span = "", ""
    if isinstance(row.difference, Effect):
        interval = row.difference.interval
        value = points(row.difference.value)
        span = f"{points(interval.low)} to {points(interval.high)}"
    p = "" if row.p_adjusted is None else f"{row.p_adjusted:.3f}"
    sizes = row.treated.targeted, row.control.targeted
    return _GroupLine(row.label, *sizes, value, span, p, row.says)


def _write(run_id: int, by: str | None, pdf: Path | None, xlsx: Path | None) -> None:
    """Write the files that the page of a run offers, and let the journal know first."""
    # There is no page, which Streamlit would remark on.
    logging.getLogger("streamlit.runtime.caching.cache_data_api").disabled = True
    from components.reports import sheets  # noqa: PLC0415  only who writes files waits
    from components.reports.content import Stamp  # noqa: PLC0415
    from components.reports.paper import as_pdf  # noqa: PLC0415
    from components.reports.run import of_run  # noqa: PLC0415
    from components.reports.workbook import as_xlsx  # noqa: PLC0415

    filters = {"by": by} if by else {}
    found = ask(whole, run_id=run_id, by=tuple(filters.values()))
    truth = ask(restated, run_id=run_id)
    stamp = Stamp(settings().bank_name, now(), "the operator", tuple(filters.items()))
    document = of_run(found, stamp, truth)
    for file, format_ in ((pdf, Format.PDF), (xlsx, Format.XLSX)):
        if file is None:
            continue
        do(export_report, ExportReport(document.title, f"run:{run_id}", filters, format_))
        with steps("Making the report") as tell:
            made = (
                as_pdf(document, tell=tell)
                if format_ is Format.PDF
                else as_xlsx(document, list(sheets.of_run(found, truth)))
            )
        try:
            file.write_bytes(made)
        except OSError as error:
            fail(f"{file} can't be written: {error.strerror}.")
        say(f"Wrote {file}.")


def measure(run: _Any = None) -> None:
    """Look for the outcomes of a run, or of all that go on, and fold what has ended."""
    wanted = [ask(counting.run_named, run=run)] if run else ask(runs.to_observe)
    changed = 0
    with progress("Looking for outcomes", total=len(wanted)) as advance:
        for run_id in wanted:
            changed += do(observe_outcomes, ObserveOutcomes(run_id)).changed
            advance(1)
    folded = do(fold_runs, FoldRuns())
    say(
        f"Looked at {len(wanted):,} runs; {changed:,} outcomes changed;"
        f" {len(folded.run_ids):,} runs were folded."
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"
