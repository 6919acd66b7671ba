"""Take hold of a version to change it, or of the next one when it may not change any more."""

from dataclasses import dataclass, fields

from sqlalchemy import func, select, update

from core.campaigns.actions.campaigns import campaign_in_scope
from core.campaigns.model import Campaign, Design, Stage
from core.campaigns.queries.designs import terms_of
from core.campaigns.rules import EDITABLE, DesignStatus
from core.campaigns.terms import DesignTerms, StageTerms
from core.campaigns.usage import is_used
from core.refusals import Conflict, Invalid, NotFound
from core.work import Work


@dataclass(frozen=True)
class Held:
    """`copied_from` is the version that the held one was just copied from, if it was."""

    campaign: Campaign
    design: Design
    copied_from: int | None = None


def held(work: Work, design_id: int, row_version: int) -> Held:
    """Return the version as the requester saw it; of two people only the first gets it.

    :raises NotFound: there is no such version in scope
    :raises Conflict: somebody else changed it since the requester looked
    """
    campaign_id = work.session.scalar(select(Design.campaign_id).where(Design.id == design_id))
    if campaign_id is None:
        raise NotFound("There is no such version of a campaign.")
    campaign = campaign_in_scope(work, campaign_id)
    mine = work.session.scalar(
        update(Design)
        .where(Design.id == design_id, Design.row_version == row_version)
        .values(row_version=Design.row_version + 1)
        .returning(Design.id)
        .execution_options(synchronize_session=False)
    )
    design = work.session.get_one(Design, design_id, populate_existing=True)
    if mine is None:
        raise Conflict(
            f"Version {design.version} of “{campaign.name}” was changed by somebody else"
            f" and is now {design.status}. Look again."
        )
    return Held(campaign, design)


def held_for_editing(work: Work, design_id: int, row_version: int) -> Held:
    """Return the version, or a draft copy of it under the next number if it was agreed or used.

    :raises Invalid: it waits for approval, or another draft of the campaign is being written
    """
    got = held(work, design_id, row_version)
    design, campaign = got.design, got.campaign
    if design.status is DesignStatus.SUBMITTED:
        raise Invalid(
            f"Version {design.version} of “{campaign.name}” waits for approval."
            " Withdraw it, or have it sent back, to change it."
        )
    if design.status in EDITABLE and not is_used(work.session, design.id):
        return got
    return Held(campaign, new_version(work, campaign, design), design.version)


def new_version(work: Work, campaign: Campaign, source: Design | None) -> Design:
    """Add the next version as a draft, with the terms and stages of `source` if there is one."""
    unfinished = work.session.scalar(
        select(Design.version)
        .where(
            Design.campaign_id == campaign.id,
            Design.status.in_(EDITABLE | {DesignStatus.SUBMITTED}),
            Design.id != (0 if source is None else source.id),
        )
        .limit(1)
    )
    if unfinished is not None:
        raise Invalid(
            f"Version {unfinished} of “{campaign.name}” is not decided yet: go on with that one,"
            " or withdraw it first."
        )
    last = work.session.scalar(
        select(func.max(Design.version)).where(Design.campaign_id == campaign.id)
    )
    terms = DesignTerms() if source is None else terms_of(source)
    design = Design(
        campaign_id=campaign.id,
        version=(last or 0) + 1,
        status=DesignStatus.DRAFT,
        author_id=work.actor.person_id,
        created_at=work.now,
        **{each.name: getattr(terms, each.name) for each in fields(DesignTerms)},
    )
    work.session.add(design)
    work.session.flush()
    if source is not None:
        originals = work.session.scalars(
            select(Stage).where(Stage.design_id == source.id).order_by(Stage.position)
        )
        copy_stages(work, design, [stage_terms(stage) for stage in originals.all()])
    return design


def copy_stages(work: Work, design: Design, stages: list[StageTerms]) -> None:
    work.session.add_all(
        Stage(
            design_id=design.id,
            position=position,
            **{each.name: getattr(stage, each.name) for each in fields(StageTerms)},
        )
        for position, stage in enumerate(stages, start=1)
    )
    work.session.flush()


def stage_terms(stage: Stage) -> StageTerms:
    return StageTerms(**{each.name: getattr(stage, each.name) for each in fields(StageTerms)})
