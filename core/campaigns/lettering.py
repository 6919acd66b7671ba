"""Counting rows by what is worked out for each of them.

Neither database sees how few groups that makes, and would sort all rows. So each row says a letter,
and the letters of all come as one text, in which they are counted: nothing of it can overflow.
"""

from collections import Counter
from collections.abc import Sequence
from string import ascii_uppercase as letters

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Function,
    SQLColumnExpression,
    Text,
    case,
    cast,
    func,
    literal_column,
)

from core.database import Ids, read_ids

_LETTERS = letters.encode()


def letter_of(
    cases: Sequence[tuple[SQLColumnExpression[bool], int]], *ids: SQLColumnExpression[int]
) -> ColumnElement[str]:
    """Return the letter of the code whose condition is the first to hold.

    The conditions are asked in turn: nobody whom one of them settles is asked the next. Where none
    holds, it is the letter of 0; or these ids, if there are any, none of which is NULL.
    """
    rest: ColumnElement[str] = _letter(0)
    if ids:
        first, *more = (cast(each, Text) + literal_column("','", Text) for each in ids)
        rest = sum(more, first)
    return case(*((holds, _letter(code)) for holds, code in cases), else_=rest)


def as_text(told: ColumnElement[str]) -> Function[str]:
    """Return the aggregate of what rows say; of no rows it is NULL."""
    return func.aggregate_strings(told, "")


def counted(text: str | None) -> Counter[int]:
    """Count the codes whose letters are in a text."""
    found = np.bincount(np.frombuffer((text or "").encode(), np.uint8), minlength=128)
    return Counter(dict(enumerate(found[_LETTERS[0] : _LETTERS[-1] + 1].tolist())))


def ids_told(text: str | None, *, each: int) -> Ids:
    """Read the ids of a text: a row for every customer for whom nothing held, of so many ids."""
    told = (text or "").encode().translate(None, _LETTERS)
    return read_ids(told.rstrip(b",").decode()).reshape(-1, each)


def _letter(code: int) -> ColumnElement[str]:
    return literal_column(f"'{letters[code]}'", Text)
