"""Carry out the demo bank's campaigns: each run as it was or is, with what the journal says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from core.activities.schedule import calendar_of, stage_days
from core.campaigns.events import DesignApproved, DesignDrafted, DesignSubmitted
from core.campaigns.model import (
    Campaign,
    CampaignType,
    Channel,
    Content,
    Design,
    Stage,
    StatusReason,
)
from core.campaigns.rules import DesignStatus
from core.journal.model import Event, entry_of
from core.people.model import Unit
from core.runs.events import CandidatesSelected, RunEnded, RunLaunched, RunStarted
from core.runs.model import Run, RunArm, RunStage
from core.runs.rules import CONTROL_ARM, TREATED_ARM, Confirmation, Exclusion, RunStatus
from data.demo import record, work
from data.demo.audiences import AUDIENCES
from data.demo.bank import Staff
from data.demo.campaigns import CAMPAIGNS
from data.demo.customer_rows import mark_candidates
from data.demo.customers import PLACE, Customers, Ids
from data.demo.lives import Lives, live
from data.demo.runs import RunSpec, Schedule, moment, schedule
from data.demo.selection import Scenario, Selection
from data.demo.selection import select as select_customers

_SPECS = {spec.code: spec for spec in CAMPAIGNS}


@dataclass
class Bank:
    """All that a run of the demo bank needs to know, and how many activities there are by now."""

    session: Session
    rng: np.random.Generator
    staff: Staff
    customers: Customers
    campaigns: Mapping[str, tuple[Campaign, tuple[Design, ...]]]
    entries: Mapping[str, int]  # of the plan, by code of the campaign
    now: datetime
    activities: int = 0

    @property
    def connection(self) -> Connection:
        return self.session.connection()

    def note(self, fact: Event, at: datetime, actor_id: int | None = None) -> None:
        self.session.add(entry_of(fact, actor_id=actor_id, at=at))


def carry_out(bank: Bank, spec: RunSpec) -> Run:
    """Write one run with everything that has come of it so far."""
    calendar = calendar_of(bank.session, bank.staff.bank_id)
    days = schedule(spec, bank.now, calendar)
    campaign, designs = bank.campaigns[spec.campaign]
    design = designs[spec.version - 1]
    run = _run(bank, spec, days, campaign, design)
    stage, plan = _scenario(bank, spec, days, campaign, design, run)
    chosen = select_customers(bank.customers, plan, bank.rng)
    run.population = chosen.population
    record.selected(bank.connection, bank.customers, plan, chosen)
    life: Lives | None = None
    if days.launched_at is not None:
        life = live(bank.customers, bank.staff, plan, chosen, bank.rng)
        _make_work(bank, plan, stage, life, days)
        if not plan.is_finished:
            _mark(bank, plan, chosen, life, run)
    record.candidates(bank.connection, bank.customers, plan, chosen, life)
    for at, fact in _story(bank, days, campaign, design, run, chosen, life):
        bank.note(fact, at, bank.staff.designer)
    bank.session.flush()
    return run


def _run(bank: Bank, spec: RunSpec, days: Schedule, campaign: Campaign, design: Design) -> Run:
    regions = bank.staff.regions
    unit_id = bank.staff.bank_id if spec.region is None else regions[spec.region]
    number = sum(spec.campaign == code.split("-")[0] for code in _codes(bank.session)) + 1
    status = RunStatus.SELECTED
    if days.launched_at is not None:
        status = RunStatus.COMPLETED if days.finished_at else RunStatus.LAUNCHED
    run = Run(
        code=f"{spec.campaign}-{number}",
        design_id=design.id,
        unit_id=unit_id,
        plan_entry_id=bank.entries.get(spec.campaign),
        description=campaign.name,
        status=status,
        starts_on=days.starts_on,
        ends_on=days.ends_on,
        initiated_at=days.selected_at - timedelta(hours=2),
        arm_key=int(bank.rng.integers(1, 2**31)),
        control_share=design.control_share,
        frozen_rule=(design.frozen or {}).get("rule"),
        selected_at=days.selected_at,
        launched_at=days.launched_at,
        finished_at=days.finished_at,
    )
    bank.session.add(run)
    bank.session.flush()
    shares = {CONTROL_ARM: run.control_share, TREATED_ARM: 10_000 - run.control_share}
    names = {CONTROL_ARM: "control", TREATED_ARM: "treated"}
    bank.session.add_all(
        RunArm(run_id=run.id, arm=arm, name=names[arm], share=share)
        for arm, share in shares.items()
        if share
    )
    bank.session.flush()
    return run


def _codes(session: Session) -> list[str]:
    return list(session.scalars(select(Run.code)))


def _scenario(
    bank: Bank, spec: RunSpec, days: Schedule, campaign: Campaign, design: Design, run: Run
) -> tuple[Stage, Scenario]:
    of = _SPECS[spec.campaign]
    stage, channel = bank.session.execute(
        select(Stage, Channel)
        .join(Content, Content.id == Stage.content_id)
        .join(Channel, Channel.id == Content.channel_id)
        .where(Stage.design_id == design.id)
    ).one()
    on = stage_days(stage, run.starts_on, calendar_of(bank.session, run.unit_id))
    plan = Scenario(
        run_id=run.id,
        design_id=design.id,
        campaign_id=campaign.id,
        stage_id=stage.id,
        channel_id=channel.id,
        subtype_id=stage.activity_subtype_id,
        arm_key=run.arm_key,
        control_share=run.control_share,
        type=of.type,
        priority=of.priority,
        medium=channel.medium,
        audience=AUDIENCES[of.versions[spec.version - 1].audience].test,
        unit_ids=_branches(bank.staff, run),
        certified_only=of.qualification is not None,
        product=PLACE[of.product] if of.product else None,
        base_product=PLACE[of.base_product] if of.base_product else None,
        base_rate=spec.base_rate,
        treated_rate=spec.treated_rate,
        reach=spec.reach,
        effort=spec.effort,
        selected_at=moment(days.selected_at),
        launched_at=moment(days.launched_at) if days.launched_at else None,
        until=moment(days.finished_at or bank.now),
        is_finished=days.finished_at is not None,
        mornings=days.mornings,
        activity_on=np.datetime64(on.activity_on),
        due_at=moment(on.due_at(bank.now.tzinfo)),
    )
    return stage, plan


def _branches(staff: Staff, run: Run) -> Ids:
    if run.unit_id == staff.bank_id:
        return staff.branches
    branches: Ids = staff.branches[staff.region_of == run.unit_id]
    return branches


def _make_work(bank: Bank, plan: Scenario, stage: Stage, life: Lives, days: Schedule) -> None:
    reasons = {row.code: row.id for row in bank.session.scalars(select(StatusReason)) if row.code}
    made = work.activities(
        bank.connection,
        bank.customers,
        bank.staff,
        plan,
        life,
        first_id=bank.activities + 1,
        reasons=reasons,
    )
    bank.activities += made
    assert days.launched_at is not None  # noqa: S101  work is made by launched runs
    bank.session.add(
        RunStage(run_id=plan.run_id, stage_id=stage.id, made_at=days.launched_at, made=made)
    )


def _mark(bank: Bank, plan: Scenario, chosen: Selection, life: Lives, run: Run) -> None:
    """Mark who is a candidate now: all who are treated, until they refuse."""
    marked = np.zeros(len(bank.customers), bool)
    marked[chosen.candidates[chosen.is_worked]] = True
    marked[life.places[~np.isnat(work.refused_at(life))]] = False
    until = np.datetime64(run.ends_on) + 1
    assert plan.launched_at is not None  # noqa: S101  work is made by launched runs
    mark_candidates(bank.connection, bank.customers, marked, (plan.launched_at, until), run.id)


def _story(
    bank: Bank,
    days: Schedule,
    campaign: Campaign,
    design: Design,
    run: Run,
    chosen: Selection,
    life: Lives | None,
) -> Iterator[tuple[datetime, Event]]:
    """Tell what the journal would say of the run, in order."""
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
    counts = np.bincount(chosen.reasons, minlength=max(why.code for why in Exclusion) + 1)
    pending = int((chosen.confirmation == Confirmation.PENDING.code).sum())
    control = int((chosen.arm == CONTROL_ARM).sum())
    yield (
        days.selected_at,
        CandidatesSelected(
            run_id=run.id,
            run=run.code,
            population=chosen.population,
            candidates=len(chosen.candidates),
            control=control,
            pending=int(chosen.asked.sum()),
            excluded={why.value: int(counts[why.code]) for why in Exclusion},
            is_repeated=False,
        ),
    )
    if life is None or days.launched_at is None:
        return
    yield (
        days.launched_at,
        RunLaunched(
            run_id=run.id,
            run=run.code,
            campaign_id=campaign.id,
            treated=len(life.places),
            control=control,
            left_out=pending,
            opted_out=0,
            activities=len(life.places),
            held=int((life.holder > 0).sum()),
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
                aborted=int(life.aborted.sum()),
                withdrawn=0,
                indicators_cleared=0,
                batch_id=None,
            ),
        )


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
