"""Taking in what neighbouring systems tell us: each event once, whatever is sent twice."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select

from core.access import Permission
from core.exchange.events import EventTaken
from core.exchange.model import Incoming
from core.exchange.rules import INITIATIVE, CloudEvent
from core.people.model import Unit
from core.portfolio.actions.initiatives import TakeInitiative, take_initiative
from core.portfolio.model import Plan
from core.refusals import Invalid, NotFound
from core.segments.model import Segment
from core.work import Work


def take_event(work: Work, request: CloudEvent) -> EventTaken:
    """Act on an event of a neighbour; one that came before changes nothing.

    :raises Invalid: nobody here takes events of this type, or its data can't be meant
    :raises NotFound: it names a unit, segment or plan that does not exist
    """
    work.authorize(Permission.STEER_PORTFOLIO)
    is_new = work.session.get(Incoming, (request.source, request.id)) is None
    fact = EventTaken(request.source, request.id, request.type, request.subject, is_new)
    if not is_new:
        return fact
    if request.type not in _TAKERS:
        known = ", ".join(sorted(_TAKERS))
        raise Invalid(f"Events of type {request.type} are not taken in here; these are: {known}.")

    work.session.add(
        Incoming(
            source=request.source,
            event_id=request.id,
            type=request.type,
            subject=request.subject,
            happened_at=request.time,
            taken_at=work.now,
            payload=request.data,
        )
    )
    work.session.flush()
    _TAKERS[request.type](work, request)

    work.record(fact)
    return fact


def _initiative(work: Work, event: CloudEvent) -> None:
    """Take up an initiative of Business Development; units, segments and plans come by code."""
    data = event.data
    take_initiative(
        work,
        TakeInitiative(
            reference=_text(data, "reference") or event.id,
            name=_text(data, "name"),
            unit_id=_found(work, Unit, data, "unit"),
            starts_on=_day(data, "starts_on"),
            ends_on=_day(data, "ends_on"),
            description=_text(data, "description"),
            segment_id=_found(work, Segment, data, "segment") if data.get("segment") else None,
            measure=_text(data, "measure"),
            change=_number(data, "change"),
            budget=_amount(data, "budget"),
            plan_id=_found(work, Plan, data, "plan") if data.get("plan") else None,
            source=event.source,
        ),
    )


_TAKERS: Mapping[str, Callable[[Work, CloudEvent], None]] = {INITIATIVE: _initiative}


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name, "")
    if not isinstance(value, str):
        raise Invalid(f"The event's “{name}” has to be text, not {value!r}.")
    return value


def _day(data: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(_text(data, name))
    except ValueError as error:
        raise Invalid(f"The event's “{name}” has to be a day such as 2026-05-01.") from error


def _number(data: Mapping[str, Any], name: str) -> float | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(f"The event's “{name}” has to be a number, not {value!r}.")
    return float(value)


def _amount(data: Mapping[str, Any], name: str) -> Decimal | None:
    value = data.get(name)
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise Invalid(f"The event's “{name}” has to be an amount, not {value!r}.") from error
    if not amount.is_finite():
        raise Invalid(f"The event's “{name}” has to be an amount, not {value!r}.")
    return amount


def _found(
    work: Work, table: type[Unit] | type[Segment] | type[Plan], data: Mapping[str, Any], name: str
) -> int:
    code = _text(data, name)
    id_ = work.session.scalar(select(table.id).where(table.code == code))
    if id_ is None:
        raise NotFound(f"The event names the {name} “{code}”, which does not exist here.")
    return id_
