"""Long lists are read one window at a time, sorted and counted by the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Label, Select, SQLColumnExpression, func, select
from sqlalchemy.orm import Session

from core.refusals import Invalid

T = TypeVar("T")
LARGEST = 200_000  # rows that one export may hold


@dataclass(frozen=True)
class Window:
    """Which rows of a list: sorted by what, from which one on, how many."""

    sort: str = ""
    descending: bool = False
    first: int = 0
    size: int = 50

    def __post_init__(self) -> None:
        if self.first < 0 or not 0 < self.size <= LARGEST:
            raise Invalid(f"A list shows 1 to {LARGEST:,} rows from row 0 on.")


@dataclass(frozen=True)
class Part(Generic[T]):
    """The rows of one window, and how many there are in all; `is_more`: more than `total`."""

    rows: Sequence[T]
    total: int
    is_more: bool = False


def windowed(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    window: Window,
    *,
    sorts: Mapping[str, SQLColumnExpression[Any]],
    last: SQLColumnExpression[Any],
    counted: Select[*tuple[Any, ...]] | None = None,
    total: Label[int] | int | None = None,
) -> tuple[list[Any], int]:
    """Return the rows of `window` and the count of all rows of `statement`.

    :param sorts: what a person may sort by; the first is the order when nobody asked
    :param last: a unique column that decides between equals, so that pages never overlap
    :param counted: the same rows without the tables that only name them, to be counted instead
    :param total: the count, or the column of `statement` that holds it already, of rows that are
        dear
    :raises Invalid: there is no such order
    """
    order = order_of(sorts, window)
    page = statement.order_by(None).order_by(order, last).limit(window.size).offset(window.first)
    if isinstance(total, int):
        return list(session.execute(page)), total
    if total is not None:
        found = list(session.execute(page))
        if found or not window.first:
            return found, getattr(found[0], total.name) if found else 0
    everything = statement if counted is None else counted
    many = session.scalar(select(func.count()).select_from(everything.order_by(None).subquery()))
    return list(session.execute(page)), many or 0


def order_of(sorts: Mapping[str, SQLColumnExpression[Any]], window: Window) -> ColumnElement[Any]:
    """Return the order that a window asks for; the first of `sorts` when it asks for none.

    :raises Invalid: there is no such order
    """
    chosen = window.sort or next(iter(sorts))
    if chosen not in sorts:
        raise Invalid(f"This list can't be sorted by {chosen}; sort by {', '.join(sorts)}.")
    return ordered(sorts[chosen], descending=window.descending)


def ordered(column: SQLColumnExpression[Any], *, descending: bool) -> ColumnElement[Any]:
    """Order by a column; the databases disagree on where empty ones belong: they come last."""
    order = column.desc() if descending else column.asc()
    return order.nulls_last() if getattr(column, "nullable", True) else order
