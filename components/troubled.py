"""The rows behind an exception and the buttons that put them right."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from components import navigation, queue, words
from components.gateway import current_actor, fetch, now, submit
from components.promises import fixes
from components.tables import Column, listing, table
from core.access import Permission
from core.activities.actions.assignment import Assign, assign
from core.activities.queries.receivers import colleagues
from core.queues.actions.troubles import (
    OfWork,
    WithdrawLateMessages,
    end_unwelcome_work,
    take_back,
    withdraw_late_messages,
)
from core.queues.promises import promises_at_risk
from core.queues.queries.exceptions import work_in_trouble
from core.queues.queries.outward import held_out_tries, late_messages
from core.queues.rules import Trouble
from core.service.actions.escalating import Acknowledge, acknowledge
from core.service.queries.escalations import escalations
from core.service.rules import Alarm

_COLUMNS = tuple(
    column
    for column in queue.COLUMNS
    if column.field
    in {"due_at", "customer", "campaign", "status", "person", "priority", "branch", "run"}
)


def work(trouble: Trouble, branch_id: int | None) -> None:
    """List the work in trouble of one branch, or of the own, and offer what helps."""
    chosen = listing(
        work_in_trouble,
        columns=[column for column in _COLUMNS if column.sort != "branch"],
        key="trouble_work",
        filters={"trouble": trouble, "branch_id": branch_id},
        noun="activity",
        nouns="activities",
        empty="Somebody has seen to it.",
        choose="many",
    )
    ids = [row.id for row in chosen]
    if trouble is Trouble.UNWELCOME and _may(
        Permission.ASSIGN_ACTIVITIES, Permission.RUN_CAMPAIGNS
    ):
        _press("End the work", "end", ids, partial(_end, ids))
    if not _may(Permission.ASSIGN_ACTIVITIES):
        return
    if trouble is Trouble.INACTIVE_HOLDER:
        _press("Put into the pool", "pool", ids, partial(_take_back, ids))
    if trouble is not Trouble.UNWELCOME:
        _hand_out({row.id: row.version for row in chosen})
    if trouble is Trouble.UNASSIGNED:
        navigation.link(
            "team_queue",
            "Open the pool in the team queue",
            actor=current_actor(),
            status="Unassigned",
        )


def missed() -> None:
    """List missed work that no lead has noted; give it to somebody, or note it."""
    chosen = listing(
        escalations,
        columns=(
            Column("due_at", "Due", "moment", sort="due"),
            Column("customer", "Customer", pinned=True),
            Column("campaign", "Campaign"),
            Column("person", "Person", sort="person"),
            Column("priority", "Priority", sort="priority"),
            Column("status", "Status"),
        ),
        key="missed",
        filters={"alarm": Alarm.MISSED},
        noun="activity",
        nouns="activities",
        empty="Nothing is missed that nobody has noted.",
        choose="many",
    )
    if not _may(Permission.ASSIGN_ACTIVITIES):
        return
    ids, until = [row.id for row in chosen], now()
    _press("Note as seen", "note", ids, partial(_note, ids, until))
    _hand_out(dict.fromkeys(ids))


def promises() -> None:
    """List promised calls that will be broken; give them to somebody who can keep them."""
    chosen = table(
        fetch(promises_at_risk),
        columns=(
            Column("next_action_at", "Promised for", "moment"),
            Column("customer", "Customer", pinned=True),
            Column("person", "Promised by"),
            Column("because", "Why it will be broken", width="large"),
            Column("campaign", "Campaign"),
        ),
        key="promises",
        choose="many",
    )
    if _may(Permission.ASSIGN_ACTIVITIES):
        _hand_out({row.id: row.version for row in chosen})
        fixes(chosen)
    navigation.link("team_queue", "Team queue", actor=current_actor())


def messages() -> None:
    """List runs with messages that are late; withdraw those of one."""
    chosen = table(
        fetch(late_messages),
        columns=(
            Column("run", "Run", pinned=True),
            Column("campaign", "Campaign"),
            Column("first_on", "The oldest was for", "date"),
            Column("messages", "Messages", "count"),
        ),
        key="late_messages",
        choose="one",
    )
    if not chosen:
        st.caption("Choose a run.")
        return
    run = chosen[0]
    navigation.link("run", f"Run {words.plain(run.run)}", actor=current_actor(), id=run.id)
    if st.button(f"Withdraw {words.counted(run.messages, 'message')}", key="withdraw"):
        submit(
            withdraw_late_messages,
            lambda: WithdrawLateMessages(run.id),
            done=lambda fact: f"{words.counted(fact.messages, 'message')} will not go out.",
        )


def tries() -> None:
    """List who tried to contact held-out customers."""
    listing(
        held_out_tries,
        columns=(
            Column("at", "When", "moment", sort="time"),
            Column("person", "Who"),
            Column("run", "Run no."),
        ),
        key="tries",
        noun="try",
        nouns="tries",
        newest_first=True,
    )
    navigation.link("journal", "Journal", actor=current_actor(), kind="Contact refused")


def _may(*permissions: Permission) -> bool:
    return any(current_actor().may(each) for each in permissions)


def _press(label: str, key: str, ids: Sequence[int], then: Any) -> None:
    """Draw a button for the chosen rows; it waits until some are."""
    if st.button(f"{label} ({words.count(len(ids))} chosen)", key=key, disabled=not ids):
        then()


def _hand_out(versions: dict[int, int | None]) -> None:
    team = fetch(colleagues)
    if not team:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        to = st.selectbox(
            "To",
            team,
            format_func=lambda each: f"{each.name} ({each.open} open of {each.capacity} a day)",
            key="to",
            width=300,
        )
        count = words.counted(len(versions), "activity", "activities")
        if st.button(f"Assign {count}", key="assign", type="primary", disabled=not versions):
            submit(
                assign,
                lambda: Assign(versions, to.id),
                done=lambda fact: _said(fact.moved, fact.refused, f"moved to {to.name}"),
            )


def _end(ids: Sequence[int]) -> None:
    submit(
        end_unwelcome_work,
        lambda: OfWork(ids),
        done=lambda fact: _said(fact.moved, fact.refused, "ended"),
    )


def _take_back(ids: Sequence[int]) -> None:
    submit(
        take_back,
        lambda: OfWork(ids),
        done=lambda fact: _said(fact.moved, fact.refused, "put into the pool"),
    )


def _note(ids: Sequence[int], until: Any) -> None:
    submit(
        acknowledge,
        lambda: Acknowledge(until, ids),
        done=lambda fact: f"{words.counted(fact.count, 'alarm')} noted.",
    )


def _said(moved: int, refused: int, what: str) -> str:
    said = f"{words.counted(moved, 'activity', 'activities')} {what}"
    if not refused:
        return f"{said}."
    return f"{said}; {words.count(refused)} did not qualify: the team queue says why."
