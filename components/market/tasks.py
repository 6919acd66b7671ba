"""Market tasks on screen: what is watched, what was noted, and what it came to."""

import streamlit as st

from components import filters, look, navigation, words
from components.gateway import anew, as_seen, current_actor, fetch, submit
from components.market.feed import told
from components.tables import Column, forget, listing, table
from core.access import Permission
from core.market.actions.tasks import (
    ConcludeTask,
    NoteTask,
    OpenTask,
    RefreshTask,
    conclude_task,
    note_task,
    open_task,
    refresh_task,
)
from core.market.queries import moves
from core.market.queries.tasks import TaskSheet, TaskState, market_task, market_tasks
from core.market.rules import NoteKind, TaskType
from core.people.queries import units
from core.windows import Window

COLUMNS = (
    Column("code", "Code", sort="code", width="small"),
    Column("name", "Task", sort="name", width=230),
    Column("state", "State", sort="state"),
    Column("type", "Watches", sort="type"),
    Column("references", "References", "count"),
    Column("findings", "Findings", "count"),
    Column("refreshed_at", "Looked at", "moment", sort="fresh"),
    Column("due_on", "Due", "date", sort="due"),
    Column("unit", "Unit"),
)
NOTES = (
    Column("kind", "What"),
    Column("text", "Says", width="large"),
    Column("move", "Move"),
    Column("link", "Where"),
    Column("author", "Noted by"),
    Column("noted_at", "When", "moment"),
)
STATES: dict[TaskState, look.Meaning] = {
    TaskState.OPEN: "brand",
    TaskState.DUE: "bad",
    TaskState.CONCLUDED: "good",
}
_KINDS = list(NoteKind)
_TYPES = list(TaskType)
_RECENT = Window(sort="day", descending=True, size=100)


def overview() -> None:
    """List the market tasks, and ask for a new one."""
    with filters.row():
        state = filters.one_of("State", list(TaskState), "state", name=words.sentence)
        type_ = filters.one_of("Watches", _TYPES, "type", name=words.sentence)
    chosen = listing(
        market_tasks,
        columns=COLUMNS,
        key="tasks",
        filters={"state": state, "type": type_},
        noun="market task",
        empty="Nothing is watched like this.",
        choose="one",
    )
    if chosen:
        forget("tasks")
        navigation.go_to("market_tasks", id=chosen[0].id)
    if current_actor().may(Permission.RECORD_MARKET):
        with st.expander("Open a task", icon=":material/add:"):
            _open()


def sheet(task: TaskSheet) -> None:
    """Draw one task with its notes, and what can be done while it goes on."""
    actor = current_actor()
    navigation.link("market_tasks", "All market tasks", actor=actor, icon=":material/arrow_back:")
    with st.container(horizontal=True, vertical_alignment="center"):
        look.badge(words.sentence(task.state), STATES[task.state])
        due = f", due {words.day(task.due_on)}" if task.due_on else ""
        st.caption(
            words.plain(
                f"{task.code}: {task.type} in {task.unit}, opened {words.day(task.opened_at)}{due};"
                f" looked at {words.moment(task.refreshed_at)}."
            )
        )
    if task.conclusion:
        st.markdown(f"> {words.plain(task.conclusion)}")
        st.caption(f"Concluded {words.moment(task.concluded_at)}.")
    st.subheader("References and findings")
    table(task.notes, columns=NOTES, key=f"notes{task.id}", empty="Nothing was noted yet.")
    if actor.may(Permission.RECORD_MARKET) and task.concluded_at is None:
        _note(task)
        if st.button("Nothing new: it still holds", icon=":material/refresh:"):
            submit(
                refresh_task,
                lambda: RefreshTask(task.id),
                done=lambda fact: f"{fact.task} is fresh again.",
            )
        with st.expander("Conclude", icon=":material/flag:"):
            _conclude(task)


def drawn(task_id: int) -> TaskSheet:
    """Return one task as the person saw it first, so that nobody's note is overlooked."""
    return as_seen(market_task, task_id=task_id)


def _open() -> None:
    tree = fetch(units)
    with st.form("task", border=False):
        name = st.text_input("What is watched", placeholder="Term deposits of Harbour Bank")
        left, right = st.columns(2)
        type_ = left.selectbox("Watches", _TYPES, format_func=words.sentence)
        unit = right.selectbox("Unit", tree, format_func=lambda each: each.name)
        due_on = left.date_input("Due", None, format="DD/MM/YYYY")
        description = st.text_area("What we want to know", height=80)
        if st.form_submit_button("Open the task", type="primary"):
            submit(
                open_task,
                lambda: OpenTask(name, type_, unit.id, description, due_on),
                done=lambda fact: f"{fact.task} is open.",
                then=navigation.opens("market_tasks", id=lambda fact: fact.task_id),
            )


def _note(task: TaskSheet) -> None:
    with st.form(anew("note"), border=False):
        kind = st.radio("Note", _KINDS, format_func=_of_kind, horizontal=True)
        text = st.text_input("Says")
        link = st.text_input("Where it was read", placeholder="Optional")
        move = st.selectbox(
            "About the move",
            fetch(moves, window=_RECENT).rows,
            index=None,
            format_func=told,
            placeholder="None",
        )
        if st.form_submit_button("Note it", type="primary"):
            submit(
                note_task,
                lambda: NoteTask(task.id, kind, text, link, move.id if move else None),
                done=lambda fact: f"The {fact.note} is noted.",
                form="note",
            )


def _conclude(task: TaskSheet) -> None:
    with st.form("conclude", border=False):
        text = st.text_area("What it comes to", height=80)
        if st.form_submit_button("Conclude the task"):
            submit(
                conclude_task,
                lambda: ConcludeTask(task.id, task.version, text),
                done=lambda fact: f"{fact.task} is concluded.",
            )


def _of_kind(kind: NoteKind) -> str:
    return "Finding" if kind is NoteKind.FINDING else f"{words.sentence(kind)} reference"
