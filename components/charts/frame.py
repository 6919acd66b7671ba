"""What surrounds every figure: its reading in a sentence, the rows behind it, and its cut-off."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from components import look, words
from components.tables import Column, Row, table

Offer = Callable[[go.Figure, str, str], None]  # a figure, its reading, and the key of its chart
_OFFER: ContextVar[Offer | None] = ContextVar("offer", default=None)


@contextmanager
def taken_out(offer: Offer) -> Iterator[None]:
    """Let `offer` draw beside every chart meanwhile by what it is taken out."""
    before = _OFFER.set(offer)
    try:
        yield
    finally:
        _OFFER.reset(before)


def chart(
    figure: go.Figure,
    *,
    key: str,
    reading: str,
    rows: Sequence[Any] = (),
    columns: Sequence[Column] = (),
    cut_off: datetime | None = None,
    choose: bool = False,
    each_alone: bool = False,
    numbered: bool = False,
) -> list[int]:
    """Draw a figure with its reading above and its rows one click away.

    :param reading: one sentence that says what the figure shows, numbers included
    :param choose: let a click on a bar or point choose it
    :param each_alone: every value is drawn by a trace of its own
    :param numbered: the last custom value of each point is its position among what is drawn
    :return: the positions of the chosen points, in the order of the drawn values
    """
    st.markdown(reading)
    place = st.plotly_chart(
        figure,
        key=f"{key}:figure",
        theme=None,
        config=look.CONFIG,
        alt=reading,
        on_select="rerun" if choose else "ignore",
        selection_mode="points",
    )
    offer = _OFFER.get()
    with st.container(horizontal=True, vertical_alignment="center") if offer else nullcontext():
        if cut_off is not None:
            st.caption(f"As of {words.moment(cut_off)}.")
        if offer is not None:
            offer(figure, reading, key)
    if rows:
        with st.expander("Show as a table"):
            table(rows, columns=columns, key=f"{key}:table")
    if not choose:
        return []
    points = place["selection"]["points"]  # type: ignore[index]
    if numbered:
        return [int(point["customdata"][-1]) for point in points if point.get("customdata")]
    return [point["curve_number" if each_alone else "point_index"] for point in points]


def latest(key: str, *offered: Sequence[Row]) -> list[Row]:
    """Return what was chosen last, where a figure and a list offer the same rows.

    What is chosen stays so in both: the one must not hide what is chosen in the other afterwards.

    :param offered: what is chosen in each by now; of two at once the first counts
    """
    ids = [[row.id for row in rows] for rows in offered]  # type: ignore[attr-defined]  # as in lists
    before, last = st.session_state.get(f"{key}:latest", ([[] for _ in ids], 0))
    changed = [place for place, each in enumerate(ids) if each and each != before[place]]
    last = changed[0] if changed else last
    st.session_state[f"{key}:latest"] = ids, last
    return list(offered[last] or next(filter(None, offered), ()))


def safe(name: str) -> str:
    """Keep what somebody typed from being read as markup, of which Plotly knows a little."""
    return name.replace("<", "&lt;")
