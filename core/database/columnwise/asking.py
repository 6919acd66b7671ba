"""The columns that SQLite is asked for, and how their texts are read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    Float,
    Integer,
    cast,
    func,
    literal_column,
    type_coerce,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from core.database.columnwise.ids import EMPTY

Bools: TypeAlias = NDArray[np.bool_]
Made: TypeAlias = tuple[NDArray[Any], Bools]  # numbers, and where they are known
PIECES = 2**62  # of a share, which is compared as a whole number of them
_LOWEST = -(2**62)  # of these pieces: whatever is lower counts as that, and not as nothing
_UNKNOWN = 2  # of a condition that SQLite judges, beside 0 and 1


class NotHere(Exception):
    """The expression is not made of columns and values alone; SQLite has to answer it."""


@dataclass
class Asked:
    """The columns that SQLite is asked for, each once, and how each text is read."""

    dialect: Dialect
    texts: list[ColumnElement[Any]] = field(default_factory=list)
    readers: list[Callable[[str], Made]] = field(default_factory=list)
    places: dict[Any, int] = field(default_factory=dict)

    def column(self, column: ColumnElement[Any]) -> int:
        """Ask for a column, to compare it as SQLite would.

        :raises NotHere: it holds texts
        """
        kind, name = kept_as(column.type, self.dialect), (str(column), "to compare")
        empty = literal_column(str(EMPTY), BigInteger)
        if isinstance(kind, Float):
            pieces = func.max(
                column * literal_column(f"{PIECES}.0"), literal_column(f"{_LOWEST}.0")
            )
            return self._ask(name, func.coalesce(cast(pieces, BigInteger), empty), _whole)
        if isinstance(kind, Integer | Boolean):
            plain = type_coerce(column, BigInteger)
            is_kept = getattr(column, "nullable", True)
            return self._ask(name, func.coalesce(plain, empty) if is_kept else plain, _whole)
        raise NotHere

    def number(self, number: ColumnElement[Any]) -> int:
        """Ask for a number that is added up."""
        if isinstance(kept_as(number.type, self.dialect), Float):
            return self._ask(
                (str(number), "to add"), func.coalesce(number, literal_column("'nan'")), _doubles
            )
        if isinstance(number, Column):
            return self.column(number)
        plain = func.coalesce(type_coerce(number, BigInteger), literal_column(str(EMPTY)))
        return self._ask(None, plain, _whole)

    def answer(self, condition: ColumnElement[bool], name: Any = None) -> int:
        """Ask whether a condition holds."""
        known = func.coalesce(type_coerce(condition, BigInteger), literal_column(str(_UNKNOWN)))
        return self._ask(name, known, _whole)

    def bound(self, value: BindParameter[Any] | Any) -> Any:
        """Return a value as SQLite gets it to compare."""
        if not isinstance(value, BindParameter):
            raise NotHere
        type_: TypeEngine[Any] = value.type.dialect_impl(self.dialect)
        bind = type_.bind_processor(self.dialect)
        several = isinstance(value.value, list | tuple)
        values: list[Any] = list(value.value) if several else [value.value]  # type: ignore[arg-type]  # then it is one
        bound = [_comparable(bind(each) if bind else each) for each in values]
        return bound if several else bound[0]

    def _ask(self, name: Any, expression: ColumnElement[Any], read: Callable[[str], Made]) -> int:
        if name is not None and name in self.places:
            return self.places[name]
        self.texts.append(func.group_concat(expression))
        self.readers.append(read)
        if name is not None:
            self.places[name] = len(self.texts) - 1
        return len(self.texts) - 1


def _comparable(value: Any) -> Any:
    if isinstance(value, str):
        raise NotHere
    return value


def kept_as(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    kept = type_.dialect_impl(dialect)
    return kept.impl_instance if isinstance(kept, TypeDecorator) else kept


def _whole(text: str) -> Made:
    made = np.fromstring(text, np.int64, sep=",")
    return made, made != EMPTY


def _doubles(text: str) -> Made:
    made = np.fromstring(text, np.float64, sep=",")
    return made, ~np.isnan(made)
