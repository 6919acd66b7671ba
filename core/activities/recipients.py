"""Whom a stage is made for, and for which stage: what generation is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select

from core.activities.following import Following
from core.activities.model import Activity, Message
from core.activities.schedule import StageDays
from core.campaigns.left_alone import left_alone
from core.campaigns.model import Campaign, CampaignType, Channel, Content, Design, Stage
from core.campaigns.rules import ActivityType, Objective
from core.campaigns.waterfall import in_distress, lacks_consent
from core.customers.model import CustomerState
from core.customers.rules import Medium
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, Confirmation
from core.work import Work


@dataclass(frozen=True)
class Plan:
    """A stage to be made now: with which content, through which channel, on which days.

    `days` are those of the run's unit, `unit_days` those of every unit by its own calendar.
    What `follows` another stage is made for those only who are ready, in units that have days.
    """

    stage: Stage
    content: Content
    channel: Channel
    is_internal: bool
    days: StageDays
    unit_days: Mapping[int, StageDays]
    asks_consent: bool
    follows: Following | None = None


def recipients(run: Run) -> ColumnElement[bool]:
    """Restrict a statement over candidates to those who are treated and confirmed."""
    return and_(
        Candidate.run_id == run.id,
        Candidate.arm > CONTROL_ARM,
        Candidate.confirmation == Confirmation.CONFIRMED.literal,
    )


def willing(work: Work) -> ColumnElement[bool]:
    """Restrict a statement over customers' states to those who may be contacted by now."""
    state = CustomerState
    return and_(state.is_active, ~state.do_not_contact, ~in_distress(work))


def candidates(work: Work, run: Run, plan: Plan, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Select `columns` for each candidate and state of those whom the stage may reach."""
    rows = (
        select(*columns)
        .select_from(Candidate)
        .join(CustomerState, CustomerState.customer_id == Candidate.customer_id)
        .where(recipients(run), willing(work))
    )
    if plan.follows is not None:
        rows = plan.follows.limits(rows, now=work.now, dialect=work.dialect)
    if not plan.asks_consent:
        return rows
    return rows.where(~lacks_consent(plan.channel.medium), *spared(work, run))


def spared(work: Work, run: Run) -> list[ColumnElement[bool]]:
    """Restrict a statement over states to those whom other measurements do not need left alone.

    The selection has left these out; a holdout, or another run, may have begun since.
    """
    design = work.session.get_one(Design, run.design_id)
    return [not_(holds) for _reason, holds in left_alone(work, design, but_for=run.id)]


def unwelcome(of: type[Activity | Message]) -> ColumnElement[bool]:
    """Restrict a statement over activities or messages to those that no stage would make now.

    Their customer does not want to be contacted at all or, where consent is asked for, not
    through this channel: what `candidates` leaves out, said of what is made already.
    """
    # The stages that ask are looked up once, not beside every activity.
    refused = (and_(of.stage_id.in_(_asking(each)), lacks_consent(each)) for each in Medium)
    return (
        select(CustomerState.customer_id)
        .where(
            CustomerState.customer_id == of.customer_id,
            or_(CustomerState.do_not_contact, *refused),
        )
        .correlate(of)
        .exists()
    )


def perhaps_unwelcome() -> Select[int]:
    """Select the customers with pending work whom some stage that asks would leave out.

    Only these need be looked at for the whole bank: they are few, and found without the work.
    """
    refused = (and_(_asking(each).exists(), lacks_consent(each)) for each in Medium)
    return select(CustomerState.customer_id).where(
        CustomerState.pending > 0, or_(CustomerState.do_not_contact, *refused)
    )


def _asking(medium: Medium) -> Select[int]:
    """Select the stages that ask whether their customers may be contacted through a medium."""
    return (
        select(Stage.id)
        .join(Design, Design.id == Stage.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .join(Content, Content.id == Stage.content_id)
        .join(Channel, Channel.id == Content.channel_id)
        .where(
            Stage.activity_type == ActivityType.SALES,
            CampaignType.objective != Objective.ADMINISTRATIVE,
            Channel.medium == medium,
        )
    )
