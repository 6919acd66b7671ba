"""What needs somebody now, by role: each line counts, says what, and leads to where it is done."""

from collections.abc import Iterable

import streamlit as st

from components import look, navigation, words
from components.duties.campaigns import approver, manager, steering
from components.duties.duty import Duty
from components.duties.oversight import administrator, auditor
from components.duties.work import agent, exceptions_line, lead
from components.gateway import current_actor
from core.access import Permission, Role


def duties() -> list[Duty]:
    """Collect the lines of all roles of whoever is signed in."""
    may = current_actor().may
    lines: list[Duty] = []
    if Role.AGENT in current_actor().roles:  # what a lead works on is counted with the team's
        lines += agent()
    if may(Permission.SEE_TEAM):
        lines += lead()
    if any(may(each) for each in navigation.BY_NAME["exceptions"].needs):
        lines += exceptions_line()
    if may(Permission.APPROVE_DESIGNS):
        lines += approver()
    if may(Permission.RUN_CAMPAIGNS):
        lines += manager()
    if may(Permission.STEER_PORTFOLIO):
        lines += steering()
    if may(Permission.MANAGE_PEOPLE):
        lines += administrator()
    if Role.AUDITOR in current_actor().roles:
        lines += auditor()
    return lines


def draw(lines: Iterable[Duty]) -> None:
    """Draw what waits, the gravest first, and below it what is in order."""
    gravity: list[look.Meaning] = ["bad", "warn", "brand", "neutral", "good"]
    every = list(lines)
    waiting = sorted((d for d in every if d.count), key=lambda d: gravity.index(d.meaning))
    if every and not waiting:
        st.success("Nothing waits for you.", icon=":material/check:")
    for duty in waiting:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            look.badge({"bad": "Late", "warn": "Soon"}.get(duty.meaning, "To do"), duty.meaning)
            with st.container(gap=None):
                navigation.link(duty.screen, duty.sentence, actor=current_actor(), **duty.query)
                if duty.more:
                    st.caption(words.plain(duty.more))
    calm = [duty.nothing for duty in every if not duty.count]
    if waiting and calm:
        st.caption("In order: " + "; ".join(calm) + ".")
