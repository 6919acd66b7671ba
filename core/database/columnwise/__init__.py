"""Conditions and numbers over many rows as arrays: for SQLite, which judges row by row.

SQLite hands a column over as one text in a tenth of the time that its rows take, and sorts all rows
to count them by anything. So the columns are taken out, each once, and what is made of columns and
values is worked out on arrays. Any other part of an expression, such as a look into another table,
SQLite answers row by row beside the columns. Truth has three values, as in SQL.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.database.columnwise.asking import Asked, Bools
from core.database.columnwise.ids import EMPTY, Ids, ids_as_text, ids_of, numbers_of, read_ids
from core.database.columnwise.judging import truth

__all__ = ["EMPTY", "Ids", "Part", "arrays", "ids_as_text", "ids_of", "numbers_of", "read_ids"]

Expression: TypeAlias = ColumnElement[Any] | InstrumentedAttribute[Any]
AT_ONCE = 500_000  # rows in memory
MOST_PARTS = 16  # by equal spans of keys, which may be empty; then each has as many rows


@dataclass(frozen=True)
class Part:
    """Some of the rows: where each condition holds, and each number.

    Where there is none, a whole number is 0 and a double is NaN.
    """

    truths: list[Bools]
    numbers: list[NDArray[Any]]


def arrays(
    session: Session,
    rows: Select[*tuple[Any, ...]],
    *,
    key: Expression,
    truths: Sequence[Expression] = (),
    numbers: Sequence[Expression] = (),
) -> Iterator[Part]:
    """Work out conditions and numbers over all rows of a statement, some rows at a time.

    :param rows: says from where and which, on SQLite; what it selects is put aside
    :param key: a whole number that is different in every row, and never NULL
    :param numbers: are whole as SQLite keeps them (cents, codes, bits), or doubles
    """
    asked = Asked(session.get_bind().dialect)
    holding = [truth(each.expression, asked) for each in truths]
    told = [asked.number(each.expression) for each in numbers]
    if not asked.texts:  # even then it has to be said how many rows there are
        asked.number(literal_column("0", BigInteger))
    statement = rows.with_only_columns(*asked.texts, maintain_column_froms=True)
    for limits in _parts(session, key):
        row = session.execute(statement.where(*limits)).one()
        if row[0] is None:
            continue
        columns = [read(text) for read, text in zip(asked.readers, row, strict=True)]
        size = len(columns[0][0])
        yield Part(
            [np.broadcast_to(look(columns)[0], size) for look in holding],
            [_told(*columns[at]) for at in told],
        )


def _parts(session: Session, key: Expression) -> Iterator[list[ColumnElement[bool]]]:
    # Two questions: of both at once SQLite would look at all keys.
    lowest, highest = (session.scalar(select(end(key))) for end in (func.min, func.max))
    limits: list[ColumnElement[bool]] = []
    if lowest is not None and highest is not None and highest - lowest < AT_ONCE * MOST_PARTS:
        for first in range(lowest + AT_ONCE, highest + 1, AT_ONCE):
            yield [*limits, key < first]
            limits = [key >= first]
        yield limits
        return
    keys = select(key).order_by(key)  # of all there are: to judge which are meant is dear
    while True:
        last = session.scalar(keys.where(*limits).offset(AT_ONCE - 1).limit(1))
        if last is None:
            yield limits
            return
        yield [*limits, key <= last]
        limits = [key > last]


def _told(made: NDArray[Any], known: Bools) -> NDArray[Any]:
    return made if made.dtype == np.float64 else np.where(known, made, 0)
