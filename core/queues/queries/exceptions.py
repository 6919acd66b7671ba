"""What is wrong, how much of it, and where: for whoever can do something about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select, union_all

from core.access import BRANCH_ROLES, Permission
from core.activities.model import Activity
from core.activities.queries.rows import SORTS, ActivityRow, listed, row_of
from core.activities.scope import pending_of_team
from core.database import id_set
from core.people.model import Unit
from core.people.queries.working import without_calendar
from core.queues.model import TroubleCell, WorkCount
from core.queues.promises import count_promises_at_risk
from core.queues.queries.gathering import FRESH
from core.queues.queries.monitor import off_pace
from core.queues.queries.outward import held_out_tries, late_messages
from core.queues.queries.troubles import in_trouble
from core.queues.rules import OF_ACTIVITIES, Trouble
from core.refusals import Invalid
from core.service.queries.escalations import escalation_counts
from core.windows import Part, Window, windowed
from core.work import Reader

_P = Permission
_WORK = frozenset({_P.SEE_TEAM, _P.RUN_CAMPAIGNS})
SEEN_BY: Mapping[Trouble, frozenset[Permission]] = {
    Trouble.HELD_OUT: frozenset({_P.RUN_CAMPAIGNS}),
    Trouble.UNWELCOME: _WORK,
    Trouble.INACTIVE_HOLDER: _WORK | {_P.MANAGE_PEOPLE},
    Trouble.NOBODY_THERE: _WORK | {_P.MANAGE_PEOPLE},
    Trouble.NOBODY_QUALIFIED: _WORK | {_P.MANAGE_PEOPLE},
    Trouble.MISSED: frozenset({_P.SEE_TEAM}),
    Trouble.PROMISES: frozenset({_P.SEE_TEAM}),
    Trouble.UNASSIGNED: _WORK,
    Trouble.OFF_PACE: frozenset({_P.RUN_CAMPAIGNS}),
    Trouble.LATE_MESSAGES: frozenset({_P.RUN_CAMPAIGNS}),
    Trouble.NO_CALENDAR: frozenset({_P.SEE_TEAM, _P.MANAGE_REFERENCE, _P.MANAGE_PEOPLE}),
}


@dataclass(frozen=True)
class Exceptional:
    """How much of one trouble there is; `counted_at` says of when that is."""

    trouble: Trouble
    count: int
    counted_at: datetime


@dataclass(frozen=True)
class BranchTrouble:
    """How much of one trouble a branch has."""

    id: int
    branch: str
    activities: int


def exceptions(view: Reader) -> list[Exceptional]:
    """Count what is wrong in the actor's scope, by kind, also where there is nothing."""
    view.authorize(_P.SEE_TEAM, _P.RUN_CAMPAIGNS, _P.MANAGE_PEOPLE)
    wanted = [each for each in Trouble if any(view.actor.may(p) for p in SEEN_BY[each])]
    of_work = [each for each in wanted if each in OF_ACTIVITIES]
    by_branch, counted_at = _counted(view, of_work)
    counts = {each: sum(by_branch[each].values()) for each in of_work}
    at = dict.fromkeys(of_work, counted_at)
    for trouble in wanted:
        if trouble not in counts:
            counts[trouble] = _count(view, trouble)
    return [Exceptional(each, counts[each], at.get(each, view.now)) for each in wanted]


def branches_in_trouble(view: Reader, *, trouble: Trouble) -> list[BranchTrouble]:
    """List the branches with work in one kind of trouble, the most first.

    :raises Invalid: this trouble is not one of activities
    """
    _allow(view, trouble)
    by_branch, _ = _counted(view, [trouble])
    found = by_branch[trouble]
    units = select(Unit.id, Unit.name).where(view.actor.scope.limits(Unit.id))
    rows = [
        BranchTrouble(id_, name, found[id_])
        for id_, name in view.session.execute(units)
        if id_ in found
    ]
    return sorted(rows, key=lambda row: (-row.activities, row.branch, row.id))


def work_in_trouble(
    view: Reader,
    *,
    trouble: Trouble,
    branch_id: int | None = None,
    window: Window = Window(),  # noqa: B008  frozen
) -> Part[ActivityRow]:
    """List the work in one kind of trouble, what is due first first.

    :param branch_id: the branch; a team lead need not say
    :raises Invalid: this trouble is not one of activities, or no branch is said
    """
    _allow(view, trouble)
    leads = _leads(view)
    if not leads and branch_id is None:
        raise Invalid("Choose a branch.")
    units = [id_ for id_ in (branch_id, view.actor.unit_id if leads else None) if id_ is not None]
    where = in_trouble(view.session, view.now, trouble, units)
    of_branch = [] if branch_id is None else [Activity.branch_id == branch_id]
    # Found before it is joined to anything.
    ids = select(Activity.id).where(where, _answered(view), *of_branch)
    found = list(view.session.scalars(ids))
    statement = listed(view).where(Activity.id.in_(id_set(view.dialect, found)))
    sorts = {name: SORTS[name] for name in ("due", "priority", "campaign", "person", "status")}
    rows, total = windowed(view.session, statement, window, sorts=sorts, last=Activity.id)
    return Part([row_of(row) for row in rows], total)


def _allow(view: Reader, trouble: Trouble) -> None:
    view.authorize(*sorted(SEEN_BY[trouble]))


def _leads(view: Reader) -> bool:
    return view.actor.roles <= BRANCH_ROLES and not view.actor.is_system


def _answered(view: Reader) -> ColumnElement[bool]:
    """Restrict to the work of a lead's team and branch pool, or of the units one oversees."""
    return pending_of_team(view) if _leads(view) else view.actor.scope.limits(Activity.branch_id)


def _counted(
    view: Reader, troubles: list[Trouble]
) -> tuple[dict[Trouble, dict[int, int]], datetime]:
    """Count activities by trouble and branch: from cells for whoever oversees many, or now.

    :raises Invalid: one of them is not a trouble of activities
    """
    if not set(troubles) <= set(OF_ACTIVITIES):
        raise Invalid("This is not counted by activities.")
    found: dict[Trouble, dict[int, int]] = {each: {} for each in troubles}
    if not troubles:
        return found, view.now
    at = None if _leads(view) else view.session.scalar(select(WorkCount.troubles_at))
    if at is not None and timedelta() <= view.now - at <= 2 * FRESH:
        cells = select(TroubleCell.trouble, TroubleCell.branch_id, TroubleCell.activities).where(
            TroubleCell.trouble.in_(troubles), view.actor.scope.limits(TroubleCell.branch_id)
        )
        for trouble, branch_id, activities in view.session.execute(cells):
            found[trouble][branch_id] = activities
        return found, at
    units = [view.actor.unit_id] if _leads(view) and view.actor.unit_id is not None else None
    parts: list[Any] = [
        select(literal_column(str(each.code)), Activity.branch_id, func.count())
        .where(in_trouble(view.session, view.now, each, units), _answered(view))
        .group_by(Activity.branch_id)
        for each in troubles
    ]
    for code, branch_id, activities in view.session.execute(union_all(*parts)):
        found[Trouble.of(code)][branch_id] = activities
    return found, view.now


def _count(view: Reader, trouble: Trouble) -> int:
    match trouble:
        case Trouble.MISSED:
            return escalation_counts(view).missed
        case Trouble.PROMISES:
            return sum(count_promises_at_risk(view).values())
        case Trouble.NO_CALENDAR:
            return len(without_calendar(view))
        case Trouble.OFF_PACE:
            return len(off_pace(view))
        case Trouble.LATE_MESSAGES:
            return sum(each.messages for each in late_messages(view))
    return held_out_tries(view, window=Window(size=1)).total
