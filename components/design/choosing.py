"""Choosing one of the bank's words by its name."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import words

T = TypeVar("T")
Place = DeltaGenerator


def one(
    place: Place,
    label: str,
    rows: Sequence[T],
    chosen: int | None,
    *,
    name: Callable[[T], str] = lambda row: str(row.name),  # type: ignore[attr-defined]  # rows have names
    nothing: str = "None",
    key: str | None = None,
) -> T | None:
    """Ask for one of the rows, or none; the row whose id is `chosen` comes first chosen."""
    ids: list[Any] = [row.id for row in rows]  # type: ignore[attr-defined]  # rows have ids
    picked: T | None = place.selectbox(
        label,
        rows,
        index=ids.index(chosen) if chosen in ids else None,
        format_func=name,
        placeholder=nothing,
        key=key,
    )
    return picked


def word(
    place: Place,
    label: str,
    options: Sequence[T],
    chosen: T,
    *,
    name: Callable[[T], str] = lambda option: words.sentence(str(option)),
    key: str | None = None,
) -> T:
    """Ask for exactly one of a few words; `key` tells fields of one label apart."""
    picked: T = place.selectbox(
        label, options, index=list(options).index(chosen), format_func=name, key=key
    )
    return picked


def days(first: date, last: date) -> tuple[date, date]:
    """Ask for the first and the last day."""
    left, right = st.columns(2)
    starts_on = left.date_input("First day", first, format="DD/MM/YYYY")
    ends_on = right.date_input("Last day", last, format="DD/MM/YYYY")
    return starts_on, ends_on
