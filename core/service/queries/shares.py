"""The share of work that was done in time, by whom and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, select, true, union_all

from core.access import Permission
from core.campaigns.model import Campaign
from core.database import id_set
from core.measures import Rate
from core.people.conditions import team_member
from core.people.model import Person, Team, Unit
from core.people.queries import subtree
from core.refusals import Invalid
from core.service.model import CampaignServiceCell, ServiceCell
from core.service.queries.judged import day_of, judged, settled_days
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

    Days that are over are read from cells, the others are counted; so is what is asked of
    campaigns within some units, or of one campaign by branch. Branches and campaigns come by
    name, days and priorities in their order; where nothing was due there is no row.

    :param unit_id: only work of this unit and the units below it
    """
    view.authorize(Permission.SEE_TEAM, Permission.SEE_PORTFOLIO)
    days = [day for day in _days(first, last) if day <= view.now.date()]
    branches = _branches(view, unit_id)
    cells = _cells(view, by, unit_id, campaign_id)
    settled = settled_days(view.session, first, last, view.now) if cells else set()
    live = judged((day for day in days if day not in settled), view.now, branches=branches)
    parts = [live]
    if cells:
        kept = select(cells.__table__).where(cells.day.in_(settled))
        in_scope = kept.where(ServiceCell.branch_id.in_(branches))
        parts.append((in_scope if cells is ServiceCell else kept).subquery("folded"))
    if by is By.DAY:
        return _by_day(view, parts, campaign_id)
    name = _KEY_OF[by]
    rows = union_all(
        *(
            select(part.c[name], *(part.c[each] for each in _COUNTS)).where(
                _of_campaign(part, campaign_id)
            )
            for part in parts
        )
    ).subquery("rows")
    key = rows.c[name]
    found = view.session.execute(select(key, *_sums(rows)).group_by(key)).all()
    if by is By.PRIORITY:
        found = sorted(found, key=lambda row: row[0].code)
        return [Share(None, row[0].value, int(row[1]), int(row[2])) for row in found]
    names_of = _names(view, by, [row[0] for row in found])
    shares = [Share(row[0], names_of[row[0]], int(row[1]), int(row[2])) for row in found]
    return sorted(shares, key=lambda share: (share.name, share.id))


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
    branches = select(Unit.id).where(view.actor.scope.limits(Unit.id), Unit.id == branch_id)
    live = judged(_days(first, last), view.now, branches=branches)
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


_COUNTS = ("met", "missed")
_KEY_OF = {By.BRANCH: "branch_id", By.CAMPAIGN: "campaign_id", By.PRIORITY: "priority"}


def _cells(
    view: Reader, by: By, unit_id: int | None, campaign_id: int | None
) -> type[ServiceCell] | type[CampaignServiceCell] | None:
    """Return the cells that answer the question; None has all of it counted."""
    of_campaigns = by is By.CAMPAIGN or campaign_id is not None
    if not of_campaigns:
        return ServiceCell
    is_everywhere = view.actor.scope.bank_wide and unit_id is None
    return CampaignServiceCell if is_everywhere and by is not By.BRANCH else None


def _by_day(view: Reader, parts: Iterable[Subquery], campaign_id: int | None) -> list[Share]:
    """Add up days: cells have them, and of other work the few due moments are told apart."""
    found: dict[date, tuple[int, int]] = {}
    for rows in parts:
        key = rows.c.day if "day" in rows.c else rows.c.due_at
        asked = select(key, *_sums(rows)).where(_of_campaign(rows, campaign_id)).group_by(key)
        for at, met, missed in view.session.execute(asked):
            day = day_of(at, view.now) if isinstance(at, datetime) else at
            before = found.get(day, (0, 0))
            found[day] = before[0] + int(met), before[1] + int(missed)
    return [Share(None, day.isoformat(), *found[day]) for day in sorted(found)]


def _sums(rows: Subquery) -> list[ColumnElement[Any]]:
    return [func.sum(rows.c[name]) for name in _COUNTS]


def _of_campaign(rows: Subquery, campaign_id: int | None) -> ColumnElement[bool]:
    return true() if campaign_id is None else rows.c.campaign_id == campaign_id


def _names(view: Reader, by: By, ids: list[int]) -> dict[int, str]:
    table = Unit if by is By.BRANCH else Campaign
    rows = view.session.execute(
        select(table.id, table.name).where(table.id.in_(id_set(view.dialect, ids)))
    )
    return {row.id: row.name for row in rows}


def _branches(view: Reader, unit_id: int | None) -> Select[int]:
    own = select(Unit.id).where(view.actor.scope.limits(Unit.id))
    return own if unit_id is None else own.where(Unit.id.in_(subtree(view.session, unit_id)))


def _days(first: date, last: date) -> list[date]:
    length = (last - first).days + 1
    if not 1 <= length <= LONGEST:
        raise Invalid(f"Choose a period of 1 to {LONGEST} days, the first day first.")
    return [first + timedelta(days=n) for n in range(length)]
