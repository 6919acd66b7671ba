"""A bank whose campaigns are over: one run of everybody, and many smaller ones, with results."""

import json
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from benchmarks.bank import NOW, SAVINGS, build
from benchmarks.results import LASTS, WORTH, Made, candidates, work
from core.campaigns.model import (
    Campaign,
    Consumable,
    Content,
    Design,
    Holdout,
    HoldoutCustomer,
    Stage,
)
from core.campaigns.rules import DesignStatus, Priority
from core.customers.model import Attribute, Customer, CustomerState, Product
from core.customers.rules import AttributeType, Origin
from core.database import connect
from core.people.model import Unit
from core.people.rules import UnitKind
from core.runs.model import Run, RunArm
from core.runs.rules import RunStatus
from core.segments.model import Segment
from core.segments.rules import SegmentKind
from data import bulk

CAMPAIGNS, EACH, PRODUCTS = 200, 20_000, 10
LATER = NOW + timedelta(days=90)  # when all of them are over
AGES = tuple(range(20, 80, 10))  # where a segment begins
JOBS = ("clerk", "farmer", "nurse", "teacher", "pensioner")


@dataclass(frozen=True)
class Finished:
    """The run of everybody, and one of the smaller ones."""

    run_id: int
    campaign_id: int
    small_run_id: int


def finish(url: str, customers: int, *, seed: int = 1) -> Finished:
    """Fill an empty database: customers in the run of everybody, and 1 % held out of all runs."""
    engine = connect(url)
    everybody = customers + customers // 100
    build(engine, everybody, seed=seed, attributes=_attributes(everybody))
    runs, channel_id, gift_id = _runs(engine)
    rng = np.random.default_rng(seed)
    with engine.begin() as connection:
        states = select(CustomerState.branch_id).order_by(CustomerState.customer_id)
        branches = np.fromiter(connection.scalars(states), np.int64, everybody)
        _hold_out(connection, np.arange(customers + 1, everybody + 1))
        with bulk.bare(connection, Customer.metadata):
            ids = np.arange(1, customers + 1, dtype=np.int64)
            steps = candidates(connection, rng, runs[0], ids, branches, channel_id)
            work(connection, runs[0], ids, branches, steps, gift_id)
            for made in runs[1:]:
                some = rng.choice(customers, min(EACH, customers // 4), replace=False)
                candidates(connection, rng, made, np.sort(some + 1), branches, channel_id)
        bulk.advance_sequences(connection, Customer.metadata)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_postgresql = engine.dialect.name == "postgresql"
        connection.exec_driver_sql("VACUUM ANALYZE" if is_postgresql else "ANALYZE")
    engine.dispose()
    return Finished(runs[0].run_id, runs[0].campaign_id, runs[-1].run_id)


def _attributes(many: int) -> list[str]:
    known = [
        json.dumps({"job": job, "default": flag}) for job in JOBS for flag in (True, False, False)
    ]
    return [known[n * 7 % len(known)] for n in range(many)]


def _runs(engine: Engine) -> tuple[list[Made], int, int]:
    with Session(engine) as session, session.begin():
        [unit_id] = session.scalars(select(Unit.id).where(Unit.kind == UnitKind.BANK))
        content = session.scalars(select(Content)).one()
        gift = Consumable(name="Piggy bank", unit_cost=3, stock=9_000_000)
        session.add_all(
            [
                gift,
                Attribute(name="job", label="Job", type=AttributeType.TEXT, origin=Origin.SOURCE),
                Attribute(
                    name="default", label="Default", type=AttributeType.FLAG, origin=Origin.SOURCE
                ),
                *(
                    Product(id=n, code=f"p{n}", name=f"Product {n}", bit=n - 1, yearly_margin=90)
                    for n in range(3, 3 + PRODUCTS)
                ),
                *_segments(),
            ]
        )
        session.get_one(Product, SAVINGS).yearly_margin = 80
        session.flush()
        made = [_run(session, unit_id, content.id, number) for number in range(CAMPAIGNS + 1)]
        return made, content.channel_id, gift.id


def _segments():
    rules = [{"field": "age", "is": "between", "value": [age, age + 14]} for age in AGES]
    rules.append({"field": "churn_risk", "is": ">", "value": 0.5})
    rules.append({"holds": {"product": "current"}})
    for number, rule in enumerate(rules):
        yield Segment(
            code=f"s{number}",
            name=f"Segment {number}",
            kind=SegmentKind.DYNAMIC,
            rule={"all": [rule]},
            changed_at=NOW,
        )


def _run(session: Session, unit_id: int, content_id: int, number: int) -> Made:
    """Add a run that is over; number 0 is of everybody, the others began up to a year before."""
    begins = NOW - timedelta(days=0 if number == 0 else number * 360 // CAMPAIGNS)
    ends = begins.date() + timedelta(days=LASTS - 1)
    campaign = Campaign(
        code=f"F{number}",
        name=f"Finished {number}",
        type_id=1,
        priority=Priority.MEDIUM,
        starts_on=begins.date(),
        ends_on=ends,
        unit_id=unit_id,
        created_at=begins,
    )
    session.add(campaign)
    session.flush()
    product_id = SAVINGS if number == 0 else 3 + number % PRODUCTS
    design = Design(
        campaign_id=campaign.id,
        version=1,
        status=DesignStatus.APPROVED,
        product_id=product_id,
        control_share=1000,
        contact_cost=2,
        fixed_cost=5_000,
        value_per_conversion=WORTH / 100,
        expected_rate=0.055,
        goal=0.05,
        created_at=begins,
    )
    session.add(design)
    session.flush()
    stage = Stage(design_id=design.id, position=1, name="Call", content_id=content_id)
    run = Run(
        code=f"F{number}-R1",
        design_id=design.id,
        unit_id=unit_id,
        status=RunStatus.COMPLETED,
        starts_on=begins.date(),
        ends_on=ends,
        initiated_at=begins,
        launched_at=begins,
        finished_at=begins + timedelta(days=LASTS),
        outcomes_seen_at=begins + timedelta(days=LASTS + 1),
        arm_key=number,
        control_share=1000,
    )
    session.add_all([stage, run])
    session.flush()
    session.execute(
        insert(RunArm),
        [
            {"run_id": run.id, "arm": 0, "name": "control", "share": 1000},
            {"run_id": run.id, "arm": 1, "name": "treated", "share": 9000},
        ],
    )
    starts = np.datetime64(begins.replace(tzinfo=None), "us")
    return Made(run.id, campaign.id, design.id, stage.id, product_id, starts)


def _hold_out(connection, ids) -> None:
    began = (NOW - timedelta(days=400)).date()
    holdout = insert(Holdout).values(
        id=1, name="Nobody asks", share=99, key=1, population=int(ids[-1]), starts_on=began,
        created_at=NOW,
    )  # fmt: skip
    connection.execute(holdout)
    bulk.write(connection, HoldoutCustomer, {"holdout_id": 1, "customer_id": ids})
