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
    Date,
    Dialect,
    Float,
    Integer,
    Text,
    cast,
    func,
    literal_column,
    type_coerce,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

Bools: TypeAlias = NDArray[np.bool_]
Made: TypeAlias = tuple[NDArray[Any], Bools]  # numbers, and where they are known
PIECES = 2**62  # of a share, which is compared as a whole number of them
_EMPTY = -(2**63)  # stands for NULL among whole numbers
_NO_DAY = "0000-00-00"
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
        empty = literal_column(str(_EMPTY), BigInteger)
        if isinstance(kind, Date):
            days = func.coalesce(type_coerce(column, Text), literal_column(f"'{_NO_DAY}'"))
            return self._ask(name, days, _days)
        if isinstance(kind, Float):
            whole = cast(column * literal_column(f"{PIECES}.0"), BigInteger)
            return self._ask(name, func.coalesce(whole, empty), _whole)
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
        plain = func.coalesce(type_coerce(number, BigInteger), literal_column(str(_EMPTY)))
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
        bound = [_comparable(bind(each) if bind else each, type_) for each in values]
        return bound if several else bound[0]

    def _ask(self, name: Any, expression: ColumnElement[Any], read: Callable[[str], Made]) -> int:
        if name is not None and name in self.places:
            return self.places[name]
        self.texts.append(func.group_concat(expression))
        self.readers.append(read)
        if name is not None:
            self.places[name] = len(self.texts) - 1
        return len(self.texts) - 1


def _comparable(value: Any, type_: TypeEngine[Any]) -> Any:
    if isinstance(value, str):
        if not isinstance(type_, Date):
            raise NotHere
        return int(value.replace("-", ""))
    return value


def kept_as(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    kept = type_.dialect_impl(dialect)
    return kept.impl_instance if isinstance(kept, TypeDecorator) else kept


def _whole(text: str) -> Made:
    made = np.fromstring(text, np.int64, sep=",")
    return made, made != _EMPTY


def _doubles(text: str) -> Made:
    made = np.fromstring(text, np.float64, sep=",")
    return made, ~np.isnan(made)


def _days(text: str) -> Made:
    """Read days as whole numbers such as 20260302, which compare as days do."""
    letters = np.frombuffer(f"{text},".encode(), np.uint8).reshape(-1, len(_NO_DAY) + 1)
    made = np.zeros(len(letters), np.int64)
    for place in (0, 1, 2, 3, 5, 6, 8, 9):
        made = made * 10 + (letters[:, place] - ord("0"))
    return made, made > 0
