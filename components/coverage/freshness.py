"""Of which moment the figures tell, and having them counted anew."""

import streamlit as st

from components import words
from components.coverage.choosing import Asked, days_of
from components.gateway import current_actor, now, read_anew, submit
from core.access import Permission
from core.coverage.actions import KeepCounted, keep_counted
from core.coverage.queries.counting import Counted, count
from core.coverage.rules import OLD, chosen
from core.coverage.upkeep import usual_periods


def draw(asked: Asked) -> bool:
    """Say when it was counted, offer to do it again; return whether there is anything to show."""
    at, may = asked.told.counted_at, current_actor().may(Permission.ANALYSE)
    with st.container(horizontal=True, vertical_alignment="center"):
        if at is None:
            st.info(
                "These days were not counted yet. "
                + ("Counting reads the whole bank." if may else "Ask a campaign manager to count."),
                icon=":material/hourglass_empty:",
            )
        else:
            st.caption(f"{days_of(asked.told)}, as counted {words.moment(at)}.")
            if now() - at > OLD:
                st.warning("This is older than it should be: nobody has counted since.")
        if may and st.button("Count anew", icon=":material/refresh:", type="tertiary"):
            with st.spinner("Counting every customer of the bank…"):
                counted = _counted(asked)
            submit(
                keep_counted,
                lambda: KeepCounted(counted),
                done=lambda fact: f"{words.counted(fact.cells, 'cell')} counted anew.",
            )
    for name, why in asked.told.left_out.items():
        st.warning(f"{words.plain(name)} is left out. {words.plain(why)}")
    return at is not None


def _counted(asked: Asked) -> Counted:
    if "days" in asked.period:
        return read_anew(lambda view: count(view, periods=usual_periods(view)))
    own = chosen(asked.period["first"], asked.period["last"], today=now().date())
    return read_anew(count, periods=[own])
