"""Conversions that pile up in a short time, against the rate at which the same work succeeds."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    SQLColumnExpression,
    and_,
    cast,
    false,
    func,
    or_,
    select,
)
from sqlalchemy import type_coerce as coerced

from core.campaigns.model import Design
from core.database import id_set
from core.people.model import Person, Unit
from core.people.queries.working import working_times
from core.responses.model import Response
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM
from core.truth.estimates import Pile, unusual
from core.truth.model import CheckedBurst
from core.truth.queries.claims import claimed
from core.truth.queries.days import day_of, number_of
from core.truth.queries.naming import named
from core.truth.rules import LAST_HOUR, Window, is_period_end
from core.work import Reader

_QUARTER = 900  # seconds: no zone's clock is off by less, and few branches close in between
_MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class _Who:
    branch_id: int
    branch: str
    person_id: int | None = None
    person: str | None = None  # for those who may know


@dataclass(frozen=True, kw_only=True)
class Burst(_Who):
    """A branch, or one person of it, whose conversions came in `window` more than usual.

    `expected` is how many would have come then at the rate of all its answers; `p` is adjusted
    for all branches, or all people, and windows of the run.
    """

    window: Window
    conversions: int
    of: int
    expected: float
    p: float


@dataclass(frozen=True)
class Times:
    """When the branches of a run are about to close, and when its periods end, in SQL."""

    closing: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]  # branches, quarters of an hour
    last_days: tuple[int, ...]

    def within(
        self,
        view: Reader,
        window: Window,
        at: SQLColumnExpression[Any],
        branch_id: SQLColumnExpression[int],
    ) -> ColumnElement[bool]:
        if window is Window.PERIOD_END:
            return day_of(view, at).in_(id_set(view.dialect, self.last_days))
        return or_(
            false(),
            *(
                and_(
                    branch_id.in_(branches),
                    _quarter(view, at).in_(id_set(view.dialect, quarters)),
                )
                for branches, quarters in self.closing
            ),
        )


def bursts(view: Reader, *, run_id: int, times: Times) -> list[Burst]:
    """Find the branches and people whose conversions came in bursts, the least likely first.

    Whether more answers than usual were a yes just then is asked, not whether more work was done.
    """
    branches: defaultdict[_Who, dict[Window, Pile]] = defaultdict(dict)
    people: dict[_Who, dict[Window, Pile]] = {}
    for branch_id, branch, person_id, person, answers, yes, *inside in _counts(view, run_id, times):
        pairs = zip(inside[::2], inside[1::2], strict=True)
        piles = {
            window: Pile(conversions, yes, within, answers)
            for window, (conversions, within) in zip(Window, pairs, strict=True)
        }
        of_branch = branches[_Who(branch_id, branch)]
        for window, pile in piles.items():
            of_branch[window] = of_branch.get(window, Pile()) + pile
        if person_id is not None:
            people[_Who(branch_id, branch, person_id, person)] = piles
    found = [*_unusual(branches), *_unusual(people)]
    return sorted(found, key=lambda burst: (burst.p, burst.branch, burst.person or ""))


def kept_bursts(view: Reader, run_id: int) -> list[Burst]:
    """Read the bursts that a check found in the whole bank; whoever calls sees all of it."""
    rows = view.session.execute(
        select(CheckedBurst, Unit.name, named(view))
        .join(Unit, Unit.id == CheckedBurst.branch_id)
        .outerjoin(Person, Person.id == CheckedBurst.person_id)
        .where(CheckedBurst.run_id == run_id)
        .order_by(CheckedBurst.p, Unit.name, Person.name)
    )
    return [
        Burst(
            branch_id=row.branch_id,
            branch=branch,
            person_id=row.person_id,
            person=person,
            window=row.within,
            conversions=row.conversions,
            of=row.of,
            expected=row.expected,
            p=row.p,
        )
        for row, branch, person in rows
    ]


def in_bursts(
    view: Reader,
    found: Sequence[Burst],
    times: Times,
    *,
    at: SQLColumnExpression[Any],
    branch_id: SQLColumnExpression[int],
    person_id: SQLColumnExpression[Any],
) -> ColumnElement[bool]:
    """Tell which conversions are a part of a burst."""
    parts = [
        and_(
            times.within(view, burst.window, at, branch_id),
            branch_id == burst.branch_id,
            *(() if burst.person_id is None else (person_id == burst.person_id,)),
        )
        for burst in found
    ]
    return or_(false(), *parts)


def times_of(view: Reader, run: Run) -> Times:
    """Look up when the branches of a run close and its periods end."""
    first, last = run.starts_on, max(run.ends_on, run.starts_on)
    if run.launched_at is not None:
        first = min(first, run.launched_at.astimezone(view.now.tzinfo).date())
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    branch_ids = view.session.scalars(
        select(Unit.id).where(
            Unit.id.in_(select(Candidate.branch_id).where(Candidate.run_id == run.id).distinct())
        )
    ).all()
    return Times(
        _closing(view, branch_ids, days),
        tuple(number_of(day) for day in days if is_period_end(day, run.ends_on)),
    )


def _closing(
    view: Reader, branch_ids: Collection[int], days: Sequence[date]
) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    alike: defaultdict[Any, list[int]] = defaultdict(list)
    for branch_id, working in working_times(view.session, branch_ids).items():
        alike[working].append(branch_id)
    found = []
    for working, branches in alike.items():
        closes = (working.close_of(day) for day in days)
        found.append(
            (
                tuple(sorted(branches)),
                tuple(
                    int((close - LAST_HOUR).timestamp()) // _QUARTER + quarter
                    for close in closes
                    if close is not None
                    for quarter in range(LAST_HOUR // timedelta(seconds=_QUARTER))
                ),
            )
        )
    return tuple(found)


def _counts(view: Reader, run_id: int, times: Times) -> Sequence[Any]:
    at, is_claim = Response.at, claimed()
    inside = []
    for window in Window:
        within = times.within(view, window, at, Candidate.branch_id)
        inside += [func.count().filter(within, is_claim), func.count().filter(within)]
    who = (Unit.id, Unit.name, Person.id)
    return view.session.execute(
        select(*who, named(view), func.count(), func.count().filter(is_claim), *inside)
        .select_from(Response)
        .join(
            Candidate,
            and_(
                Candidate.run_id == Response.run_id,
                Candidate.customer_id == Response.customer_id,
            ),
        )
        .join(Run, Run.id == Candidate.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Unit, Unit.id == Candidate.branch_id)
        .outerjoin(Person, Person.id == Response.person_id)
        .where(
            Response.run_id == run_id,
            Candidate.arm > CONTROL_ARM,
            view.actor.scope.limits(Candidate.branch_id),
        )
        .group_by(*who)
    ).all()


def _unusual(groups: Mapping[_Who, Mapping[Window, Pile]]) -> Iterator[Burst]:
    every = [(who, window, pile) for who, piles in groups.items() for window, pile in piles.items()]
    adjusted = unusual([pile for _, _, pile in every])
    for (who, window, pile), p in zip(every, adjusted, strict=True):
        if p is not None:
            yield Burst(
                **vars(who),
                window=window,
                conversions=pile.inside,
                of=pile.conversions,
                expected=pile.expected,
                p=p,
            )


def _quarter(view: Reader, at: SQLColumnExpression[Any]) -> ColumnElement[int]:
    if view.dialect == "sqlite":
        return coerced(at, BigInteger) // (_QUARTER * _MICROSECONDS)
    return cast(func.floor(func.extract("epoch", at) / _QUARTER), Integer)
