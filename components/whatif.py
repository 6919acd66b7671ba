"""What becomes of the team's queues if work is split: compared, and done if the lead accepts."""

from collections.abc import Sequence

import streamlit as st

from components import filters, handed_out, words
from components.charts import whatif as charts
from components.charts.frame import chart
from components.gateway import as_seen, current_actor, fetch, submit
from components.tables import table
from core.access import Permission
from core.activities.actions.assignment import SplitWork, split
from core.activities.events import ActivitiesSplit
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.lists import count_team
from core.activities.queries.receivers import Colleague, colleagues
from core.activities.queries.rows import ActivityRow
from core.activities.rules import OPEN, Objection, Status
from core.queues.whatif.asking import WhatIf
from core.queues.whatif.comparing import AS_PLANNED, Proposal, what_if

_AHEAD = {"1 week": 1, "2 weeks": 2, "4 weeks": 4}
_ONE, _TEAM = "One person's", "The whole team's"


def section(chosen: Sequence[ActivityRow], matching: ActivityFilter) -> None:
    """Let a lead choose work, compare ways to split it, and accept one; behind an expander.

    :param chosen: rows that are chosen in a list
    :param matching: what the list is narrowed to
    """
    if not current_actor().may(Permission.ASSIGN_ACTIVITIES):
        return
    opened = st.expander(
        "What if the work were split?",
        icon=":material/balance:",
        key="whatif",
        bind="query-params",
    )
    if not opened.open:
        return
    with opened:
        st.caption(
            "Nothing is moved until you accept. The queues are replayed with everybody's hours,"
            " absences and contacts a day; nothing new comes in."
        )
        request = _request(chosen, matching)
        if request is not None:
            shown(request, key="whatif")


def shown(request: WhatIf, *, key: str, accepts: bool = True) -> None:
    """Draw what becomes of the queues now and by each split, and the button that accepts one.

    :param accepts: offer to do it; without, this only tells
    """
    comparison = as_seen(what_if, request=request)
    if not comparison.asked:
        st.info("Nothing of this is pending any more; choose again.", icon=":material/inbox:")
        return
    if comparison.away:
        names = words.plain(", ".join(comparison.away))
        st.caption(
            f"Away today, so no split gives them anything: {names}. What they take from the pool"
            " or get back once they are there counts in their queues."
        )
    table(charts.ways(comparison), columns=charts.WAYS, key=f"{key}_ways")
    by_name = {proposal.name: proposal for proposal in comparison.proposals}
    name = filters.switch(
        "Split",
        list(by_name)[::-1] if AS_PLANNED in by_name else list(by_name),
        f"{key}_by",
        name=words.sentence,
    )
    proposal = by_name[name]
    told = charts.lines(comparison, proposal)
    chart(
        charts.finishes(told, start=comparison.start),
        key=f"{key}:chart",
        reading=charts.reading(comparison, proposal),
        cut_off=comparison.start,
    )
    table(told, columns=charts.COLUMNS, key=f"{key}_queues")
    _stays(proposal)
    if accepts and name != AS_PLANNED:
        _accept(proposal, key)


def _request(chosen: Sequence[ActivityRow], matching: ActivityFilter) -> WhatIf | None:
    """Ask which work is meant, who may get it, and how far to look."""
    team = fetch(colleagues)
    total = fetch(count_team, matching=matching)
    which = {f"The {words.count(len(chosen))} chosen": "chosen"} if chosen else {}
    if total:
        which[f"All {words.count(total)} that match"] = "matching"
    options = [*which, _ONE, _TEAM]
    picked = st.segmented_control(
        "Whose work", options, default=options[0], required=True, key=f"whatif_which:{options[0]}"
    )
    asked: ActivityFilter | dict[int, int | None] = matching
    with filters.row():
        if picked == _ONE:
            whose = st.selectbox(
                "Whose", team, format_func=_described, index=None, key="whatif_whose", width=260
            )
            if whose is None:
                st.caption("Choose the person.")
                return None
            asked = ActivityFilter(person_id=whose.id, statuses=OPEN)
        elif picked == _TEAM:
            asked = ActivityFilter(statuses=frozenset({Status.ASSIGNED}))
        elif which.get(picked or "") == "chosen":
            asked = {row.id: row.version for row in chosen}
        to = st.multiselect(
            "To",
            team,
            format_func=_described,
            placeholder="All agents of the team",
            key="whatif_to",
            width=320,
        )
        weeks = st.selectbox("Look ahead", list(_AHEAD), key="whatif_ahead", width=130)
        with_pool = st.toggle(
            "With the branch pool",
            key="whatif_pool",
            help="Who has nothing left takes from the pool; otherwise only what you split counts.",
        )
    return WhatIf(
        asked,
        person_ids=frozenset(person.id for person in to),
        weeks=_AHEAD[weeks],
        with_pool=with_pool,
    )


def _stays(proposal: Proposal) -> None:
    """Say of the rest why it stays."""
    for objection, count in proposal.stays.items():
        why = "They stay where they are." if objection is Objection.ALREADY else str(objection)
        st.markdown(f":material/block: {words.count(count)}: {words.plain(why)}")


def _accept(proposal: Proposal, key: str) -> None:
    persons = {id_: to for id_, to in proposal.persons.items() if to is not None}
    moving = words.counted(len(persons), "activity", "activities")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        # A key, or a press would be lost when the number on the button has changed meanwhile.
        pressed = st.button(
            f"Accept: move {moving}",
            key=f"{key}:accept",
            type="primary",
            disabled=not persons,
            icon=":material/done_all:",
        )
        st.caption("What changed since is left alone and listed. You can undo it afterwards.")
    if pressed:
        submit(
            split,
            lambda: SplitWork(proposal.versions, persons),
            done=_said,
            then=_show_result,
        )


def _said(fact: ActivitiesSplit) -> str:
    moved = words.counted(fact.moved, "activity", "activities")
    if not fact.refused:
        return f"{moved} moved."
    return f"{moved} moved; {words.count(fact.refused)} did not: see why below."


def _show_result(fact: ActivitiesSplit) -> None:
    handed_out.open_result(fact.batch_id)


def _described(person: Colleague) -> str:
    return f"{person.name} ({person.open} open of {person.capacity} a day)"
