"""The parts of the two run pages: the way of a run, its arms, its stages, and how to start one."""

from collections.abc import Sequence
from itertools import takewhile

import streamlit as st

from components import look, navigation, words
from components.charts import runs as charts
from components.gateway import fetch, now, submit
from components.tables import Column, table
from core.campaigns.rules import RandomisedBy
from core.impact.clusters import FEWEST_CLUSTERS
from core.impact.estimates import SampleRatio, sample_ratio
from core.people import queries as people
from core.runs import queries
from core.runs.actions.starting import StartRun, start_run
from core.runs.rules import RunStatus

MEANINGS: dict[RunStatus, look.Meaning] = {
    RunStatus.PLANNED: "neutral",
    RunStatus.SELECTED: "brand",
    RunStatus.LAUNCHED: "good",
    RunStatus.PAUSED: "warn",
    RunStatus.COMPLETED: "neutral",
    RunStatus.STOPPED: "bad",
}
_SEVERAL = {RandomisedBy.MANAGER: "Relationship managers", RandomisedBy.BRANCH: "Branches"}


def start_form() -> None:
    """Ask which approved design to carry out where and when, from a plan or on its own."""
    designs = fetch(queries.startable_designs)
    if not designs:
        st.info("No design is approved yet: have one approved first.", icon=":material/inbox:")
        return
    chosen = st.selectbox(
        "Design",
        designs,
        format_func=lambda d: f"{d.campaign} ({d.campaign_code}), version {d.version}",
    )
    entries = [e for e in fetch(queries.planned_starts) if e.campaign_id == chosen.campaign_id]
    planned = st.selectbox(
        "Entry of a plan",
        entries,
        index=None,
        placeholder="Not from a plan" if entries else "No plan has an entry for this campaign",
        format_func=lambda e: f"{e.plan}: {e.unit}, from {words.day(e.starts_on)}",
        disabled=not entries,
    )
    units = _inside(chosen.unit_id)
    wanted = planned.unit_id if planned else chosen.unit_id
    first = planned.starts_on if planned else max(chosen.starts_on, now().date())
    last = planned.ends_on if planned else chosen.ends_on
    with st.form("start", border=False):
        unit = st.selectbox(
            "Unit",
            units,
            index=next((n for n, unit in enumerate(units) if unit.id == wanted), 0),
            format_func=lambda unit: f"{'  ' * unit.depth}{unit.name}",
        )
        left, right = st.columns(2)
        starts_on = left.date_input("First day", first, format="DD/MM/YYYY")
        ends_on = right.date_input("Last day", max(first, last), format="DD/MM/YYYY")
        description = st.text_input("Description")
        capacity = st.number_input(
            "At most so many candidates", min_value=1, value=None, placeholder="No limit", step=1
        )
        if st.form_submit_button("Start the run", type="primary"):
            submit(
                start_run,
                lambda: StartRun(
                    design_id=chosen.id,
                    unit_id=unit.id,
                    starts_on=starts_on,
                    ends_on=ends_on,
                    description=description,
                    capacity=None if capacity is None else int(capacity),
                    plan_entry_id=planned.id if planned else None,
                ),
                done=lambda fact: f"Run {fact.run} is planned. Select its candidates next.",
                then=navigation.opens("run", id=lambda fact: fact.run_id),
            )


def _inside(unit_id: int) -> list[people.UnitRow]:
    """Return the campaign's unit and those below it, as far as they are in the own scope."""
    rows = fetch(people.units)
    place = next((n for n, unit in enumerate(rows) if unit.id == unit_id), None)
    if place is None:  # it lies above all that is in scope
        return rows
    below = takewhile(lambda unit: unit.depth > rows[place].depth, rows[place + 1 :])
    return [rows[place], *below]


def way(sheet: queries.RunSheet) -> None:
    """Draw how far the run is: what is done is ticked, with when and how many."""
    decided = words.counted(sheet.confirmed + sheet.rejected, "answer")
    waiting = f"{words.count(sheet.pending)} missing" if sheet.pending else decided
    steps = (
        ("Planned", words.moment(sheet.initiated_at), True),
        ("Selected", words.moment(sheet.selected_at), sheet.selected_at is not None),
        (
            "Confirmed",
            waiting if sheet.selected_at else words.NONE,
            sheet.selected_at is not None and not sheet.pending,
        ),
        ("Launched", words.moment(sheet.launched_at), sheet.launched_at is not None),
        ("Ended", words.moment(sheet.finished_at), sheet.finished_at is not None),
    )
    grid = st.grid(min_column_width=150, gap="small")
    for name, note, is_done in steps:
        with grid.cell():
            icon = "check_circle" if is_done else "radio_button_unchecked"
            st.markdown(f":material/{icon}: **{name}**")
            st.caption(note)


def arms(sheet: queries.RunSheet) -> None:
    """Draw how the arms were drawn and came out, beside what was planned."""
    rows = fetch(queries.arm_counts, run_id=sheet.id)
    total = sum(row.customers for row in rows)
    in_clusters = sheet.randomised_by is not RandomisedBy.CUSTOMER
    if len(rows) < 2:
        st.info("This run has no control group: its effect can't be measured.")
    elif total and in_clusters:
        _clusters(sheet, rows)
    elif total:
        test = sample_ratio([r.customers for r in rows], [r.planned_share or 0 for r in rows])
        if isinstance(test, SampleRatio) and test.alarm:
            st.warning("The arms are not as planned; chance does not explain it. Have it checked.")
        elif isinstance(test, SampleRatio):
            st.markdown(f"The arms came out as planned, within chance (p = {test.p:.2f}).")
    table(
        rows,
        columns=(
            Column("name", "Arm", write=lambda row: words.sentence(row.name)),
            Column("planned_share", "Planned", "percent", write=_planned),
            Column("share", "Came out", "percent", write=lambda r: r.customers / max(total, 1)),
            *([Column("clusters", _SEVERAL[sheet.randomised_by], "count")] if in_clusters else []),
            Column("customers", "Customers", "count"),
            Column("confirmed", "Confirmed", "count"),
        ),
        key="arms",
    )


def _clusters(sheet: queries.RunSheet, rows: Sequence[queries.ArmCount]) -> None:
    """Say what was drawn, and whether it is enough to say anything in the end."""
    held_out = sum(row.clusters for row in rows if row.is_control)
    treated = sum(row.clusters for row in rows if not row.is_control)
    several = _SEVERAL[sheet.randomised_by].lower()
    alone = (
        " Customers without one are drawn together with their branch."
        if sheet.randomised_by is RandomisedBy.MANAGER
        else ""
    )
    st.markdown(
        f"Drawn by {sheet.randomised_by}, each with all its customers: {words.count(treated)} "
        f"treated, {words.count(held_out)} held out {several}.{alone}"
    )
    if min(held_out, treated) < FEWEST_CLUSTERS:
        st.warning(
            f"With fewer than {FEWEST_CLUSTERS} {several} in an arm no effect can be told from "
            "what sets them apart anyway."
        )


def _planned(row: queries.ArmCount) -> float | None:
    return None if row.planned_share is None else row.planned_share / 10_000


def stages(sheet: queries.RunSheet) -> None:
    """List what each stage of the design made, or when it will."""
    table(
        sheet.stages,
        columns=(
            Column("position", "No.", "count", width="small"),
            Column("name", "Stage"),
            Column("begins", "Begins", write=lambda row: words.sentence(row.begins)),
            Column("made_at", "Last made", "moment"),
            Column("made", "Activities or messages", "count"),
        ),
        key="stages",
    )


def who_confirms(sheet: queries.RunSheet) -> None:
    """List whose word is asked for, and who has not answered."""
    st.markdown(
        f"{words.counted(sheet.confirmed, 'candidate')} confirmed, "
        f"{words.count(sheet.rejected)} rejected, {words.count(sheet.pending)} waiting."
    )
    table(
        fetch(queries.confirmers, run_id=sheet.id),
        columns=(
            Column("name", "Relationship manager"),
            Column("branch", "Branch"),
            Column("asked", "Asked about", "count"),
            Column("pending", "Still waiting", "count"),
        ),
        key="confirmers",
        empty="No candidate has a relationship manager: all of them count as confirmed.",
    )


def against_forecast(run_id: int) -> None:
    """Set the selection beside the forecast that was approved, rule by rule."""
    found = fetch(queries.against_forecast, run_id=run_id)
    if found is not None:
        with st.expander("Against the approved forecast"):
            st.markdown(words.plain(charts.compared(found)))
            table(found.steps, columns=charts.COMPARED, key="against")


def customer_search(run_id: int) -> None:
    """Answer for one customer why the run takes the customer in, or keeps the customer out."""
    number = st.text_input("Why is a customer in or out?", placeholder="Customer number", width=280)
    if number:
        answer = fetch(queries.why, run_id=run_id, customer_no=number)
        icon = ":material/check:" if answer.is_candidate else ":material/block:"
        st.info(words.plain(answer.sentence), icon=icon)
