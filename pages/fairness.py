"""Fairness: who is given how much, and how work is handed out."""

from datetime import timedelta

from components import fairness, filters
from components.gateway import current_actor, heading, now
from core.access import Permission

heading("Fairness", "Who is given how much, and by which rule?")
may = current_actor().may
if may(Permission.SEE_TEAM) or may(Permission.WORK_ACTIVITIES):
    with filters.row():
        chosen, last = filters.day("From", "from"), filters.day("Until", "until") or now().date()
    first = chosen or last - timedelta(days=29)
    if may(Permission.SEE_TEAM):
        fairness.of_team(first, last)
    else:
        fairness.own(first, last)
if may(Permission.ASSIGN_ACTIVITIES) or may(Permission.MANAGE_REFERENCE):
    fairness.ways()
if may(Permission.SEE_TEAM):
    fairness.times()
