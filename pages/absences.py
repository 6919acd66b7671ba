"""Absences: who is away when, who stands in, and what changed hands because of it."""

from datetime import timedelta

import streamlit as st

from components import filters
from components.absences import changing, planning
from components.charts import absences as charts
from components.charts.frame import chart
from components.gateway import current_actor, fetch, heading, now
from components.tables import listing
from core.access import Permission
from core.people.queries import units
from core.people.queries.absences import absences, own_people
from core.windows import Window

AHEAD = {"4 weeks": 28, "3 months": 91, "12 months": 365}
MOST = 60  # bars that can still be told apart
BEFORE = timedelta(days=7)

heading("Absences", "Who is away when, and who does their work?")
unit_id = None
with filters.row():
    if current_actor().may(Permission.MANAGE_PEOPLE):
        places = {unit.id: unit.name for unit in fetch(units)}
        unit_id = filters.one_of("Unit", list(places), "unit", name=places.__getitem__)
    since = filters.day("From", "from") or now().date() - BEFORE
    cancelled = filters.flag("With what was called off", "cancelled")
ahead = filters.switch("Look ahead", tuple(AHEAD), "ahead")
last = max(since, now().date()) + timedelta(days=AHEAD[ahead])
drawn = fetch(
    absences,
    first=since,
    last=last,
    unit_id=unit_id,
    cancelled=cancelled,
    window=Window(size=MOST),
)
if drawn.rows:
    chart(
        charts.calendar(drawn.rows, first=since, last=last, today=now().date()),
        key="calendar",
        reading=charts.reading(drawn.rows, total=drawn.total),
        cut_off=now(),
    )
chosen = listing(
    absences,
    columns=charts.COLUMNS,
    key="absences",
    filters={"first": since, "last": last, "unit_id": unit_id, "cancelled": cancelled},
    noun="absence",
    empty="Nobody is away in these days.",
    choose="one",
)
if current_actor().may(Permission.PLAN_ABSENCES):
    people = fetch(own_people, unit_id=unit_id)
    if chosen:
        with st.container(border=True):
            changing.change(chosen[0], people)
    with st.expander("Plan an absence", icon=":material/event_busy:", expanded=not chosen):
        planning.plan(people)
with st.expander("Handed over because of absences", icon=":material/move_up:"):
    changing.past()
