"""How the effect came about, in a band that nobody spoils by looking early."""

import streamlit as st

from components import words
from components.charts import over_time as charts
from components.charts.frame import chart
from components.gateway import fetch, now
from components.impact import estimates
from core.impact.queries.over_time import OverTime, over_time
from core.impact.queries.runs import RunImpact
from core.impact.rules import Absent


def draw(run: RunImpact) -> None:
    """Draw the effect by day; runs of which no effect can be given have none to follow."""
    if run.report.refused is not None:
        return
    estimates.title("Over time", run.report.grade)
    followed = fetch(over_time, run_id=run.id)
    if isinstance(followed, Absent):
        st.caption(f"There is nothing to follow: {followed.reason}.")
        return
    chart(
        charts.over_time(followed.days),
        key=f"over_time{run.id}",
        reading=reading(followed),
        rows=followed.days,
        columns=charts.COLUMNS,
        cut_off=now(),
    )
    st.caption(
        "The band holds the truth on all days together with 95 % certainty, however often anybody "
        "looks. That is why it is wider than the interval of the result above, which is made for "
        "one look at the end."
    )


def reading(followed: OverTime) -> str:
    """Say where the run stands and since when it has proven anything, in one sentence."""
    last = followed.last
    low, high = words.points(last.interval.low), words.points(last.interval.high)
    stood = (
        f"By {words.day(last.day)} the treated were **{words.points(last.effect)}** from the held "
        f"out ({low} to {high})"
    )
    since = followed.proven_since
    if since is None:
        return f"{stood}: **not proven** if one could have stopped on any day."
    what = "gain" if last.effect > 0 else "loss"
    return f"{stood}: a proven {what}, **without a break since {words.day(since)}**."
