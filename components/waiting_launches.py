"""Launches that wait for an approver: what each would show by now, and where it is allowed."""

import streamlit as st

from components import navigation, words
from components.gateway import current_actor, fetch
from core.access import Permission
from core.gate.queries import WaitingLaunch, launches_waiting


def draw() -> None:
    """List them, each with its run; nothing where none waits."""
    waiting = fetch(launches_waiting)
    if not waiting:
        return
    st.subheader("Launches that wait to be allowed")
    for each in waiting:
        with st.container(border=True, gap="small"):
            st.markdown(f"**{words.plain(name(each))}**")
            st.caption(words.plain(told(each)))
            if each.objection:
                st.caption(each.objection)
            navigation.link("run", f"Open run {each.run}", actor=current_actor(), id=each.id)
    st.subheader("Designs that wait for a decision")


def is_mine(launch: WaitingLaunch) -> bool:
    """Tell whether whoever is signed in is one to allow it."""
    return current_actor().may(Permission.APPROVE_DESIGNS) and launch.objection is None


def name(launch: WaitingLaunch) -> str:
    """Name the campaign, its version and the run."""
    return f"{launch.campaign}, version {launch.version}: run {launch.run} in {launch.unit}"


def told(launch: WaitingLaunch) -> str:
    """Say how the chance has fallen, and who asked when, if anybody has."""
    before, now = (words.percent(chance, digits=0) for chance in (launch.agreed, launch.now))
    said = f"The chance to see the gain is {now}, where {before} was agreed. "
    if launch.asked_by is not None:
        return f"{said}{launch.asked_by} asked for the launch on {words.moment(launch.asked_at)}."
    return f"{said}Selected on {words.moment(launch.selected_at)}; nobody has asked yet."
