"""The share of work that was done in time, by whom and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, true, union_all

from core.access import Permission
from core.campaigns.model import Campaign
from core.campaigns.rules import Priority
from core.measures import Rate
from core.people.conditions import team_member
from core.people.model import Person, Team, Unit
from core.people.queries import subtree
from core.refusals import Invalid
from core.service.model import ServiceCell
from core.service.queries.judged import judged, settled_days
from core.work import Reader

LONGEST = 400  # days


class By(StrEnum):
    """What the share is told apart by, wherever the actor may look."""

    BRANCH = "branch"
    CAMPAIGN = "campaign"
    PRIORITY = "priority"
    DAY = "day"


class Within(StrEnum):
    """What the share of a branch or team is told apart by, for who leads it."""

    PERSON = "person"
    TEAM = "team"


@dataclass(frozen=True)
class Share:
    """How much of the work due in a period was met; `id` is None for the pool, days, priorities."""

    id: int | None
    name: str
    met: int
    missed: int

    @property
    def rate(self) -> Rate:
        return Rate(self.met, self.met + self.missed)


def met_share(
    view: Reader,
    *,
    by: By,
    first: date,
    last: date,
    unit_id: int | None = None,
    campaign_id: int | None = None,
) -> list[Share]:
    """Return what was kept of the work due from `first` to `last`, days on the bank's wall.

    Days that are over are read from cells, the others are counted. Branches and campaigns come
    by name, days and priorities in their order; where nothing was due there is no row.

    :param unit_id: only work of this unit and the units below it
    """
    view.authorize(Permission.SEE_TEAM, Permission.SEE_PORTFOLIO)
    days = [day for day in _days(first, last) if day <= view.now.date()]
    settled = settled_days(view.session, first, last, view.now)
    in_scope = _in_scope(view, unit_id)
    cells = ServiceCell.__table__.c
    folded = (
        select(*(cells[name] for name in _KEPT))
        .join(Unit, Unit.id == ServiceCell.branch_id)
        .where(ServiceCell.day.in_(settled), in_scope)
    )
    live = judged(view.session, (day for day in days if day not in settled), view.now, in_scope)
    rows = union_all(folded, select(*(live.c[name] for name in _KEPT))).subquery("kept")
    which = true() if campaign_id is None else rows.c.campaign_id == campaign_id
    sums = (func.sum(rows.c.met), func.sum(rows.c.missed))
    if by is By.BRANCH:
        statement = _named(rows.c.branch_id, Unit, sums).where(which)
    elif by is By.CAMPAIGN:
        statement = _named(rows.c.campaign_id, Campaign, sums).where(which)
    else:
        key = rows.c[by.value]
        statement = select(key, key, *sums).where(which).group_by(key).order_by(key)
    found = view.session.execute(statement)
    return [_share(by, *row) for row in found]


def people_share(
    view: Reader, *, by: Within, first: date, last: date, unit_id: int | None = None
) -> list[Share]:
    """Return what was kept by the people or teams of a branch; a lead sees only the own team.

    Work counts for who completed it or has it now; what nobody has is the pool's, with no id.

    :param unit_id: the branch; a lead need not say
    :raises Invalid: no branch is said, and the actor has none
    """
    view.authorize(Permission.SEE_TEAM, Permission.SEE_PEOPLE)
    oversees = view.actor.may(Permission.SEE_PEOPLE)
    branch_id = (unit_id or view.actor.unit_id) if oversees else view.actor.unit_id
    if branch_id is None:
        raise Invalid("Choose a branch.")
    in_scope = and_(view.actor.scope.limits(Unit.id), Unit.id == branch_id)
    live = judged(view.session, _days(first, last), view.now, in_scope)
    seen = true() if oversees else (live.c.person_id.is_(None) | team_member(view))
    of_person = by is Within.PERSON
    id_, name = (Person.id, Person.name) if of_person else (Team.id, Team.name)
    statement = (
        select(id_, name, func.sum(live.c.met), func.sum(live.c.missed))
        .select_from(live)
        .outerjoin(Person, Person.id == live.c.person_id)
        .outerjoin(Team, Team.id == Person.team_id)
        .where(seen)
        .group_by(id_, name)
        .order_by(name.nulls_last(), id_)
    )
    nobody = "Nobody yet" if of_person else "No team"
    return [
        Share(row[0], row[1] or nobody, int(row[2]), int(row[3]))
        for row in view.session.execute(statement)
    ]


_KEPT = ("day", "branch_id", "campaign_id", "priority", "met", "missed")


def _named(
    key: ColumnElement[int], table: type[Unit] | type[Campaign], sums: Iterable[ColumnElement[Any]]
) -> Select[*tuple[Any, ...]]:
    named: Any = table
    return (
        select(key, named.name, *sums)
        .join(named, named.id == key)
        .group_by(key, named.name)
        .order_by(named.name, key)
    )


def _share(by: By, key: Any, name: Any, met: int, missed: int) -> Share:
    is_record = by in (By.BRANCH, By.CAMPAIGN)
    name = name.isoformat() if isinstance(name, date) else str(name)
    if isinstance(key, Priority):
        name = key.value
    return Share(key if is_record else None, name, int(met), int(missed))


def _in_scope(view: Reader, unit_id: int | None) -> ColumnElement[bool]:
    own = view.actor.scope.limits(Unit.id)
    if unit_id is None:
        return own
    return and_(own, Unit.id.in_(subtree(view.session, unit_id)))


def _days(first: date, last: date) -> list[date]:
    length = (last - first).days + 1
    if not 1 <= length <= LONGEST:
        raise Invalid(f"Choose a period of 1 to {LONGEST} days, the first day first.")
    return [first + timedelta(days=n) for n in range(length)]
