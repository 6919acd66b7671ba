"""The words that campaigns are made of, for choosing and for administering them."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select

from core.access import Permission
from core.campaigns.model import (
    ActionType,
    ActivitySubtype,
    CampaignSubtype,
    CampaignType,
    Channel,
    Consumable,
    Content,
)
from core.campaigns.rules import ActivityType, Objective
from core.customers.rules import Medium
from core.people.model import Qualification
from core.work import Reader

READERS = (
    Permission.MANAGE_REFERENCE,
    Permission.DESIGN_CAMPAIGNS,
    Permission.APPROVE_DESIGNS,
    Permission.SEE_PORTFOLIO,
    Permission.WORK_ACTIVITIES,
    Permission.ASSIGN_ACTIVITIES,
)


@dataclass(frozen=True)
class TypeRow:
    id: int
    name: str
    objective: Objective
    subtypes: tuple["SubtypeRow", ...]


@dataclass(frozen=True)
class SubtypeRow:
    id: int
    name: str


def campaign_types(view: Reader) -> list[TypeRow]:
    """List the campaign types with their subtypes, by name."""
    view.authorize(*READERS)
    subtypes = defaultdict(list)
    for id_, type_id, name in view.session.execute(
        select(CampaignSubtype.id, CampaignSubtype.type_id, CampaignSubtype.name).order_by(
            CampaignSubtype.name
        )
    ):
        subtypes[type_id].append(SubtypeRow(id_, name))
    statement = select(CampaignType.id, CampaignType.name, CampaignType.objective)
    return [
        TypeRow(id_, name, objective, tuple(subtypes[id_]))
        for id_, name, objective in view.session.execute(statement.order_by(CampaignType.name))
    ]


@dataclass(frozen=True)
class ActivitySubtypeRow:
    id: int
    type: ActivityType
    name: str


def activity_subtypes(view: Reader) -> list[ActivitySubtypeRow]:
    """List the subtypes of activities, sales before administrative."""
    view.authorize(*READERS)
    statement = select(ActivitySubtype.id, ActivitySubtype.type, ActivitySubtype.name)
    rows = view.session.execute(statement.order_by(ActivitySubtype.type, ActivitySubtype.name))
    return [ActivitySubtypeRow(*row) for row in rows]


@dataclass(frozen=True)
class ActionTypeRow:
    id: int
    name: str
    is_campaign_activity: bool


def action_types(view: Reader) -> list[ActionTypeRow]:
    """List the action types: what a channel's stages make."""
    view.authorize(*READERS)
    statement = select(ActionType.id, ActionType.name, ActionType.is_campaign_activity)
    return [
        ActionTypeRow(*row) for row in view.session.execute(statement.order_by(ActionType.name))
    ]


@dataclass(frozen=True)
class ChannelRow:
    id: int
    name: str
    medium: Medium
    action_type_id: int
    action_type: str
    is_internal: bool


def channels(view: Reader) -> list[ChannelRow]:
    """List the channels with what their stages make by default."""
    view.authorize(*READERS)
    statement = (
        select(
            Channel.id,
            Channel.name,
            Channel.medium,
            ActionType.id,
            ActionType.name,
            ActionType.is_campaign_activity,
        )
        .join(ActionType, ActionType.id == Channel.action_type_id)
        .order_by(Channel.name)
    )
    return [ChannelRow(*row) for row in view.session.execute(statement)]


@dataclass(frozen=True)
class ContentRow:
    id: int
    name: str
    channel_id: int
    channel: str
    is_internal: bool
    subject: str
    body: str


def contents(view: Reader) -> list[ContentRow]:
    """List the contents with the channel each of them goes through."""
    view.authorize(*READERS)
    statement = (
        select(
            Content.id,
            Content.name,
            Channel.id,
            Channel.name,
            ActionType.is_campaign_activity,
            Content.subject,
            Content.body,
        )
        .join(Channel, Channel.id == Content.channel_id)
        .join(ActionType, ActionType.id == Channel.action_type_id)
        .order_by(Content.name)
    )
    return [ContentRow(*row) for row in view.session.execute(statement)]


@dataclass(frozen=True)
class QualificationRow:
    id: int
    code: str
    name: str


def qualifications(view: Reader) -> list[QualificationRow]:
    """List what people can be certified for."""
    view.authorize(*READERS, Permission.SEE_PEOPLE)
    statement = select(Qualification.id, Qualification.code, Qualification.name)
    rows = view.session.execute(statement.order_by(Qualification.name))
    return [QualificationRow(*row) for row in rows]


@dataclass(frozen=True)
class ConsumableRow:
    """A thing that is given away; `stock` is what is left."""

    id: int
    name: str
    unit_cost: Decimal
    stock: int


def consumables(view: Reader) -> list[ConsumableRow]:
    """List what can be given away with an offer, by name."""
    view.authorize(
        Permission.DESIGN_CAMPAIGNS, Permission.MANAGE_REFERENCE, Permission.SEE_PORTFOLIO
    )
    rows = view.session.execute(
        select(Consumable.id, Consumable.name, Consumable.unit_cost, Consumable.stock).order_by(
            func.lower(Consumable.name), Consumable.id
        )
    )
    return [ConsumableRow(*row) for row in rows]
