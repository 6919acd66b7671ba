"""What campaigns for a product came to so far, and what designs for it expect."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
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
from core.campaigns.rules import ActivityType, DesignStatus, Objective, RandomisedBy
from core.campaigns.visibility import visible
from core.coverage.past import Past, PastArm, together
from core.coverage.rules import AIMS, METRICS, Aim
from core.distribution.rules import USUAL_MINUTES
from core.impact.queries.cells import cell_counts, cells
from core.impact.tally import Tally
from core.runs.model import Run, RunArm
from core.runs.rules import CONTROL_ARM, RunStatus
from core.work import Reader

# Campaigns whose results say what one more of the same may come to: to use a product more is not
# to keep it.
_MEASURED: dict[Aim, tuple[Objective, ...]] = {
    Aim.SELL: (Objective.CROSS_SELL, Objective.UP_SELL),
    Aim.KEEP: (Objective.RETENTION,),
}
_A_DAY = timedelta(days=1)
Key: TypeAlias = tuple[int | None, int]  # segment and product; no segment is any


def past(view: Reader, aim: Aim) -> dict[Key, Past]:
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
    rows = view.session.execute(
        select(
            Run,
            Design.segment_id,
            Design.product_id,
            counted.c.arm,
            RunArm.share,
            *cell_counts(counted),
        )
        .join_from(counted, Run, Run.id == counted.c.run_id)
        .join(Design, Design.id == Run.design_id)
        .outerjoin(RunArm, (RunArm.run_id == counted.c.run_id) & (RunArm.arm == counted.c.arm))
        .group_by(Run.id, Design.id, counted.c.arm, RunArm.share)
    )
    found: defaultdict[Key, defaultdict[int, list[PastArm]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for run, segment_id, product_id, number, share, *counts in rows:
        arm = PastArm(number == CONTROL_ARM, share, _compares(run), Tally.of(counts))
        for key in {(segment_id, product_id), (None, product_id)}:
            found[key][run.id].append(arm)
    return {key: together(runs.values(), METRICS[aim]) for key, runs in found.items()}


def _compares(run: Run) -> bool:
    """Tell whether the arms of a run can be compared customer by customer: drawn so, and seen."""
    begun, over = run.launched_at, run.finished_at
    cut_short = run.status is RunStatus.STOPPED and begun and over and over - begun <= _A_DAY
    is_observed = run.is_imported or run.outcomes_seen_at is not None
    return is_observed and not cut_short and run.randomised_by is RandomisedBy.CUSTOMER


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
