"""Filters above a list. Each is mirrored in the address, so that it survives and can be shared."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal, TypeVar

import streamlit as st

T = TypeVar("T")


def row() -> "st.delta_generator.DeltaGenerator":
    """Open the line in which the filters of a list stand: `with filters.row(): ...`."""
    return st.container(horizontal=True, vertical_alignment="bottom", gap="small")


def text(label: str, key: str, *, placeholder: str = "") -> str:
    """Ask for a piece of text, such as a part of a name; empty means any."""
    given = st.text_input(
        label, key=key, placeholder=placeholder, type="search", width=220, bind="query-params"
    )
    return (given or "").strip()


def one_of(
    label: str,
    options: Sequence[T],
    key: str,
    *,
    name: Callable[[T], str] = str,
    everything: str = "All",
) -> T | None:
    """Ask for one of the options; None means all of them."""
    return st.selectbox(
        label,
        options,
        index=None,
        key=key,
        format_func=name,
        placeholder=everything,
        width=200,
        bind="query-params",
    )


def some_of(
    label: str,
    options: Sequence[T],
    key: str,
    *,
    name: Callable[[T], str] = str,
    everything: str = "All",
    width: int | Literal["stretch"] = 280,
) -> tuple[T, ...]:
    """Ask for any number of the options; none chosen means all of them."""
    chosen = st.multiselect(
        label,
        options,
        key=key,
        format_func=name,
        placeholder=everything,
        width=width,
        bind="query-params",
    )
    return tuple(chosen)


def switch(
    label: str,
    options: Sequence[T],
    key: str,
    *,
    name: Callable[[T], str] = str,
    usual: T | None = None,
) -> T:
    """Ask for exactly one of a few views, the usual one or the first unless said otherwise."""
    usual = options[0] if usual is None else usual
    chosen = st.segmented_control(
        label,
        options,
        default=usual,
        required=True,
        key=key,
        format_func=name,
        bind="query-params",
    )
    return usual if chosen is None else chosen


def day(label: str, key: str) -> date | None:
    """Ask for a day; empty means any."""
    chosen = st.date_input(
        label, value=None, key=key, format="DD/MM/YYYY", width=160, bind="query-params"
    )
    return chosen if isinstance(chosen, date) else None


def flag(label: str, key: str) -> bool:
    return st.toggle(label, key=key, bind="query-params")
