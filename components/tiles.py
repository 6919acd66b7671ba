"""Figures in one grid: the same size, the same place, with what they mean behind each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

_MOST = 6  # side by side


@dataclass(frozen=True)
class Tile:
    """One figure, already written (see `words`), what it means, and what lies behind it.

    `note` stands below the figure: its parts or its limits. `change` is a difference with its
    sign; `good` says which direction is welcome.
    """

    label: str
    figure: str
    help: str | None = None
    note: str | None = None
    change: str | None = None
    good: Literal["up", "down", "neither"] = "neither"


def tiles(row: Sequence[Tile], *, narrowest: int = 130) -> None:
    """Draw figures side by side; on a narrow screen they move below each other."""
    colours: dict[str, Literal["normal", "inverse", "off"]] = {
        "up": "normal",
        "down": "inverse",
        "neither": "off",
    }
    grid = st.grid(min(len(row), _MOST), min_column_width=narrowest, gap="small", border=True)
    for tile in row:
        with grid.cell():
            st.metric(
                tile.label,
                tile.figure,
                delta=tile.change,
                delta_color=colours[tile.good],
                help=tile.help,
            )
            if tile.note:
                st.caption(tile.note)
