"""For whom one run worked: the effect in groups of its customers."""

from collections.abc import Sequence

import streamlit as st

from components import filters, words
from components.charts import impact as charts
from components.charts.frame import chart
from components.gateway import fetch, now
from components.impact import estimates, funnel
from components.tables import Column
from core.impact.breaking import BrokenDown
from core.impact.estimates import Effect
from core.impact.queries.breakdown import breakdown, ways_to_break_down
from core.impact.queries.groups import Way
from core.impact.queries.runs import RunImpact
from core.impact.queries.split import EVERY_SEGMENT
from core.impact.rules import FEWEST, Absent

MOST_DRAWN = 20
COLUMNS = (
    Column("label", "Group", width="medium", pinned=True),
    Column("treated", "Treated", "count", write=lambda row: row.treated.targeted),
    Column("held_out", "Held out", "count", write=lambda row: row.control.targeted),
    Column("rate", "Outcome, treated", "percent",
           write=lambda row: row.treated.outcome_rate.value),
    Column("control_rate", "Outcome, held out", "percent",
           write=lambda row: row.control.outcome_rate.value),
    Column("difference", "Difference (points)", "points",
           write=lambda row: _part(row.difference, None, 100)),
    Column("low", "From", "points", write=lambda row: _part(row.difference, 0, 100)),
    Column("high", "To", "points", write=lambda row: _part(row.difference, 1, 100)),
    Column("p", "p (Holm)", "rate", write=lambda row: row.p_adjusted),
    Column("says", "Result", width="medium", write=lambda row: words.sentence(row.says)),
    Column("conversions", "Incremental conversions", "number",
           write=lambda row: _part(row.conversions, None, 1)),
    Column("profit", "Incremental profit", "money",
           write=lambda row: _part(row.profit, None, 1)),
    Column("grade", "Evidence"),
)  # fmt: skip


def _part(found: object, side: int | None, factor: int) -> float | None:
    """Read the value of an estimate, or one end of its interval."""
    if isinstance(found, Absent):
        return None
    effect: Effect = found  # type: ignore[assignment]  # a gain is read in the same way
    ends = (effect.interval.low, effect.interval.high)
    return round(factor * (effect.value if side is None else ends[side]), 2)


def draw(run: RunImpact) -> None:
    """Draw the groups with their intervals, and the customers of the one that is clicked."""
    if run.report.refused is not None:
        return
    estimates.title("For whom it worked", run.report.grade)
    ways = fetch(ways_to_break_down)
    with filters.row():
        way = filters.one_of("Groups", ways, "across", name=lambda w: w.label, everything="Branch")
        shown = filters.switch("Shown in", list(estimates.VIEWS), "shown")
    way, unit = way or ways[0], estimates.VIEWS[shown]
    found = fetch(breakdown, run_id=run.id, by=way.name)
    if not found:
        st.info("Nobody of this run is in any of these groups.", icon=":material/inbox:")
        return
    rows = sorted(found[:MOST_DRAWN], key=by_effect)
    lines = [
        estimates.drawn(
            row.label,
            {"points": row.difference, "count": row.conversions, "money": row.profit}[unit],
            grade=row.grade,
            holds=row.proven,
        )
        for row in rows
    ]
    for said in estimates.as_of(found[0].as_of):
        st.caption(said)
    clicked = chart(
        charts.intervals(lines, unit, high=48),
        key=f"breakdown{run.id}-{way.name}-{unit}",
        reading=reading(found, way),
        rows=found,
        columns=COLUMNS,
        cut_off=now(),
        choose=True,
        each_alone=True,
    )
    chosen = filters.one_of(
        "Customers of", [row.label for row in rows], "group", everything="None listed"
    )
    wanted = rows[clicked[0]].label if clicked and clicked[0] < len(rows) else chosen
    row = next((row for row in rows if row.label == wanted), None)
    if row is not None:
        _customers(run, way, row)
    else:
        st.caption("Click a group, or choose it, to list its treated customers with the outcome.")


def by_effect(row: BrokenDown) -> tuple[bool, float]:
    """Put the largest effect first, and what can't be read last."""
    return estimates.by_size(row.difference)


def reading(found: Sequence[BrokenDown], way: Way) -> str:
    """Say in a sentence how many groups prove anything, when so many were looked at."""
    changed = [row for row in found if row.refused is not None]
    read = [row for row in found if row.refused is None and not row.is_too_few]
    said = _proven(read) if read else "**No group** can be read"
    few = len(found) - len(read) - len(changed)
    if few:
        said += f"; {few} {'has' if few == 1 else 'have'} fewer than {FEWEST} customers in an arm"
    if changed:
        several = way.name == EVERY_SEGMENT
        whom = words.counted(len(changed), "segment") if several else "this segment"
        said += (
            f"; nothing can be said of {whom}, because the campaign itself changes who is in "
            f"{'them' if several and len(changed) > 1 else 'it'}"
        )
    if len(found) > MOST_DRAWN:
        said += f"; drawn are the largest {MOST_DRAWN}"
    if way.name == EVERY_SEGMENT:
        said += ". A customer may be in several segments, so they do not add up"
    return f"{said}."


def _proven(read: Sequence[BrokenDown]) -> str:
    proven = sum(row.proven for row in read)
    all_of_them = "both" if len(read) == 2 else f"all {len(read)}"
    together = f" with {all_of_them} taken into account (Holm)" if len(read) > 1 else ""
    return (
        f"**{proven} of {words.counted(len(read), 'group')}** "
        f"{'has' if proven == 1 else 'have'} an effect of {'its' if proven == 1 else 'their'} own"
        f" that is proven{together}"
    )


def _customers(run: RunImpact, way: Way, row: BrokenDown) -> None:
    st.markdown(f"**Treated customers with the outcome: {words.plain(row.label)}**")
    in_segment = way.name == EVERY_SEGMENT
    by, key = (f"segment:{row.key}", "in") if in_segment else (way.name, row.key)
    funnel.customers(run, None, by=(by,), keys=(key,), list_key="grouped")
