"""One activity with what is needed to work it: guide, offer, reasons, next moves."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from core.activities.guarding import left_alone
from core.activities.model import Activity
from core.activities.queries.rows import ActivityRow, listed, row_of
from core.activities.rules import LEAVE, LIFECYCLE, Objection, needs_owner
from core.activities.scope import allow, seen
from core.campaigns.model import (
    Campaign,
    CampaignType,
    Channel,
    Content,
    Design,
    Stage,
    StatusReason,
    TemplateReason,
)
from core.campaigns.rendering import rendered
from core.campaigns.rules import Objective, ReasonUse
from core.customers.model import Product
from core.people.model import Qualification
from core.refusals import NotFound
from core.runs.model import Candidate
from core.runs.rules import CONTROL_ARM
from core.work import Reader


@dataclass(frozen=True)
class Sheet:
    """One activity: the row of the lists, and what the design says to do with it.

    `moves` are the verbs that the actor may do from here: of somebody else's work, a lead's.
    `forbidden` says why its customer is not to be contacted, for the sake of a measurement.
    """

    row: ActivityRow
    channel: str | None
    subject: str
    script: str
    guide: str
    offer: str
    product: str | None
    objective: Objective
    qualification: str | None
    is_mine: bool
    moves: tuple[str, ...]
    forbidden: Objection | None = None


def sheet(view: Reader, *, activity_id: int) -> Sheet:
    """Return one activity of the actor's scope with its guide, tokens filled in.

    :raises NotFound: there is none, or not for this person
    """
    row = _row(view, activity_id)
    found = view.session.execute(
        select(
            Channel.name,
            Content.subject,
            Content.body,
            Design.guide,
            Design.offer,
            Product.name.label("product"),
            CampaignType.objective,
            Qualification.name.label("qualification"),
            Candidate.arm,
            left_alone(Activity, view.now.date()).label("is_left_alone"),
        )
        .select_from(Activity)
        .join(Stage, Stage.id == Activity.stage_id)
        .join(Design, Design.id == Stage.design_id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .outerjoin(Content, Content.id == Stage.content_id)
        .outerjoin(Channel, Channel.id == Content.channel_id)
        .outerjoin(Product, Product.id == Design.product_id)
        .outerjoin(Qualification, Qualification.id == Design.qualification_id)
        .outerjoin(
            Candidate,
            (Candidate.run_id == Activity.run_id) & (Candidate.customer_id == Activity.customer_id),
        )
        .where(Activity.id == activity_id)
    ).one()
    words = {
        "customer name": row.customer,
        "branch": row.branch,
        "person": row.person or row.branch,
        "offer": found.offer,
        "product": found.product or "",
    }
    is_mine = row.person_id is not None and row.person_id == view.actor.person_id
    offered = [
        move
        for move in LIFECYCLE.offered(row.status, view.actor)
        if move is not LEAVE or row.promise is not None
    ]
    return Sheet(
        row=row,
        channel=found.name,
        subject=rendered(found.subject or "", words),
        script=rendered(found.body or "", words),
        guide=rendered(found.guide, words),
        offer=rendered(found.offer, words),
        product=found.product,
        objective=found.objective,
        qualification=found.qualification,
        is_mine=is_mine,
        moves=tuple(move.verb for move in offered if is_mine or not needs_owner(move, view.actor)),
        forbidden=_forbidden(found.arm, is_left_alone=found.is_left_alone),
    )


def _forbidden(arm: int | None, *, is_left_alone: bool) -> Objection | None:
    if arm == CONTROL_ARM:
        return Objection.HELD_OUT
    return Objection.LEFT_ALONE if is_left_alone else None


@dataclass(frozen=True)
class ReasonChoice:
    id: int
    value: str


def reasons(view: Reader, *, activity_id: int, use: ReasonUse) -> list[ReasonChoice]:
    """List the reasons that the stage's template offers for a target status."""
    allow(view)
    statement = (
        select(StatusReason.id, StatusReason.value)
        .join(TemplateReason, TemplateReason.reason_id == StatusReason.id)
        .join(Stage, Stage.reason_template_id == TemplateReason.template_id)
        .join(Activity, Activity.stage_id == Stage.id)
        .where(Activity.id == activity_id, seen(view), TemplateReason.use == use, choosable())
        .order_by(StatusReason.value)
    )
    return [ReasonChoice(*row) for row in view.session.execute(statement)]


def choosable() -> ColumnElement[bool]:
    """Restrict to the reasons that a person can choose."""
    return StatusReason.is_system.is_(False) & StatusReason.is_retired.is_(False)


def _row(view: Reader, activity_id: int) -> ActivityRow:
    allow(view)
    record = view.session.execute(listed(view).where(Activity.id == activity_id)).one_or_none()
    if record is None:
        raise NotFound(Objection.MISSING)
    return row_of(record)
