"""A bank of any size for measuring: what rules read varies, what they don't is left out."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from core.access import Role
from core.activities.model import Activity
from core.activities.rules import Status
from core.campaigns.model import Campaign, Channel, ContactPolicy, Content, Design, Stage
from core.campaigns.rules import ActivityType, DesignStatus, Priority
from core.customers.model import Customer, CustomerState, Indicator, Product
from core.customers.rules import CustomerKind, IndicatorKind, Medium
from core.people.model import Person, PersonRole, Team, Unit
from core.people.rules import JobFunction, UnitKind
from core.runs.model import Run
from core.runs.rules import RunStatus
from data import bulk, reference
from data.migrations import upgrade

NOW = datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Europe/London"))
BRANCHES, MANAGERS_EACH = 200, 5
CURRENT, SAVINGS = 1, 2
RULE = {"all": [{"holds": {"product": "current"}}, {"lacks": {"product": "savings"}}]}


def build(
    engine: Engine, customers: int, *, seed: int = 1, attributes: str | list[str] = "{}"
) -> int:
    """Fill an empty database and return the id of an approved design for about a fifth of it."""
    upgrade(engine)
    with Session(engine) as session, session.begin():
        reference.lay_down(session, bank_name="Bank of benchmarks")
        session.flush()
        session.get_one(ContactPolicy, 1).most_contacts = 1
        branches, managers = _people(session)
        design_id, busy_run = _campaigns(session)
    rng = np.random.default_rng(seed)
    with engine.begin() as connection:
        _customers(connection, rng, customers, branches, managers, busy_run, attributes)
        bulk.advance_sequences(connection, Customer.metadata)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return design_id


def _people(session):
    [bank_id] = session.scalars(select(Unit.id))
    for n in range(BRANCHES):
        session.add(Unit(code=f"B{n}", name=f"Branch {n}", kind=UnitKind.BRANCH, parent_id=bank_id))
    session.flush()
    branches = session.scalars(
        select(Unit.id).where(Unit.kind == UnitKind.BRANCH).order_by(Unit.id)
    ).all()
    session.add_all(Team(name=f"Team {id_}", unit_id=id_) for id_ in branches)
    for n, branch in enumerate(branches * MANAGERS_EACH):
        session.add(
            Person(
                staff_no=f"S{n}",
                name=f"Person {n}",
                email=f"p{n}@bank.example",
                unit_id=branch,
                job_function=JobFunction.RELATIONSHIP_MANAGER,
            )
        )
    session.flush()
    managers = session.execute(select(Person.id, Person.unit_id).order_by(Person.id)).all()
    session.execute(
        insert(PersonRole), [{"person_id": id_, "role": Role.AGENT} for id_, _ in managers]
    )
    of_branch = np.zeros((len(branches), MANAGERS_EACH), np.int64)
    filled = dict.fromkeys(branches, 0)
    place = {branch: n for n, branch in enumerate(branches)}
    for id_, branch in managers:
        of_branch[place[branch], filled[branch]] = id_
        filled[branch] += 1
    return np.array(branches, np.int64), of_branch


def _campaigns(session):
    """Add one design to select by, and a launched run whose work keeps some customers busy."""
    session.add_all(
        [
            Product(id=CURRENT, code="current", name="Current account", bit=0),
            Product(id=SAVINGS, code="savings", name="Savings account", bit=1),
        ]
    )
    phone = session.scalars(select(Channel).where(Channel.medium == Medium.PHONE)).one()
    content = Content(
        name="Call", channel_id=phone.id, subject="Call", body="Hello {customer name}"
    )
    session.add(content)
    [bank_id] = session.scalars(select(Unit.id).where(Unit.kind == UnitKind.BANK))
    session.flush()
    designs = []
    for code in ("SAVE", "BUSY"):
        campaign = Campaign(
            code=code,
            name=code.title(),
            type_id=1,
            priority=Priority.MEDIUM,
            starts_on=NOW.date(),
            ends_on=NOW.date() + timedelta(days=90),
            unit_id=bank_id,
            created_at=NOW,
        )
        session.add(campaign)
        session.flush()
        design = Design(
            campaign_id=campaign.id,
            version=1,
            status=DesignStatus.APPROVED,
            product_id=SAVINGS,
            control_share=1000,
            created_at=NOW,
            frozen={"rule": RULE},
        )
        session.add(design)
        session.flush()
        session.add(Stage(design_id=design.id, position=1, name="Call", content_id=content.id))
        designs.append(design.id)
    busy = Run(
        code="BUSY-R1",
        design_id=designs[1],
        unit_id=bank_id,
        status=RunStatus.LAUNCHED,
        starts_on=NOW.date(),
        ends_on=NOW.date() + timedelta(days=60),
        initiated_at=NOW,
        arm_key=999,
        control_share=0,
    )
    session.add(busy)
    session.flush()
    stage_id = session.scalars(select(Stage.id).where(Stage.design_id == designs[1])).one()
    campaign_id = session.get_one(Design, designs[1]).campaign_id
    return designs[0], (busy.id, stage_id, campaign_id)


def _customers(connection, rng, many, branches, managers, busy_run, attributes):
    ids = np.arange(1, many + 1, dtype=np.int64)
    now = np.datetime64(NOW.astimezone(ZoneInfo("UTC")).replace(tzinfo=None), "us")
    bulk.write(
        connection,
        Customer,
        {
            "id": ids,
            "customer_no": [f"C{id_}" for id_ in ids],
            "kind": CustomerKind.PRIVATE.code,
            "name": [f"Customer {id_:07}" for id_ in ids],
            "pin": [f"19{id_:010}" for id_ in ids],
            "attributes": attributes,
            "created_at": np.full(many, now),
            "updated_at": np.full(many, now),
        },
    )
    place = rng.integers(0, len(branches), many)
    managed = rng.random(many) < 0.05
    manager = managers[place, rng.integers(0, managers.shape[1], many)]
    distressed = rng.random(many) < 0.01
    busy = rng.random(many) < 0.05
    contacted = rng.random(many) < 0.3
    days = rng.integers(1, 400, many)
    last = now - days.astype("timedelta64[D]")
    bulk.write(
        connection,
        CustomerState,
        {
            "customer_id": ids,
            "branch_id": branches[place],
            "manager_id": np.ma.masked_array(manager, ~managed),
            "kind": CustomerKind.PRIVATE.code,
            "is_active": rng.random(many) < 0.97,
            "do_not_contact": rng.random(many) < 0.02,
            "born_on": np.datetime64("1940-01-01") + rng.integers(0, 24_000, many),
            "products": (rng.random(many) < 0.9) * 1 + (rng.random(many) < 0.6) * 2,
            "consents": (rng.random(many) < 0.8) * Medium.PHONE.bit
            + (rng.random(many) < 0.7) * Medium.EMAIL.bit,
            "indicators": distressed * IndicatorKind.DISTRESS.bit,
            "balance": rng.integers(0, 5_000_000, many),
            "yearly_value": rng.integers(0, 100_000, many),
            "churn_risk": rng.random(many).round(4),
            "last_contact_at": np.where(contacted, last, np.datetime64("NaT", "us")),
            "pending": busy * 1,
        },
    )
    marked = ids[distressed]
    bulk.write(
        connection,
        Indicator,
        {
            "customer_id": marked,
            "kind": IndicatorKind.DISTRESS.code,
            "valid_from": np.full(len(marked), now),
        },
    )
    run_id, stage_id, campaign_id = busy_run
    work = ids[busy]
    bulk.write(
        connection,
        Activity,
        {
            "run_id": run_id,
            "stage_id": stage_id,
            "campaign_id": campaign_id,
            "customer_id": work,
            "type": ActivityType.SALES.code,
            "priority": Priority.MEDIUM.code,
            "status": Status.UNASSIGNED.code,
            "branch_id": branches[place][busy],
            "activity_on": np.full(len(work), now.astype("datetime64[D]")),
            "ends_on": np.full(len(work), now.astype("datetime64[D]") + 14),
            "due_at": np.full(len(work), now + np.timedelta64(14, "D")),
            "attempts": 0,
            "is_completed": np.zeros(len(work), bool),
            "created_at": np.full(len(work), now),
            "version": 1,
        },
    )
