"""What an undo would put back: all that a batch changed and nobody has touched since."""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, func, literal, or_, select
from sqlalchemy.orm import aliased

from core.activities.guarding import left_alone
from core.activities.model import Activity, Attempt, Batch, Change
from core.activities.queries.deeds import person_reasons, with_people
from core.activities.queries.judgement import FIELDS, OPTIONAL, Judgement, Reasons, kept, named
from core.activities.queries.receivers import TAKER, each
from core.activities.recipients import unwelcome
from core.activities.rules import (
    ABORT,
    CLOSED,
    HAND_OVER,
    PENDING,
    RETURN,
    UNDO,
    Objection,
)
from core.activities.scope import worked
from core.people.model import Person
from core.refusals import Conflict, Invalid, NotFound
from core.runs.model import Run
from core.runs.rules import RunStatus
from core.work import Reader

_ENDED = (RunStatus.COMPLETED, RunStatus.STOPPED)
_SYSTEM = "The system"


def batch_to_undo(view: Reader, batch_id: int, *, hold: bool = False) -> Batch:
    """Return a batch that the actor may undo.

    It is the lead's whose branch does the work, whoever did it: a colleague or the system.

    :param hold: keep others from undoing it meanwhile
    :raises NotFound: there is no such batch, or nothing of it is the actor's
    :raises Conflict: it was undone already
    :raises Invalid: nothing was changed, it belongs to other branches too, or was an abort
    """
    wanted = select(Batch).where(Batch.id == batch_id)
    batch = view.session.scalar(wanted.with_for_update() if hold else wanted)
    changed = select(Change.id).where(Change.batch_id == batch_id)
    ours = changed.join(Activity, Activity.id == Change.activity_id).where(_led(view))
    if batch is None or (batch.moved and view.session.scalar(ours.limit(1)) is None):
        raise NotFound("There is no such batch.")
    if not batch.moved:
        raise Invalid("Nothing was changed then, so there is nothing to undo.")
    if batch.verb == ABORT.verb:
        raise Invalid("What the system aborted can't be undone: a run or a consent has ended.")
    if batch.actor_id != view.actor.person_id:
        theirs = changed.join(Activity, Activity.id == Change.activity_id).where(~_led(view))
        if view.session.scalar(theirs.limit(1)) is not None:
            raise Invalid("This batch holds work of other branches; you can't undo it alone.")
    _once(view, batch)
    return batch


def judged_undo(
    view: Reader, batch: Batch, *, verb: str = UNDO, even_handed_on: bool = False
) -> Judgement:
    """Judge each activity that the batch changed: what it was before, and whether it may be.

    :param even_handed_on: what only absences and leavers moved since counts as untouched
    """
    untouched = Change.version + _handed_on() if even_handed_on else Change.version
    reopens = and_(Change.from_status.in_(PENDING), Activity.status.in_(CLOSED))
    returns = and_(
        Change.from_status.in_(PENDING),
        Change.from_person_id.is_not(None),
        or_(reopens, Change.from_person_id.is_distinct_from(Activity.person_id)),
    )
    reasons: Reasons = [
        (Activity.id.is_(None), Objection.MISSING),
        (Change.from_status.is_(None), Objection.MADE),
        (Activity.version.is_distinct_from(untouched), _touched()),
        (and_(Change.from_status.in_(PENDING), Run.status.in_(_ENDED)), Objection.RUN_ENDED),
        (and_(reopens, unwelcome(Activity)), Objection.UNWELCOME),
        (and_(reopens, left_alone(Activity, view.now.date())), Objection.LEFT_ALONE),
        *(
            (and_(returns, holds), say)
            for holds, say in person_reasons(view, each(view))
            if say is not Objection.PAUSED  # what people have already, they keep
        ),
    ]
    rows = (
        select(Change.activity_id.label("asked_id"), *kept())
        .select_from(Change)
        .outerjoin(Activity, and_(Activity.id == Change.activity_id, _led(view)))
        .outerjoin(TAKER, TAKER.id == Change.from_person_id)
        .where(Change.batch_id == batch.id)
    )
    opened = and_(Change.from_status.in_(CLOSED), Change.to_status.in_(PENDING))
    closed = and_(Change.from_status.in_(PENDING), Change.to_status.in_(CLOSED))
    moved = select(Change.id).where(Change.batch_id == batch.id, or_(opened, closed)).limit(1)
    return Judgement(
        with_people(rows).add_columns(*named(_before(), reasons)),
        changes=frozenset(FIELDS),
        verb=verb,
        moves_pending=view.session.scalar(moved) is not None,
    )


def _before() -> dict[str, ColumnElement[Any]]:
    """Return what each field was before the change; moments and promise only where they moved."""
    before = {name: getattr(Change, f"from_{name}") for name in FIELDS}
    for name in OPTIONAL:
        moved = before[name].is_distinct_from(getattr(Change, f"to_{name}"))
        before[name] = case((moved, before[name]), else_=getattr(Activity, name))
    return before


def _led(view: Reader) -> ColumnElement[bool]:
    """Restrict to what the actor leads; a branch's work also after it went to another team."""
    return or_(worked(view), view.actor.of_branch(Activity.branch_id))


def _touched() -> ColumnElement[str]:
    """Say who has changed the activity last, since the batch did."""
    later, tried, who, caller = aliased(Change), aliased(Attempt), aliased(Person), aliased(Person)
    changed = (
        select(func.coalesce(who.name, literal(_SYSTEM, Text)))
        .select_from(later)
        .outerjoin(who, who.id == later.actor_id)
        .where(later.activity_id == Activity.id, later.id > Change.id)
        .order_by(later.id.desc())
        .limit(1)
        .correlate(Activity, Change)
        .scalar_subquery()
    )
    called = (
        select(func.coalesce(caller.name, literal(_SYSTEM, Text)))
        .select_from(tried)
        .outerjoin(caller, caller.id == tried.person_id)
        .where(tried.activity_id == Activity.id, tried.at >= Change.at)
        .order_by(tried.id.desc())
        .limit(1)
        .correlate(Activity, Change)
        .scalar_subquery()
    )
    _, words = Objection.TOUCHED.split("{}")
    return func.coalesce(changed, called, literal("Somebody", Text)) + literal(words, Text)


def _handed_on() -> ColumnElement[int]:
    """Count how often somebody's absence or leaving has moved the activity since the batch did.

    Once it has come back to somebody from whom it went before this batch, it is not counted: from
    there it went its own way.
    """
    later, because = aliased(Change), aliased(Batch)
    return (
        select(func.count())
        .select_from(later)
        .join(because, because.id == later.batch_id)
        .where(
            later.activity_id == Activity.id,
            later.id > Change.id,
            because.verb.in_((HAND_OVER, RETURN)),
            or_(because.undoes_id.is_(None), because.undoes_id >= Change.batch_id),
        )
        .correlate(Activity, Change)
        .scalar_subquery()
    )


def _once(view: Reader, batch: Batch) -> None:
    undone = view.session.execute(
        select(Batch.at, Person.name)
        .outerjoin(Person, Person.id == Batch.actor_id)
        .where(Batch.undoes_id == batch.id)
    ).one_or_none()
    if undone is not None:
        raise Conflict(f"{undone.name or _SYSTEM} has undone this already.")
