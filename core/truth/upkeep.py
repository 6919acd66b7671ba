"""Checking runs with many reports now and then, so that looking at them is reading.

It decides nothing and leaves no trace in the journal. It is looked up first and written then, so
that nobody who works waits for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.database.loading import write_columns
from core.runs.model import Run
from core.truth.model import CheckedBurst, CheckedClaim, ClaimCheck
from core.truth.queries.bursts import Burst, bursts, in_bursts, times_of
from core.truth.queries.claims import Known, known
from core.truth.queries.judging import judged_now
from core.truth.queries.kept import figures, wanting
from core.truth.queries.naming import reporter
from core.work import Reader

ONE_AT_A_TIME = 7_301_106  # the number of an advisory lock
_MOMENTS = ("contact_at", "converted_at", "won_at", "outcome_at", "reported_at")
_NUMBERS = ("customer_id", "branch_id", "due_day", "opened_day")


@dataclass(frozen=True)
class Checked:
    """What a check of one run found, and is to be kept."""

    run_id: int
    at: datetime
    by: Known
    figures: dict[str, int]
    claims: Sequence[Any]
    bursts: Sequence[Burst]


def check_next(view: Reader) -> Checked | None:
    """Judge the reports of the first run that wants it, in the whole bank; keep nothing."""
    by = known(view)
    for run_id in wanting(view, by):
        run = view.session.get_one(Run, run_id)
        times = times_of(view, run)
        piled = bursts(view, run_id=run_id, times=times)
        claims = judged_now(view, [run_id], by).subquery("claims")
        in_burst = in_bursts(
            view,
            piled,
            times,
            at=claims.c.converted_at,
            branch_id=claims.c.branch_id,
            person_id=reporter(claims),
        )
        names = (*_NUMBERS, *_MOMENTS, "standing")
        rows = select(*(claims.c[name] for name in names), in_burst.label("in_burst"))
        found = view.session.execute(rows.order_by(claims.c.customer_id)).all()
        return Checked(run_id, view.now, by, figures(view, run_id), found, piled)
    return None


def keep_check(session: Session, found: Checked | None) -> int:
    """Put what was found in the place of what was kept; return how many reports it holds."""
    if found is None:
        return 0
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time
        session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    for table in (CheckedClaim, CheckedBurst, ClaimCheck):
        session.execute(delete(table).where(table.run_id == found.run_id))
    session.add(
        ClaimCheck(
            run_id=found.run_id,
            counted_at=found.at,
            until=found.by.until,
            days=found.by.days,
            **found.figures,
        )
    )
    session.flush()
    names = ("branch_id", "person_id", "conversions", "of", "expected", "p")
    session.add_all(
        CheckedBurst(
            run_id=found.run_id,
            within=each.window,
            **{name: getattr(each, name) for name in names},
        )
        for each in found.bursts
    )
    session.flush()
    if not found.claims:
        return 0
    columns: dict[str, Any] = {"run_id": found.run_id}
    columns |= {name: [getattr(row, name) for row in found.claims] for name in _NUMBERS}
    columns |= {name: _moments([getattr(row, name) for row in found.claims]) for name in _MOMENTS}
    columns["standing"] = [row.standing.code for row in found.claims]
    columns["in_burst"] = [bool(row.in_burst) for row in found.claims]
    return write_columns(session.connection(), CheckedClaim, columns)


def _moments(values: Sequence[datetime | None]) -> Any:
    plain = [None if each is None else each.astimezone(UTC).replace(tzinfo=None) for each in values]
    return np.array(plain, dtype="datetime64[us]")
