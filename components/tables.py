"""Lists: paged and sorted by the database, chosen by record, counted, and exported with a trace."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, Literal, TypeVar

import pandas as pd
import streamlit as st

from components import words
from components.exports import download
from components.gateway import CHOSEN, fetch
from core.access import Permission
from core.settings import settings
from core.windows import Part, Window

Row = TypeVar("Row")
Kind = Literal[
    "text", "count", "number", "rate", "money", "percent", "points", "date", "moment", "flag",
    "bar", "line",
]  # fmt: skip
PAGE_SIZE = 50
_TALLEST = 15  # rows of a grid; those below are scrolled to
_ROW_HEIGHT = 35  # pixels; so high is the line of headings too


@dataclass(frozen=True)
class Column:
    """One column: which field of the row, under which heading, written how.

    `sort` names an order of the query; `write` makes the value from the row when the field alone
    does not say it. Percentages are shares between 0 and 1; points have a sign, rates two digits.
    """

    field: str
    label: str
    kind: Kind = "text"
    sort: str = ""
    help: str | None = None
    width: Literal["small", "medium", "large"] | int | None = None
    pinned: bool = False
    write: Callable[[Any], Any] | None = None

    @property
    def heading(self) -> str:
        return f"{self.label} ({settings().currency})" if self.kind == "money" else self.label

    def value(self, row: Any) -> Any:
        """Return what the cell holds: text, or a bare number or date that can be sorted."""
        value = self.write(row) if self.write else getattr(row, self.field)
        match value:
            case Enum():
                return words.sentence(str(value))
            case tuple() | list() | set() | frozenset():
                several = sorted(str(each) for each in value)
                return list(value) if self.kind == "line" else ", ".join(several)
        if value is None:
            return None
        if self.kind in {"money", "percent", "points", "number", "rate", "bar"}:
            return float(value)
        if self.kind == "moment":
            return value.astimezone(settings().zone).replace(tzinfo=None)
        return value


def listing(
    query: Callable[..., Part[Row]],
    *,
    columns: Sequence[Column],
    key: str,
    filters: Mapping[str, Any] | None = None,
    noun: str = "row",
    nouns: str | None = None,
    empty: str = "Nothing here yet.",
    choose: Literal["one", "many"] | None = None,
    export: Permission | None = Permission.EXPORT,
    page_size: int = PAGE_SIZE,
    newest_first: bool = False,
) -> list[Row]:
    """Draw one page of a query that takes a `window`, and return the rows that are chosen.

    Chosen rows are kept by their `id`, also over pages and filters, as they looked when they were
    chosen. Sorting and page stand in the address next to the filters.

    :param filters: passed on to the query; None, empty text and empty tuples are left out
    :param newest_first: the first order falls, as long as nobody chooses another
    :param export: the right that the export needs; None for a list that never leaves
    """
    asked = {name: value for name, value in (filters or {}).items() if value not in (None, "", ())}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        counted = st.empty()
        st.space("stretch")
        sort, descending = _order(columns, key, falling=newest_first)
        downloads = st.empty()
    turned_to = _page_in_address(key)
    part = fetch(
        query, window=Window(sort, descending, (turned_to - 1) * page_size, page_size), **asked
    )
    if turned_to > 1 and not part.rows:
        turned_to = 1
        part = fetch(query, window=Window(sort, descending, 0, page_size), **asked)
    more = "More than " if part.is_more else ""
    counted.markdown(f"**{more}{words.counted(part.total, noun, nouns)}**")
    if not part.total:
        st.info(empty, icon=":material/inbox:")
        return _chosen_elsewhere(key, [])
    with downloads.container(width="content"):
        download(
            query,
            columns=columns,
            key=key,
            filters=asked,
            sort=sort,
            descending=descending,
            right=export,
        )
    chosen = _grid(part.rows, columns, key, choose)
    pages = -(-part.total // page_size)
    if pages > 1:
        st.pagination(pages, key=f"{key}_page", bind="query-params")
    return chosen


def table(
    rows: Sequence[Row],
    *,
    columns: Sequence[Column],
    key: str,
    empty: str = "Nothing here yet.",
    choose: Literal["one", "many"] | None = None,
) -> list[Row]:
    """Draw rows that are all at hand, and return those that are chosen; for short lists."""
    if not rows:
        st.info(empty, icon=":material/inbox:")
        return []
    return _grid(rows, columns, key, choose)


def forget(key: str) -> None:
    """Drop what a list has chosen: before leaving for the record, or coming back leads there."""
    st.session_state.pop(f"{CHOSEN}{key}", None)


def _order(columns: Sequence[Column], key: str, *, falling: bool) -> tuple[str, bool]:
    sortable = {column.sort: column.label for column in columns if column.sort}
    if not sortable:
        return "", falling
    orders = [(sort, down) for sort in sortable for down in (falling, not falling)]
    return st.selectbox(
        "Sort by",
        orders,
        format_func=lambda order: f"{sortable[order[0]]} {'↓' if order[1] else '↑'}",
        key=f"{key}_sort",
        label_visibility="collapsed",
        width=200,
        bind="query-params",
    )


def _page_in_address(key: str) -> int:
    # The pager stands below the list, so its value is read before it is drawn.
    given = st.session_state.get(f"{key}_page") or st.query_params.get(f"{key}_page", "1")
    return max(1, int(given)) if str(given).isdecimal() else 1


def _grid(
    rows: Sequence[Row], columns: Sequence[Column], key: str, choose: str | None
) -> list[Row]:
    frame = pd.DataFrame(
        {column.heading: [_shown(column, row) for row in rows] for column in columns}
    )
    drawing: dict[str, Any] = {
        "hide_index": True,
        "row_height": _ROW_HEIGHT,
        "height": _ROW_HEIGHT * (min(len(rows), _TALLEST) + 1) + 2,
        "column_config": {column.heading: _configured(column) for column in columns},
        "placeholder": words.NONE,
        "alt": f"List of {key.replace('_', ' ')}",
    }
    if choose is None:
        st.dataframe(frame, key=f"{key}:grid", **drawing)
        return []
    slot = f"{CHOSEN}{key}"
    kept: dict[Any, Row] = st.session_state.setdefault(slot, {})
    ids = [row.id for row in rows]  # type: ignore[attr-defined]  # rows that are chosen have ids
    # A grid remembers positions. Under another key it starts anew from the ids that are chosen, so
    # a choice never slides to the record that moved into its place.
    fingerprint = zlib.crc32(repr((ids, st.session_state.get("generation", 0))).encode())
    picked = st.dataframe(
        frame,
        key=f"{key}:{fingerprint}",
        on_select="rerun",
        selection_mode="single-row" if choose == "one" else "multi-row",
        selection_default={"selection": {"rows": [n for n, id_ in enumerate(ids) if id_ in kept]}},
        **drawing,
    )
    here = {ids[n]: rows[n] for n in picked["selection"]["rows"] if n < len(ids)}
    elsewhere = {} if choose == "one" else {i: r for i, r in kept.items() if i not in set(ids)}
    st.session_state[slot] = elsewhere | {i: kept.get(i, row) for i, row in here.items()}
    return _chosen_elsewhere(key, ids)


def _shown(column: Column, row: Any) -> Any:
    # Streamlit's own percentages have as many digits as each happens to need: 5%, 5.65%.
    value = column.value(row)
    if column.kind in {"percent", "bar"} and value is not None:
        return value * 100
    if column.kind == "flag":
        return "Yes" if value else None
    return value


def _chosen_elsewhere(key: str, ids: Sequence[Any]) -> list[Any]:
    """Say how many are chosen that this page does not show, and offer to drop them."""
    kept: dict[Any, Any] = st.session_state.get(f"{CHOSEN}{key}", {})
    hidden = kept.keys() - set(ids)
    if hidden:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{len(kept)} chosen, {len(hidden)} of them not on this page.")
            if st.button("Show and keep only this page's", key=f"{key}:drop", type="tertiary"):
                for id_ in hidden:
                    del kept[id_]
                st.rerun()
    return list(kept.values())


def _configured(column: Column) -> Any:
    config = st.column_config
    kinds: dict[Kind, Callable[..., Any]] = {
        "text": config.TextColumn,
        "count": partial(config.NumberColumn, format="localized", step=1),
        "number": partial(config.NumberColumn, format="localized"),
        "rate": partial(config.NumberColumn, format="%.2f"),
        "money": partial(config.NumberColumn, format="localized", step=0.01),
        "percent": partial(config.NumberColumn, format="%.1f %%"),
        "points": partial(config.NumberColumn, format="%+.2f"),
        "bar": partial(config.ProgressColumn, format="%.1f %%", min_value=0, max_value=100),
        "date": partial(config.DateColumn, format="D MMM YYYY"),
        "moment": partial(config.DatetimeColumn, format="D MMM YYYY, HH:mm"),
        "flag": config.TextColumn,
        "line": config.LineChartColumn,
    }
    return kinds[column.kind](help=column.help, width=column.width, pinned=column.pinned or None)
