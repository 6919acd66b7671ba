"""Who may get which activity, judged row by row: the same for the preview and the move."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    null,
    or_,
    select,
)

from core.access import GRANTS, Permission
from core.activities.model import Activity
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.rows import HOLDER, Rows
from core.activities.rules import ASSIGN, CLOSED, OPEN, Objection, Status
from core.activities.scope import among, team_member, worked
from core.campaigns.model import Design
from core.database import version_set
from core.people.model import Person, PersonQualification, PersonRole, Qualification
from core.refusals import NotFound
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, RunStatus
from core.work import Reader

WORKERS = [role for role, granted in GRANTS.items() if Permission.WORK_ACTIVITIES in granted]
Asked: TypeAlias = ActivityFilter | Mapping[int, int | None]


@dataclass(frozen=True)
class Receiver:
    """A person as one who might get work, and what the person is certified for today."""

    id: int
    name: str
    unit_id: int
    is_active: bool
    works: bool
    qualification_ids: tuple[int, ...]


def receiver(view: Reader, person_id: int) -> Receiver:
    """Return the person to judge by, wherever the person works.

    :raises NotFound: there is no such person
    """
    certified = _valid(view, PersonQualification.person_id == person_id)
    person = view.session.execute(
        select(Person.id, Person.name, Person.unit_id, Person.is_active, works()).where(
            Person.id == person_id
        )
    ).one_or_none()
    if person is None:
        raise NotFound("There is no such person.")
    return Receiver(*person, tuple(view.session.scalars(certified)))


def objection(
    view: Reader, to: Receiver, *, version: SQLColumnExpression[Any] | None = None
) -> ColumnElement[str | None]:
    """Say of each activity why it can't go to this person; NULL where it can.

    Who left the branch stands in nobody's way there: whoever leads it may hand the work on.

    :param version: the version that the requester saw, or nothing to compare with
    """
    words = Objection
    judged: list[tuple[ColumnElement[bool], Any]] = [
        (Activity.id.is_(None), words.MISSING),
        (among(*CLOSED), words.CLOSED),
        (Activity.person_id == to.id, words.ALREADY),
    ]
    if version is not None:
        judged.append((Activity.version != version, words.MEANWHILE))
    if not to.is_active:
        judged.append((Activity.id.is_not(None), words.INACTIVE))
    if not to.works:
        judged.append((Activity.id.is_not(None), words.NOT_WORKING))
    judged += [
        (Activity.branch_id != to.unit_id, words.OTHER_BRANCH),
        (
            and_(HOLDER.unit_id != to.unit_id, not_(view.actor.of_branch(Activity.branch_id))),
            words.TWO_BRANCHES,
        ),
        (
            and_(Activity.status == Status.UNASSIGNED, Run.status == RunStatus.PAUSED),
            words.PAUSED,
        ),
        (Candidate.arm == CONTROL_ARM, words.HELD_OUT),
    ]
    before, after = words.UNQUALIFIED.split("{}")
    lacking = and_(
        Design.qualification_id.is_not(None),
        Design.qualification_id.not_in(to.qualification_ids),
    )
    judged.append((lacking, literal(before, Text) + Qualification.name + literal(after, Text)))
    return cast(case(*[(when, _text(say)) for when, say in judged], else_=null()), Text)


def judged(view: Reader, to: Receiver, asked: Asked) -> Rows:
    """Select id, current tracked fields and `objection` of everything that was asked for.

    Of single ids also those that the actor has no say in: they look like not existing. Their rows
    have `asked_id` only.
    """
    if isinstance(asked, ActivityFilter):
        statement = select(*_COLUMNS, Activity.id.label("asked_id"), _named(objection(view, to)))
        return _joined(statement).where(asked.conditions(view), worked(view))
    wanted = version_set(view.dialect, asked).subquery("wanted")
    against = objection(view, to, version=wanted.c.version)
    statement = select(*_COLUMNS, wanted.c.id.label("asked_id"), _named(against))
    found = and_(Activity.id == wanted.c.id, worked(view))
    return _joined(statement.select_from(wanted).outerjoin(Activity, found))


@dataclass(frozen=True)
class Verdict:
    """How many of the activities asked for would move, or would not for this reason."""

    objection: str | None
    count: int


def preview(view: Reader, *, asked: Asked, person_id: int) -> list[Verdict]:
    """Say what an assignment would do, without doing it: what moves first, then each reason."""
    view.authorize_move(ASSIGN)
    rows = judged(view, receiver(view, person_id), asked).subquery()
    count = func.count()
    statement = (
        select(rows.c.objection, count)
        .group_by(rows.c.objection)
        .order_by(rows.c.objection.is_not(None), count.desc(), rows.c.objection)
    )
    return [Verdict(*row) for row in view.session.execute(statement)]


@dataclass(frozen=True)
class Colleague:
    """Somebody of the team who can get work, with what speaks for and against."""

    id: int
    name: str
    open: int
    capacity: int
    qualifications: tuple[str, ...]


def colleagues(view: Reader) -> list[Colleague]:
    """List the active people of the team who work activities, the least busy first."""
    view.authorize_move(ASSIGN)
    count = func.count(Activity.id)
    people = view.session.execute(
        select(Person.id, Person.name, count, Person.daily_capacity)
        .outerjoin(Activity, and_(Activity.person_id == Person.id, among(*OPEN)))
        .where(Person.is_active, works(), team_member(view))
        .group_by(Person.id, Person.name, Person.daily_capacity)
        .order_by(count, Person.name)
    ).all()
    certified: dict[int, list[str]] = {}
    members = PersonQualification.person_id.in_(select(Person.id).where(team_member(view)))
    held = _valid(view, members).join(
        Qualification, Qualification.id == PersonQualification.qualification_id
    )
    for person_id, name in view.session.execute(
        held.with_only_columns(PersonQualification.person_id, Qualification.name).order_by(
            Qualification.name
        )
    ):
        certified.setdefault(person_id, []).append(name)
    return [Colleague(*row, tuple(certified.get(row.id, ()))) for row in people]


_COLUMNS = (
    Activity.id,
    Activity.status,
    Activity.reason_id,
    Activity.detail,
    Activity.person_id,
    Activity.branch_id,
)


def _joined(statement: Rows) -> Rows:
    return (
        statement.outerjoin(HOLDER, HOLDER.id == Activity.person_id)
        .outerjoin(Run, Run.id == Activity.run_id)
        .outerjoin(Design, Design.id == Run.design_id)
        .outerjoin(Qualification, Qualification.id == Design.qualification_id)
        .outerjoin(
            Candidate,
            and_(
                Candidate.run_id == Activity.run_id,
                Candidate.customer_id == Activity.customer_id,
            ),
        )
    )


def works() -> ColumnElement[bool]:
    """Restrict a statement over people to those whose roles let them work activities."""
    return exists().where(PersonRole.person_id == Person.id, PersonRole.role.in_(WORKERS))


def _valid(view: Reader, whose: ColumnElement[bool]) -> Select[int]:
    return select(PersonQualification.qualification_id).where(
        whose,
        or_(
            PersonQualification.valid_until.is_(None),
            PersonQualification.valid_until >= view.now.date(),
        ),
    )


def _named(expression: ColumnElement[str | None]) -> Any:
    return expression.label("objection")


def _text(say: Any) -> Any:
    return literal(str(say), Text) if isinstance(say, str) else say
