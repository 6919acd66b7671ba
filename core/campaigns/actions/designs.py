"""Writing what a campaign does: a version, its terms and its stages."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import delete, select

from core.access import Permission
from core.campaigns.actions.campaigns import campaign_in_scope
from core.campaigns.actions.holding import copy_stages, held_for_editing, new_version
from core.campaigns.events import DesignChanged, DesignDrafted, StagesSet
from core.campaigns.model import ActivitySubtype, Consumable, Content, Design, ReasonTemplate, Stage
from core.campaigns.queries.designs import terms_of
from core.campaigns.terms import DesignTerms, StageTerms, differences, following_faults
from core.customers.model import Product
from core.people.model import Qualification
from core.refusals import Invalid, NotFound
from core.segments.model import Segment
from core.work import Work

_MOST_STAGES = 20


@dataclass(frozen=True)
class DraftDesign:
    """`copy_from` is a version of the same campaign whose terms and stages to start with."""

    campaign_id: int
    copy_from: int | None = None


@dataclass(frozen=True)
class ChangeDesign:
    """`row_version` is the one that the requester was looking at."""

    design_id: int
    row_version: int
    terms: DesignTerms


@dataclass(frozen=True)
class SetStages:
    """All the stages of the version, in their order, in place of those it has."""

    design_id: int
    row_version: int
    stages: Sequence[StageTerms]

    def __post_init__(self) -> None:
        if len(self.stages) > _MOST_STAGES:
            raise Invalid(f"A design has at most {_MOST_STAGES} stages.")
        if faults := following_faults([(stage.name, stage.follows) for stage in self.stages]):
            raise Invalid(" ".join(faults))


def draft_design(work: Work, request: DraftDesign) -> DesignDrafted:
    """Begin the next version of a campaign.

    :raises NotFound: there is no such campaign in scope
    :raises Invalid: a version of it is being written already
    """
    work.authorize(Permission.DESIGN_CAMPAIGNS)
    campaign = campaign_in_scope(work, request.campaign_id)
    source = None
    if request.copy_from is not None:
        source = work.session.get(Design, request.copy_from)
        if source is None or source.campaign_id != campaign.id:
            raise NotFound(f"“{campaign.name}” has no such version to copy.")

    design = new_version(work, campaign, source)

    fact = DesignDrafted(
        campaign.id,
        campaign.code,
        design.id,
        design.version,
        design.row_version,
        copied_from=None if source is None else source.version,
    )
    work.record(fact)
    return fact


def change_design(work: Work, request: ChangeDesign) -> DesignChanged:
    """Change what a version says. One that was approved or used stays; its next version changes.

    :raises Conflict: somebody else changed it since the requester looked
    :raises NotFound: something that the terms refer to does not exist
    """
    work.authorize(Permission.DESIGN_CAMPAIGNS)
    got = held_for_editing(work, request.design_id, request.row_version)
    _check_references(work, request.terms)

    design, before = got.design, terms_of(got.design)
    for each in fields(DesignTerms):
        setattr(design, each.name, getattr(request.terms, each.name))
    work.session.flush()

    fact = DesignChanged(
        got.campaign.id,
        got.campaign.code,
        design.id,
        design.version,
        design.row_version,
        changes=differences(before, request.terms),
        copied_from=got.copied_from,
    )
    work.record(fact)
    return fact


def set_stages(work: Work, request: SetStages) -> StagesSet:
    """Give a version its stages. One that was approved or used stays; its next version gets them.

    :raises Conflict: somebody else changed it since the requester looked
    :raises NotFound: a content, template or subtype does not exist
    """
    work.authorize(Permission.DESIGN_CAMPAIGNS)
    got = held_for_editing(work, request.design_id, request.row_version)
    _check_stages(work, request.stages)

    work.session.execute(delete(Stage).where(Stage.design_id == got.design.id))
    copy_stages(work, got.design, list(request.stages))

    fact = StagesSet(
        got.campaign.id,
        got.campaign.code,
        got.design.id,
        got.design.version,
        got.design.row_version,
        stages=tuple(stage.name for stage in request.stages),
        copied_from=got.copied_from,
    )
    work.record(fact)
    return fact


def _check_references(work: Work, terms: DesignTerms) -> None:
    for id_, table, what in (
        (terms.product_id, Product, "product"),
        (terms.base_product_id, Product, "base product"),
        (terms.qualification_id, Qualification, "qualification"),
    ):
        _check_exists(work, id_, table, what)
    for consumable_id in terms.consumable_ids:
        _check_exists(work, consumable_id, Consumable, "thing to give away")
    for segment_id in (terms.segment_id, terms.exclusion_segment_id):
        _check_exists(work, segment_id, Segment, "segment")
        segment = work.session.get(Segment, segment_id) if segment_id is not None else None
        if segment is not None and segment.is_retired:
            raise Invalid(f"The segment “{segment.name}” is retired. Choose another.")


def _check_stages(work: Work, stages: Sequence[StageTerms]) -> None:
    for stage in stages:
        _check_exists(work, stage.content_id, Content, f"content for stage {stage.name}")
        _check_exists(
            work, stage.reason_template_id, ReasonTemplate, f"reason template for {stage.name}"
        )
        if stage.activity_subtype_id is None:
            continue
        type_ = work.session.scalar(
            select(ActivitySubtype.type).where(ActivitySubtype.id == stage.activity_subtype_id)
        )
        if type_ is not stage.activity_type:
            raise Invalid(
                f"Stage {stage.name}: its subtype is not one of {stage.activity_type} activities."
            )


def _check_exists(work: Work, id_: int | None, table: type[Any], what: str) -> None:
    if id_ is not None and work.session.get(table, id_) is None:
        raise NotFound(f"There is no such {what}.")
