"""What a report of one run says: everything that its page says, the result first."""

from collections.abc import Iterator
from functools import partial

from components import look, words
from components.charts import impact as charts
from components.charts import money as moneys
from components.charts import over_time as days
from components.impact import (
    breakdown,
    contamination,
    estimates,
    money,
    over_time,
    overlapping,
)
from components.impact.cycles import COLUMNS as CYCLES
from components.impact.sheet import WHY_NOT
from components.reports import truth as checking
from components.reports.common import COUNTED, METHODS, evidence, made, title_of
from components.reports.content import Document, Grid, Part, Picture, Stamp, written
from components.reports.effects import ARM, TOLD, effect_rows
from components.reports.groups import ARMS, COMPARED, counted_columns
from components.tables import Column
from core.impact.metrics import METRICS
from core.impact.queries.groups import Way
from core.impact.queries.runs import RunImpact
from core.impact.queries.split import EVERY_SEGMENT
from core.impact.queries.whole import MOST_SPLIT, Breakdown, Whole
from core.impact.report import Arm, Comparison
from core.impact.rules import Absent, Grade, Step
from core.truth.queries.runs import Truth

_MOST_GROUPS = 60  # printed; a workbook has all
_PRINTED = (Step.TARGETED, Step.REACHED, Step.CONVERTED, Step.WON)  # as on the page
_CALCULATED = frozenset({"arm", "squares", "variance"})  # sheets have them
_READING = (
    "The effect on a customer: the line is where the truth lies with 95 % certainty, and **an "
    "interval that holds zero proves nothing**."
)
_WITH_CARE = "Groups differ in more than how they were treated: compare them with care."


@look.in_print()
def of_run(whole: Whole, stamp: Stamp, truth: Truth | None = None) -> Document:
    """Lay out everything that the page of a run says, the result first.

    :param truth: what stands of its reports, where that was asked
    """
    run = whole.run
    parts = [_claim(run)]
    if run.report.refused is None:
        parts += [_figures(run), _effect(run)]
        parts += [_money(run, comparison) for comparison in run.report.comparisons]
        parts += [_compared(run, split) for split in whole.breakdowns if split.compared]
        parts += _not_split(whole)
        parts += _over_time(whole)
    parts += checking.parts(truth, _MOST_GROUPS)
    parts += _contamination(run)
    parts += [_arms(run), _funnel(run)]
    parts += [_counted(run, split) for split in whole.breakdowns if split.counted]
    parts += _overlaps(whole)
    if whole.cycles:
        parts.append(Part("Analysis cycles", grid=Grid(CYCLES, whole.cycles), evidence=_FROZEN))
    parts.append(METHODS)
    return Document(title_of(run), stamp, (*_cover(run), *made(stamp)), tuple(parts))


_FROZEN = "Frozen when each cycle was analysed; what came later is not in it."


def _cover(run: RunImpact) -> Iterator[tuple[str, str]]:
    facts = run.facts
    yield "Campaign", f"{facts.campaign}, version {facts.version}"
    elsewhere = "; carried out elsewhere and imported" if facts.is_imported else ""
    yield "Run", f"{facts.code}, {facts.status}{elsewhere}"
    yield "Unit", facts.unit
    if facts.segment is not None:
        yield "Audience", facts.segment
    yield "Period", f"{words.day(facts.starts_on)} to {words.day(facts.ends_on)}"
    goal = "no goal" if facts.goal is None else f"goal {words.percent(facts.goal)}"
    yield "Metric", f"{METRICS[facts.metric].label}, {goal}"
    if facts.expected_rate is not None:
        came = words.percent(run.treated.outcome_rate)
        yield "Forecast", f"{words.percent(facts.expected_rate)} of the treated; came {came}"
    if facts.outcomes_seen_at is not None:
        yield "Outcomes looked for", words.moment(facts.outcomes_seen_at)
    yield "Evidence", words.sentence(evidence(run).removeprefix("Evidence: "))


def _claim(run: RunImpact) -> Part:
    refused = run.report.refused
    text: tuple[str, ...] = (run.sentence,)
    if refused is not None:
        text = (f"No impact: {refused}.", *filter(None, [WHY_NOT.get(refused)]))
    return Part("What may be claimed", text, evidence=evidence(run), is_claim=True)


def _figures(run: RunImpact) -> Part:
    several = len(run.report.comparisons) > 1
    columns = (ARM, *TOLD) if several else TOLD
    return Part("Figures", grid=Grid(columns, list(effect_rows([run]))), evidence=evidence(run))


def _effect(run: RunImpact) -> Part:
    several = len(run.report.comparisons) > 1
    lines = [
        estimates.drawn(
            f"{row.label}, {row.arm}" if several else row.label,
            row.found,
            grade=run.report.grade,
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


def _money(run: RunImpact, comparison: Comparison) -> Part:
    several = len(run.report.comparisons) > 1
    rows = moneys.money_rows(comparison)
    reading = moneys.money_reading(comparison, is_sound=run.report.grade is Grade.RANDOMISED)
    return Part(
        f"Money, {comparison.treated.name}" if several else "Money",
        (money.terms_of(run.facts),),
        Picture(moneys.waterfall(rows), reading),
        Grid(moneys.MONEY_COLUMNS, rows),
        evidence(run),
    )


def _compared(run: RunImpact, split: Breakdown) -> Part:
    """Draw the groups as the page does, and count all of them."""
    largest = sorted(split.compared[: breakdown.MOST_DRAWN], key=breakdown.by_effect)
    lines = [
        estimates.drawn(row.label, row.difference, grade=row.grade, holds=row.proven)
        for row in largest
    ]
    drawn = Picture(
        charts.intervals(lines, "points", high=48),
        breakdown.reading(split.compared, Way(split.name, split.label)),
    )
    nothing = all(line.value is None for line in lines)
    return Part(
        f"For whom it worked: by {split.label.lower()}",
        (
            _WITH_CARE,
            *estimates.as_of(split.as_of),
            *_left_out(len(split.compared)),
            *([drawn.said] if nothing else ()),
        ),
        None if nothing else drawn,
        Grid(COMPARED, split.compared[:_MOST_GROUPS]),
        evidence(run),
    )


def _not_split(whole: Whole) -> Iterator[Part]:
    if all(split.name != EVERY_SEGMENT for split in whole.breakdowns):
        text = (
            f"Of more than {words.count(MOST_SPLIT)} customers the segments are only looked up if "
            "the page shows the effect by segment."
        )
        yield Part("For whom it worked: by segment", (text,))


def _counted(run: RunImpact, split: Breakdown) -> Part:
    return Part(
        f"Funnel by {split.label.lower()}",
        (_WITH_CARE, *estimates.as_of(split.as_of), *_left_out(len(split.counted))),
        grid=Grid(counted_columns(run, _PRINTED), split.counted[:_MOST_GROUPS]),
        evidence=COUNTED,
    )


def _left_out(groups: int) -> Iterator[str]:
    if groups > _MOST_GROUPS:
        yield f"The {_MOST_GROUPS} largest of {words.count(groups)} groups; the workbook has all."


def _over_time(whole: Whole) -> Iterator[Part]:
    if isinstance(whole.over_time, Absent):
        return
    yield Part(
        "Over time",
        picture=Picture(days.over_time(whole.over_time.days), over_time.reading(whole.over_time)),
        grid=Grid(days.COLUMNS, whole.over_time.days[-1:]),
        evidence=evidence(whole.run),
    )


def _contamination(run: RunImpact) -> Iterator[Part]:
    found = run.report.contamination
    if found is None:
        return
    lines = contamination.both(run)
    yield Part(
        "Contamination",
        picture=Picture(charts.intervals(lines, "points"), contamination.reading(found)),
        grid=Grid(charts.estimate_columns("points"), lines),
        evidence=evidence(run),
    )


def _arms(run: RunImpact) -> Part:
    """Count the arms side by side: what is counted goes down the page, arms go across."""
    columns = (
        Column("label", "Counted", write=lambda row: row.heading),
        *(
            Column(f"arm{n}", words.sentence(arm.name), write=partial(_cell, arm))
            for n, arm in enumerate(run.report.arms)
        ),
    )
    rows = [column for column in ARMS if column.field not in _CALCULATED]
    return Part("The arms, counted", grid=Grid(columns, rows), evidence=COUNTED)


def _cell(arm: Arm, column: Column) -> str:
    return written(column, arm)


def _funnel(run: RunImpact) -> Part:
    steps = charts.step_rows(run.treated)
    return Part(
        "Funnel",
        picture=Picture(charts.funnel(steps), charts.funnel_reading(run.treated, "")),
        grid=Grid(charts.STEP_COLUMNS, steps),
        evidence=COUNTED,
    )


def _overlaps(whole: Whole) -> Iterator[Part]:
    if not whole.overlaps:
        return
    text = (
        "These runs treated some of the same customers at the same time. Effects of such runs are "
        "never added up."
    )
    yield Part(
        "Other campaigns on the same customers",
        (text,),
        grid=Grid(overlapping.COLUMNS, whole.overlaps),
        evidence=COUNTED,
    )
