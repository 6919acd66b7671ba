"""Starting a run: one unit takes up an approved design."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Integer, column, select, table

from core import saying
from core.access import Permission
from core.campaigns.model import Campaign, CampaignType, Design
from core.campaigns.rules import DesignStatus
from core.campaigns.visibility import visible
from core.people.model import Unit
from core.people.queries import subtree
from core.refusals import Invalid, NotFound
from core.runs.arms import WHOLE
from core.runs.events import RunStarted
from core.runs.model import Run, RunArm
from core.runs.rules import CONTROL_ARM, TREATED_ARM
from core.work import Work

MOST_CAPACITY = 1_000_000_000
# Plans stand above runs; of an entry only this is read here.
_PLAN_ENTRY = table(
    "plan_entry",
    column("id", Integer),
    column("campaign_id", Integer),
    column("unit_id", Integer),
)


@dataclass(frozen=True)
class StartRun:
    """A request to carry out a design in a unit. What it will come to can't be said here.

    :ivar capacity: take at most so many candidates, the most valuable first
    """

    design_id: int
    unit_id: int
    starts_on: date
    ends_on: date
    description: str = ""
    capacity: int | None = None
    plan_entry_id: int | None = None

    def __post_init__(self) -> None:
        if self.ends_on < self.starts_on:
            raise Invalid(
                f"The end, {saying.day(self.ends_on)}, is before the start, "
                f"{saying.day(self.starts_on)}: move one."
            )
        if self.capacity is not None and not 1 <= self.capacity <= MOST_CAPACITY:
            raise Invalid(
                f"The capacity goes from 1 to {MOST_CAPACITY:,}; leave it empty for no limit."
            )


def start_run(work: Work, request: StartRun) -> RunStarted:
    """Take up an approved design in a unit, with the arms that were approved.

    Nobody chooses the key that decides who is held out: it is the run's own number.

    :raises Invalid: the design is not approved, the unit is not inside the campaign's, or the
        plan entry is another campaign's
    :raises NotFound: no such design, unit or plan entry, or one that is out of scope
    """
    work.authorize(Permission.RUN_CAMPAIGNS)
    design, campaign, kind = _approved(work, request.design_id)
    unit = _unit(work, request.unit_id, campaign)
    if request.plan_entry_id is not None:
        _check_plan_entry(work, request.plan_entry_id, campaign)

    run = Run(
        code=_next_code(work, campaign),
        design_id=design.id,
        unit_id=unit.id,
        plan_entry_id=request.plan_entry_id,
        description=request.description.strip(),
        starts_on=request.starts_on,
        ends_on=request.ends_on,
        initiated_at=work.now,
        arm_key=0,
        control_share=design.control_share,
        randomised_by=design.randomised_by,
        capacity=request.capacity,
    )
    work.session.add(run)
    work.session.flush()
    run.arm_key = run.id
    work.session.add(
        RunArm(run_id=run.id, arm=TREATED_ARM, name="treated", share=WHOLE - run.control_share)
    )
    if run.control_share:
        work.session.add(
            RunArm(run_id=run.id, arm=CONTROL_ARM, name="control", share=run.control_share)
        )

    fact = RunStarted(
        run_id=run.id,
        run=run.code,
        campaign_id=campaign.id,
        campaign=campaign.code,
        type=kind,
        design_id=design.id,
        version=design.version,
        unit=unit.code,
        description=run.description,
        starts_on=run.starts_on,
        ends_on=run.ends_on,
        control_share=run.control_share,
        plan_entry_id=run.plan_entry_id,
    )
    work.record(fact)
    return fact


def _approved(work: Work, design_id: int) -> tuple[Design, Campaign, str]:
    # The campaign is held until the end, so that two starts don't count to the same number.
    row = work.session.execute(
        select(Design, Campaign, CampaignType.name)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .where(Design.id == design_id, visible(work))
        .with_for_update(of=Campaign)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such design.")
    design, campaign, kind = row
    if design.status is not DesignStatus.APPROVED:
        raise Invalid(
            f"Version {design.version} of {campaign.code} is {design.status}. "
            "Only an approved design can be run: have it approved first."
        )
    return design, campaign, kind


def _unit(work: Work, unit_id: int, campaign: Campaign) -> Unit:
    unit = work.session.scalar(
        select(Unit).where(Unit.id == unit_id, work.actor.scope.limits(Unit.id), Unit.is_active)
    )
    if unit is None:
        raise NotFound("There is no such active unit among yours.")
    if unit.id not in subtree(work.session, campaign.unit_id):
        owner = work.session.get_one(Unit, campaign.unit_id)
        raise Invalid(
            f"{unit.name} is not inside {owner.name}, for which campaign {campaign.code} was "
            f"approved. Choose {owner.name} or a unit below it."
        )
    return unit


def _check_plan_entry(work: Work, entry_id: int, campaign: Campaign) -> None:
    planned = work.session.scalar(
        select(_PLAN_ENTRY.c.campaign_id).where(
            _PLAN_ENTRY.c.id == entry_id, work.actor.scope.limits(_PLAN_ENTRY.c.unit_id)
        )
    )
    if planned is None:
        raise NotFound("There is no such entry in a plan.")
    if planned != campaign.id:
        raise Invalid(
            f"The plan's entry is for another campaign than {campaign.code}; choose its own."
        )


def _next_code(work: Work, campaign: Campaign) -> str:
    """Return the campaign's code with the next free number, such as `SAVE-R2`."""
    stem = f"{campaign.code}-R"
    taken = set(work.session.scalars(select(Run.code).where(Run.code.startswith(stem))))
    number = len(taken) + 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"
