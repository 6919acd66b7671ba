"""One run in full: its sentence, its figures with their intervals, and the evidence."""

from collections.abc import Callable

import streamlit as st

from components import look, navigation, words
from components.charts import impact as charts
from components.charts.frame import chart
from components.gateway import current_actor, now
from components.impact import breakdown, contamination, estimates, money, over_time, overlapping
from components.tables import Column, table
from components.tiles import tiles
from components.truth import line
from core.impact.metrics import FIGURES, METRICS
from core.impact.queries.runs import RunImpact
from core.impact.report import Arm, Comparison
from core.impact.rules import Absent, Reason


def _mean(arm: Arm) -> float | None:
    mean = arm.tally.moments.mean
    return None if mean is None else round(mean, 2)


ARMS = (
    Column("name", "Arm", write=lambda arm: words.sentence(arm.name)),
    Column("customers", "Customers", "count", write=lambda arm: arm.tally.targeted),
    Column("share", "Planned share", "percent",
           write=lambda arm: None if arm.share is None else arm.share / 10_000),
    Column("reached", "Reached", "count", write=lambda arm: arm.tally.reached),
    Column("outcomes", "With the outcome", "count", write=lambda arm: arm.tally.outcomes),
    Column("rate", "Outcome rate", "percent", help=FIGURES["outcome rate"].explained,
           write=lambda arm: arm.tally.outcome_rate.value),
    Column("mean", "Value per customer", "money", write=_mean),
)  # fmt: skip
WHY_NOT = {
    Reason.NO_CONTROL: (
        "Nobody was held out, so nobody knows how many would have done the same without the "
        "campaign. The rates below say what happened, not what the campaign changed."
    ),
    Reason.EMPTY_CONTROL: (
        "A control group was planned, but nobody came into it: the share was too small for so few "
        "customers. The rates below say what happened, not what the campaign changed."
    ),
    Reason.STOPPED_EARLY: (
        "Whoever bought meanwhile would have bought anyway, and an effect of nothing would only "
        "look like a campaign that does not work."
    ),
    Reason.NO_TREATED: "Everybody was held out, so there is nothing to compare with.",
    Reason.NO_OUTCOME: (
        "The outcome has not been looked for in every arm yet. Analyse the run to do so; until "
        "then only the funnel of the treated customers is known."
    ),
}


def draw(run: RunImpact) -> None:
    """Draw what is known of one run, most important first."""
    _identity(run)
    if run.report.refused is not None:
        _rates(run, run.report.refused)
    else:
        st.markdown(f"#### {words.plain(run.sentence)}")
        st.caption(words.plain(run.report.why))
        for comparison in run.report.comparisons:
            _figures(comparison, several=len(run.report.comparisons) > 1)
        _plots(run)
    for section in SECTIONS:
        section(run)


def _identity(run: RunImpact) -> None:
    facts = run.facts
    with st.container(horizontal=True, vertical_alignment="center"):
        look.badge(words.sentence(run.report.grade), estimates.TRUST[run.report.grade])
        st.markdown(f"**{words.plain(facts.campaign)}**, version {facts.version}")
        navigation.link("run", f"Run {facts.code}", actor=current_actor(), id=run.id)
    st.caption(
        words.plain(facts.unit)
        + f", {words.day(facts.starts_on)} to {words.day(facts.ends_on)}, {facts.status}"
        + ("; carried out elsewhere and imported." if facts.is_imported else ".")
    )


def _rates(run: RunImpact, reason: Reason) -> None:
    st.info(f"**No impact: {reason}.** {WHY_NOT[reason]}", icon=":material/balance:")
    facts, tally = run.facts, run.treated
    row = [
        estimates.rate_tile(
            METRICS[facts.metric].label, tally.rate(facts.metric), METRICS[facts.metric].explained
        ),
        estimates.rate_tile(
            FIGURES["reach rate"].label, tally.reach_rate, FIGURES["reach rate"].explained
        ),
    ]
    if facts.is_observed and facts.has_outcome:
        outcome = FIGURES["outcome rate"]
        row.insert(0, estimates.rate_tile(outcome.label, tally.outcome_rate, outcome.explained))
    tiles(row, narrowest=220)


def _figures(comparison: Comparison, *, several: bool) -> None:
    if several:
        st.markdown(f"**{words.sentence(words.plain(comparison.treated.name))}**")
    few = Absent(Reason.TOO_FEW) if comparison.is_too_few else None
    tiles(
        [
            estimates.tile("incremental conversions", few or comparison.conversions, "count"),
            estimates.tile("incremental profit", few or comparison.profit, "money"),
            estimates.return_tile(few or comparison.returned),
        ],
        narrowest=220,
    )
    tiles(
        [
            estimates.tile("difference", few or comparison.difference, "points"),
            estimates.tile("per reached", few or comparison.per_reached, "points"),
        ],
        narrowest=220,
    )


def _plots(run: RunImpact) -> None:
    several = len(run.report.comparisons) > 1
    lines = []
    for comparison in run.report.comparisons:
        few = Absent(Reason.TOO_FEW) if comparison.is_too_few else None
        of = f", {comparison.treated.name}" if several else ""
        for label, found in (
            ("Per customer assigned", comparison.difference),
            ("Per customer reached", comparison.per_reached),
        ):
            lines.append(estimates.drawn(f"{label}{of}", few or found, grade=run.report.grade))
    chart(
        charts.intervals(lines, "points"),
        key=f"effect{run.id}",
        reading="The effect on a customer: the line is where the truth lies with 95 % certainty, "
        "and **an interval that holds zero proves nothing**.",
        rows=lines,
        columns=charts.estimate_columns("points"),
        cut_off=now(),
    )


def _evidence(run: RunImpact) -> None:
    """Show the arms that it all stands on, and the forecast beside what came."""
    if run.report.refused is not None:
        return
    estimates.title("Evidence", run.report.grade)
    table(run.report.arms, columns=ARMS, key=f"arms{run.id}")
    if run.facts.expected_rate is not None:
        st.caption(
            f"Forecast {words.percent(run.facts.expected_rate)} of the treated, "
            f"came to {words.percent(run.treated.outcome_rate)}."
        )


# Each draws its own heading, or nothing. What is about the whole effect stands above what is
# about parts of it; the evidence comes last.
SECTIONS: tuple[Callable[[RunImpact], None], ...] = (
    money.draw,
    breakdown.draw,
    over_time.draw,
    line.draw,
    _evidence,
    contamination.draw,
    overlapping.draw,
)
