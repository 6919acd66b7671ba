"""How one activity moves: found and locked, changed in one statement, remembered in history."""

from typing import Any, Protocol

from sqlalchemy import ColumnElement, case, func, literal, or_, select, true, update

from core.access import Permission
from core.activities.actions.leaking import leaked
from core.activities.guarding import left_alone
from core.activities.model import TRACKED, Activity, Change
from core.activities.rules import ATTEMPT, COMPLETE, Objection, Promise, Status
from core.activities.scope import seen, worked
from core.campaigns.model import Stage, StatusReason, TemplateReason
from core.campaigns.rules import ReasonUse
from core.database import Moment
from core.lifecycle import Move
from core.refusals import Conflict, HeldOut, Invalid, NotFound
from core.runs.counted import keep_counted
from core.runs.model import Candidate
from core.runs.rules import CONTROL_ARM
from core.work import Work


def found(
    work: Work,
    activity_id: int,
    *,
    move: Move[Status],
    version: int | None = None,
    leak_reason: str = "",
) -> Activity:
    """Lock an activity that the actor can see and that this move leads out of.

    :param version: the version the actor was looking at; None does not compare
    :param leak_reason: why the customer was contacted though that was not to be; it is counted
    :raises NotFound: no such activity in scope
    :raises Conflict: it changed since the actor looked
    :raises Invalid: no such move from where it is
    :raises HeldOut: its customer is not to be contacted
    """
    activity = locked(work, activity_id, within=seen(work))
    if version is not None and activity.version != version:
        raise Conflict(Objection.MEANWHILE)
    if activity.status not in move.sources:
        raise Invalid(f"You can't {move.verb} here: the activity is {activity.status}.")
    if move in {ATTEMPT, COMPLETE} and (against := forbidden(work, activity)):
        if not leak_reason.strip():
            raise held_out(activity, against)
        leaked(work, activity, leak_reason.strip())
    return activity


def forbidden(work: Work, activity: Activity) -> Objection | None:
    """Say what forbids a contact, for the sake of a measurement."""
    arm = work.session.scalar(select(Candidate.arm).where(*_of(activity)))
    if arm == CONTROL_ARM:
        return Objection.HELD_OUT
    is_left_alone = left_alone(Activity, work.now.date())
    found = select(Activity.id).where(Activity.id == activity.id, is_left_alone)
    return None if work.session.scalar(found) is None else Objection.LEFT_ALONE


def held_out(activity: Activity, against: Objection = Objection.HELD_OUT) -> HeldOut:
    """Return the refusal of a contact with a customer whom a measurement holds out."""
    about = (f"activity:{activity.id}", f"run:{activity.run_id}")
    return HeldOut(against, about)


def locked(work: Work, activity_id: int, *, within: ColumnElement[bool]) -> Activity:
    """Read an activity as it is now and keep it from changing until this work is done.

    :raises NotFound: no such activity in this scope
    """
    activity = work.session.scalar(
        select(Activity)
        .where(Activity.id == activity_id, within)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if activity is None:
        raise NotFound(Objection.MISSING)
    return activity


def owned(work: Work, activity: Activity, move: Move[Status]) -> None:
    """Continue only for the person who has the activity, or for the system."""
    if activity.person_id != work.actor.person_id and not work.actor.is_system:
        work.refuse(f"{move.verb}, on an activity of somebody else")


def led(work: Work, activity: Activity, move: Move[Status]) -> None:
    """Continue only for the person who has the activity, or for the team lead."""
    leads = select(Activity.id).where(Activity.id == activity.id, worked(work))
    if not work.actor.may(Permission.ASSIGN_ACTIVITIES) or work.session.scalar(leads) is None:
        owned(work, activity, move)


def moved(
    work: Work, activity: Activity, move: Move[Status], *, by_system: bool = False, **values: Any
) -> None:
    """Carry out the move if nobody else came first, and write what changed into the history.

    :param by_system: a rule has decided it, not the person whose request led to it
    :raises Conflict: the row is no longer as it was found
    """
    values["status"] = move.target
    changed = work.session.scalar(
        update(Activity)
        .where(
            Activity.id == activity.id,
            Activity.version == activity.version,
            Activity.status.in_(move.sources),
        )
        .values(version=Activity.version + 1, **values)
        .returning(Activity.id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        raise Conflict(Objection.MEANWHILE)
    tracked = {name: value for name, value in values.items() if name in TRACKED}
    if any(getattr(activity, name) != value for name, value in tracked.items()):
        remembered(work, activity, move.verb, by_system=by_system, **tracked)


def remembered(
    work: Work, activity: Activity, verb: str, *, by_system: bool = False, **after: Any
) -> None:
    """Write into the history what an activity becomes, which is held and still as it was found.

    :param after: the new values of fields that the history is of
    """
    before = {name: getattr(activity, name) for name in (*TRACKED, *after)}
    ends = {f"from_{name}": value for name, value in before.items()}
    ends |= {f"to_{name}": value for name, value in (before | after).items()}
    actor_id = None if by_system else work.actor.person_id
    work.session.add(
        Change(activity_id=activity.id, at=work.now, actor_id=actor_id, verb=verb, **ends)
    )


def closed(work: Work) -> dict[str, Any]:
    """Return what a move sets that closes an activity: nothing is promised any more."""
    return {"closed_at": work.now, "next_action_at": None, "promise": None}


def kept_by_anyone(activity: Activity) -> Promise | None:
    """Return who keeps the promise of an activity that goes back to the pool, if there is one."""
    return None if activity.promise is None else Promise.ANYONE


def offered(work: Work, activity: Activity, use: ReasonUse, reason_id: int | None) -> int:
    """Return the reason if the stage's template offers it for this use.

    :raises Invalid: none was chosen, or one that is not offered; nobody can choose the system's
    """
    if reason_id is None:
        raise Invalid("Choose a reason: this step needs one.")
    known = work.session.scalar(
        select(StatusReason.id)
        .join(TemplateReason, TemplateReason.reason_id == StatusReason.id)
        .join(Stage, Stage.reason_template_id == TemplateReason.template_id)
        .where(
            Stage.id == activity.stage_id,
            TemplateReason.use == use,
            StatusReason.id == reason_id,
            StatusReason.is_system.is_(False),
            StatusReason.is_retired.is_(False),
        )
    )
    if known is None:
        raise Invalid(f"This reason is not offered for {use}; choose one of the stage's reasons.")
    return known


class Worked(Protocol):
    """What tells whose candidate an activity belongs to: the activity, or some columns of it."""

    @property
    def run_id(self) -> int: ...
    @property
    def customer_id(self) -> int: ...


def stamp(work: Work, activity: Worked, *moments: str, **values: Any) -> None:
    """Set moments of the activity's candidate that are not set yet: each happens once."""
    columns = [getattr(Candidate, name) for name in moments]
    changes = true() if values else or_(*(column.is_(None) for column in columns))
    keep_counted(work, *_of(activity), changes)
    for name, column in zip(moments, columns, strict=True):
        values[name] = func.coalesce(column, literal(work.now, Moment()))
    if "assigned_at" in values:  # who is held out has no work, also where a contact leaked
        is_control = Candidate.arm == CONTROL_ARM
        values["assigned_at"] = case((is_control, None), else_=values["assigned_at"])
    work.session.execute(
        update(Candidate)
        .where(*_of(activity))
        .values(values)
        .execution_options(synchronize_session=False)
    )


def unstamp(work: Work, activity: Worked, moment: str) -> None:
    """Take back a moment of the activity's candidate that was noted by mistake."""
    column = getattr(Candidate, moment)
    keep_counted(work, *_of(activity), column.is_not(None))
    work.session.execute(
        update(Candidate)
        .where(*_of(activity))
        .values({moment: None})
        .execution_options(synchronize_session=False)
    )


def _of(activity: Worked) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Candidate.run_id == activity.run_id, Candidate.customer_id == activity.customer_id
