"""What campaigns for a product came to so far, and what designs for it expect."""

from typing import TypeAlias

from sqlalchemy import Integer, func, select, type_coerce

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
from core.campaigns.rules import ActivityType, Objective
from core.coverage.rules import AIMS, Aim
from core.distribution.rules import USUAL_MINUTES
from core.impact.model import RunCell
from core.measures import Rate
from core.runs.model import Run
from core.runs.rules import CONTROL_ARM
from core.work import Reader

Key: TypeAlias = tuple[int | None, int]  # segment and product; no segment is any


def past(view: Reader, aim: Aim) -> dict[Key, Rate]:
    """Read won conversions and treated customers of finished runs, by segment and product."""
    rows = view.session.execute(
        select(
            Design.segment_id,
            Design.product_id,
            func.sum(RunCell.won),
            func.sum(RunCell.confirmed),
        )
        .join(Run, Run.id == RunCell.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .where(
            RunCell.arm > CONTROL_ARM,
            Run.finished_at.is_not(None),  # what goes on has not sold yet what it will
            CampaignType.objective.in_(_objectives(aim)),
        )
        .group_by(Design.segment_id, Design.product_id)
    )
    found: dict[Key, Rate] = {}
    for segment_id, product_id, won, asked in rows:
        if product_id is not None:
            for key in {(segment_id, product_id), (None, product_id)}:
                found[key] = found.get(key, Rate(0, 0)) + Rate(int(won), int(asked))
    return found


def planned(view: Reader, aim: Aim) -> dict[Key, Design]:
    """Return the newest design for each product, and for each product in a segment."""
    rows = view.session.scalars(
        select(Design)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .where(Design.product_id.is_not(None), CampaignType.objective.in_(_objectives(aim)))
        .order_by(Design.created_at, Design.id)
    )
    found: dict[Key, Design] = {}
    for design in rows:
        if design.product_id is not None:
            found[None, design.product_id] = found[design.segment_id, design.product_id] = design
    return found


def minutes(view: Reader, aim: Aim) -> dict[int, float]:
    """Return how long the sales work of a customer takes, on the average of designs for it."""
    of_design = (
        select(
            Design.product_id,
            func.sum(func.coalesce(ActivitySubtype.minutes, USUAL_MINUTES)).label("minutes"),
        )
        .join(Stage, Stage.design_id == Design.id)
        .join(Content, Content.id == Stage.content_id)
        .join(Channel, Channel.id == Content.channel_id)
        .join(ActionType, ActionType.id == Channel.action_type_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .outerjoin(ActivitySubtype, ActivitySubtype.id == Stage.activity_subtype_id)
        .where(
            Design.product_id.is_not(None),
            ActionType.is_campaign_activity,
            Stage.activity_type == ActivityType.SALES,
            CampaignType.objective.in_(_objectives(aim)),
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


def _objectives(aim: Aim) -> list[Objective]:
    return [objective for objective, of in AIMS.items() if of is aim]
