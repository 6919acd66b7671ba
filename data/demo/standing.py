"""How the demo bank's segments stood over the last year: today as it is, and the weeks before.

Today's snapshot is counted like any other. The weeks before are drawn from it: how many were
reached and converted follows the work that the bank did by then, the rest drifts.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import FromClause

from core.access import SYSTEM
from core.activities.model import Activity
from core.periods import midnight
from core.runs.model import Candidate
from core.segments.actions import TakeSnapshots, take_snapshots
from core.segments.model import Segment, SegmentMember, SegmentSnapshot, SegmentVersion
from core.segments.queries.figures import RECENT_DAYS
from core.segments.queries.standing import standings
from core.work import Work
from data.bulk import write

WEEKS = 52
_OWN = 7_301  # keeps these draws apart from those that make the bank
_WOBBLE = 0.004  # of a week against the one before
# What changed over the year, at least and at most, as a share.
_DRIFTS = {"customers": (-0.05, 0.14), "wealth": (-0.02, 0.07), "products": (0.0, 0.08)}
_CHURN = (-0.12, 0.15)


def keep_versions(session: Session) -> None:
    """Keep of every segment what it has said since it was defined."""
    on_it = select(SegmentMember.segment_id, func.count()).group_by(SegmentMember.segment_id)
    members = {int(id_): int(many) for id_, many in session.execute(on_it)}
    session.add_all(
        SegmentVersion(
            segment_id=segment.id,
            version=segment.version,
            name=segment.name,
            description=segment.description,
            rule=segment.rule,
            members=members.get(segment.id),
            author_id=segment.author_id,
            changed_at=segment.changed_at,
        )
        for segment in _kept(session)
    )
    session.flush()


def stand(session: Session, *, seed: int, now: datetime) -> None:
    """Take today's snapshot and write those of the weeks of the year before."""
    work = Work(session, SYSTEM, now)
    take_snapshots(work, TakeSnapshots(standings(work)))
    table = SegmentSnapshot.__table__
    keys = ("segment_id", "branch_id", "version")
    rows = session.execute(select(table).order_by(table.c.segment_id, table.c.branch_id)).all()
    today = {
        name: np.array([float(getattr(row, name)) for row in rows])
        for name in table.c.keys()  # noqa: SIM118  of columns
        if name not in {*keys, "taken_on"}
    }
    weeks = np.arange(1, WEEKS + 1)
    shape = [_shares(session, now, int(week)) for week in weeks]
    segments = np.array([row.segment_id for row in rows])
    since = {one.id: one.changed_at.astimezone(now.tzinfo).date() for one in _kept(session)}
    factors = {
        int(id_): _factors(np.random.default_rng([_OWN, seed, int(id_)]))
        for id_ in np.unique(segments)
    }
    for week in weeks:
        day = now.date() - timedelta(weeks=int(week))
        there = np.array([since[row.segment_id] <= day for row in rows])
        columns = _week(today, segments, factors, int(week), shape[week - 1])
        columns |= {key: np.array([getattr(row, key) for row in rows]) for key in keys}
        columns = {name: column[there] for name, column in columns.items()}
        write(session.connection(), SegmentSnapshot, columns | {"taken_on": day.isoformat()})


def _kept(session: Session) -> Sequence[Segment]:
    return session.scalars(select(Segment).order_by(Segment.id)).all()


def _shares(session: Session, now: datetime, weeks_ago: int) -> tuple[float, float]:
    """Return how much was reached and converted before a day, as shares of what was of late."""

    def counted(moment: Any, table: FromClause, end: datetime) -> int:
        since = end - timedelta(days=RECENT_DAYS)
        return session.scalar(
            select(func.count()).select_from(table).where(moment > since, moment <= end)
        ) or 0  # fmt: skip

    day = midnight(now.date() - timedelta(weeks=weeks_ago), now.tzinfo)
    reached = (Activity.contacted_at, Activity.__table__)
    converted = (Candidate.converted_at, Candidate.__table__)
    return (
        counted(*reached, day) / max(1, counted(*reached, now)),
        counted(*converted, day) / max(1, counted(*converted, now)),
    )


def _factors(rng: np.random.Generator) -> dict[str, Any]:
    """Return by how much each figure was another one, for every number of weeks ago."""
    back = np.arange(WEEKS + 1) / WEEKS
    found = {}
    for name, span in (*_DRIFTS.items(), ("churn", _CHURN)):
        wobble = np.concatenate(([0.0], np.cumsum(rng.normal(0, _WOBBLE, WEEKS))))
        found[name] = (1 - rng.uniform(*span) * back) * np.exp(wobble)
    return found


def _week(
    today: dict[str, Any],
    segments: Any,
    factors: dict[int, dict[str, Any]],
    week: int,
    shares: Any,
) -> dict[str, Any]:
    def factor(name: str) -> Any:
        return np.array([factors[int(id_)][name][week] for id_ in segments])

    customers = np.rint(today["customers"] * factor("customers"))
    size = customers / np.maximum(today["customers"], 1)
    reached = np.minimum(np.rint(today["reached"] * size * shares[0]), customers)
    rated = np.minimum(np.rint(today["rated"] * size), customers)
    churn = np.minimum(today["leaving"] / np.maximum(today["rated"], 1) * factor("churn"), 1)
    whole = {
        "customers": customers,
        "balance": np.rint(today["balance"] * 100 * size * factor("wealth")),
        "value": np.rint(today["value"] * 100 * size * factor("wealth")),
        "products": np.rint(today["products"] * size * factor("products")),
        "rated": rated,
        "reached": reached,
        "converted": np.minimum(np.rint(today["converted"] * size * shares[1]), reached),
    }
    return {name: column.astype(np.int64) for name, column in whole.items()} | {
        "leaving": rated * churn
    }
