"""Other names for tables that a module keeps for all threads."""

from typing import TypeVar

from sqlalchemy import inspect
from sqlalchemy.orm import aliased

T = TypeVar("T")


def shared_alias(table: type[T], name: str) -> type[T]:
    """Return another name for a table that many threads may use from the first moment on.

    The library indexes an alias's columns when one is first looked up. A second thread takes the
    index for complete while the first still fills it, finds no such column, and asks of the table
    itself. So one is looked up here, where a module is loaded and nobody else is about.
    """
    named = aliased(table, name=name)
    columns = inspect(table).local_table.c
    inspect(named).selectable.corresponding_column(columns[0])
    return named
