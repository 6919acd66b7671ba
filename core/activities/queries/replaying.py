"""The whole history, gone through once in arrays: for SQLite, which sorts and looks back slowly."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.activities.model import TRACKED, Activity, Change
from core.database.columnwise import arrays

_NOTHING = -1  # stands for NULL: no id or code is below zero
_MIX = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no field is lost in the number of all
Numbers = NDArray[np.int64]


def broken(session: Session) -> int:
    """Count activities whose history does not lead to how they are, or that have none.

    Of each activity only one number is kept: that of all its tracked fields as they are so far.
    """
    last = max(
        session.scalar(select(func.max(each))) or 0 for each in (Activity.id, Change.activity_id)
    )
    ends = np.zeros(last + 1, np.uint64)
    begun, is_wrong, is_there = np.zeros((3, last + 1), np.bool_)

    fields: list[Any] = [
        getattr(Change, f"{end}_{name}") for end in ("from", "to") for name in TRACKED
    ]
    changes: list[Any] = [Change.activity_id, *(func.coalesce(each, _NOTHING) for each in fields)]
    parts = arrays(session, select(Change.id), key=Change.id, numbers=[Change.id, *changes])
    for part in parts:
        of, before, after, is_new = _in_order(part.numbers)
        has_one = begun[of]
        previous = ends[of]
        follows = of[1:] == of[:-1]
        has_one[1:] |= follows
        previous[1:][follows] = after[:-1][follows]
        is_wrong[of[np.where(has_one, before != previous, ~is_new)]] = True
        begun[of] = True
        ends[of] = after  # the last of an activity comes last, and stays

    now = [func.coalesce(getattr(Activity, name), _NOTHING) for name in TRACKED]
    for part in arrays(session, select(Activity.id), key=Activity.id, numbers=[Activity.id, *now]):
        ids = part.numbers[0]
        is_there[ids] = True
        is_wrong[ids] |= ends[ids] != _as_one(part.numbers[1:])
    is_wrong |= begun & ~is_there
    return int(np.count_nonzero(is_wrong | (is_there & ~begun)))


def _in_order(columns: Sequence[Numbers]) -> tuple[Numbers, Any, Any, NDArray[np.bool_]]:
    """Return the changes of each activity one after the other, each end as one number."""
    number, of, *fields = columns
    order = np.lexsort((number, of))
    half = len(TRACKED)
    before, after = _as_one(fields[:half]), _as_one(fields[half:])
    is_new = fields[TRACKED.index("status")] == _NOTHING
    return of[order], before[order], after[order], is_new[order]


def _as_one(fields: Sequence[Numbers]) -> NDArray[np.uint64]:
    made = np.zeros(len(fields[0]), np.uint64)
    for field in fields:
        made = (made + field.astype(np.uint64)) * _MIX
        made ^= made >> np.uint64(29)
    return made
