"""The words campaigns are made of: types, channels and what they make, contents."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.access import Permission
from core.campaigns.actions.saving import check_free, existing, named
from core.campaigns.events import ReferenceSaved
from core.campaigns.model import (
    ActionType,
    ActivitySubtype,
    CampaignSubtype,
    CampaignType,
    Channel,
    Content,
)
from core.campaigns.rules import TOKENS, ActivityType, Objective, unknown_tokens
from core.campaigns.usage import agreed_contents
from core.customers.rules import Medium
from core.refusals import Invalid, NotFound
from core.work import Work


@dataclass(frozen=True)
class SaveCampaignType:
    name: str
    objective: Objective
    id: int | None = None


@dataclass(frozen=True)
class SaveCampaignSubtype:
    type_id: int
    name: str
    id: int | None = None


@dataclass(frozen=True)
class SaveActivitySubtype:
    type: ActivityType
    name: str
    id: int | None = None


@dataclass(frozen=True)
class SaveActionType:
    """`is_campaign_activity`: true makes work for our people, false makes messages."""

    name: str
    is_campaign_activity: bool
    id: int | None = None


@dataclass(frozen=True)
class SaveChannel:
    name: str
    medium: Medium
    action_type_id: int | None
    id: int | None = None


@dataclass(frozen=True)
class SaveContent:
    name: str
    channel_id: int
    body: str
    subject: str = ""
    id: int | None = None


def save_campaign_type(work: Work, request: SaveCampaignType) -> ReferenceSaved:
    """Add or change a campaign type and what campaigns of it are for."""
    work.authorize(Permission.MANAGE_REFERENCE)
    name = named("campaign type", request.name)
    kept = existing(work, CampaignType, request.id, "campaign type")
    check_free(work, CampaignType, CampaignType.name, name, request.id, "name")
    if kept is not None and kept.objective is not request.objective:
        raise Invalid(
            f"What “{kept.name}” is for can't change: its campaigns were designed for it."
        )

    columns = {"name": name, "objective": request.objective}
    return _save(work, kept or CampaignType(), columns, "campaign type", is_new=kept is None)


def save_campaign_subtype(work: Work, request: SaveCampaignSubtype) -> ReferenceSaved:
    """Add or rename a subtype of a campaign type."""
    work.authorize(Permission.MANAGE_REFERENCE)
    name = named("campaign subtype", request.name)
    kept = existing(work, CampaignSubtype, request.id, "campaign subtype")
    if work.session.get(CampaignType, request.type_id) is None:
        raise NotFound("There is no such campaign type.")
    if kept is not None and kept.type_id != request.type_id:
        raise Invalid(f"“{kept.name}” stays with its type: campaigns carry both.")
    _check_free_in(work, CampaignSubtype, CampaignSubtype.type_id == request.type_id, name, kept)

    columns = {"name": name, "type_id": request.type_id}
    return _save(work, kept or CampaignSubtype(), columns, "campaign subtype", is_new=kept is None)


def save_activity_subtype(work: Work, request: SaveActivitySubtype) -> ReferenceSaved:
    """Add or rename a subtype of sales or of administrative activities."""
    work.authorize(Permission.MANAGE_REFERENCE)
    name = named("activity subtype", request.name)
    kept = existing(work, ActivitySubtype, request.id, "activity subtype")
    if kept is not None and kept.type is not request.type:
        raise Invalid(f"“{kept.name}” stays with {kept.type} activities: they carry both.")
    _check_free_in(work, ActivitySubtype, ActivitySubtype.type == request.type, name, kept)

    columns = {"name": name, "type": request.type}
    return _save(work, kept or ActivitySubtype(), columns, "activity subtype", is_new=kept is None)


def save_action_type(work: Work, request: SaveActionType) -> ReferenceSaved:
    """Add or change an action type.

    :raises Invalid: designs were agreed to that make the other thing with it
    """
    work.authorize(Permission.MANAGE_REFERENCE)
    name = named("action type", request.name)
    kept = existing(work, ActionType, request.id, "action type")
    check_free(work, ActionType, ActionType.name, name, request.id, "name")
    if kept is not None and kept.is_campaign_activity is not request.is_campaign_activity:
        channels = work.session.scalars(select(Channel.id).where(Channel.action_type_id == kept.id))
        if any(agreed_contents(work.session, channel_id=id_) for id_ in channels.all()):
            raise Invalid(f"Designs were agreed to with “{kept.name}” as it is. Add another one.")

    columns = {"name": name, "is_campaign_activity": request.is_campaign_activity}
    return _save(work, kept or ActionType(), columns, "action type", is_new=kept is None)


def save_channel(work: Work, request: SaveChannel) -> ReferenceSaved:
    """Add or change a channel. It can't be saved without a default action type.

    :raises Invalid: without one, or designs were agreed to with what it makes now
    """
    work.authorize(Permission.MANAGE_REFERENCE)
    name = named("channel", request.name)
    if request.action_type_id is None:
        raise Invalid(
            f"The channel “{name}” needs a default action type:"
            " it says whether its stages make activities or messages."
        )
    if work.session.get(ActionType, request.action_type_id) is None:
        raise NotFound("There is no such action type.")
    kept = existing(work, Channel, request.id, "channel")
    check_free(work, Channel, Channel.name, name, request.id, "name")
    columns = {
        "name": name,
        "medium": request.medium,
        "action_type_id": request.action_type_id,
    }
    if kept is not None and agreed_contents(work.session, channel_id=kept.id):
        _check_same(kept, columns, ("medium", "action_type_id"))

    return _save(work, kept or Channel(), columns, "channel", is_new=kept is None)


def save_content(work: Work, request: SaveContent) -> ReferenceSaved:
    """Add or change what is said through a channel.

    :raises Invalid: it says nothing, names an unknown token, or was agreed to as it is
    """
    work.authorize(Permission.MANAGE_REFERENCE, Permission.DESIGN_CAMPAIGNS)
    name = named("content", request.name)
    if not request.body.strip():
        raise Invalid(f"The content “{name}” says nothing. Write what the customer is told.")
    if unknown := unknown_tokens(f"{request.subject}\n{request.body}"):
        raise Invalid(f"“{name}” names {', '.join(unknown)}. Known are {', '.join(TOKENS)}.")
    if work.session.get(Channel, request.channel_id) is None:
        raise NotFound("There is no such channel.")
    kept = existing(work, Content, request.id, "content")
    check_free(work, Content, Content.name, name, request.id, "name")
    columns = {
        "name": name,
        "channel_id": request.channel_id,
        "subject": request.subject.strip(),
        "body": request.body.strip(),
    }
    if kept is not None and kept.id in agreed_contents(work.session):
        _check_same(kept, columns, ("channel_id", "subject", "body"))

    return _save(work, kept or Content(), columns, "content", is_new=kept is None)


def _save(
    work: Work, row: Any, columns: dict[str, Any], what: str, *, is_new: bool
) -> ReferenceSaved:
    """Write the columns and remember them; every action above ends like this."""
    for column, value in columns.items():
        setattr(row, column, value)
    work.session.add(row)
    work.session.flush()

    terms = {column: value for column, value in columns.items() if column != "name"}
    fact = ReferenceSaved(what, row.id, columns.get("name", what), is_new, terms)
    work.record(fact)
    return fact


def _check_free_in(work: Work, table: type[Any], within: Any, name: str, kept: Any) -> None:
    own = 0 if kept is None else kept.id
    for id_, taken in work.session.execute(select(table.id, table.name).where(within)):
        if taken.lower() == name.lower() and id_ != own:
            raise Invalid(f"The name “{name}” is taken.")


def _check_same(kept: Any, columns: dict[str, Any], names: tuple[str, ...]) -> None:
    if any(getattr(kept, name) != columns[name] for name in names):
        raise Invalid(
            f"“{kept.name}” stands in a design that was agreed to, or waits for it."
            " Only its name can change; add another one instead."
        )
