"""What is about to be missed or is, and how much was done in time: for who leads a team."""

from collections.abc import Sequence
from datetime import date, timedelta

import streamlit as st

from components import filters, words
from components.charts import service as charts
from components.charts.frame import chart
from components.gateway import current_actor, fetch, now, submit
from components.tables import Column, listing
from core.access import Permission
from core.service.actions.escalating import Acknowledge, acknowledge
from core.service.queries.escalations import escalation_counts, escalations
from core.service.queries.levels import service_levels
from core.service.queries.shares import By, Share, Within, met_share, people_share
from core.service.rules import Alarm

_PERIODS = {"7 days": 7, "30 days": 30, "90 days": 90}
_BY = {"Campaign": By.CAMPAIGN, "Priority": By.PRIORITY, "Day": By.DAY}
_PERSON = "Person"  # of the own team; everything else is the branch's
_COLUMNS = (
    Column("alarm", "Alarm"),
    Column("minutes_left", "Working time left", write=lambda row: _left(row.minutes_left)),
    Column("due_at", "Due", "moment", sort="due"),
    Column("campaign", "Campaign"),
    Column("customer", "Customer"),
    Column("person", "Person", sort="person"),
    Column("priority", "Priority", sort="priority"),
    Column("status", "Status"),
    Column("at", "Told", "moment", sort="told"),
)


def alarms() -> None:
    """List what the lead was told of and has not noted yet; note it, chosen or all."""
    counts = fetch(escalation_counts)
    waiting = counts.at_risk + counts.missed
    title = f"At risk and missed: {words.count(waiting)} not noted yet"
    opened = st.expander(title, icon=":material/alarm:", key="alarms", bind="query-params")
    if not opened.open:
        return
    with opened:
        alarm = filters.one_of("Alarm", list(Alarm), "alarm", everything="Any alarm")
        chosen = listing(
            escalations,
            columns=_COLUMNS,
            key="alarm_list",
            filters={"alarm": alarm},
            noun="alarm",
            empty="Nothing is at risk that you have not noted.",
            choose="many",
        )
        if not waiting or not current_actor().may(Permission.ASSIGN_ACTIVITIES):
            return
        until = now()
        label = f"Note the {words.count(len(chosen))} chosen" if chosen else "Note all of them"
        if st.button(label, key="alarms:note"):
            submit(
                acknowledge,
                lambda: Acknowledge(until, [row.id for row in chosen] or None),
                done=lambda fact: f"{words.counted(fact.count, 'alarm')} noted.",
            )


def in_time() -> None:
    """Draw which share of the team's work was done in time, by person, campaign or day."""
    opened = st.expander(
        "Done in time", icon=":material/task_alt:", key="timely", bind="query-params"
    )
    if not opened.open:
        return
    with opened:
        left, right = st.columns(2)
        with left:
            by = filters.switch("By", (_PERSON, *_BY), "intime")
        with right:
            days = _PERIODS[filters.switch("Period", tuple(_PERIODS), "since")]
        last, branch = now().date(), current_actor().unit_id
        first = last - timedelta(days=days - 1)
        if by == _PERSON:
            shares = fetch(people_share, by=Within.PERSON, first=first, last=last)
        else:
            shares = fetch(met_share, by=_BY[by], first=first, last=last, unit_id=branch)
        against_target(shares, first=first, last=last, unit_id=branch)


def against_target(
    shares: Sequence[Share], *, first: date, last: date, unit_id: int | None
) -> None:
    """Draw shares beside what the bank promises itself of the work due in the same period."""
    if not shares:
        st.info("Nothing was due in this period.", icon=":material/inbox:")
        return
    due = fetch(met_share, by=By.PRIORITY, first=first, last=last, unit_id=unit_id)
    targets = {str(level.priority): level.target_bp for level in fetch(service_levels)}
    target = charts.target_of(due, targets)
    chart(
        charts.met_share(shares, target=target),
        key="in_time",
        reading=charts.reading(shares, target=target),
        rows=shares,
        columns=charts.COLUMNS,
        cut_off=now(),
    )


def _left(minutes: int | None) -> str | None:
    """Write working minutes in hours and minutes, those that are late with their sign."""
    if minutes is None:
        return None
    sign = "\N{MINUS SIGN}" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60} h {abs(minutes) % 60:02} min"
