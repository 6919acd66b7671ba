"""Keeping coverage as it was counted, in the place of what was counted before.

It is counted first and written then, so that nobody who works waits for the counting.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.coverage.model import (
    WHOLE_BANK,
    CoverageCell,
    CoverageCount,
    CoverageSegment,
    OverlapCell,
    OverlapPair,
)
from core.coverage.queries.counting import MEMBERS, Counted, Ints
from core.coverage.queries.overlaps import Counts
from core.coverage.rules import ROLLING, Period, Place, rolling
from core.database.loading import Columns, write_columns
from core.work import Reader

ONE_AT_A_TIME = 7_301_104  # the number of an advisory lock
MOST_OF_ONES_OWN = 5  # periods that somebody asked for; the earliest counted make room
_TABLES: tuple[type[Any], ...] = (CoverageCell, CoverageSegment, OverlapCell, OverlapPair)


def usual_periods(view: Reader) -> tuple[Period, ...]:
    """Return the periods that are always counted, as they are today."""
    return tuple(rolling(days, view.now.date()) for days in ROLLING)


def is_due(view: Reader) -> bool:
    """Test whether the usual periods have not been counted today."""
    counted = view.session.execute(
        select(CoverageCount.days, CoverageCount.last_on).where(CoverageCount.days.is_not(None))
    )
    today = view.now.date()
    return {days for days, last in counted if last == today} != set(ROLLING)


def keep(session: Session, counted: Counted) -> int:
    """Put what was counted in the place of what was; return how many cells there are of it.

    Usual periods end those of yesterday, and with them what somebody asked for before today.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time
        session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    _make_room(session, counted)
    cells = 0
    for at, period in enumerate(counted.periods):
        kept = CoverageCount(
            days=period.days,
            first_on=period.first,
            last_on=period.last,
            counted_at=counted.at,
            left_out=counted.left_out,
        )
        session.add(kept)
        session.flush()
        connection, found = session.connection(), counted.overlaps[at]
        cells += write_columns(
            connection, CoverageCell, _cells(counted, counted.cells[at], kept.id)
        )
        write_columns(connection, CoverageSegment, _members(counted, kept.id))
        depths, pairs = ("branch_id", "campaigns"), ("branch_id", "campaign_id", "other_id")
        for table, counts, keys in (
            (OverlapCell, found.many, depths),
            (OverlapPair, found.pairs, pairs),
        ):
            write_columns(connection, table, _overlaps(counts, (*keys, "customers"), kept.id))
    return cells


def _make_room(session: Session, counted: Counted) -> None:
    """Drop what is counted anew, what nobody looks at any more, and what is too much."""
    gone: list[int] = []
    own: list[int] = []
    days = {period.days for period in counted.periods} - {None}
    same = {(period.first, period.last) for period in counted.periods if period.days is None}
    today = counted.at.date()
    rows = select(CoverageCount).order_by(CoverageCount.counted_at.desc(), CoverageCount.id.desc())
    for row in session.scalars(rows):
        if row.days is not None:
            gone += [row.id] if row.days in days else []
        elif (row.first_on, row.last_on) in same or (
            days and row.counted_at.astimezone(counted.at.tzinfo).date() < today
        ):
            gone.append(row.id)
        else:
            own.append(row.id)
    gone += own[MOST_OF_ONES_OWN - len(same) :] if same else []
    for table in _TABLES:
        session.execute(delete(table).where(table.count_id.in_(gone)))
    session.execute(delete(CoverageCount).where(CoverageCount.id.in_(gone)))
    session.expire_all()


def _cells(counted: Counted, figures: Ints, count_id: int) -> Columns:
    branch_ids, whole = _with_the_whole(counted, figures)
    by_key = np.moveaxis(whole, -1, 3)  # branch, aim, product, segment, place
    some = np.nonzero(by_key[..., 0])
    branch, aim, product, segment = some
    names = ["eligible", *(place.field for place in Place)]
    return {
        "count_id": count_id,
        "branch_id": branch_ids[branch],
        "aim": aim + 1,  # its code
        "segment_id": np.array(counted.segment_ids, np.int64)[segment],
        "product_id": np.array(counted.product_ids, np.int64)[product],
        **dict(zip(names, by_key[some].T, strict=True)),
    }


def _members(counted: Counted, count_id: int) -> Columns:
    branch_ids, whole = _with_the_whole(counted, counted.members)
    by_key = np.moveaxis(whole, -1, 1)  # branch, segment, figure
    some = np.nonzero(by_key[..., 0])
    branch, segment = some
    return {
        "count_id": count_id,
        "branch_id": branch_ids[branch],
        "segment_id": np.array(counted.segment_ids, np.int64)[segment],
        **dict(zip(MEMBERS, by_key[some].T, strict=True)),
    }


def _with_the_whole(counted: Counted, figures: Ints) -> tuple[Ints, Ints]:
    """Return the branches with the whole bank before them, and the figures of each."""
    branch_ids = np.array([WHOLE_BANK, *counted.branch_ids], np.int64)
    return branch_ids, np.concatenate((figures.sum(axis=0, keepdims=True), figures))


def _overlaps(counts: Counts, names: Sequence[str], count_id: int) -> Columns:
    whole: Counts = {}
    for (_branch_id, *rest), customers in counts.items():
        key = (WHOLE_BANK, *rest)
        whole[key] = whole.get(key, 0) + customers
    rows = [(*key, customers) for key, customers in chain(whole.items(), counts.items())]
    columns = np.array(rows, np.int64).reshape(-1, len(names)).T
    return {"count_id": count_id, **dict(zip(names, columns, strict=True))}
