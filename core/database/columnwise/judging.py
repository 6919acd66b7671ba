"""Conditions made of columns and values, worked out on arrays as SQL would."""

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Column, False_, Float, Null, True_
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import (
    AsBoolean,
    BinaryExpression,
    BooleanClauseList,
    ExpressionClauseList,
    Grouping,
    UnaryExpression,
)

from core.database.columnwise.asking import PIECES, Asked, Bools, Made, NotHere, kept_as

Truth: TypeAlias = tuple[Any, Any]  # where it holds, and where it does not: neither is unknown
Look: TypeAlias = Callable[[Sequence[Made]], Truth]  # works a condition out of the columns

_SMALLEST = 2.0**-10  # no double from here up to one loses anything by being cut into pieces
_COMPARE = {
    operators.eq: np.equal,
    operators.ne: np.not_equal,
    operators.lt: np.less,
    operators.le: np.less_equal,
    operators.gt: np.greater,
    operators.ge: np.greater_equal,
}


def truth(condition: Any, asked: Asked) -> Look:
    """Say how a condition is worked out."""
    try:
        return _made_of(condition, asked)
    except NotHere:
        at = asked.answer(condition)
        return lambda columns: (columns[at][0] == 1, columns[at][0] == 0)


def _made_of(condition: Any, asked: Asked) -> Look:
    look: Look
    match condition:
        case Grouping():
            look = truth(condition.element, asked)
        case AsBoolean(element=inner, operator=operators.is_true | operators.is_false as way):
            look = _turned(truth(inner, asked), turn=way is operators.is_false)
        case True_() | False_():
            said = np.bool_(isinstance(condition, True_))
            look = lambda _: (said, ~said)  # noqa: E731  as the others are
        case UnaryExpression(operator=operators.inv):
            look = _turned(truth(condition.element, asked), turn=True)
        case BooleanClauseList():
            parts = [truth(each, asked) for each in condition.clauses]
            look = _joined(parts, all_=condition.operator is operators.and_)
        case BinaryExpression():
            look = _compared(condition, asked)
        case _:
            raise NotHere
    return look


def _turned(look: Look, *, turn: bool) -> Look:
    return (lambda columns: look(columns)[::-1]) if turn else look


def _joined(parts: Sequence[Look], *, all_: bool) -> Look:
    both, either = (operator.and_, operator.or_) if all_ else (operator.or_, operator.and_)

    def look(columns: Sequence[Made]) -> Truth:
        found = [part(columns) for part in parts]
        return reduce(both, (yes for yes, _ in found)), reduce(either, (no for _, no in found))

    return look


def _compared(condition: BinaryExpression[Any], asked: Asked) -> Look:
    left, right, way = condition.left, condition.right, condition.operator
    if isinstance(right, Null) and way in (operators.is_, operators.is_not):
        read = _number(left, asked)
        return _turned(lambda columns: _known(read(columns)[1]), turn=way is operators.is_)
    if isinstance(right, True_ | False_) and way is operators.eq:
        values: Any = int(isinstance(right, True_))
    elif isinstance(right, ExpressionClauseList):
        values = [asked.bound(each) for each in right.clauses]
    else:
        values = asked.bound(right)
    if isinstance(kept_as(left.type, asked.dialect), Float):
        values = _in_pieces(values, way)
        if values is None:  # asked once, however many rules say the same
            at = asked.answer(condition, (str(left), str(way), str(right.compile().params)))
            return lambda columns: (columns[at][0] == 1, columns[at][0] == 0)
    judge = _judge(way, values)
    read = _number(left, asked)

    def look(columns: Sequence[Made]) -> Truth:
        made, known = read(columns)
        found = judge(made)
        return found & known, ~found & known

    return look


def _judge(way: Any, values: Any) -> Callable[[NDArray[Any]], Bools]:
    if compare := _COMPARE.get(way):
        return lambda made: compare(made, values)
    if way is operators.between_op:
        low, high = values
        return lambda made: (made >= low) & (made <= high)
    if way is operators.in_op:
        return lambda made: np.isin(made, values)
    raise NotHere


def _number(number: Any, asked: Asked) -> Callable[[Sequence[Made]], Made]:
    match number:
        case Grouping():
            return _number(number.element, asked)
        case Column():
            at = asked.column(number)
            return lambda columns: columns[at]
        case BinaryExpression(operator=operators.bitwise_and_op):
            read, mask = _number(number.left, asked), asked.bound(number.right)
            return lambda columns: (read(columns)[0] & mask, read(columns)[1])
    raise NotHere


def _known(known: Any) -> Truth:
    return known, ~known


def _in_pieces(values: Any, way: Any) -> Any:
    """Return shares as whole numbers to compare with; None where that would lose something."""
    several = values if isinstance(values, list) else [values]
    if way is operators.in_op or not all(_SMALLEST <= each <= 1 for each in several):
        return None
    whole = [int(float(each) * PIECES) for each in several]
    return whole if isinstance(values, list) else whole[0]
