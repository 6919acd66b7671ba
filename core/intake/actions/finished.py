"""The campaign, design and run to which imported results belong."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core import saying
from core.campaigns.model import Campaign, CampaignType, Design
from core.campaigns.rules import DesignStatus, Metric
from core.customers.model import Product
from core.database import Base
from core.intake.actions.records import table_of
from core.intake.actions.references import Created, bank
from core.intake.actions.requests import ImportedCampaign
from core.people.model import Unit
from core.refusals import Invalid
from core.runs.model import Candidate, Run, RunArm
from core.runs.rules import CONTROL_ARM, RunStatus
from core.work import Work

MOST_CONTROL_SHARE = 5_000  # in basis points: as much as a design can hold out
FIRST_VERSION = 1


@dataclass(frozen=True)
class FinishedRun:
    id: int
    created: Created = field(default_factory=dict)


def finished_run(
    work: Work, campaign: ImportedCampaign, days: tuple[date, date], *, bank_name: str
) -> FinishedRun:
    """Return the closed run of this campaign, made now unless an earlier import made it.

    :param days: of the first and the last result
    :raises Invalid: the run was carried out here, or names an unknown unit or product
    """
    session = work.session
    found = session.execute(
        select(Run.id, Run.is_imported).where(Run.code == campaign.code)
    ).one_or_none()
    if found is not None and not found.is_imported:
        raise Invalid(
            f"The run {campaign.code} was carried out here, so results can't be imported into it;"
            " give the campaign another code in the mapping."
        )
    run_id = found.id if found else None
    created: Created = {}
    if run_id is None:
        created = _create(work, campaign, days, bank_name)
        [run_id] = created["run"]
    _arms(session, run_id, campaign)
    return FinishedRun(run_id, created)


def sum_up(work: Work, run_id: int, campaign: ImportedCampaign | None = None) -> int:
    """Let the run say what its candidates say: how many, from when to when, how many held out.

    :returns: how many candidates it has
    """
    session = work.session
    everybody, held_out, first, last = session.execute(
        select(
            func.count(),
            func.count().filter(Candidate.arm == CONTROL_ARM),
            func.min(Candidate.confirmed_at),
            func.max(Candidate.confirmed_at),
        ).where(Candidate.run_id == run_id)
    ).one()
    if first is None or last is None:
        return 0
    run = session.get_one(Run, run_id, populate_existing=True)
    design = session.get_one(Design, run.design_id, populate_existing=True)
    owner = session.get_one(Campaign, design.campaign_id, populate_existing=True)
    zone = work.now.tzinfo
    given = (campaign.starts_on, campaign.ends_on) if campaign else (run.starts_on, run.ends_on)
    run.starts_on = owner.starts_on = given[0] or first.astimezone(zone).date()
    run.ends_on = owner.ends_on = given[1] or last.astimezone(zone).date()
    run.launched_at, run.finished_at = first, last
    run.population = everybody
    share = min(round(10_000 * held_out / everybody), MOST_CONTROL_SHARE)
    run.control_share = design.control_share = share
    session.flush()
    return int(everybody)


def _create(
    work: Work, campaign: ImportedCampaign, days: tuple[date, date], bank_name: str
) -> Created:
    session = work.session
    if session.scalar(select(Campaign.id).where(Campaign.code == campaign.code)):
        raise Invalid(
            f"There is a campaign {campaign.code} already; give the imported one another code."
        )
    created: Created = {}
    type_id = session.scalar(select(CampaignType.id).where(CampaignType.name == campaign.type))
    if type_id is None:
        objective = campaign.objective
        type_id = _insert(session, CampaignType, name=campaign.type, objective=objective)
        created["campaign_type"] = [type_id]
    unit_id = _unit(session, campaign.unit) or bank(session, bank_name)
    starts_on, ends_on = campaign.starts_on or days[0], campaign.ends_on or days[1]
    if ends_on < starts_on:
        end, start = saying.day(ends_on), saying.day(starts_on)
        raise Invalid(f"The campaign ends on {end}, before it starts on {start}.")
    campaign_id = _insert(
        session,
        Campaign,
        code=campaign.code,
        name=campaign.name,
        description=campaign.description,
        type_id=type_id,
        unit_id=unit_id,
        starts_on=starts_on,
        ends_on=ends_on,
        created_at=work.now,
    )
    design_id = _insert(
        session,
        Design,
        campaign_id=campaign_id,
        version=FIRST_VERSION,
        status=DesignStatus.APPROVED,
        product_id=_product(session, campaign.product),
        metric=Metric.UPTAKE,
        goal=campaign.goal,
        control_share=0,
        contact_cost=campaign.contact_cost,
        fixed_cost=campaign.fixed_cost,
        value_per_conversion=campaign.value_per_conversion,
        created_at=work.now,
        decided_at=work.now,
        comment="Carried out elsewhere; its results were imported.",
        row_version=1,
    )
    run_id = _insert(
        session,
        Run,
        code=campaign.code,
        design_id=design_id,
        unit_id=unit_id,
        description=campaign.description,
        status=RunStatus.COMPLETED,
        starts_on=starts_on,
        ends_on=ends_on,
        initiated_at=work.now,
        arm_key=0,
        control_share=0,
        outcomes_seen_at=work.now,
        is_imported=True,
        version=1,
    )
    return created | {"campaign": [campaign_id], "design": [design_id], "run": [run_id]}


def _arms(session: Session, run_id: int, campaign: ImportedCampaign) -> None:
    known = dict(
        session.execute(select(RunArm.arm, RunArm.name).where(RunArm.run_id == run_id)).all()
    )
    for arm in campaign.arms:
        if known.get(arm.arm, arm.name) != arm.name:
            raise Invalid(
                f"Arm {arm.arm} of {campaign.code} was imported as {known[arm.arm]} and can't be"
                f" {arm.name} now; list the arms as they were."
            )
        if arm.arm not in known:
            session.execute(
                insert(RunArm).values(run_id=run_id, arm=arm.arm, name=arm.name, share=arm.share)
            )


def _unit(session: Session, code: str | None) -> int | None:
    if code is None:
        return None
    found = session.scalar(select(Unit.id).where(Unit.code == code))
    if found is None:
        raise Invalid(f"The campaign's unit {code} isn't there; name it in the mapping.")
    return found


def _product(session: Session, code: str | None) -> int | None:
    if code is None:
        return None
    found = session.scalar(select(Product.id).where(Product.code == code))
    if found is None:
        raise Invalid(f"The campaign's product {code} isn't there; name it in the mapping.")
    return found


def _insert(session: Session, model: type[Base], **values: Any) -> int:
    table = table_of(model)
    row = session.execute(insert(table).values(**values).returning(table.c.id))
    id_: int = row.scalar_one()
    return id_
