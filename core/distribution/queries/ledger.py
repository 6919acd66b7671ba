"""The fairness ledger: what each person was given, by whom, how much, and what went on from them.

It is read from the history of the activities and holds nothing of its own.
"""

from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    SQLColumnExpression,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)

from core.access import Permission
from core.activities.generation import GENERATE
from core.activities.model import Activity, Change
from core.campaigns.model import ActivitySubtype
from core.customers.model import CustomerState
from core.database.columns import Money
from core.distribution.queries.people import is_agent
from core.distribution.rules import DISTRIBUTE, USUAL_MINUTES
from core.measures import Rate
from core.people.conditions import team_member
from core.people.model import Person
from core.periods import midnight
from core.refusals import Invalid
from core.work import Reader

LONGEST = 366  # days


@dataclass(frozen=True)
class Tally:
    """What somebody was given in a window: activities, their minutes, the customers' yearly value.

    By the system's rules, by a lead, or taken by themselves; `handed_away` went on to somebody
    else or back into the pool.
    """

    by_rule: int = 0
    by_lead: int = 0
    taken: int = 0
    handed_away: int = 0
    minutes: int = 0
    value: Decimal = Decimal()

    @property
    def given(self) -> int:
        return self.by_rule + self.by_lead + self.taken

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            *(getattr(self, each.name) + getattr(other, each.name) for each in fields(Tally))
        )


@dataclass(frozen=True)
class LedgerRow:
    """One person's part of what the team was given: by count, by value, and by difficulty."""

    person_id: int
    name: str
    tally: Tally
    count_share: Rate
    value_share: Rate
    minutes_share: Rate


def ledger(view: Reader, *, first: date, last: date) -> list[LedgerRow]:
    """List what each person of the team was given from `first` to `last`, by name.

    Agents are listed also without any, leads only with some. Days are those of the bank's wall.

    :raises Invalid: the window ends before it begins, or is longer than a year
    """
    view.authorize(Permission.SEE_TEAM)
    tallies = _tallies(view, team_member(view), first, last)
    names = view.session.execute(
        select(Person.id, Person.name, and_(Person.is_active, is_agent()).label("is_listed"))
        .where(team_member(view))
        .order_by(Person.name, Person.id)
    )
    rows = [(row.id, row.name) for row in names if row.is_listed or row.id in tallies]
    total = sum(tallies.values(), Tally())
    return [_row(id_, name, tallies.get(id_, Tally()), total) for id_, name in rows]


@dataclass(frozen=True)
class OwnShare:
    """What I was given beside the average of the team's `people`, me included."""

    mine: Tally
    team: Tally
    people: int


def own_share(view: Reader, *, first: date, last: date) -> OwnShare:
    """Compare what the actor was given with the team's average, without saying who got what.

    :raises Invalid: the window ends before it begins, or is longer than a year
    """
    view.authorize(Permission.WORK_ACTIVITIES)
    colleagues = and_(_colleague(view), Person.is_active, is_agent())
    tallies = _tallies(view, colleagues, first, last)
    people = view.session.scalar(select(func.count(Person.id)).where(colleagues)) or 0
    mine = tallies.get(view.actor.person_id or 0, Tally())
    return OwnShare(mine, sum(tallies.values(), Tally()), people)


def _colleague(view: Reader) -> ColumnElement[bool]:
    team_id = view.actor.scope.team_id
    if team_id is not None:
        return Person.team_id == team_id
    return Person.unit_id == view.actor.unit_id


def _row(person_id: int, name: str, tally: Tally, total: Tally) -> LedgerRow:
    cents = [int(each.value * 100) for each in (tally, total)]
    return LedgerRow(
        person_id,
        name,
        tally,
        count_share=Rate(tally.given, total.given),
        value_share=Rate(*cents),
        minutes_share=Rate(tally.minutes, total.minutes),
    )


def _tallies(view: Reader, whom: ColumnElement[bool], first: date, last: date) -> dict[int, Tally]:
    if not 0 <= (last - first).days < LONGEST:
        raise Invalid(f"Choose a window of 1 to {LONGEST} days, its first day before its last.")
    people = select(Person.id).where(whom)
    begins, ends = (midnight(day, view.now.tzinfo) for day in (first, last + timedelta(days=1)))
    in_window = and_(Change.at >= begins, Change.at < ends)
    got = _events(Change.to_person_id, Change.from_person_id, giver=_giver()).where(
        Change.to_person_id.in_(people), in_window
    )
    lost = _events(Change.from_person_id, Change.to_person_id, giver=literal(_AWAY, Integer)).where(
        Change.from_person_id.in_(people), in_window
    )
    events = union_all(got, lost).subquery("events")
    given = events.c.giver != _AWAY
    counts = {"by_rule": _RULE, "by_lead": _LEAD, "taken": _SELF, "handed_away": _AWAY}
    rows = view.session.execute(
        select(
            events.c.person_id,
            *(
                func.count().filter(events.c.giver == giver).label(name)
                for name, giver in counts.items()
            ),
            func.sum(events.c.minutes).filter(given).label("minutes"),
            type_coerce(func.sum(events.c.value).filter(given), Money).label("value"),
        ).group_by(events.c.person_id)
    )
    return {
        row.person_id: Tally(
            row.by_rule,
            row.by_lead,
            row.taken,
            row.handed_away,
            minutes=int(row.minutes or 0),
            value=row.value or Decimal(),
        )
        for row in rows
    }


_RULE, _LEAD, _SELF, _AWAY = range(4)


def _events(
    whose: SQLColumnExpression[Any], other: SQLColumnExpression[Any], *, giver: ColumnElement[int]
) -> Any:
    """Select the changes after which it was another person's than before, seen from one end."""
    return (
        select(
            whose.label("person_id"),
            giver.label("giver"),
            func.coalesce(ActivitySubtype.minutes, USUAL_MINUTES).label("minutes"),
            CustomerState.yearly_value.label("value"),
        )
        .select_from(Change)
        .join(Activity, Activity.id == Change.activity_id)
        .join(CustomerState, CustomerState.customer_id == Activity.customer_id)
        .outerjoin(ActivitySubtype, ActivitySubtype.id == Activity.subtype_id)
        # The words of the partial indexes on the history.
        .where(whose.is_not(None), or_(other.is_(None), whose != other))
    )


def _giver() -> ColumnElement[int]:
    by_system = or_(Change.actor_id.is_(None), Change.verb.in_([GENERATE, DISTRIBUTE]))
    return case((by_system, _RULE), (Change.actor_id == Change.to_person_id, _SELF), else_=_LEAD)
