"""Rows of runs for tests that are about what comes after: activities, responses, impact."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.activities.model import Activity, Change
from core.activities.rules import Status
from core.campaigns.model import Campaign, Design, Stage
from core.customers.model import CustomerState
from core.runs.model import Candidate, Run, RunArm, RunStage
from core.runs.rules import CONTROL_ARM, TREATED_ARM, Confirmation, RunStatus
from tests import world
from tests.conftest import NOW
from tests.making.campaigns import approved_design

TODAY = NOW.date()


@dataclass(frozen=True)
class Launched:
    """A run with work in the branches; `activities` maps each customer to the activity's id."""

    run_id: int
    design_id: int
    campaign_id: int
    stage_id: int
    activities: dict[int, int]


def planned_run(session: Session, design_id: int | None = None, **changes: Any) -> int:
    """Insert a run of the whole bank that has not selected yet; `changes` are columns of it."""
    design_id = design_id or approved_design(session)
    share = session.get_one(Design, design_id).control_share
    number = (session.scalar(select(func.max(Run.id))) or 0) + 1
    columns = {
        "code": f"RUN-{number}",
        "design_id": design_id,
        "unit_id": world.BANK,
        "description": "A run for a test",
        "status": RunStatus.PLANNED,
        "starts_on": NOW.date(),
        "ends_on": NOW.date() + timedelta(days=60),
        "initiated_at": NOW,
        "arm_key": number,
        "control_share": share,
    }
    row = Run(**(columns | changes))
    session.add(row)
    session.flush()
    session.add(RunArm(run_id=row.id, arm=TREATED_ARM, name="treated", share=10_000 - share))
    if share:
        session.add(RunArm(run_id=row.id, arm=CONTROL_ARM, name="control", share=share))
    session.flush()
    return row.id


def launched_run(
    session: Session,
    customers: Collection[int] = world.NORTH_CUSTOMERS,
    *,
    held: Mapping[int, int] | None = None,
    control: Collection[int] = (),
    due_at: datetime = NOW + timedelta(days=14),
    activity_on: date = TODAY,
    design: dict[str, Any] | None = None,
    **run_columns: Any,
) -> Launched:
    """Insert a launched run with one pending activity for each treated customer.

    :param customers: candidates, all confirmed; their activities wait in the branch pools
    :param held: customer to person, for activities that somebody has already
    :param control: further candidates who are held out: they get no activity
    :param design: what `approved_design` takes, such as `stages=…`, `campaign_columns=…`
    :param run_columns: columns of the run, such as `unit_id`
    """
    design_id = approved_design(session, **(design or {}))
    run_id = planned_run(
        session,
        design_id,
        **(
            {
                "status": RunStatus.LAUNCHED,
                "population": len(customers) + len(control),
                "selected_at": NOW,
                "launched_at": NOW,
            }
            | run_columns
        ),
    )
    campaign = session.get_one(Campaign, session.get_one(Design, design_id).campaign_id)
    stage = session.scalars(
        select(Stage).where(Stage.design_id == design_id).order_by(Stage.position).limit(1)
    ).one()
    branches = {
        row.customer_id: row.branch_id
        for row in session.execute(select(CustomerState.customer_id, CustomerState.branch_id))
    }
    for customer_id in [*customers, *control]:
        person_id = (held or {}).get(customer_id)
        session.add(
            Candidate(
                run_id=run_id,
                customer_id=customer_id,
                branch_id=branches[customer_id],
                arm=CONTROL_ARM if customer_id in control else TREATED_ARM,
                confirmation=Confirmation.CONFIRMED,
                confirmed_at=NOW,
                assigned_at=NOW if person_id else None,
            )
        )
    work = {
        customer_id: Activity(
            run_id=run_id,
            stage_id=stage.id,
            campaign_id=campaign.id,
            customer_id=customer_id,
            type=stage.activity_type,
            subtype_id=stage.activity_subtype_id,
            priority=campaign.priority,
            status=Status.ASSIGNED if customer_id in (held or {}) else Status.UNASSIGNED,
            branch_id=branches[customer_id],
            person_id=(held or {}).get(customer_id),
            activity_on=activity_on,
            ends_on=due_at.date(),
            due_at=due_at,
            created_at=NOW,
        )
        for customer_id in customers
    }
    session.add_all(work.values())
    session.flush()
    for activity in work.values():
        session.add(
            Change(
                activity_id=activity.id,
                at=NOW,
                verb="generate",
                to_status=activity.status,
                to_person_id=activity.person_id,
                to_branch_id=activity.branch_id,
            )
        )
    session.add(RunStage(run_id=run_id, stage_id=stage.id, made_at=NOW, made=len(work)))
    session.execute(
        update(CustomerState)
        .where(CustomerState.customer_id.in_(list(customers)))
        .values(pending=CustomerState.pending + 1)
        .execution_options(synchronize_session=False)
    )
    session.flush()
    return Launched(
        run_id=run_id,
        design_id=design_id,
        campaign_id=campaign.id,
        stage_id=stage.id,
        activities={customer_id: activity.id for customer_id, activity in work.items()},
    )
