"""Where the open work of somebody goes who is not there: to who stands in, or into the pool."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    not_,
    null,
    select,
    true,
)
from sqlalchemy.orm import Session

from core.activities.model import Activity, Batch
from core.activities.queries.deeds import person_reasons, with_people
from core.activities.queries.judgement import Judgement, kept, said
from core.activities.queries.receivers import Receiver, known
from core.activities.rules import HAND_OVER, OPEN, Promise, Status
from core.activities.scope import among
from core.people.conditions import absent
from core.people.model import Person
from core.work import Reader

AWAY_TOO = "Who stands in is away on that day."


def open_work(person_id: int, *, back_at: datetime | None = None) -> ColumnElement[bool]:
    """Restrict to what somebody has open.

    :param back_at: leave out what the person alone has promised to do then or later
    """
    has = and_(Activity.person_id == person_id, among(*OPEN))
    return has if back_at is None else and_(has, not_(promised_for_later(back_at)))


def promised_for_later(back_at: datetime) -> ColumnElement[bool]:
    """Say whether a customer expects this very person, and not before the person is back."""
    later = and_(Activity.promise == Promise.MINE_ONLY, Activity.next_action_at >= back_at)
    return func.coalesce(later, false())


def back_on(ends_on: date, zone: str) -> datetime:
    """Return the moment from which somebody is back whose last day away is `ends_on`."""
    return datetime.combine(ends_on + timedelta(days=1), time.min, ZoneInfo(zone)).astimezone(UTC)


def is_away(view: Reader, person_id: int, day: date) -> bool:
    away = select(Person.id).where(Person.id == person_id, absent(Person.id, day))
    return view.session.scalar(away) is not None


def handing(
    view: Reader, which: ColumnElement[bool], to: Receiver | None, *, is_there: bool = True
) -> Judgement:
    """Judge where each activity goes: to who stands in unless something speaks against it.

    All of them go. `because` says why one goes to the branch pool although somebody stands in.

    :param is_there: whether who stands in is at work on that day
    """
    rows = select(Activity.id.label("asked_id"), *kept()).where(which)
    because: ColumnElement[Any] = cast(null(), Text)
    fits: ColumnElement[bool] = false()
    person: ColumnElement[Any] = cast(null(), Integer)
    if to is not None:
        against = person_reasons(view, known(to))
        reasons = [(when, said(say)) for when, say in against]
        if not is_there:
            reasons = [(true(), said(AWAY_TOO))]
        because = cast(case(*reasons, else_=null()), Text)
        fits, person = because.is_(None), literal(to.id, Integer)
        rows = with_people(rows)
    becomes: dict[str, ColumnElement[Any]] = {
        "status": case((fits, Status.ASSIGNED.literal), else_=Status.UNASSIGNED.literal),
        "person_id": case((fits, person)),
        "reason_id": cast(null(), Integer),
        "promise": case(
            (fits, Activity.promise), (Activity.promise.is_not(None), Promise.ANYONE.literal)
        ),
    }
    return Judgement(
        rows.add_columns(
            *(value.label(f"to_{name}") for name, value in becomes.items()),
            cast(null(), Text).label("objection"),
            because.label("because"),
        ),
        changes=frozenset(becomes),
        verb=HAND_OVER,
        person_id=None if to is None else to.id,
    )


def handed_over(session: Session, absence_id: int) -> Batch | None:
    """Return the batch to put back after an absence: none if nothing went, or it was undone."""
    batch = session.scalar(
        select(Batch).where(
            Batch.absence_id == absence_id, Batch.verb == HAND_OVER, Batch.moved > 0
        )
    )
    is_undone = False
    while batch is not None:
        later = session.scalar(select(Batch).where(Batch.undoes_id == batch.id))
        if later is None:
            break
        batch, is_undone = later, not is_undone
    return None if is_undone else batch
