"""Tables of campaigns, and of what they are made of."""

from core.campaigns.model.design import Campaign, Design, DesignConsumable, Stage
from core.campaigns.model.holdout import Holdout, HoldoutCustomer
from core.campaigns.model.reference import (
    ActionType,
    ActivitySubtype,
    CampaignSubtype,
    CampaignType,
    Channel,
    Consumable,
    ContactOverride,
    ContactPolicy,
    Content,
    ReasonTemplate,
    StatusReason,
    TemplateReason,
)

__all__ = [
    "ActionType",
    "ActivitySubtype",
    "Campaign",
    "CampaignSubtype",
    "CampaignType",
    "Channel",
    "Consumable",
    "ContactOverride",
    "ContactPolicy",
    "Content",
    "Design",
    "DesignConsumable",
    "Holdout",
    "HoldoutCustomer",
    "ReasonTemplate",
    "Stage",
    "StatusReason",
    "TemplateReason",
]
