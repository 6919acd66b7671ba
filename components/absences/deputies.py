"""Who can stand in for somebody."""

from collections.abc import Sequence

from core.people.queries.absences import Colleague

_POOL = "Nobody: the branch pool"


def deputies(people: Sequence[Colleague], who: Colleague | None) -> list[Colleague | None]:
    """Return who may be offered, nobody in particular first."""
    able = [
        each
        for each in people
        if who and each.works and each.unit_id == who.unit_id and each.id != who.id
    ]
    return [None, *able]


def name_of(each: Colleague | None) -> str:
    return each.name if each else _POOL
