"""Write what the journal would say of the demo bank's designs and runs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from core.campaigns.events import DesignApproved, DesignDrafted, DesignSubmitted
from core.campaigns.model import CampaignType
from core.campaigns.rules import DesignStatus
from core.journal.model import Event
from core.people.model import Unit
from core.runs.events import CandidatesSelected, RunEnded, RunLaunched, RunStarted
from core.runs.rules import Exclusion
from data.demo.founded import Bank, Course


def tell_of_designs(bank: Bank) -> None:
    """Write into the journal who drafted, submitted and approved each design."""
    for campaign, designs in bank.campaigns.values():
        for design in designs:
            known: dict[str, Any] = {
                "campaign_id": campaign.id,
                "code": campaign.code,
                "design_id": design.id,
                "version": design.version,
                "row_version": design.row_version,
            }
            drafted = DesignDrafted(**known, copied_from=None)
            bank.note(drafted, design.created_at, bank.staff.designer)
            if design.submitted_at is not None:
                asked = DesignSubmitted(**known, decide_by=design.decide_by)
                bank.note(asked, design.submitted_at, bank.staff.designer)
            if design.status is DesignStatus.APPROVED and design.decided_at is not None:
                agreed = DesignApproved(
                    **known, comment=design.comment or "", frozen=design.frozen or {}
                )
                bank.note(agreed, design.decided_at, bank.staff.approver)


def story(bank: Bank, course: Course) -> Iterator[tuple[datetime, Event]]:
    """Tell what the journal would say of the run, in order."""
    days, campaign, design = course.days, course.campaign, course.design
    run, counts = course.run, course.counts
    type_ = bank.session.get_one(CampaignType, campaign.type_id).name
    unit = bank.session.get_one(Unit, run.unit_id).name
    yield (
        run.initiated_at,
        RunStarted(
            run_id=run.id,
            run=run.code,
            campaign_id=campaign.id,
            campaign=campaign.code,
            type=type_,
            design_id=design.id,
            version=design.version,
            unit=unit,
            description=run.description,
            starts_on=run.starts_on,
            ends_on=run.ends_on,
            control_share=run.control_share,
            plan_entry_id=run.plan_entry_id,
        ),
    )
    yield (
        days.selected_at,
        CandidatesSelected(
            run_id=run.id,
            run=run.code,
            population=counts.population,
            candidates=counts.candidates,
            control=counts.control,
            pending=counts.asked,
            excluded={why.value: counts.excluded[why] for why in Exclusion},
            is_repeated=False,
        ),
    )
    if days.launched_at is None:
        return
    yield (
        days.launched_at,
        RunLaunched(
            run_id=run.id,
            run=run.code,
            campaign_id=campaign.id,
            treated=counts.worked,
            control=counts.control,
            left_out=counts.pending,
            opted_out=0,
            activities=counts.worked,
            held=counts.held,
            messages=0,
        ),
    )
    if days.finished_at is not None:
        yield (
            days.finished_at,
            RunEnded(
                run_id=run.id,
                run=run.code,
                status=run.status,
                reason="",
                finished_at=days.finished_at.isoformat(),
                aborted=counts.aborted,
                withdrawn=0,
                indicators_cleared=0,
                batch_id=None,
            ),
        )
