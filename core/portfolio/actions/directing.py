"""Setting something going: a design to be developed, or one to be carried out, with its days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import update

from core.access import Permission
from core.market.actions.recording import region_of
from core.people.model import Unit
from core.portfolio.actions.causes import cause_of, check_approved
from core.portfolio.actions.holding import check_dates, own_campaign
from core.portfolio.direction_events import DirectionChanged, DirectionCreated
from core.portfolio.model import Direction
from core.portfolio.queries.directions import DirectionRow, sheet
from core.portfolio.rules import DirectionKind, DirectionState
from core.refusals import Conflict, Invalid
from core.work import Work


@dataclass(frozen=True, kw_only=True)
class Direct:
    """A request to set something going; one of the ids says what makes it so.

    :ivar unit_id: left out, the unit of what makes it
    :ivar campaign_id: left out, the campaign of what makes it, if that has one
    """

    kind: DirectionKind
    name: str
    starts_on: date
    ends_on: date
    conclusion_id: int | None = None
    initiative_id: int | None = None
    threat_id: int | None = None
    entry_id: int | None = None
    unit_id: int | None = None
    campaign_id: int | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise Invalid("Say what is to be developed or carried out.")
        causes = (self.conclusion_id, self.initiative_id, self.threat_id, self.entry_id)
        if sum(cause is not None for cause in causes) != 1:
            raise Invalid(
                "A direction follows from one thing: a conclusion, an initiative, a threat, or"
                " the entry of a plan."
            )
        check_dates(self.starts_on, self.ends_on)


@dataclass(frozen=True)
class Reschedule:
    """A request to move the planned days; `version` is the one that the requester saw."""

    direction_id: int
    version: int
    starts_on: date
    ends_on: date
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Invalid("Say why the days move.")
        check_dates(self.starts_on, self.ends_on)


@dataclass(frozen=True)
class DropDirection:
    """A request to give an item up; `version` is the one that the requester saw."""

    direction_id: int
    version: int
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Invalid("Say why this is not done after all.")


def direct(work: Work, request: Direct) -> DirectionCreated:
    """Set something going, with planned days and linked to what made it.

    :raises NotFound: what makes it does not exist, or is out of scope
    :raises Invalid: the assessment concludes nothing, or there is no approved design to carry out
    """
    work.authorize(Permission.STEER_PORTFOLIO)
    cause = cause_of(
        work,
        conclusion_id=request.conclusion_id,
        initiative_id=request.initiative_id,
        threat_id=request.threat_id,
        entry_id=request.entry_id,
    )
    unit = region_of(work, request.unit_id or cause.unit_id)
    campaign_id = request.campaign_id or cause.campaign_id
    if campaign_id is not None:
        own_campaign(work, campaign_id)
    is_of_segment = request.conclusion_id is not None and campaign_id is None
    if request.kind is DirectionKind.EXECUTION and not is_of_segment:
        check_approved(work, campaign_id)

    item = Direction(
        kind=request.kind,
        name=request.name.strip(),
        unit_id=unit.id,
        starts_on=request.starts_on,
        ends_on=request.ends_on,
        conclusion_id=request.conclusion_id,
        initiative_id=request.initiative_id,
        threat_id=request.threat_id,
        segment_id=cause.segment_id,
        entry_id=cause.entry_id,
        campaign_id=campaign_id,
        author_id=work.actor.person_id,
        made_at=work.now,
    )
    work.session.add(item)
    work.session.flush()

    fact = DirectionCreated(
        direction_id=item.id,
        name=item.name,
        item=item.kind,
        unit=unit.code,
        starts_on=item.starts_on,
        ends_on=item.ends_on,
        campaign_id=item.campaign_id,
        conclusion_id=item.conclusion_id,
        initiative_id=item.initiative_id,
        threat_id=item.threat_id,
        version=item.version,
    )
    work.record(fact)
    return fact


def reschedule(work: Work, request: Reschedule) -> DirectionChanged:
    """Move the planned days of what is not done yet.

    :raises NotFound: no such item, or out of scope
    :raises Invalid: it is done, or was dropped
    :raises Conflict: it changed since the requester looked
    """
    work.authorize(Permission.STEER_PORTFOLIO)
    item = held(work, request.direction_id, request.version)

    was = {"starts_on": item.starts_on, "ends_on": item.ends_on}
    item.starts_on, item.ends_on = request.starts_on, request.ends_on
    item.reason = request.reason.strip()
    work.session.flush()

    return changed(work, item, "rescheduled", request.reason, was=was)


def drop_direction(work: Work, request: DropDirection) -> DirectionChanged:
    """Give an item up; what came of it already stays.

    :raises NotFound: no such item, or out of scope
    :raises Invalid: it is done, or was dropped
    :raises Conflict: it changed since the requester looked
    """
    work.authorize(Permission.STEER_PORTFOLIO)
    item = held(work, request.direction_id, request.version)

    item.dropped_at = work.now
    item.reason = request.reason.strip()
    work.session.flush()

    return changed(work, item, "dropped", request.reason)


def held(work: Work, direction_id: int, version: int) -> Direction:
    """Take hold of an item that goes on, as the requester saw it; of two only the first gets it.

    :raises NotFound: no such item, or out of scope
    :raises Invalid: it is done, or was dropped
    :raises Conflict: it changed since the requester looked
    """
    seen: DirectionRow = sheet(work, direction_id)
    if seen.state in {DirectionState.DONE, DirectionState.DROPPED}:
        raise Invalid(f"“{seen.name}” is {seen.state}: nothing of it changes any more.")
    mine = work.session.scalar(
        update(Direction)
        .where(Direction.id == direction_id, Direction.version == version)
        .values(version=Direction.version + 1)
        .returning(Direction.id)
        .execution_options(synchronize_session=False)
    )
    item = work.session.get_one(Direction, direction_id, populate_existing=True)
    if mine is None:
        raise Conflict(f"“{item.name}” was changed by somebody else. Look again.")
    return item


def changed(
    work: Work,
    item: Direction,
    what: str,
    reason: str = "",
    *,
    was: Mapping[str, date] | None = None,
) -> DirectionChanged:
    """Record what happened to an item."""
    fact = DirectionChanged(
        direction_id=item.id,
        name=item.name,
        item=item.kind,
        unit=work.session.get_one(Unit, item.unit_id).code,
        starts_on=item.starts_on,
        ends_on=item.ends_on,
        campaign_id=item.campaign_id,
        what=what,
        reason=reason.strip(),
        design_id=item.design_id,
        run_id=item.run_id,
        was=dict(was or {}),
        version=item.version,
    )
    work.record(fact)
    return fact
