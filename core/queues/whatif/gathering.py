"""What a replay starts from: the team's people and queues, read in a few statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select, union_all

from core.access import Role
from core.activities.guarding import left_alone
from core.activities.model import Activity
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.undoing import judged_undo
from core.activities.rules import OPEN, RETURN, Objection, Status
from core.activities.scope import among, end_of_today, pending, worked
from core.campaigns.model import ActivitySubtype, Design
from core.customers.model import CustomerState
from core.database import id_set
from core.distribution.rules import USUAL_MINUTES
from core.people.conditions import team_member, valid_on, works
from core.people.model import Absence, Person, PersonQualification, PersonRole
from core.people.queries.working import person_times
from core.queues.queries.handing import handed_over
from core.queues.whatif.asking import Away, WhatIf
from core.queues.whatif.workers import LONGEST, Days, HandOver, Queued, Worker
from core.refusals import Invalid
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, RunStatus
from core.work import Reader

MOST = 20_000  # activities in one replay


@dataclass(frozen=True)
class Gathered:
    """Everybody with a queue, the activities in any of them, and those that are asked about."""

    workers: Sequence[Worker]
    queue: Sequence[Queued]
    asked: frozenset[int]


def gathered(view: Reader, request: WhatIf) -> Gathered:
    """Read the queues of the team, and what is asked for, with everybody who has some of it.

    :raises Invalid: there is too much of it
    """
    queue, asked = [], set()
    for row in _queued(view, request):
        if row.is_asked:
            asked.add(row.id)
        queue.append(
            Queued(
                id=row.id,
                version=row.version,
                person_id=row.person_id,
                branch_id=row.branch_id,
                due_at=row.due_at,
                priority=row.priority.code,
                minutes=row.minutes,
                next_action_at=row.next_action_at,
                promise=row.promise,
                value=float(row.value),
                own_person_id=row.manager_id,
                qualification_id=row.qualification_id,
                objection=_objection(row, request),
            )
        )
    people = {each.person_id for each in queue} | set((request.planned or {}).values())
    workers = _workers(view, [id_ for id_ in people if id_ is not None], request.away)
    return Gathered(workers, queue, frozenset(asked))


def _objection(row: Any, request: WhatIf) -> Objection | None:
    """Say why nobody can be given an activity, as the bulk action would."""
    seen = request.asked.get(row.id) if isinstance(request.asked, Mapping) else None
    if seen is not None and seen != row.version:
        return Objection.MEANWHILE
    if row.waits:
        return Objection.PAUSED
    if row.is_held_out:
        return Objection.HELD_OUT
    return Objection.LEFT_ALONE if row.is_left_alone else None


def _queued(view: Reader, request: WhatIf) -> Sequence[Any]:
    """Select what waits for the team or is asked for, once each."""
    if isinstance(request.asked, ActivityFilter):
        asked = request.asked.conditions(view)
    else:
        asked = Activity.id.in_(id_set(view.dialect, request.asked))
    theirs = and_(Activity.person_id.in_(select(Person.id).where(_team(view))), among(*OPEN))
    parts = [(and_(asked, pending()), 1), (theirs, 0)]
    if request.with_pool:
        branch = view.actor.of_branch(Activity.branch_id)
        parts.append((and_(Activity.status == Status.UNASSIGNED.literal, branch), 0))
    # Read no further than to know that it is too much.
    some = [
        select(Activity.id.label("id"), literal(flag).label("is_asked"))
        .where(where, worked(view))
        .limit(MOST + 1)
        .subquery()
        for where, flag in parts
    ]
    wanted = union_all(*(select(part) for part in some)).subquery("wanted")
    each = (
        select(wanted.c.id, func.max(wanted.c.is_asked).label("is_asked"))
        .group_by(wanted.c.id)
        .limit(MOST + 1)
        .subquery("each")
    )
    of_candidate = and_(
        Candidate.run_id == Activity.run_id, Candidate.customer_id == Activity.customer_id
    )
    waits = and_(Activity.status == Status.UNASSIGNED.literal, Run.status == RunStatus.PAUSED)
    rows = view.session.execute(
        select(
            Activity.id,
            Activity.version,
            Activity.person_id,
            Activity.branch_id,
            Activity.due_at,
            Activity.priority,
            func.coalesce(ActivitySubtype.minutes, USUAL_MINUTES).label("minutes"),
            Activity.next_action_at,
            Activity.promise,
            func.coalesce(CustomerState.yearly_value, 0).label("value"),
            CustomerState.manager_id,
            Design.qualification_id,
            each.c.is_asked,
            waits.label("waits"),
            (Candidate.arm == CONTROL_ARM).label("is_held_out"),
            left_alone(Activity, view.now.date()).label("is_left_alone"),
        )
        .join(each, each.c.id == Activity.id)
        .join(Run, Run.id == Activity.run_id)
        .join(Design, Design.id == Run.design_id)
        .outerjoin(ActivitySubtype, ActivitySubtype.id == Activity.subtype_id)
        .outerjoin(CustomerState, CustomerState.customer_id == Activity.customer_id)
        .outerjoin(Candidate, of_candidate)
    ).all()
    if len(rows) > MOST:
        raise Invalid(
            f"A what-if looks at up to {MOST:,} activities, the queues of the team included. "
            "Narrow the filter or choose fewer."
        )
    return rows


def _workers(view: Reader, holders: Collection[int], thought_of: Collection[Away]) -> list[Worker]:
    """Read the team, by name, and whoever else has some of the work."""
    gets = _team(view)
    today = end_of_today(view.now) - timedelta(days=1)
    done = select(func.count(Activity.id)).where(
        Activity.person_id == Person.id,
        Activity.status == Status.COMPLETED.literal,
        Activity.closed_at >= today,
    )
    is_agent = exists().where(PersonRole.person_id == Person.id, PersonRole.role == Role.AGENT)
    people = view.session.execute(
        select(
            Person.id,
            Person.name,
            Person.unit_id,
            Person.daily_capacity,
            Person.is_active,
            done.correlate(Person).scalar_subquery().label("done_today"),
            gets.label("gets_work"),
            is_agent.label("is_agent"),
        )
        .where(or_(gets, Person.id.in_(id_set(view.dialect, holders))))
        .order_by(Person.name, Person.id)
    ).all()
    ids = [row.id for row in people]
    times = person_times(view.session, ids)
    absences, certified = _absences(view, ids), _certified(view, ids)
    supposed: defaultdict[int, list[Days]] = defaultdict(list)
    for each in thought_of:
        supposed[each.person_id].append((each.first, each.last))
    return [
        Worker(
            id=row.id,
            name=row.name,
            unit_id=row.unit_id,
            working_time=times[row.id],
            capacity=row.daily_capacity,
            done_today=row.done_today,
            absences=(
                *((each.starts_on, each.ends_on) for each in absences[row.id]),
                *supposed[row.id],
            ),
            hand_overs=tuple(
                HandOver(each.starts_on, each.ends_on, each.deputy_id, _handed(view, each))
                for each in absences[row.id]
                if each.returned_at is None
            ),
            qualification_ids=frozenset(certified[row.id]),
            is_active=row.is_active,
            gets_work=bool(row.gets_work),
            is_agent=bool(row.is_agent),
        )
        for row in people
    ]


def _team(view: Reader) -> ColumnElement[bool]:
    return and_(Person.is_active, works(), team_member(view))


def _absences(view: Reader, ids: Collection[int]) -> defaultdict[int, list[Absence]]:
    found: defaultdict[int, list[Absence]] = defaultdict(list)
    first = view.now.date() - timedelta(days=1)  # somewhere it is yesterday still
    for absence in view.session.scalars(
        select(Absence)
        .where(
            Absence.person_id.in_(id_set(view.dialect, ids)),
            Absence.cancelled_at.is_(None),
            Absence.ends_on >= first,
            Absence.starts_on <= first + timedelta(days=LONGEST),
        )
        .order_by(Absence.starts_on, Absence.id)
    ):
        found[absence.person_id].append(absence)
    return found


def _handed(view: Reader, absence: Absence) -> frozenset[int] | None:
    """Return what would come back of what this absence has handed over, if it has already."""
    if absence.handed_over_at is None:
        return None
    batch = handed_over(view.session, absence.id)
    if batch is None:
        return frozenset()
    judged = judged_undo(view, batch, verb=RETURN, even_handed_on=True).rows.subquery()
    fit = select(judged.c.asked_id).where(judged.c.objection.is_(None))
    return frozenset(view.session.scalars(fit))


def _certified(view: Reader, ids: Collection[int]) -> defaultdict[int, set[int]]:
    held, found = PersonQualification, defaultdict[int, set[int]](set)
    for person_id, qualification_id in view.session.execute(
        select(held.person_id, held.qualification_id).where(
            held.person_id.in_(id_set(view.dialect, ids)),
            valid_on(view.now.date()),
        )
    ):
        found[person_id].add(qualification_id)
    return found
