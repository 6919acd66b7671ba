"""What a rule decided about one activity, and whom it looked at, in plain sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import saying
from core.database import shared_alias
from core.distribution.model import Allocation, Distribution, DistributionPerson
from core.distribution.rules import AllocationRule, Bar
from core.people.model import Person, Qualification
from core.work import Reader

_OWN = shared_alias(Person, "own")
_COULD = "could have taken it"
_GOT_IT = "got it"


@dataclass(frozen=True)
class AskedRow:
    """One of the branch as the rule saw them then, and what that came to."""

    person_id: int
    name: str
    open: int
    capacity: int
    place: int
    last_given_at: datetime | None
    verdict: str


def decision(view: Reader, activity_id: int, batch_id: int | None) -> Any:
    """Look up why a batch gave an activity to somebody, if it did so by rule."""
    return view.session.execute(
        select(
            Allocation,
            Distribution.at,
            Distribution.cause,
            _OWN.name.label("own"),
            Qualification.name.label("qualification"),
        )
        .join(Distribution, Distribution.id == Allocation.distribution_id)
        .outerjoin(_OWN, _OWN.id == Allocation.own_person_id)
        .outerjoin(Qualification, Qualification.id == Allocation.qualification_id)
        .where(Allocation.activity_id == activity_id, Distribution.batch_id == batch_id)
    ).one_or_none()


def people_asked(view: Reader, decided: Any) -> tuple[AskedRow, ...]:
    """List those whom the rule looked at, the longest waiting first."""
    why, asked = decided.Allocation, DistributionPerson
    branch_id = (
        select(asked.branch_id)
        .where(asked.distribution_id == why.distribution_id, asked.person_id == why.person_id)
        .scalar_subquery()
    )
    rows = view.session.execute(
        select(asked, Person.name)
        .join(Person, Person.id == asked.person_id)
        .where(asked.distribution_id == why.distribution_id, asked.branch_id == branch_id)
        .order_by(asked.place)
    )
    return tuple(
        AskedRow(
            person.person_id,
            name,
            person.open,
            person.capacity,
            person.place,
            person.last_given_at,
            _verdict(person, why, decided.qualification),
        )
        for person, name in rows
    )


def told_by_rule(
    view: Reader,
    decided: Any,
    people: Sequence[AskedRow],
    who: str,
    branch: str,
    *,
    of_all: bool,
) -> Iterator[str]:
    """Say by which rule somebody got it, and why nobody else did.

    :param of_all: name the others, with what they carried
    """
    why = decided.Allocation
    yield (
        f"{who} got it by rule at {written(view, decided.at)}, because {decided.cause}. It stood"
        f" at place {why.place:,} in the line of {branch}, where what is due first comes first."
    )
    if not people:
        yield "Whom the rule looked at besides is known for a year, and that is over."
        return
    own = next(person for person in people if person.verdict == _GOT_IT)
    able = [person for person in people if person.verdict in {_COULD, _GOT_IT}]
    if why.rule is AllocationRule.KEEP:
        yield (
            f"{who} had room, and whoever is responsible for the customer comes first: "
            f"{own.open} open of {own.capacity} a day."
        )
    else:
        yield from _own_person(decided, people, of_all=of_all)
    if why.rule is AllocationRule.ROUND_ROBIN:
        since = "no turn yet" if own.last_given_at is None else written(view, own.last_given_at)
        yield (
            f"{branch} has its work handed out in turn, and it was turn {why.turn:,} of that time. "
            f"{who} waited at place {able.index(own) + 1} of {len(able)} who could take it "
            f"(last turn before: {since})."
        )
    if why.rule is AllocationRule.LOAD:
        yield (
            f"{branch} has its work handed out by load: {who} had {own.open} open of "
            f"{own.capacity} a day, and with what was handed out before it carried the least."
        )
    if not of_all:
        yield _others(len(able) - 1, len(people) - 1)
        return
    others = [person.name for person in able if person is not own]
    yield f"Could have taken it too: {', '.join(others)}." if others else "Nobody else could."
    if barred := [person for person in people if person not in able]:
        told = "; ".join(f"{person.name} ({person.verdict})" for person in barred)
        yield f"Not asked: {told}."


def _others(able: int, looked_at: int) -> str:
    """Say how many colleagues the rule looked at, and nothing of any of them."""
    if not looked_at:
        return "Nobody else was looked at."
    beside = f"{looked_at:,} other {'person was' if looked_at == 1 else 'people were'} looked at"
    return f"{beside}; {able:,} of them could have taken it too."


def _own_person(decided: Any, people: Sequence[AskedRow], *, of_all: bool) -> Iterator[str]:
    """Say why the customer's own person did not get it, if there is one."""
    why = decided.Allocation
    if why.own_person_id is None:
        return
    if not of_all and why.own_person_id != why.person_id:
        yield f"The customer's own person, {decided.own}, could not be given it then."
        return
    known = next((each for each in people if each.person_id == why.own_person_id), None)
    if known is None:
        reason = "does not work in this branch"
    elif known.verdict == _COULD:
        reason = "had no room left after older work of other own customers"
    elif known.verdict == _GOT_IT:
        reason = "got it in turn, as the room was not needed for older work of own customers"
    else:
        reason = known.verdict
    yield f"The customer's own person, {decided.own}: {reason}."


def _verdict(person: DistributionPerson, why: Allocation, qualification: str | None) -> str:
    if person.person_id == why.person_id:
        return _GOT_IT
    if person.bar is Bar.FULL:
        return f"no room: {person.open} open of {person.capacity} a day"
    if person.bar is not None:
        return str(person.bar)
    if person.person_id == why.returned_by_id:
        return "gave it back before"
    if why.qualification_id and str(why.qualification_id) not in person.qualifications.split(","):
        return f"lacks the qualification “{qualification}”"
    return _COULD


def written(view: Reader, moment: datetime) -> str:
    return saying.moment(moment.astimezone(view.now.tzinfo))
