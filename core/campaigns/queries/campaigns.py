"""The list of campaigns, and one campaign's sheet."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select

from core.access import Permission
from core.campaigns.model import Campaign, CampaignSubtype, CampaignType, Design
from core.campaigns.queries.carried import RunLine, runs_of
from core.campaigns.queries.designs import DesignSheet, sheet
from core.campaigns.rules import EDITABLE, DesignStatus, Objective, Priority
from core.campaigns.usage import RUN, RUNNING
from core.campaigns.visibility import visible
from core.database import Coded, shared_alias
from core.people.model import Person, Unit
from core.refusals import NotFound
from core.segments.queries import known_words
from core.windows import Part, Window, windowed
from core.work import Reader

_LOOKERS = (Permission.SEE_PORTFOLIO, Permission.DESIGN_CAMPAIGNS, Permission.APPROVE_DESIGNS)


class CampaignState(Coded):
    """How far a campaign came, from its latest version and its runs."""

    EMPTY = "no design yet", 0
    DRAFT = "being designed", 1
    WAITING = "waiting for approval", 2
    READY = "approved", 3
    RUNNING = "running", 4
    OVER = "finished", 5


@dataclass(frozen=True)
class CampaignRow:
    """`version` is the latest one, in `status`; both None before the first is drafted."""

    id: int
    code: str
    name: str
    type: str
    priority: Priority
    unit: str
    owner: str | None
    starts_on: date
    ends_on: date
    version: int | None
    status: DesignStatus | None
    runs: int
    running: int
    state: CampaignState


def campaigns(
    view: Reader,
    *,
    text: str = "",
    state: CampaignState | None = None,
    type_id: int | None = None,
    priority: Priority | None = None,
    unit_id: int | None = None,
    owner_id: int | None = None,
    mine: bool = False,
    window: Window = Window(),  # noqa: B008  frozen
) -> Part[CampaignRow]:
    """List the campaigns in sight, the soonest to start last.

    :param text: part of the code or the name
    """
    view.authorize(*_LOOKERS)
    statement = _campaigns().where(visible(view))
    if text.strip():
        found = (
            field.icontains(text.strip(), autoescape=True)
            for field in (Campaign.name, Campaign.code)
        )
        statement = statement.where(or_(*found))
    exact: dict[Any, Any] = {
        Campaign.type_id: type_id,
        Campaign.priority: priority,
        Campaign.unit_id: unit_id,
        Campaign.owner_id: owner_id,
    }
    statement = statement.where(*(is_ == to for is_, to in exact.items() if to is not None))
    if mine:
        statement = statement.where(Campaign.owner_id == view.actor.person_id)
    if state is not None:
        statement = statement.where(_state() == state.code)
    sorts = {
        "starts": Campaign.starts_on,
        "name": func.lower(Campaign.name),
        "code": Campaign.code,
        "type": CampaignType.name,
        "priority": Campaign.priority,
        "ends": Campaign.ends_on,
        "owner": Person.name,
    }
    if not window.sort:
        window = Window("starts", descending=True, first=window.first, size=window.size)
    rows, total = windowed(view.session, statement, window, sorts=sorts, last=Campaign.id)
    return Part([_row(row) for row in rows], total)


@dataclass(frozen=True)
class CampaignSheet(CampaignRow):
    """A campaign with all its versions, the latest first, and its runs."""

    description: str
    objective: Objective
    type_id: int
    subtype_id: int | None
    subtype: str | None
    unit_id: int
    created_at: datetime
    designs: tuple[DesignSheet, ...]
    all_runs: tuple[RunLine, ...]


def campaign(view: Reader, *, campaign_id: int) -> CampaignSheet:
    """Return one campaign with its versions and runs.

    :raises NotFound: there is none, or none in sight
    """
    view.authorize(*_LOOKERS)
    row = view.session.execute(
        _campaigns().where(Campaign.id == campaign_id, visible(view))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such campaign.")
    kept, objective, subtype = view.session.execute(
        select(Campaign, CampaignType.objective, CampaignSubtype.name)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .outerjoin(CampaignSubtype, CampaignSubtype.id == Campaign.subtype_id)
        .where(Campaign.id == campaign_id)
    ).one()
    versions = view.session.scalars(
        select(Design.id).where(Design.campaign_id == campaign_id).order_by(Design.version.desc())
    ).all()
    known = known_words(view)
    return CampaignSheet(
        **vars(_row(row)),
        description=kept.description,
        objective=objective,
        type_id=kept.type_id,
        subtype_id=kept.subtype_id,
        subtype=subtype,
        unit_id=kept.unit_id,
        created_at=kept.created_at,
        designs=tuple(sheet(view, design_id, known=known) for design_id in versions),
        all_runs=runs_of(view, campaign_id),
    )


_LATEST = shared_alias(Design, "latest")
_PLANNED = 1


def _campaigns() -> Select[*tuple[Any, ...]]:
    newest = (
        select(func.max(Design.version))
        .where(Design.campaign_id == Campaign.id)
        .correlate(Campaign)
        .scalar_subquery()
    )
    return (
        select(
            Campaign.id,
            Campaign.code,
            Campaign.name,
            CampaignType.name.label("type"),
            Campaign.priority,
            Unit.name.label("unit"),
            Person.name.label("owner"),
            Campaign.starts_on,
            Campaign.ends_on,
            _LATEST.version,
            _LATEST.status,
            _run_count().label("runs"),
            _run_count(*RUNNING).label("running"),
            _state().label("state"),
        )
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .join(Unit, Unit.id == Campaign.unit_id)
        .outerjoin(Person, Person.id == Campaign.owner_id)
        .outerjoin(_LATEST, and_(_LATEST.campaign_id == Campaign.id, _LATEST.version == newest))
    )


def _run_count(*statuses: int) -> ColumnElement[int]:
    runs = (
        select(func.count())
        .select_from(RUN)
        .join(Design, Design.id == RUN.c.design_id)
        .where(Design.campaign_id == Campaign.id)
        .correlate(Campaign)
    )
    return (runs.where(RUN.c.status.in_(statuses)) if statuses else runs).scalar_subquery()


def _state() -> ColumnElement[int]:
    def has(*statuses: DesignStatus) -> ColumnElement[bool]:
        return exists().where(Design.campaign_id == Campaign.id, Design.status.in_(statuses))

    approved = has(DesignStatus.APPROVED)
    return case(
        (_run_count(*RUNNING) > 0, CampaignState.RUNNING.literal),
        (has(DesignStatus.SUBMITTED), CampaignState.WAITING.literal),
        (has(*EDITABLE), CampaignState.DRAFT.literal),
        (and_(approved, _run_count() > _run_count(_PLANNED)), CampaignState.OVER.literal),
        (approved, CampaignState.READY.literal),
        else_=CampaignState.EMPTY.literal,
    )


def _row(row: Any) -> CampaignRow:
    *plain, state = row
    return CampaignRow(*[*plain, CampaignState.of(state)])
