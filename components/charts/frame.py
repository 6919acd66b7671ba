"""What surrounds every figure: its reading in a sentence, the rows behind it, and its cut-off."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from components import look, words
from components.tables import Column, table


def chart(
    figure: go.Figure,
    *,
    key: str,
    reading: str,
    rows: Sequence[Any] = (),
    columns: Sequence[Column] = (),
    cut_off: datetime | None = None,
    choose: bool = False,
) -> list[int]:
    """Draw a figure with its reading above and its rows one click away.

    :param reading: one sentence that says what the figure shows, numbers included
    :param choose: let a click on a bar or point choose it
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
    if cut_off is not None:
        st.caption(f"As of {words.moment(cut_off)}.")
    if rows:
        with st.expander("Show as a table"):
            table(rows, columns=columns, key=f"{key}:table")
    if not choose:
        return []
    return [point["point_index"] for point in place["selection"]["points"]]  # type: ignore[index]
