"""How a column is compared with the values of a rule."""

import operator
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_

from core.database import in_digits
from core.segments.criteria.tree import Comparison, Operator

Figure = Callable[[int], ColumnElement[bool]]
_COMPARE: Mapping[Operator, Callable[[Any, Any], ColumnElement[bool]]] = {
    Operator.EQUALS: operator.eq,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.MORE: operator.gt,
    Operator.AT_LEAST: operator.ge,
}


def as_placed(value: Any) -> str | float:
    """Return a value as the places of attributes keep it."""
    if isinstance(value, date):
        return float(in_digits(value))
    return value if isinstance(value, str) else float(value)


def latest_birth(today: date, age: int) -> date:
    """Return the last birth date of those who are at least `age` years old today.

    Who was born on 29 February is a year older on 1 March of the years without that day.
    """
    try:
        return today.replace(year=today.year - age)
    except ValueError:
        return date(today.year - age, 2, 28)


def counted(at_least: Figure, tree: Comparison) -> ColumnElement[bool]:
    """Compare a whole number of which only "at least n" can be asked."""
    values = [int(str(value)) for value in tree.values]
    match tree.operator:
        case Operator.AT_LEAST:
            return at_least(values[0])
        case Operator.MORE:
            return at_least(values[0] + 1)
        case Operator.LESS:
            return not_(at_least(values[0]))
        case Operator.AT_MOST:
            return not_(at_least(values[0] + 1))
        case Operator.BETWEEN:
            return and_(at_least(values[0]), not_(at_least(values[1] + 1)))
    return or_(*(and_(at_least(n), not_(at_least(n + 1))) for n in values))


def compare(column: Any, tree: Comparison, values: list[Any]) -> Any:
    """Compare a column, or what stands for one, by a rule's operator; NULL where it is NULL."""
    if tree.operator is Operator.BETWEEN:
        return column.between(*values)
    if tree.operator is Operator.IN:
        return column.in_(values)
    return _COMPARE[tree.operator](column, values[0])
