"""*Why me?*: how an activity came to whoever has it, in plain sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from core import saying
from core.access import Permission
from core.activities.generation import GENERATE
from core.activities.model import Activity, Change
from core.activities.queries.history import exist
from core.activities.rules import ASSIGN, TAKE, Status
from core.distribution.model import Allocation, BranchWay, Distribution, DistributionPerson
from core.distribution.queries.waiting import taken_back
from core.distribution.rules import DISTRIBUTE, AllocationRule, Bar, Way
from core.people.model import Person, Qualification, Unit
from core.work import Reader

_GIVER, _OWN = aliased(Person, name="giver"), aliased(Person, name="own")


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


@dataclass(frozen=True)
class Answer:
    """Sentences in the order to be read; `people` are those whom the rule looked at.

    Who may not look at colleagues finds only the own row, and how many others there were.
    """

    sentences: tuple[str, ...]
    people: tuple[AskedRow, ...] = ()


def why_me(view: Reader, *, activity_id: int) -> Answer:
    """Say how the activity came to whoever has it, and why not to somebody else.

    :raises NotFound: there is no such activity, or not for this person
    """
    exist(view, activity_id)
    now_at = view.session.execute(
        select(Activity.person_id, Activity.status, Activity.next_action_at, Person.name, Unit.name)
        .join(Unit, Unit.id == Activity.branch_id)
        .outerjoin(Person, Person.id == Activity.person_id)
        .where(Activity.id == activity_id)
    ).one()
    person_id, status, next_action_at, name, branch = now_at
    if status is Status.UNASSIGNED:
        return Answer(tuple(_unassigned(view, activity_id, next_action_at, branch)))
    change = view.session.execute(
        select(Change.verb, Change.at, Change.actor_id, Change.batch_id, Person.name.label("actor"))
        .outerjoin(Person, Person.id == Change.actor_id)
        .where(
            Change.activity_id == activity_id,
            Change.to_person_id == person_id,
            or_(Change.from_person_id.is_(None), Change.from_person_id != Change.to_person_id),
        )
        .order_by(Change.id.desc())
        .limit(1)
    ).one_or_none()
    if change is None:
        return Answer(("Nobody had it.",))
    is_me = person_id == view.actor.person_id
    if change.verb == DISTRIBUTE and (decided := _decision(view, activity_id, change.batch_id)):
        people = _people(view, decided)
        who = "You" if is_me else name
        of_all = _sees_colleagues(view)
        sentences = tuple(_by_rule(view, decided, people, who, branch, of_all=of_all))
        shown = (each for each in people if of_all or each.person_id == view.actor.person_id)
        return Answer(sentences, tuple(shown))
    return Answer((_otherwise(view, change, is_me=is_me, name=name, branch=branch),))


def _sees_colleagues(view: Reader) -> bool:
    """Test whether the load of others is any business of this person, as a lead's it is."""
    return view.actor.may(Permission.SEE_TEAM) or view.actor.may(Permission.SEE_PEOPLE)


def _unassigned(
    view: Reader, activity_id: int, next_action_at: datetime | None, branch: str
) -> Iterator[str]:
    yield "Nobody has it."
    way = view.session.scalar(
        select(BranchWay.way)
        .join(Activity, Activity.branch_id == BranchWay.branch_id)
        .where(Activity.id == activity_id)
    )
    if way is None or way is Way.POOL:
        yield f"{branch} keeps a pool: whoever may take it can take it."
    elif next_action_at is not None and next_action_at > view.now:
        yield f"The customer expects a contact at {_at(view, next_action_at)}; it waits until then."
    elif view.session.scalar(select(taken_back()).where(Activity.id == activity_id)):
        yield "It was handed out and taken back: it waits until somebody takes it or gives it out."
    else:
        yield f"{branch} has its work handed out {way}: it waits for somebody who may take it."


def _decision(view: Reader, activity_id: int, batch_id: int | None) -> Any:
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


def _people(view: Reader, decided: Any) -> tuple[AskedRow, ...]:
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


_COULD = "could have taken it"
_GOT_IT = "got it"


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


def _by_rule(
    view: Reader,
    decided: Any,
    people: Sequence[AskedRow],
    who: str,
    branch: str,
    *,
    of_all: bool,
) -> Iterator[str]:
    why = decided.Allocation
    yield (
        f"{who} got it by rule at {_at(view, decided.at)}, because {decided.cause}. It stood at "
        f"place {why.place:,} in the line of {branch}, where what is due first comes first."
    )
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
        since = "no turn yet" if own.last_given_at is None else _at(view, own.last_given_at)
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


def _otherwise(view: Reader, change: Any, *, is_me: bool, name: str, branch: str) -> str:
    who, whom = ("You", "you") if is_me else (name, name)
    at = _at(view, change.at)
    match change.verb:
        case verb if verb == GENERATE:
            return f"It was made for {whom} at {at}, as the customer's own person."
        case verb if verb == TAKE.verb:
            return f"{who} took it from the pool of {branch} at {at}."
        case verb if verb == ASSIGN.verb and change.actor:
            return f"{change.actor} gave it to {whom} at {at}."
    by = change.actor or "the system"
    return f"It came to {whom} at {at} by “{change.verb}”, done by {by}."


def _at(view: Reader, moment: datetime) -> str:
    return saying.moment(moment.astimezone(view.now.tzinfo))
