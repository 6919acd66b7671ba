"""What a report of impact says: of one run in full, or of all of them side by side."""

from collections.abc import Iterator, Sequence
from functools import partial

from components import look, words
from components.charts import impact as charts
from components.charts import over_time as days
from components.impact import estimates, over_time
from components.impact.cycles import COLUMNS as CYCLES
from components.impact.sheet import WHY_NOT
from components.reports.content import Document, Grid, Part, Picture, Stamp, written
from components.reports.effects import ARM, COSTS, TOLD, cost_rows, effect_rows
from components.reports.groups import ARMS as COUNTED_ARMS
from components.reports.groups import COMPARED, counted_columns
from components.tables import Column
from core.impact.estimates import ALPHA
from core.impact.metrics import METRICS
from core.impact.queries.runs import RunImpact
from core.impact.queries.whole import Breakdown, Whole
from core.impact.report import Arm
from core.impact.rules import FEWEST, Absent, Grade, Step

_MOST_GROUPS = 60  # printed; a workbook has all
_PRINTED = (Step.TARGETED, Step.REACHED, Step.CONVERTED, Step.WON)  # as on the page
_CALCULATED = frozenset({"arm", "squares", "variance"})  # sheets have them
_COUNTED = "Counted, not compared: these figures say what happened, not what the campaign changed."
_READING = (
    "The effect on a customer: the line is where the truth lies with 95 % certainty, and **an "
    "interval that holds zero proves nothing**."
)
_WHO_COUNTS = (
    "Customers count in the arm to which they were assigned, whoever was reached. Differences of "
    "shares carry Newcombe's interval and the pooled z test, differences of money Welch's, and "
    "effects per customer reached are Wald's ratio with Fieller's interval."
)
_WHAT_PROVES = (
    f"Every interval is two-sided and holds {1 - ALPHA:.0%} of the time; one that holds zero "
    f"proves nothing. Of arms with fewer than {FEWEST} customers nothing is said. Where several "
    "groups are compared at once, p is adjusted after Holm. Effects of several runs are not "
    "added up, since their customers may be the same."
)
_METHODS = Part("How this was measured", (_WHO_COUNTS, _WHAT_PROVES))


def evidence(run: RunImpact) -> str:
    """Say how far the figures of a run can be trusted, and on what grounds."""
    return f"Evidence: {run.report.grade}. {run.report.why}"


def title_of(run: RunImpact) -> str:
    return f"Impact of {run.facts.campaign}, run {run.facts.code}"


@look.in_print()
def of_run(whole: Whole, stamp: Stamp) -> Document:
    """Lay out everything that the page of a run says, the result first."""
    run = whole.run
    parts = [_claim(run)]
    if run.report.refused is None:
        parts += [_figures(run), _effect(run), _money(run)]
        parts += _over_time(whole)
    parts += [_funnel(run), _arms(run)]
    parts += [_breakdown(run, split) for split in whole.breakdowns]
    if whole.cycles:
        parts.append(Part("Analysis cycles", grid=Grid(CYCLES, whole.cycles)))
    parts.append(_METHODS)
    return Document(title_of(run), stamp, (*_cover(run), *_made(stamp)), tuple(parts))


def _cover(run: RunImpact) -> Iterator[tuple[str, str]]:
    facts = run.facts
    yield "Campaign", f"{facts.campaign}, version {facts.version}"
    yield (
        "Run",
        f"{facts.code}, {facts.status}"
        + ("; carried out elsewhere and imported" if facts.is_imported else ""),
    )
    yield "Unit", facts.unit
    if facts.segment is not None:
        yield "Audience", facts.segment
    yield "Period", f"{words.day(facts.starts_on)} to {words.day(facts.ends_on)}"
    goal = "no goal" if facts.goal is None else f"goal {words.percent(facts.goal)}"
    yield "Metric", f"{METRICS[facts.metric].label}, {goal}"
    if facts.outcomes_seen_at is not None:
        yield "Outcomes looked for", words.moment(facts.outcomes_seen_at)
    yield "Evidence", f"{words.sentence(run.report.grade)}. {run.report.why}"


def _made(stamp: Stamp) -> Iterator[tuple[str, str]]:
    yield "Filters", "; ".join(f"{name}: {value}" for name, value in stamp.filters) or "none"
    yield "Figures as of", words.moment(stamp.at)
    yield "Made by", f"{stamp.by}, {words.moment(stamp.at)}"


def _claim(run: RunImpact) -> Part:
    if run.report.refused is None:
        return Part("What may be claimed", (run.sentence,), evidence=evidence(run), is_claim=True)
    refused = run.report.refused
    text = (f"No impact: {refused}.", *(filter(None, [WHY_NOT.get(refused)])))
    return Part("What may be claimed", text, evidence=evidence(run), is_claim=True)


def _figures(run: RunImpact) -> Part:
    several = len(run.report.comparisons) > 1
    columns = (ARM, *TOLD) if several else TOLD
    return Part("Figures", grid=Grid(columns, list(effect_rows([run]))), evidence=evidence(run))


def _effect(run: RunImpact) -> Part:
    sound = run.report.grade is Grade.RANDOMISED
    several = len(run.report.comparisons) > 1
    lines = [
        estimates.drawn(
            f"{row.label}, {row.arm}" if several else row.label, row.found, is_sound=sound
        )
        for row in effect_rows([run])
        if row.unit == "points"
    ]
    return Part(
        "The effect on a customer",
        picture=Picture(charts.intervals(lines, "points"), _READING),
        grid=Grid(charts.estimate_columns("points"), lines),
        evidence=evidence(run),
    )


def _money(run: RunImpact) -> Part:
    lines = estimates.of_runs([run], "money")
    reading = (
        "Value that would not have come without the campaign, less what it cost: "
        + "; ".join(_amount(line, several=len(lines) > 1) for line in lines)
        + "."
    )
    return Part(
        "Money after cost",
        picture=Picture(charts.intervals(lines, "money"), reading),
        grid=Grid(COSTS if len(lines) > 1 else COSTS[1:], list(cost_rows(run))),
        evidence=evidence(run),
    )


def _amount(line: charts.Estimate, *, several: bool) -> str:
    whose = f"{line.label}: " if several else ""
    if line.value is None or line.low is None or line.high is None:
        return f"{whose}{line.says}"
    value, low, high = (charts.written(each, "money") for each in (line.value, line.low, line.high))
    return f"{whose}{value} ({low} to {high}), **{line.says}**"


def _over_time(whole: Whole) -> Iterator[Part]:
    if isinstance(whole.over_time, Absent):
        return
    yield Part(
        "Over time",
        picture=Picture(days.over_time(whole.over_time.days), over_time.reading(whole.over_time)),
        grid=Grid(days.COLUMNS, whole.over_time.days[-1:]),
        evidence=evidence(whole.run),
    )


def _funnel(run: RunImpact) -> Part:
    steps = charts.step_rows(run.treated)
    return Part(
        "Funnel",
        picture=Picture(charts.funnel(steps), charts.funnel_reading(run.treated, "")),
        grid=Grid(charts.STEP_COLUMNS, steps),
        evidence=_COUNTED,
    )


def _arms(run: RunImpact) -> Part:
    """Count the arms side by side: what is counted goes down the page, arms go across."""
    arms = run.report.arms
    rows = [column for column in COUNTED_ARMS if column.field not in _CALCULATED]
    columns = (
        Column("label", "Counted", write=lambda row: row.heading),
        *(
            Column(f"arm{n}", words.sentence(arm.name), write=partial(_cell, arm))
            for n, arm in enumerate(arms)
        ),
    )
    return Part("The arms, counted", grid=Grid(columns, rows), evidence=_COUNTED)


def _cell(arm: Arm, column: Column) -> str:
    return written(column, arm)


def _breakdown(run: RunImpact, split: Breakdown) -> Part:
    rows = split.compared or split.counted
    text = ["Groups differ in more than how they were treated: compare them with care."]
    if len(rows) > _MOST_GROUPS:
        text.append(f"The {_MOST_GROUPS} largest of {words.count(len(rows))} groups.")
    if split.compared:
        grid = Grid(COMPARED, split.compared[:_MOST_GROUPS])
        return Part(f"By {split.label.lower()}", tuple(text), grid=grid, evidence=evidence(run))
    grid = Grid(counted_columns(run, _PRINTED), split.counted[:_MOST_GROUPS])
    return Part(f"By {split.label.lower()}", tuple(text), grid=grid, evidence=_COUNTED)


@look.in_print()
def of_board(runs: Sequence[RunImpact], stamp: Stamp) -> Document:
    """Lay out what the overview says: every run in a sentence, and all of them side by side."""
    measured = [run for run in runs if run.report.refused is None]
    said = tuple(
        f"{run.facts.campaign}, run {run.facts.code}: {run.sentence} {evidence(run)}"
        for run in measured
    )
    parts = [
        Part(
            "What may be claimed",
            said or ("Nothing has been measured against a control group yet.",),
        )
    ]
    if measured:
        parts.append(_compared(measured, "points", "The effect on a customer"))
        parts.append(_compared(measured, "money", "Money after cost"))
    parts.append(Part("Every run", grid=Grid(_BOARD, runs)))
    parts.append(_METHODS)
    sound = sum(run.report.grade is Grade.RANDOMISED for run in measured)
    cover = (
        ("Runs", f"{len(runs)}, {len(measured)} of them measured against a control group"),
        ("Evidence", f"Randomised in {sound} of the measured runs; the table says which."),
        *_made(stamp),
    )
    return Document("Impact of all campaigns", stamp, cover, tuple(parts))


def _compared(measured: Sequence[RunImpact], unit: charts.Unit, heading: str) -> Part:
    lines = estimates.of_runs(measured, unit)
    proven = sum(line.meaning in {"good", "bad"} for line in lines)
    reading = (
        f"**{proven} of {len(lines)}** effects are proven: their interval leaves out zero. "
        "The others may be chance."
    )
    grades = "; ".join(f"{run.facts.code} {run.report.grade}" for run in measured)
    return Part(
        heading,
        picture=Picture(charts.intervals(lines, unit), reading),
        grid=Grid(charts.estimate_columns(unit), lines),
        evidence=f"Evidence: {grades}.",
    )


_BOARD = (
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
