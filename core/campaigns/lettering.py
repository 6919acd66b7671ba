"""Counting rows by what is worked out for each of them.

Neither database sees how few groups that makes, and would sort all rows. So each row says a letter,
and the letters of all come as one text, in which they are counted: nothing of it can overflow.
"""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, SQLColumnExpression, case, func, literal_column

_FIRST = ord("A")


def letter_of(
    cases: Sequence[tuple[SQLColumnExpression[bool], int]], *, other: int = 0
) -> ColumnElement[str]:
    """Return the letter of the code whose condition is the first to hold, else of `other`.

    The conditions are asked in turn: nobody whom one of them settles is asked the next.
    """
    return case(*((holds, _letter(code)) for holds, code in cases), else_=_letter(other))


def as_text(letters: ColumnElement[str]) -> ColumnElement[str]:
    """Return the aggregate of letters that `counted` reads."""
    return func.aggregate_strings(letters, "")


def counted(text: str | None) -> Counter[int]:
    """Count the codes; of no rows there is no text."""
    found = text or ""
    return Counter({ord(each) - _FIRST: found.count(each) for each in set(found)})


def _letter(code: int) -> ColumnElement[str]:
    return literal_column(f"'{chr(_FIRST + code)}'")
