"""The board of directions: what is planned, overdue, under way and done, and acting on one."""

from collections.abc import Sequence

import streamlit as st

from components import filters, look, navigation, words
from components.assessments import acting
from components.assessments.saying import STATES
from components.charts.directions import planned_and_actual
from components.charts.frame import chart, latest
from components.gateway import current_actor, fetch, now
from components.tables import Column, table
from core.access import Permission
from core.market.rules import ThreatStatus
from core.portfolio.queries.directions import DirectionRow, direction, directions
from core.portfolio.queries.threats import threats
from core.portfolio.rules import DirectionKind, DirectionState
from core.windows import Window

COLUMNS = (
    Column("name", "What", width="medium"),
    Column("kind", "Kind"),
    Column("state", "State"),
    Column("starts_on", "Planned from", "date"),
    Column("ends_on", "Planned until", "date"),
    Column("started_on", "Began", "date"),
    Column("ended_on", "Ended", "date"),
    Column("cause", "Because of", width="medium"),
    Column("campaign", "Campaign"),
    Column("unit", "Unit"),
)
_KINDS = list(DirectionKind)
_STATES = list(DirectionState)
_GRAVEST = Window(sort="balance", descending=True, size=200)


def draw() -> None:
    """Draw the board; one item that the address names is opened."""
    _listed()
    if current_actor().may(Permission.STEER_PORTFOLIO):
        _for_a_threat()


def _listed() -> None:
    with filters.row():
        kind = filters.one_of("Kind", _KINDS, "kind", name=words.sentence, everything="Any kind")
        states = filters.some_of(
            "State", _STATES, "state", name=words.sentence, everything="Any state"
        )
    rows = fetch(directions, kind=kind, states=states)
    if not rows:
        st.info(
            "Nothing is set going like this. Directions follow from the conclusions of an"
            " assessment, from initiatives and threats.",
            icon=":material/inbox:",
        )
        return
    clicked = _clicked(rows, key="board")
    chosen = table(rows, columns=COLUMNS, key="directions", choose="one")
    named = navigation.record("item")
    if chosen := latest("direction", clicked, chosen):
        one(chosen[-1])
    elif named is not None:
        one(fetch(direction, direction_id=named))
    else:
        st.caption("Choose one to see what came of it, or to act on it.")


def _for_a_threat() -> None:
    """Ask which open threat or opportunity something is set going for; the rest has own pages."""
    still = fetch(threats, status=ThreatStatus.OPEN, window=_GRAVEST).rows
    if not still:
        return
    with st.expander("Set something going for a threat or an opportunity", icon=":material/flag:"):
        cause = st.selectbox(
            "Because of",
            still,
            format_func=lambda row: f"{row.name} ({row.region})",
            key="because_of",
        )
        acting.direct_form(f"threat{cause.id}", name=cause.name, stays=True, threat_id=cause.id)


def timeline(rows: Sequence[DirectionRow], *, key: str) -> None:
    """Draw items over the days; one that is clicked opens on the board."""
    for item in _clicked(rows, key=key):
        navigation.go_to("assessments", view="Directions", item=item.id)


def _clicked(rows: Sequence[DirectionRow], *, key: str) -> list[DirectionRow]:
    many = {state: sum(row.state is state for row in rows) for state in DirectionState}
    said = [f"{words.count(number)} {state}" for state, number in many.items() if number]
    clicked = chart(
        planned_and_actual(rows, today=now().date()),
        key=key,
        reading=f"**{words.counted(len(rows), 'item')}** of direction: {', '.join(said)}.",
        choose=True,
        numbered=True,
    )
    return [rows[place] for place in clicked if place < len(rows)]


def one(item: DirectionRow) -> None:
    """Draw one item with what made it, what came of it, and what can be done."""
    st.subheader(words.plain(item.name))
    with st.container(horizontal=True, vertical_alignment="center"):
        look.badge(words.sentence(item.state), STATES[item.state])
        st.caption(
            f"{words.sentence(item.kind)}, planned {words.day(item.starts_on)} to "
            f"{words.day(item.ends_on)}; began {words.day(item.started_on)}, ended "
            f"{words.day(item.ended_on)}."
        )
    st.markdown(f"**Because of** {words.plain(item.cause)}")
    if item.segment:
        st.markdown(f"**Segment** {words.plain(item.segment)}")
    if item.reason:
        st.markdown(f"> {words.plain(item.reason)}")
    actor = current_actor()
    with st.container(horizontal=True):
        if item.assessment_id is not None:
            navigation.link("assessments", "Assessment", actor=actor, id=item.assessment_id)
        if item.campaign_id is not None:
            navigation.link("campaign", item.campaign, actor=actor, id=item.campaign_id)
        if item.design_id is not None and actor.may(Permission.DESIGN_CAMPAIGNS):
            label = f"Version {item.design_version}: {item.design_status}"
            navigation.link("designer", label, actor=actor, id=item.design_id)
        if item.run_id is not None:
            navigation.link("run", f"Run {item.run}", actor=actor, id=item.run_id)
    ended = item.state in {DirectionState.DONE, DirectionState.DROPPED}
    if actor.may(Permission.STEER_PORTFOLIO) and not ended:
        acting.act(item)
