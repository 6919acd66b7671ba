"""What campaigns for a product came to so far, and what designs for it expect."""

from collections.abc import Sequence
from typing import TypeAlias

from sqlalchemy import ColumnElement, Integer, Select, func, select, type_coerce

from core.campaigns.model import (
    ActionType,
    ActivitySubtype,
    Campaign,
    CampaignType,
    Channel,
    Content,
    Design,
    Stage,
)
from core.campaigns.rules import ActivityType, DesignStatus, Objective
from core.campaigns.visibility import visible
from core.coverage.rules import AIMS, METRICS, Aim
from core.distribution.rules import USUAL_MINUTES
from core.impact.queries.cells import cells
from core.impact.rules import METRIC_PARTS
from core.measures import Rate
from core.runs.model import Run
from core.runs.rules import CONTROL_ARM
from core.work import Reader

# Campaigns whose results say what one more of the same may come to: to use a product more is not
# to keep it.
_MEASURED: dict[Aim, tuple[Objective, ...]] = {
    Aim.SELL: (Objective.CROSS_SELL, Objective.UP_SELL),
    Aim.KEEP: (Objective.RETENTION,),
}
Key: TypeAlias = tuple[int | None, int]  # segment and product; no segment is any


def past(view: Reader, aim: Aim) -> dict[Key, Rate]:
    """Read what finished runs came to with the treated in scope, by segment and product.

    What is sold shows in leads that were won, out of those who were asked. What is kept shows in
    the customers who still hold the product, out of all treated, once somebody has looked.
    """
    # What goes on has not sold yet what it will.
    wanted = (
        select(Run.id)
        .join(Design, Design.id == Run.design_id)
        .where(
            Run.finished_at.is_not(None),
            Design.product_id.is_not(None),
            Design.campaign_id.in_(_campaigns(_MEASURED[aim])),
        )
    )
    if aim is Aim.KEEP:
        wanted = wanted.where(Run.outcomes_seen_at.is_not(None))
    counted = cells(view.actor.scope, wanted)
    numerator, denominator = METRIC_PARTS[METRICS[aim]]
    rows = view.session.execute(
        select(
            Design.segment_id,
            Design.product_id,
            func.sum(counted.c[numerator]),
            func.sum(counted.c[denominator]),
        )
        .join(Run, Run.id == counted.c.run_id)
        .join(Design, Design.id == Run.design_id)
        .where(counted.c.arm > CONTROL_ARM)
        .group_by(Design.segment_id, Design.product_id)
    )
    found: dict[Key, Rate] = {}
    for segment_id, product_id, reached, of in rows:
        if product_id is not None:
            for key in {(segment_id, product_id), (None, product_id)}:
                found[key] = found.get(key, Rate(0, 0)) + Rate(int(reached), int(of))
    return found


def planned(view: Reader, aim: Aim) -> dict[Key, Design]:
    """Return the newest approved design for each product, and for each product in a segment."""
    rows = view.session.scalars(
        select(Design)
        .where(Design.product_id.is_not(None), *_agreed(view, aim))
        .order_by(Design.created_at, Design.id)
    )
    found: dict[Key, Design] = {}
    for design in rows:
        if design.product_id is not None:
            found[None, design.product_id] = found[design.segment_id, design.product_id] = design
    return found


def minutes(view: Reader, aim: Aim) -> dict[int, float]:
    """Return how long the sales work of a customer takes, on the average of approved designs."""
    of_design = (
        select(
            Design.product_id,
            func.sum(func.coalesce(ActivitySubtype.minutes, USUAL_MINUTES)).label("minutes"),
        )
        .join(Stage, Stage.design_id == Design.id)
        .join(Content, Content.id == Stage.content_id)
        .join(Channel, Channel.id == Content.channel_id)
        .join(ActionType, ActionType.id == Channel.action_type_id)
        .outerjoin(ActivitySubtype, ActivitySubtype.id == Stage.activity_subtype_id)
        .where(
            Design.product_id.is_not(None),
            ActionType.is_campaign_activity,
            Stage.activity_type == ActivityType.SALES,
            *_agreed(view, aim),
        )
        .group_by(Design.id, Design.product_id)
        .subquery()
    )
    rows = view.session.execute(
        select(
            of_design.c.product_id, func.avg(type_coerce(of_design.c.minutes, Integer))
        ).group_by(of_design.c.product_id)
    )
    return {int(product_id): float(average) for product_id, average in rows}


def _agreed(view: Reader, aim: Aim) -> tuple[ColumnElement[bool], ...]:
    """Restrict designs to those approved, of campaigns that the asker may read of."""
    seen = _campaigns([objective for objective, of in AIMS.items() if of is aim])
    return (
        Design.status == DesignStatus.APPROVED,
        Design.campaign_id.in_(seen.where(visible(view))),
    )


def _campaigns(objectives: Sequence[Objective]) -> Select[int]:
    return (
        select(Campaign.id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .where(CampaignType.objective.in_(objectives))
    )
