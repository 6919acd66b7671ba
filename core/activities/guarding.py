"""Which work would sell to customers who are left alone, so that it can be told what sales change.

Every way of touching a customer asks here: taking, handing out, putting back, and logging a
contact. None of this work is made, and what there was ends when customers come to be left alone.
"""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, or_, select

from core.activities.model import Activity, Message
from core.campaigns.left_alone import in_holdout
from core.campaigns.model import Campaign, CampaignType, Design, Stage
from core.campaigns.rules import ActivityType, Objective
from core.database import shared_alias
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, Confirmation, RunStatus

_RUNNING = (RunStatus.LAUNCHED.literal, RunStatus.PAUSED.literal)
_HELD = shared_alias(Candidate, "held")
_OTHER = shared_alias(Run, "other_run")
_OFFER = shared_alias(Design, "other_design")
_OWN = shared_alias(Run, "own_run")
_OWN_OFFER = shared_alias(Design, "own_design")


def left_alone(
    of: type[Activity | Message], today: SQLColumnExpression[date] | date
) -> ColumnElement[bool]:
    """Tell of activities or messages whether they would sell to who is to be left alone.

    The customer is in the holdout of today, or in the control group of another run about the same
    product that goes on. Administrative work sells nothing. Their own run's control group is told
    apart: for that, nothing is ever made.
    """
    held = or_(in_holdout(of.customer_id, today), control_of(of).exists())
    return and_(held, sells(of))


def control_of(of: type[Activity | Message]) -> Any:
    """Select the other runs about the same product that hold the customer out just now.

    Not those from which the customer was struck: that happens to treated and held out alike.
    """
    own = (
        select(_OWN_OFFER.product_id)
        .join(_OWN, _OWN.design_id == _OWN_OFFER.id)
        .where(_OWN.id == of.run_id)
        .correlate(of)
        .scalar_subquery()
    )
    return (
        select(_HELD.run_id)
        .join(_OTHER, _OTHER.id == _HELD.run_id)
        .join(_OFFER, _OFFER.id == _OTHER.design_id)
        .where(
            _HELD.customer_id == of.customer_id,
            _HELD.arm == CONTROL_ARM,
            _HELD.confirmation != Confirmation.REJECTED.literal,
            _HELD.run_id != of.run_id,
            _OTHER.status.in_(_RUNNING),
            _OFFER.product_id == own,
        )
        .correlate(of)
    )


def sells(of: type[Activity | Message]) -> ColumnElement[bool]:
    """Tell of activities or messages whether their stage sells."""
    return (
        exists()
        .where(
            Stage.id == of.stage_id,
            Stage.activity_type == ActivityType.SALES.literal,
            Design.id == Stage.design_id,
            Campaign.id == Design.campaign_id,
            CampaignType.id == Campaign.type_id,
            CampaignType.objective != Objective.ADMINISTRATIVE.literal,
        )
        .correlate(of)
    )
