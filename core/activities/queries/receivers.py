"""Who may be given work: one known person, or another one for each activity."""

from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    false,
    func,
    literal,
    select,
    true,
)

from core.activities.model import Activity
from core.activities.rules import ASSIGN, OPEN
from core.activities.scope import among
from core.campaigns.model import Design
from core.database import shared_alias
from core.people.conditions import team_member, valid_on, works
from core.people.model import Person, PersonQualification, Qualification
from core.people.queries.working import away_now
from core.refusals import NotFound
from core.work import Reader

TAKER = shared_alias(Person, "taker")


@dataclass(frozen=True)
class Receiver:
    """A person as one who might get work, and what the person is certified for today."""

    id: int
    name: str
    unit_id: int
    is_active: bool
    works: bool
    qualification_ids: tuple[int, ...]


@dataclass(frozen=True)
class Taker:
    """What has to be known of whoever gets an activity, as SQL beside the activity."""

    id: SQLColumnExpression[int]
    unit_id: SQLColumnExpression[int]
    is_unknown: ColumnElement[bool]
    is_inactive: ColumnElement[bool]
    is_idle: ColumnElement[bool]
    is_unqualified: ColumnElement[bool]


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


def known(to: Receiver) -> Taker:
    """Say of one person what has to be known; it is the same beside every activity."""
    return Taker(
        id=literal(to.id),
        unit_id=literal(to.unit_id),
        is_unknown=false(),
        is_inactive=false() if to.is_active else true(),
        is_idle=false() if to.works else true(),
        is_unqualified=and_(
            Design.qualification_id.is_not(None),
            Design.qualification_id.not_in(to.qualification_ids),
        ),
    )


def each(view: Reader) -> Taker:
    """Say of `TAKER`, joined to each activity, what has to be known."""
    held = _valid(view, PersonQualification.person_id == TAKER.id)
    certified = held.where(PersonQualification.qualification_id == Design.qualification_id)
    return Taker(
        id=TAKER.id,
        unit_id=TAKER.unit_id,
        is_unknown=TAKER.id.is_(None),
        is_inactive=TAKER.is_active.is_(False),
        is_idle=~works(TAKER),
        is_unqualified=and_(
            Design.qualification_id.is_not(None),
            ~certified.correlate(TAKER, Design).exists(),
        ),
    )


@dataclass(frozen=True)
class Colleague:
    """Somebody of the team who can get work, with what speaks for and against."""

    id: int
    name: str
    open: int
    capacity: int
    is_away: bool  # today, where the person works
    qualifications: tuple[str, ...]


def colleagues(view: Reader) -> list[Colleague]:
    """List the active people of the team who work activities, the least busy first.

    Whoever is away today stands last.
    """
    view.authorize_move(ASSIGN)
    count = func.count(Activity.id)
    people = view.session.execute(
        select(
            Person.id,
            Person.name,
            count,
            Person.daily_capacity,
        )
        .outerjoin(Activity, and_(Activity.person_id == Person.id, among(*OPEN)))
        .where(Person.is_active, works(), team_member(view))
        .group_by(Person.id, Person.name, Person.daily_capacity)
        .order_by(count, Person.name)
    ).all()
    away = away_now(view.session, [row.id for row in people], now=view.now)
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
    return [
        Colleague(*row, row.id in away, tuple(certified.get(row.id, ())))
        for row in sorted(people, key=lambda row: row.id in away)
    ]


def _valid(view: Reader, whose: ColumnElement[bool]) -> Select[int]:
    return select(PersonQualification.qualification_id).where(whose, valid_on(view.now.date()))
