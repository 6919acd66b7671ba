"""Activities one below the other, each a line to press: readable on a phone and by keyboard."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from components import words
from components.gateway import fetch, now
from core.activities.queries.rows import ActivityRow
from core.activities.rules import Urgency
from core.campaigns.rules import ActivityType, Priority
from core.windows import Part, Window

PAGE_SIZE = 15
_BADGES = {
    Urgency.OVERDUE: ":red-badge[Overdue]",
    Urgency.PROMISED: ":orange-badge[Call back]",
    Urgency.DUE_TODAY: ":orange-badge[Due today]",
}


def lines(
    query: Callable[..., Part[ActivityRow]],
    *,
    key: str,
    empty: str,
    of_type: ActivityType | None,
    act: Callable[[ActivityRow], None] | None = None,
) -> int | None:
    """Draw one page of a list of work; return the activity whose line was pressed.

    :param act: draws a button beside each line, such as *assign to me*
    """
    page = _page(key)
    asked: dict[str, Any] = {"of_type": of_type} if of_type else {}
    window = Window(first=(page - 1) * PAGE_SIZE, size=PAGE_SIZE)
    part = fetch(query, window=window, **asked)
    st.markdown(f"**{words.counted(part.total, 'activity', 'activities')}**")
    if not part.rows:
        st.info(empty, icon=":material/inbox:")
        return None
    opened = _lines(part.rows, key, act)
    pages = -(-part.total // PAGE_SIZE)
    if pages > 1:
        st.pagination(pages, key=f"{key}_page", bind="query-params")
    return opened


def _lines(
    rows: Sequence[ActivityRow], key: str, act: Callable[[ActivityRow], None] | None
) -> int | None:
    opened = None
    for row in rows:
        with st.container(border=True):
            widths = (3, 7) if act is None else (3, 7, 2)
            who, what, *beside = st.columns(widths, vertical_alignment="center", gap="xxsmall")
            name = f"**{words.plain(row.customer)}**"
            icon = ":material/chevron_right:"
            if who.button(name, key=f"{key}:{row.id}", type="tertiary", icon=icon):
                opened = row.id
            what.markdown(said(row))
            if act is not None:
                with beside[0]:
                    act(row)
    return opened


def said(row: ActivityRow) -> str:
    """Say in one line what it is for, when, and how urgent."""
    parts = [words.plain(row.campaign), _when(row)]
    if row.attempts:
        parts.append(words.counted(row.attempts, "try", "tries"))
    badges = [_BADGES[row.urgency]] if row.urgency in _BADGES else []
    if row.priority is Priority.HIGH:
        badges.append(":blue-badge[High]")
    return " ".join([" · ".join(parts), *badges])


def _when(row: ActivityRow) -> str:
    if row.closed_at is not None:
        return f"{row.detail or row.status} {words.day(row.closed_at)}"
    if row.next_action_at is None:
        return f"due {_away(row.due_at)}"
    what = "try again" if row.promise is None else "call"
    return f"{what} {_away(row.next_action_at)} at {words.clock(row.next_action_at)}"


def _away(moment: datetime) -> str:
    at = now()
    return words.days_left(moment.astimezone(at.tzinfo).date(), today=at.date())


def _page(key: str) -> int:
    # The pager stands below the list, so its value is read before it is drawn.
    slot = f"{key}_page"
    given = str(st.session_state.get(slot) or st.query_params.get(slot, "1"))
    return max(1, int(given)) if given.isdecimal() else 1
