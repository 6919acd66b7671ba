"""What a report of all runs says: together, one by one, side by side, and against forecasts."""

from collections import Counter
from collections.abc import Iterator, Sequence

from components import look, words
from components.charts import calibration as forecasts
from components.charts import impact as charts
from components.impact import estimates, periods, ranking, side_by_side, total
from components.reports.common import METHODS, evidence, made, told
from components.reports.content import Document, Grid, Part, Picture, Stamp
from components.reports.effects import TOLD, total_rows
from components.tables import Column
from core.impact.queries.calibration import calibrated
from core.impact.queries.portfolio import Portfolio
from core.impact.queries.runs import RunImpact
from core.impact.queries.whole import Board
from core.impact.rules import Grade

TITLE = "Impact of all campaigns"
MOST_NAMED = 24  # runs with their evidence below a picture; more, nobody reads
_NO_TWO = "Runs are added up only where no two of them treated the same customers."


@look.in_print()
def of_board(board: Board, stamp: Stamp) -> Document:
    """Lay out what the overview says: all runs together, each in a sentence, and side by side."""
    measured = [run for run in board.runs if run.report.refused is None]
    parts = [_together(board.total), _claims(measured)]
    if measured:
        parts.append(_ranked(measured, "points", "The effect on a customer"))
        parts.append(_ranked(measured, "money", "Money after cost"))
        parts.append(_side_by_side(board))
        parts.append(_quarters(board))
    parts += _forecasts(board.runs)
    parts += [Part("Every run", grid=Grid(_RUNS, board.runs)), METHODS]
    sound = sum(run.report.grade is Grade.RANDOMISED for run in measured)
    cover = (
        ("Runs", f"{len(board.runs)}, {len(measured)} of them measured against a control group"),
        ("Evidence", f"Randomised in {sound} of the measured runs; each says for itself."),
        *made(stamp),
    )
    return Document(TITLE, stamp, cover, tuple(parts))


def _together(found: Portfolio) -> Part:
    heading, grounds = "All campaigns together", told(found.grade, found.why)
    if found.comparison is None:
        why = total.WHY_NOT.get(found.refused, found.why) if found.refused else found.why
        return Part(heading, (found.sentence, why), evidence=grounds)
    grid = Grid(TOLD, list(total_rows(found)))
    return Part(heading, (found.sentence, total.basis(found)), grid=grid, evidence=grounds)


def _claims(measured: Sequence[RunImpact]) -> Part:
    said = tuple(
        f"{run.facts.campaign}, run {run.facts.code}: {run.sentence} {evidence(run)}"
        for run in measured
    )
    nothing = ("Nothing has been measured against a control group yet.",)
    return Part("What may be claimed", said or nothing)


def _ranked(measured: Sequence[RunImpact], unit: charts.Unit, heading: str) -> Part:
    lines, drawn = (
        sorted(
            estimates.of_runs(runs, unit),
            key=lambda line: (line.value is None, -(line.value or 0.0)),
        )
        for runs in (measured, measured[: ranking.MOST_DRAWN])
    )
    proven = sum(line.meaning in {"good", "bad"} for line in lines)
    reading = (
        f"**{proven} of {len(lines)}** effects are proven: their interval leaves out zero. "
        "The others may be chance."
    )
    if len(measured) > ranking.MOST_DRAWN:
        latest = "is the latest run" if len(drawn) == 1 else f"are the latest {len(drawn)}"
        reading += f" Drawn {latest}; the table has all {len(lines)}."
    return Part(
        heading,
        picture=Picture(charts.intervals(drawn, unit), reading),
        grid=Grid(charts.estimate_columns(unit), lines),
        evidence=_grades(measured),
    )


def _grades(runs: Sequence[RunImpact]) -> str:
    if len(runs) > MOST_NAMED:
        grades = Counter(run.report.grade for run in runs).most_common()
        counted = "; ".join(f"{words.counted(many, 'run')} {grade}" for grade, many in grades)
        return f"Evidence: {counted}; the table of every run says of each."
    return f"Evidence: {'; '.join(f'{run.facts.code} {run.report.grade}' for run in runs)}."


def _side_by_side(board: Board) -> Part:
    rows = board.groups[: side_by_side.MOST_DRAWN]
    lines = [side_by_side.line(row, "count") for row in rows]
    return Part(
        f"Side by side, by {board.by}",
        (_NO_TWO,),
        Picture(
            charts.intervals(lines, "count", high=48), side_by_side.reading(board.groups, "count")
        ),
        Grid(side_by_side.COLUMNS, board.groups),
        "Evidence: that of the weakest run of each, as the table says.",
    )


def _quarters(board: Board) -> Part:
    rows = periods.period_rows(board.quarters)
    return Part(
        "Quarter by quarter",
        picture=Picture(forecasts.periods(rows), forecasts.periods_reading(rows)),
        grid=Grid(forecasts.PERIOD_COLUMNS, rows),
        evidence=_grades(board.runs),
    )


def _forecasts(runs: Sequence[RunImpact]) -> Iterator[Part]:
    known = calibrated(runs)
    if known.rows:
        yield Part(
            "Forecast against result",
            picture=Picture(forecasts.calibrated(known.rows), forecasts.calibration_reading(known)),
            grid=Grid(forecasts.FORECAST_COLUMNS, known.rows),
            evidence="Shares of the treated that came, counted and not compared.",
        )


_RUNS = (
    Column("run", "Run", write=lambda run: run.facts.code),
    Column("campaign", "Campaign", write=lambda run: run.facts.campaign),
    Column("start", "First day", "date", write=lambda run: run.facts.starts_on),
    Column("treated", "Treated", "count", write=lambda run: run.treated.targeted),
    Column("outcomes", "With outcome", "count", write=lambda run: run.treated.outcomes),
    Column("held_out", "Held out", "count",
           write=lambda run: run.control.targeted if run.control else None),
    Column("control_outcomes", "With outcome (held out)", "count",
           write=lambda run: run.control.outcomes if run.control else None),
    Column("result", "Result", write=lambda run: words.sentence(estimates.verdict(run))),
    Column("evidence", "Evidence", write=lambda run: words.sentence(run.report.grade)),
)  # fmt: skip
