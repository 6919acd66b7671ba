"""Keeping coverage as it was counted, in the place of what was counted before.

It is counted first and written then, so that nobody who works waits for the counting.
"""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import numpy as np
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from core.coverage.model import (
    WHOLE_BANK,
    CoverageCell,
    CoverageCount,
    CoverageSegment,
    OverlapCell,
    OverlapPair,
)
from core.coverage.queries.counting import Counted, Ints
from core.coverage.queries.overlaps import Counts, Overlaps
from core.coverage.rules import ROLLING, Period, Place, rolling
from core.database import Base, row_set
from core.work import Reader

ONE_AT_A_TIME = 7_301_104  # the number of an advisory lock
MOST_OF_ONES_OWN = 5  # periods that somebody asked for; the earliest counted make room
_TABLES: tuple[type[Any], ...] = (CoverageCell, CoverageSegment, OverlapCell, OverlapPair)
_AT_ONCE = 5_000  # rows that are written together


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
        cells += _write(session, CoverageCell, _cells(counted, counted.cells[at], kept.id))
        _write(session, CoverageSegment, _members(counted, kept.id))
        _keep_overlaps(session, counted.overlaps[at], kept.id)
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


def _cells(counted: Counted, figures: Ints, count_id: int) -> Iterator[dict[str, Any]]:
    names = ["eligible", *(place.field for place in Place)]
    for branch_id, of_branch in _branches(counted, figures):
        for aim, product, segment in zip(*np.nonzero(of_branch[:, :, 0]), strict=True):
            parts = of_branch[aim, product, :, segment].tolist()
            yield {
                "count_id": count_id,
                "branch_id": branch_id,
                "aim": int(aim) + 1,  # its code
                "segment_id": counted.segment_ids[segment],
                "product_id": counted.product_ids[product],
                **dict(zip(names, parts, strict=True)),
            }


def _members(counted: Counted, count_id: int) -> Iterator[dict[str, Any]]:
    names = ("customers", "never_contacted", "contactable")
    for branch_id, of_branch in _branches(counted, counted.members):
        for segment in np.flatnonzero(of_branch[0]):
            yield {
                "count_id": count_id,
                "branch_id": branch_id,
                "segment_id": counted.segment_ids[segment],
                **dict(zip(names, of_branch[:, segment].tolist(), strict=True)),
            }


def _branches(counted: Counted, figures: Ints) -> Iterator[tuple[int, Ints]]:
    """Yield the figures of the whole bank, and of each branch."""
    yield WHOLE_BANK, figures.sum(axis=0)
    yield from zip(counted.branch_ids, figures, strict=True)


def _keep_overlaps(session: Session, found: Overlaps, count_id: int) -> None:
    for table, counts, names in (
        (OverlapCell, found.many, ("campaigns",)),
        (OverlapPair, found.pairs, ("campaign_id", "other_id")),
    ):
        whole: Counts = {}
        for (_branch_id, *rest), customers in counts.items():
            key = (WHOLE_BANK, *rest)
            whole[key] = whole.get(key, 0) + customers
        rows = (
            {
                "count_id": count_id,
                "branch_id": branch_id,
                **dict(zip(names, rest, strict=True)),
                "customers": customers,
            }
            for (branch_id, *rest), customers in chain(whole.items(), counts.items())
        )
        _write(session, table, rows)


def _write(session: Session, table: type[Base], rows: Iterator[dict[str, Any]]) -> int:
    """Write rows in sets: one by one PostgreSQL takes three times as long."""
    dialect, columns = session.get_bind().dialect.name, table.__table__.c
    written = 0
    while some := list(islice(rows, _AT_ONCE)):
        types = {name: columns[name].type for name in some[0]}
        found = row_set(dialect, (list(row.values()) for row in some), **types)
        session.execute(insert(table).from_select(list(types), found))
        written += len(some)
    return written
