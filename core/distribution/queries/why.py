"""*Why me?*: how an activity came to whoever has it, in plain sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from core.access import Permission
from core.activities.generation import GENERATE
from core.activities.model import Activity, Change
from core.activities.queries.history import exist
from core.activities.rules import ASSIGN, TAKE, Status
from core.distribution.model import BranchWay
from core.distribution.queries.decided import (
    AskedRow,
    decision,
    people_asked,
    told_by_rule,
    written,
)
from core.distribution.queries.waiting import taken_back
from core.distribution.rules import DISTRIBUTE, Way
from core.people.model import Person, Unit
from core.work import Reader


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
    if change.verb == DISTRIBUTE and (decided := decision(view, activity_id, change.batch_id)):
        people = people_asked(view, decided)
        who = "You" if is_me else name
        of_all = _sees_colleagues(view)
        sentences = tuple(told_by_rule(view, decided, people, who, branch, of_all=of_all))
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
        expected = written(view, next_action_at)
        yield f"The customer expects a contact at {expected}; it waits until then."
    elif view.session.scalar(select(taken_back()).where(Activity.id == activity_id)):
        yield "It was handed out and taken back: it waits until somebody takes it or gives it out."
    else:
        yield f"{branch} has its work handed out {way}: it waits for somebody who may take it."


def _otherwise(view: Reader, change: Any, *, is_me: bool, name: str, branch: str) -> str:
    who, whom = ("You", "you") if is_me else (name, name)
    at = written(view, change.at)
    match change.verb:
        case verb if verb == GENERATE:
            return f"It was made for {whom} at {at}, as the customer's own person."
        case verb if verb == TAKE.verb:
            return f"{who} took it from the pool of {branch} at {at}."
        case verb if verb == ASSIGN.verb and change.actor:
            return f"{change.actor} gave it to {whom} at {at}."
    by = change.actor or "the system"
    return f"It came to {whom} at {at} by “{change.verb}”, done by {by}."
