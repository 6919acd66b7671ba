"""What people do with campaigns and their versions, and with the words these are made of."""

from core.campaigns.actions.approval import (
    NotReady,
    SendBackDesign,
    SubmitDesign,
    WithdrawDesign,
    send_back_design,
    submit_design,
    withdraw_design,
)
from core.campaigns.actions.beginning import (
    CloneDesign,
    UseNewSegment,
    begin_campaign,
    clone_design,
    use_new_segment,
)
from core.campaigns.actions.campaigns import (
    CampaignTerms,
    ChangeCampaign,
    CreateCampaign,
    change_campaign,
    create_campaign,
)
from core.campaigns.actions.citing import TakeUp, take_up
from core.campaigns.actions.designs import (
    ChangeDesign,
    DraftDesign,
    SetStages,
    change_design,
    draft_design,
    set_stages,
)

__all__ = [
    "CampaignTerms",
    "ChangeCampaign",
    "ChangeDesign",
    "CloneDesign",
    "CreateCampaign",
    "DraftDesign",
    "NotReady",
    "SendBackDesign",
    "SetStages",
    "SubmitDesign",
    "TakeUp",
    "UseNewSegment",
    "WithdrawDesign",
    "begin_campaign",
    "change_campaign",
    "change_design",
    "clone_design",
    "create_campaign",
    "draft_design",
    "send_back_design",
    "set_stages",
    "submit_design",
    "take_up",
    "use_new_segment",
    "withdraw_design",
]
