"""Following a direction: ask for the design that it wants, and carry out what was approved."""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from core.access import Permission
from core.campaigns.actions import DraftDesign, draft_design
from core.campaigns.model import Design
from core.campaigns.rules import EDITABLE, DesignStatus
from core.portfolio.actions.briefing import Because, MakeBrief, make_brief
from core.portfolio.actions.directing import changed, held
from core.portfolio.actions.planning import StartFromPlan, start_run_from_plan
from core.portfolio.direction_events import DirectionChanged
from core.portfolio.model import Direction, PlanEntry
from core.portfolio.rules import DirectionKind
from core.refusals import Invalid
from core.runs.actions.starting import StartRun, start_run
from core.work import Work


@dataclass(frozen=True)
class AskForDesign:
    """A request for the design that a development item wants.

    :ivar brief: what is wanted; for an item about a campaign that exists, the next version of it
        is begun instead
    """

    direction_id: int
    version: int
    brief: MakeBrief | None = None


@dataclass(frozen=True)
class CarryOut:
    """A request to start the run that an execution item wants.

    :ivar campaign_id: which campaign, for an item about a segment; its newest approved version
        is carried out
    :ivar unit_id: left out, the item's own
    """

    direction_id: int
    version: int
    campaign_id: int | None = None
    unit_id: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    capacity: int | None = None


def ask_for_design(work: Work, request: AskForDesign) -> DirectionChanged:
    """Open the campaign, or the next version of the campaign, that an item wants developed.

    From now on the item's actual dates are those of this version.

    :raises NotFound: no such item, or out of scope
    :raises Invalid: it is no development, its design was asked for already, or there is no brief
    :raises Conflict: it changed since the requester looked
    """
    work.authorize(Permission.STEER_PORTFOLIO)
    item = held(work, request.direction_id, request.version)
    if item.kind is not DirectionKind.DEVELOPMENT:
        raise Invalid(f"“{item.name}” is to be carried out: only a development wants a design.")
    if item.design_id is not None:
        raise Invalid(f"The design that “{item.name}” wants was asked for already.")

    if item.campaign_id is None:
        _brief(work, item, request.brief)
    else:
        item.design_id = _next_version(work, item.campaign_id)
    work.session.flush()

    return changed(work, item, "design asked for")


def carry_out(work: Work, request: CarryOut) -> DirectionChanged:
    """Start the run that an item wants; its actual dates are those of this run.

    :raises NotFound: no such item or campaign, or out of scope
    :raises Invalid: it is no execution, has its run already, or nothing is approved
    :raises Conflict: it changed since the requester looked
    """
    work.authorize(Permission.STEER_PORTFOLIO)
    item = held(work, request.direction_id, request.version)
    if item.kind is not DirectionKind.EXECUTION:
        raise Invalid(f"“{item.name}” is a development: its design is asked for, not carried out.")
    if item.run_id is not None:
        raise Invalid(f"“{item.name}” has its run already.")
    item.campaign_id = item.campaign_id or request.campaign_id
    if item.campaign_id is None:
        raise Invalid(f"Say which campaign “{item.name}” carries out.")

    started = _started(work, item, request)
    item.design_id, item.run_id = started
    work.session.flush()

    return changed(work, item, "run started")


def _brief(work: Work, item: Direction, wanted: MakeBrief | None) -> None:
    if wanted is None:
        raise Invalid(f"Say what “{item.name}” is to be: its type, description and metric.")
    has_audience = wanted.segment_id is not None or wanted.segment is not None
    brief = replace(
        wanted,
        segment_id=wanted.segment_id if has_audience else item.segment_id,
        entry_id=_waiting(work, item, wanted),
        because=Because(wanted.because.text or item.name, direction_id=item.id),
    )
    made = make_brief(work, brief)
    item.campaign_id, item.design_id = made.campaign_id, made.design_id


def _waiting(work: Work, item: Direction, wanted: MakeBrief) -> int | None:
    """Return the entry of a plan that waits for this campaign, unless the brief names a place."""
    if wanted.plan_id is not None or wanted.entry_id is not None or item.entry_id is None:
        return wanted.entry_id
    entry = work.session.get_one(PlanEntry, item.entry_id)
    return entry.id if entry.campaign_id is None else None


def _next_version(work: Work, campaign_id: int) -> int:
    """Return the version that is being written, or begin the next one from the newest."""
    newest = work.session.scalars(
        select(Design).where(Design.campaign_id == campaign_id).order_by(Design.version.desc())
    ).first()
    if newest is not None and newest.status in EDITABLE:
        return newest.id
    copied = None if newest is None else newest.id
    return draft_design(work, DraftDesign(campaign_id, copy_from=copied)).design_id


def _started(work: Work, item: Direction, request: CarryOut) -> tuple[int, int]:
    starts_on, ends_on = request.starts_on or item.starts_on, request.ends_on or item.ends_on
    if item.entry_id is not None:
        from_plan = StartFromPlan(
            item.entry_id,
            starts_on=starts_on,
            ends_on=ends_on,
            description=item.name,
            capacity=request.capacity,
        )
        fact = start_run_from_plan(work, from_plan)
        return fact.design_id, fact.run_id
    approved = work.session.scalars(
        select(Design.id)
        .where(Design.campaign_id == item.campaign_id, Design.status == DesignStatus.APPROVED)
        .order_by(Design.version.desc())
    ).first()
    if approved is None:
        raise Invalid(f"The campaign of “{item.name}” has no approved version to carry out yet.")
    asked = StartRun(
        design_id=approved,
        unit_id=request.unit_id or item.unit_id,
        starts_on=starts_on,
        ends_on=ends_on,
        description=item.name,
        capacity=request.capacity,
    )
    fact = start_run(work, asked)
    return fact.design_id, fact.run_id
