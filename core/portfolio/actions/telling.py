"""Telling the neighbours when an item of direction really began and ended."""

from dataclasses import dataclass

from sqlalchemy import update

from core.access import Permission
from core.people.model import Unit
from core.portfolio.direction_events import DirectionFollowed
from core.portfolio.model import Direction
from core.portfolio.queries.directions import sheet
from core.refusals import Conflict
from core.work import Work


@dataclass(frozen=True)
class TellDirection:
    """An item whose actual days are others than those that were told."""

    direction_id: int


def tell_direction(work: Work, request: TellDirection) -> DirectionFollowed:
    """Tell the actual days of an item, which its design or its run has brought meanwhile.

    :raises NotFound: no such item, or out of scope
    :raises Conflict: they were told already
    """
    work.authorize(Permission.STEER_PORTFOLIO)
    item = sheet(work, request.direction_id)

    days = {"told_started_on": item.started_on, "told_ended_on": item.ended_on}
    told = work.session.scalar(
        update(Direction)  # of no concern to who is looking at it, so it stays the same version
        .where(
            Direction.id == item.id,
            Direction.told_started_on.is_distinct_from(item.started_on)
            | Direction.told_ended_on.is_distinct_from(item.ended_on),
        )
        .values(**days)
        .returning(Direction.id)
        .execution_options(synchronize_session=False)
    )
    if told is None:
        raise Conflict(f"What came of “{item.name}” was told already.")

    fact = DirectionFollowed(
        direction_id=item.id,
        name=item.name,
        item=item.kind,
        unit=work.session.get_one(Unit, item.unit_id).code,
        starts_on=item.starts_on,
        ends_on=item.ends_on,
        campaign_id=item.campaign_id,
        started_on=item.started_on,
        ended_on=item.ended_on,
        design_id=item.design_id,
        run_id=item.run_id,
    )
    work.record(fact)
    return fact
