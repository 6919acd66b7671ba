"""Telling leads of work that is about to be missed, or is, and noting that they saw it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    literal,
    null,
    select,
    update,
)

from core.access import Permission
from core.activities.model import Activity
from core.activities.scope import of_team, pending
from core.database import Moment, affected, id_set, insert_into
from core.refusals import Invalid
from core.service.events import EscalationsSeen, WorkEscalated
from core.service.model import Escalation
from core.service.queries.due import alike, at_risk, untold
from core.service.rules import Alarm
from core.work import Work


@dataclass(frozen=True)
class Escalate:
    """A request to tell leads of what is at risk or missed by now."""


@dataclass(frozen=True)
class Acknowledge:
    """A request to note that a lead saw escalations; without ids all raised up to `until`."""

    until: datetime
    activity_ids: Collection[int] | None = None

    def __post_init__(self) -> None:
        if self.activity_ids is not None and not self.activity_ids:
            raise Invalid("Choose at least one escalation.")


def escalate(work: Work, _request: Escalate) -> WorkEscalated:
    """Tell leads of pending work that is past its due moment, or past the share of its time.

    Each activity is told of once for each; doing it again finds nothing left to do.
    """
    work.authorize(Permission.RUN_CAMPAIGNS)

    overdue = and_(pending(), Activity.due_at < work.now)
    missed = _tell(work, Alarm.MISSED, select(*_columns(work, Alarm.MISSED)).where(overdue))
    risky = at_risk(work.session, work.now)
    late = select(*_columns(work, Alarm.AT_RISK)).where(alike(work.dialect, risky))
    told = _tell(work, Alarm.AT_RISK, late) if risky else 0

    branches = select(Escalation.branch_id).where(Escalation.at == work.now).distinct()
    theirs = work.session.scalars(branches) if told or missed else ()
    fact = WorkEscalated(told, missed, tuple(sorted(theirs)))
    work.record(fact)
    return fact


def acknowledge(work: Work, request: Acknowledge) -> EscalationsSeen:
    """Note that the lead of a team has seen escalations of its work.

    What somebody saw already, or what is another team's, is left as it is.

    :raises Invalid: none of them waits any more
    """
    work.authorize(Permission.ASSIGN_ACTIVITIES)

    theirs = [
        Escalation.seen_at.is_(None),
        Escalation.at <= request.until,
        exists().where(Activity.id == Escalation.activity_id, of_team(work)),
    ]
    if request.activity_ids is not None:
        chosen = id_set(work.dialect, request.activity_ids)
        theirs.append(Escalation.activity_id.in_(chosen))
    branches = tuple(work.session.scalars(select(Escalation.branch_id).where(*theirs).distinct()))
    if not branches:
        raise Invalid("Somebody has seen these escalations already.")

    seen = {"seen_at": work.now, "seen_by": work.actor.person_id}
    count = affected(work.session, update(Escalation).where(*theirs).values(seen))

    fact = EscalationsSeen(count, tuple(sorted(branches)))
    work.record(fact)
    return fact


def _columns(work: Work, alarm: Alarm) -> list[ColumnElement[Any]]:
    return [
        Activity.id.expression,
        alarm.literal,
        Activity.branch_id.expression,
        Activity.person_id.expression,
        literal(work.now, Moment),
        Activity.due_at.expression,
        null(),
        null(),
    ]


def _tell(work: Work, alarm: Alarm, rows: Select[*tuple[Any, ...]]) -> int:
    """Tell of what nobody was told of; what another process tells of just now is left to it."""
    names = [column.name for column in Escalation.__table__.c]
    told = insert_into(work.dialect, Escalation).from_select(names, rows.where(untold(alarm)))
    return affected(work.session, told.on_conflict_do_nothing())
