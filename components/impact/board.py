"""What campaigns changed, side by side: the first thing that an executive sees."""

from collections.abc import Callable, Sequence

import streamlit as st

from components import look, navigation, words
from components.gateway import current_actor, fetch
from components.impact import estimates, forecasts, periods, ranking, side_by_side, total
from components.tables import Column, forget, listing
from components.tiles import Tile, tiles
from core.impact.estimates import Effect
from core.impact.queries.board import MOST_RUNS, results
from core.impact.queries.overlaps import shared
from core.impact.queries.runs import RunImpact
from core.impact.rules import Grade
from core.windows import Window

HEADLINES = 3


def _part(side: int | None) -> Callable[[RunImpact], float | None]:
    """Read the difference, or one end of its interval, in percentage points."""

    def write(run: RunImpact) -> float | None:
        best = run.best
        if best is None or best.is_too_few or not isinstance(best.difference, Effect):
            return None
        ends = (best.difference.interval.low, best.difference.interval.high)
        value = best.difference.value if side is None else ends[side]
        return round(100 * value, 2)

    return write


COLUMNS = (
    Column("start", "First day", "date", sort="start", write=lambda run: run.facts.starts_on),
    Column("campaign", "Campaign", sort="campaign", width="medium",
           write=lambda run: run.facts.campaign),
    Column("result", "Result", write=lambda run: words.sentence(estimates.verdict(run))),
    Column("difference", "Difference (points)", "points", sort="difference", write=_part(None)),
    Column("low", "From", "points", write=_part(0)),
    Column("high", "To", "points", write=_part(1)),
    Column("evidence", "Evidence", write=lambda run: words.sentence(run.report.grade)),
    Column("treated", "Treated", "count", sort="treated", write=lambda run: run.treated.targeted),
    Column("held_out", "Held out", "count",
           write=lambda run: run.control.targeted if run.control else 0),
    Column("rate", "Outcome, treated", "percent",
           write=lambda run: run.treated.outcome_rate.value if run.facts.is_observed else None),
    Column("control_rate", "Outcome, held out", "percent",
           write=lambda run: run.control.outcome_rate.value if run.control else None),
    Column("expected", "Forecast", "percent", write=lambda run: run.facts.expected_rate),
    Column("run", "Run", write=lambda run: run.facts.code),
    Column("unit", "Unit", write=lambda run: run.facts.unit),
)  # fmt: skip


def draw() -> None:
    """Draw the overview of all runs, and go to the one that is chosen."""
    found = fetch(results, window=Window(size=MOST_RUNS)).rows
    if not found:
        st.info(
            "Nothing has been measured yet. Results appear here when a run is launched and its "
            "outcome is looked for, or when finished results are imported.",
            icon=":material/inbox:",
        )
        return
    measured = [run for run in found if run.report.refused is None]
    for run in measured[:HEADLINES]:
        lead(run)
    _tiles(found, measured)
    total.draw()
    if measured:
        ranking.draw(measured)
        met = fetch(shared, run_ids=tuple(run.id for run in found))
        side_by_side.draw(found, met)
        periods.draw(found, met)
        forecasts.draw(found)
    st.subheader("Every campaign")
    chosen = listing(
        results,
        columns=COLUMNS,
        key="results",
        noun="run",
        choose="one",
        newest_first=True,
        export=estimates.export_right(current_actor()),
    )
    st.caption("Choose a run to see its evidence and its funnel.")
    if chosen:
        forget("results")
        navigation.go_to("impact", run=chosen[0].id)


def lead(run: RunImpact) -> None:
    """Say one result in a sentence with what it stands on."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            look.badge(words.sentence(run.report.grade), estimates.TRUST[run.report.grade])
            navigation.link(
                "impact",
                f"**{words.plain(run.facts.campaign)}**",
                actor=current_actor(),
                run=run.id,
            )
        st.markdown(f"#### {words.plain(run.sentence)}")
        st.caption(words.plain(run.report.why))


def _tiles(found: Sequence[RunImpact], measured: Sequence[RunImpact]) -> None:
    gains = sum(estimates.verdict(run) == "gain" for run in measured)
    doubtful = sum(run.report.grade is Grade.COMPROMISED for run in measured)
    treated = sum(run.treated.targeted for run in found)
    tiles(
        [
            Tile(
                "Runs measured",
                f"{len(measured)} of {len(found)}",
                "With a control group: only these say what would not have happened anyway.",
                f"{doubtful} of them compromised" if doubtful else "against a control group",
            ),
            Tile(
                "Proven gains",
                words.count(gains),
                "Runs whose whole interval lies above zero.",
                f"of {words.counted(len(measured), 'measured run')}",
            ),
            Tile(
                "Customers treated",
                words.count(treated),
                "A customer of several runs counts in each: effects are not added up either.",
                f"in {words.counted(len(found), 'run')}",
            ),
        ],
        narrowest=220,
    )
