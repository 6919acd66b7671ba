"""Many conditions over everybody, told in one look at the customers."""

import operator
from collections.abc import Sequence
from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, case, literal_column, select

from core.customers.model import CustomerState
from core.database import Ids, numbers_of
from core.work import Reader

Bools: TypeAlias = NDArray[np.bool_]
_MOST = 62  # conditions that one number has bits for


def looked_at(
    view: Reader,
    limits: Sequence[ColumnElement[bool]],
    conditions: Sequence[ColumnElement[bool]],
) -> tuple[Ids, list[Bools]]:
    """Read the ids of all customers within limits, and of whom each condition holds.

    :param conditions: over state rows
    """
    words = [conditions[first : first + _MOST] for first in range(0, len(conditions), _MOST)]
    rows = select(CustomerState.customer_id, *map(_bits, words)).where(*limits)
    ids, *numbers = numbers_of(view.session, rows)
    return ids, [
        number >> place & 1 == 1
        for word, number in zip(words, numbers, strict=True)
        for place, _ in enumerate(word)
    ]


def _bits(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[int]:
    none = literal_column("0", BigInteger)
    bits = (
        case((each, literal_column(str(1 << place), BigInteger)), else_=none)
        for place, each in enumerate(conditions)
    )
    return reduce(operator.add, bits, none)
