"""What came of handing out work, row by row, and the way back: undo, and the undo of an undo."""

import streamlit as st

from components import words
from components.gateway import fetch, submit
from components.tables import Column, listing
from core.access import Permission
from core.activities.actions.undoing import Undo, undo
from core.activities.events import BatchUndone
from core.activities.queries.batches import (
    BatchRow,
    batch,
    batch_moves,
    batch_refusals,
    batches,
)
from core.activities.queries.foreseeing import foresee_undo
from core.activities.rules import UNDO
from core.refusals import Refusal

_SYSTEM = "the system"
_REFUSALS = (
    Column("customer", "Customer", pinned=True),
    Column("reason", "Why it did not move", sort="reason", width="large"),
    Column("campaign", "Campaign"),
    Column("person", "Who has it"),
    Column("id", "Activity", "count", sort="activity"),
)
_MOVES = (
    Column("customer", "Customer", pinned=True),
    Column("from_person", "From", sort="from"),
    Column("to_person", "To", sort="to"),
    Column("from_status", "Status before"),
    Column("to_status", "Status after"),
    Column("from_due_at", "Due before", "moment"),
    Column("to_due_at", "Due after", "moment"),
    Column("campaign", "Campaign"),
    Column("id", "Activity", "count", sort="activity"),
)
_BATCHES = (
    Column("at", "When", "moment", sort="at"),
    Column("verb", "What", write=lambda row: words.sentence(row.verb)),
    Column("person", "To"),
    Column("who", "By", write=lambda row: row.who or words.sentence(_SYSTEM)),
    Column("moved", "Moved", "count", sort="moved"),
    Column("refused", "Did not move", "count", sort="refused"),
    Column("undone_at", "Undone", "moment"),
)


def open_result(batch_id: int) -> None:
    """Show what came of one batch, above the list of work."""
    st.query_params["batch"] = str(batch_id)
    st.rerun()


def result(batch_id: int) -> None:
    """Draw what came of one batch: how much moved, how to undo it, and each row on its own."""
    came = fetch(batch, batch_id=batch_id)
    with st.expander(words.plain(_title(came)), expanded=True, icon=":material/rule:"):
        st.caption(words.plain(f"{words.moment(came.at)}, by {came.who or _SYSTEM}."))
        _way_back(came)
        if came.refused:
            listing(
                batch_refusals,
                columns=_REFUSALS,
                key="refusals",
                filters={"batch_id": batch_id},
                noun="activity that did not move",
                nouns="activities that did not move",
            )
        else:
            st.success("Everything moved.", icon=":material/check:")
        if came.moved and st.toggle("Show what moved", key="moved", bind="query-params"):
            listing(
                batch_moves,
                columns=_MOVES,
                key="moves",
                filters={"batch_id": batch_id},
                noun="activity that moved",
                nouns="activities that moved",
            )


def past() -> None:
    """List what was handed out before; a row opens its result above the list of work."""
    opened = st.expander("Handed out before", icon=":material/history:")
    with opened:
        st.caption("What you did, and what others or the system did with your branch's work.")
        chosen = listing(
            batches,
            columns=_BATCHES,
            key="batches",
            noun="batch",
            nouns="batches",
            empty="Nothing was handed out yet.",
            choose="one",
            newest_first=True,
            export=Permission.EXPORT,
        )
    if chosen and st.query_params.get("batch") != str(chosen[0].id):
        open_result(chosen[0].id)


def _title(came: BatchRow) -> str:
    to = f", {came.person}" if came.person and came.verb != UNDO else ""
    moved = words.counted(came.moved, "activity", "activities")
    return f"{words.sentence(came.verb)}{to}: {moved} moved, {words.count(came.refused)} did not"


def _way_back(came: BatchRow) -> None:
    """Say what an undo would do and offer it, or say why there is none."""
    if came.undone_id is not None:
        by = f"by {came.undone_by or _SYSTEM}"
        st.markdown(words.plain(f"Undone {by} on {words.moment(came.undone_at)}."))
        if st.button("Show the undo", key="show-undo", type="tertiary"):
            open_result(came.undone_id)
        return
    if not came.is_undoable:
        return
    foreseen = fetch(foresee_undo, batch_id=came.id)
    if isinstance(foreseen, Refusal):
        st.caption(words.plain(str(foreseen)))
        return
    for each in foreseen.against:
        said = f"{words.count(each.count)} would stay: {each.objection}"
        st.markdown(f":material/block: {words.plain(said)}")
    count = words.counted(foreseen.moving, "activity", "activities")
    label = f"Undo: put {count} back as before"
    if st.button(label, key="undo", icon=":material/undo:", disabled=not foreseen.moving):
        submit(undo, lambda: Undo(came.id), done=_undone, then=_show)


def _undone(fact: BatchUndone) -> str:
    count = words.counted(fact.moved, "activity is", "activities are")
    if not fact.refused:
        return f"{count} as before."
    return f"{count} as before; {words.count(fact.refused)} stayed: see why below."


def _show(fact: BatchUndone) -> None:
    open_result(fact.batch_id)
