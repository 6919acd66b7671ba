"""Carry out the demo bank's campaigns: each run as it was or is, with all that came of it."""

from datetime import timedelta

import numpy as np
from sqlalchemy import select

from core.activities.schedule import hours_of, stage_days
from core.campaigns.model import Campaign, Channel, Content, Design, Stage
from core.runs.model import Run, RunArm, RunStage
from core.runs.rules import CONTROL_ARM, TREATED_ARM, RunStatus
from data.demo import record, work
from data.demo.audiences import AUDIENCES
from data.demo.bank import Staff
from data.demo.campaigns import CAMPAIGNS
from data.demo.customer_rows import mark_candidates
from data.demo.customers import PLACE, Customers, Ids
from data.demo.founded import Bank, Course
from data.demo.lives import Lives, live
from data.demo.runs import RunSpec, Schedule, moment, schedule
from data.demo.selection import Scenario, Selection
from data.demo.selection import select as select_customers
from data.demo.telling import story

_SPECS = {spec.code: spec for spec in CAMPAIGNS}


def set_out(bank: Bank, spec: RunSpec) -> Course:
    """Write a run before anybody is in it."""
    calendar = hours_of(bank.session, bank.staff.bank_id)
    days = schedule(spec, bank.now, calendar)
    campaign, designs = bank.campaigns[spec.campaign]
    design = designs[spec.version - 1]
    run = _run(bank, spec, days, campaign, design)
    return Course(days, campaign, design, run, _scenario(bank, spec, days, campaign, design, run))


def carry_out(bank: Bank, course: Course, customers: Customers) -> None:
    """Take some customers through a run: who is in it, and everything that has come of it."""
    plan = course.plan
    chosen = select_customers(customers, plan, bank.rng)
    record.excluded(bank.connection, customers, plan, chosen)
    life: Lives | None = None
    if plan.launched_at is not None:
        life = live(customers, bank.staff, plan, chosen, bank.rng)
        bank.activities += work.activities(
            bank.connection,
            customers,
            bank.staff,
            plan,
            life,
            first_id=bank.activities + 1,
            reasons=bank.reasons,
        )
        if not plan.is_finished:
            _mark(bank, customers, chosen, life, course)
    record.candidates(bank.connection, customers, plan, chosen, life)
    course.counts.add(chosen, life)


def conclude(bank: Bank, course: Course) -> None:
    """Write what a run came to over all customers, and what the journal says of it."""
    plan, counts = course.plan, course.counts
    course.run.population = counts.population
    record.waterfall(bank.connection, plan.run_id, counts.excluded)
    if course.days.launched_at is not None:
        bank.session.add(
            RunStage(
                run_id=plan.run_id,
                stage_id=plan.stage_id,
                made_at=course.days.launched_at,
                made=counts.worked,
            )
        )
    for at, fact in story(bank, course):
        bank.note(fact, at, bank.staff.designer)
    bank.session.flush()


def _run(bank: Bank, spec: RunSpec, days: Schedule, campaign: Campaign, design: Design) -> Run:
    regions = bank.staff.regions
    unit_id = bank.staff.bank_id if spec.region is None else regions[spec.region]
    number = (
        sum(spec.campaign == code.split("-")[0] for code in bank.session.scalars(select(Run.code)))
        + 1
    )
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


def _scenario(
    bank: Bank, spec: RunSpec, days: Schedule, campaign: Campaign, design: Design, run: Run
) -> Scenario:
    of = _SPECS[spec.campaign]
    stage, channel = bank.session.execute(
        select(Stage, Channel)
        .join(Content, Content.id == Stage.content_id)
        .join(Channel, Channel.id == Content.channel_id)
        .where(Stage.design_id == design.id)
    ).one()
    on = stage_days(stage, run.starts_on, hours_of(bank.session, run.unit_id))
    return Scenario(
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
        false_reports=spec.false_reports,
        selected_at=moment(days.selected_at),
        launched_at=moment(days.launched_at) if days.launched_at else None,
        until=moment(days.finished_at or bank.now),
        is_finished=days.finished_at is not None,
        mornings=days.mornings,
        activity_on=np.datetime64(on.activity_on),
        due_at=moment(on.due_at),
    )


def _branches(staff: Staff, run: Run) -> Ids:
    if run.unit_id == staff.bank_id:
        return staff.branches
    branches: Ids = staff.branches[staff.region_of == run.unit_id]
    return branches


def _mark(bank: Bank, customers: Customers, chosen: Selection, life: Lives, course: Course) -> None:
    """Mark who is a candidate now: all who are treated, until they refuse."""
    marked = np.zeros(len(customers), bool)
    marked[chosen.candidates[chosen.is_worked]] = True
    marked[life.places[~np.isnat(life.refused_at)]] = False
    launched_at, until = course.plan.launched_at, np.datetime64(course.run.ends_on) + 1
    assert launched_at is not None  # noqa: S101  work is made by launched runs
    mark_candidates(bank.connection, customers, marked, (launched_at, until), course.run.id)
