"""The funnel of one run: as a whole, split, and down to the customers behind each figure."""

from collections.abc import Callable, Sequence

import streamlit as st

from components import filters, words
from components.charts import impact as charts
from components.charts.frame import chart
from components.gateway import current_actor, fetch, now
from components.impact import estimates
from components.tables import Column, listing
from core.access import Permission, Sight
from core.impact.metrics import FIGURES, STEPS
from core.impact.queries.drill import customers_at
from core.impact.queries.funnel import FunnelRow, groups
from core.impact.queries.groups import FOLDED, Way, ways_to_split
from core.impact.queries.kept import kept_at
from core.impact.queries.runs import RunImpact
from core.impact.rules import Step

_WHO = (
    Column("customer_no", "Customer", pinned=True),
    Column("name", "Name", width="medium"),
)
_WHAT = (
    Column("branch", "Branch", sort="branch"),
    Column("channel", "Channel"),
    Column("confirmation", "Confirmation"),
    Column("attempts", "Attempts", "count", sort="attempts"),
    Column("reached_at", "Reached", "moment"),
    Column("responded_at", "Responded", "moment"),
    Column("converted_at", "Converted", "moment"),
    Column("won_at", "Won", "moment", sort="won at"),
    Column("outcome_at", "Outcome", "date"),
)


def draw(run: RunImpact) -> None:
    """Draw the funnel, split if asked, and list the customers of the chosen step."""
    st.subheader("Funnel")
    with filters.row():
        way = filters.one_of(
            "Split by", fetch(ways_to_split), "by", name=lambda way: way.label, everything="Nothing"
        )
        chosen = filters.one_of(
            "Customers behind", list(Step), "step", name=_label, everything="None listed"
        )
    row = _split(run, way) if way else None
    tally, whom = (row.tally, f" ({row.labels[0]})") if row else (run.treated, "")
    steps = charts.step_rows(tally)
    clicked = chart(
        charts.funnel(steps),
        key=f"funnel{run.id}",
        reading=charts.funnel_reading(tally, words.plain(whom)),
        rows=steps,
        columns=charts.STEP_COLUMNS,
        cut_off=now(),
        choose=True,
    )
    step = list(Step)[clicked[0]] if clicked else chosen
    if step is not None:
        _behind(run, step, row)
    else:
        st.caption("Click a bar, or choose a step above, to list the customers behind it.")


def _label(step: Step) -> str:
    return STEPS[step].label


def _split(run: RunImpact, way: Way) -> FunnelRow | None:
    """List the groups with their figures and their way into the funnel below."""
    has_outcome = run.facts.is_observed and run.facts.has_outcome
    columns = [
        Column("group", way.label, pinned=True, width="medium", write=lambda row: row.labels[0]),
        *(
            Column(step.value, _label(step), "count", sort=step.value, write=_count(step))
            for step in (Step.TARGETED, Step.REACHED, Step.CONVERTED, Step.WON)
        ),
        Column(
            "reach",
            FIGURES["reach rate"].label,
            "percent",
            write=lambda row: row.tally.reach_rate.value,
        ),
    ]
    if has_outcome:
        columns.append(
            Column(
                "outcome",
                FIGURES["outcome rate"].label,
                "percent",
                sort="outcome",
                write=lambda row: row.tally.outcome_rate.value,
            )
        )
    chosen = listing(
        groups,
        columns=columns,
        key="groups",
        filters={"run_id": run.id, "by": (way.name,)},
        noun="group",
        empty="Nobody has been selected yet.",
        choose="one",
        newest_first=True,
        export=estimates.export_right(current_actor()),
    )
    since = fetch(kept_at, run_id=run.id, way=way.name) if way.name not in FOLDED else None
    care = "Groups differ in more than how they were treated: compare them with care."
    st.caption(" ".join((care, *estimates.as_of(since))))
    return chosen[0] if chosen else None


def _count(step: Step) -> Callable[[FunnelRow], int]:
    return lambda row: row.tally.at(step)


def _behind(run: RunImpact, step: Step, row: FunnelRow | None) -> None:
    st.markdown(f"**Customers behind the step: {_label(step)}**")
    customers(
        run, step, by=row.by if row else (), keys=row.keys if row else (), list_key="customers"
    )


def customers(
    run: RunImpact,
    step: Step | None,
    *,
    by: Sequence[str],
    keys: Sequence[str | None],
    list_key: str,
) -> None:
    """List the treated customers of a group at a step, or those with the outcome."""
    columns: Sequence[Column] = _WHAT
    if current_actor().sight is not Sight.NEVER:
        columns = (*_WHO, *_WHAT)
    listing(
        customers_at,
        columns=columns,
        key=list_key,
        filters={"run_id": run.id, "step": step, "by": by, "keys": keys},
        noun="customer",
        empty="Nobody has come this far.",
        export=Permission.EXPORT,
    )
