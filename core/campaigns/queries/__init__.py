"""What people ask about campaigns, their versions and the words these are made of."""

from core.campaigns.queries.approvals import approval, approvals_wanted
from core.campaigns.queries.campaigns import (
    CampaignState,
    campaign,
    campaigns,
)
from core.campaigns.queries.comparing import changes_between, side_by_side
from core.campaigns.queries.designs import Cited, DesignSheet, design
from core.campaigns.queries.forecasts import Forecast, forecast
from core.campaigns.queries.samples import sample
from core.campaigns.queries.stages import StageSheet, stages_of

__all__ = [
    "CampaignState",
    "Cited",
    "DesignSheet",
    "Forecast",
    "StageSheet",
    "approval",
    "approvals_wanted",
    "campaign",
    "campaigns",
    "changes_between",
    "design",
    "forecast",
    "sample",
    "side_by_side",
    "stages_of",
]
