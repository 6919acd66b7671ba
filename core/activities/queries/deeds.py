"""What each verb of a bulk action makes of an activity, and why it leaves one as it is."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    SmallInteger,
    Text,
    and_,
    case,
    cast,
    literal,
    not_,
    null,
    select,
)

from core.activities.guarding import left_alone
from core.activities.model import Activity
from core.activities.queries.asked import CancelFor, DueBy, DueOn, Split, ToPerson, ToPool, What
from core.activities.queries.judgement import Deed, Reasons
from core.activities.queries.receivers import TAKER, Taker, each, known, receiver
from core.activities.queries.redating import redated
from core.activities.queries.rows import HOLDER, Rows
from core.activities.queries.sheet import choosable
from core.activities.rules import ASSIGN, CANCEL, HAND_BACK, RELEASE, Objection, Promise, Status
from core.activities.scope import among
from core.campaigns.model import Design, Stage, StatusReason, TemplateReason
from core.campaigns.rules import ReasonUse
from core.database import Number, row_set
from core.people.model import Qualification
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, RunStatus
from core.work import Reader


def deed(view: Reader, what: What, rows: Rows) -> Deed:
    """Return what is to be done with the activities of `rows`.

    :raises NotFound: there is no such person
    :raises Invalid: the due date would be before today
    """
    match what:
        case ToPerson():
            return _to_person(view, what.person_id)
        case Split():
            return _split(view, what)
        case ToPool():
            return _to_pool(what)
        case CancelFor():
            return _cancelled(what)
        case DueOn() | DueBy():
            return redated(view, what, rows)


def person_reasons(view: Reader, to: Taker) -> Reasons:
    """Say why an activity can't go to this person.

    Who left the branch stands in nobody's way there: whoever leads it may hand the work on.
    """
    before, after = Objection.UNQUALIFIED.split("{}")
    not_ours = not_(view.actor.of_branch(Activity.branch_id))
    waits = and_(Activity.status == Status.UNASSIGNED, Run.status == RunStatus.PAUSED)
    return [
        (to.is_unknown, Objection.UNKNOWN),
        (to.is_inactive, Objection.INACTIVE),
        (to.is_idle, Objection.NOT_WORKING),
        (Activity.branch_id != to.unit_id, Objection.OTHER_BRANCH),
        (and_(HOLDER.unit_id != to.unit_id, not_ours), Objection.TWO_BRANCHES),
        (waits, Objection.PAUSED),
        (Candidate.arm == CONTROL_ARM, Objection.HELD_OUT),
        (left_alone(Activity, view.now.date()), Objection.LEFT_ALONE),
        (to.is_unqualified, literal(before, Text) + Qualification.name + literal(after, Text)),
    ]


def with_people(rows: Rows) -> Rows:
    """Join what `person_reasons` looks at."""
    of_candidate = and_(
        Candidate.run_id == Activity.run_id, Candidate.customer_id == Activity.customer_id
    )
    return (
        rows.outerjoin(HOLDER, HOLDER.id == Activity.person_id)
        .outerjoin(Run, Run.id == Activity.run_id)
        .outerjoin(Design, Design.id == Run.design_id)
        .outerjoin(Qualification, Qualification.id == Design.qualification_id)
        .outerjoin(Candidate, of_candidate)
    )


def _to_person(view: Reader, person_id: int) -> Deed:
    to = receiver(view, person_id)
    return Deed(
        ASSIGN.verb,
        _given(literal(to.id, Integer)),
        first=[(Activity.person_id == to.id, Objection.ALREADY)],
        then=person_reasons(view, known(to)),
        joined=with_people,
        person_id=to.id,
    )


def _split(view: Reader, split: Split) -> Deed:
    if isinstance(split.persons, Mapping):
        pairs = split.persons.items()
        among_people = row_set(view.dialect, pairs, id=Number, person_id=Integer())
    else:
        among_people = split.persons
    part = among_people.subquery("part")

    def joined(rows: Rows) -> Rows:
        rows = rows.outerjoin(part, part.c.id == Activity.id)
        return with_people(rows.outerjoin(TAKER, TAKER.id == part.c.person_id))

    return Deed(
        ASSIGN.verb,
        _given(part.c.person_id),
        first=[
            (part.c.person_id.is_(None), Objection.UNCHOSEN),
            (Activity.person_id == part.c.person_id, Objection.ALREADY),
        ],
        then=person_reasons(view, each(view)),
        joined=joined,
    )


def _given(person_id: ColumnElement[int]) -> dict[str, ColumnElement[Any]]:
    return {"status": ASSIGN.target.literal, "person_id": person_id, "reason_id": _no_reason()}


def _to_pool(what: ToPool) -> Deed:
    move = HAND_BACK if what.even_begun else RELEASE
    return Deed(
        move.verb,
        {
            "status": move.target.literal,
            "person_id": cast(null(), Integer),
            "reason_id": _no_reason(),
            # What the customer was told holds; from now on anyone may keep it.
            "promise": case((Activity.promise.is_not(None), Promise.ANYONE.literal)),
        },
        first=[
            (Activity.status == Status.UNASSIGNED.literal, Objection.NOBODYS),
            (not_(among(*move.sources)), Objection.BEGUN),
        ],
    )


def _cancelled(what: CancelFor) -> Deed:
    offered = (
        select(Stage.id)
        .join(TemplateReason, TemplateReason.template_id == Stage.reason_template_id)
        .join(StatusReason, StatusReason.id == TemplateReason.reason_id)
        .where(
            TemplateReason.use == ReasonUse.CANCELLED,
            StatusReason.id == what.reason_id,
            choosable(),
        )
    )
    return Deed(
        CANCEL.verb,
        {
            "status": CANCEL.target.literal,
            "reason_id": literal(what.reason_id, Integer),
            **nothing_ahead(),
        },
        first=[(not_(among(*CANCEL.sources)), Objection.NOBODYS)],
        then=[(Activity.stage_id.not_in(offered), Objection.OTHER_REASON)],
        closes=True,
    )


def nothing_ahead() -> dict[str, ColumnElement[Any]]:
    """Return what closing an activity makes of what was agreed with its customer."""
    return {
        "next_action_at": cast(null(), Activity.next_action_at.type),
        "promise": cast(null(), SmallInteger),
    }


def _no_reason() -> ColumnElement[Any]:
    return cast(null(), Integer)
