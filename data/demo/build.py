"""Put the demo bank together, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import numpy as np
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.customers.model import Attribute, Customer, Product
from core.customers.rules import AttributeType, Origin
from core.database import write_turn
from core.impact.actions.analysing import AnalyseRun, analyse_run
from core.impact.actions.folding import FoldRuns, fold_runs
from core.impact.actions.observing import ObserveOutcomes, observe_outcomes
from core.journal.model import Entry, Event, entry_of
from core.people.model import Person
from core.refusals import Conflict
from core.runs.model import Run
from core.runs.rules import RunStatus
from core.schema import METADATA
from core.segments.model import SegmentMember
from core.work import Work
from data.bulk import advance_sequences, bare, gather_statistics, write
from data.demo import bank, campaigns, customer_rows, market
from data.demo.audiences import STAFF_LIST
from data.demo.carrying import Bank, carry_out, tell_of_designs
from data.demo.customers import PRODUCTS, Customers, invent
from data.demo.runs import FINISHED, at_work
from data.reference import lay_down

Tell = Callable[[str, int, int], None]  # what is being done, how much is done, of how much
ATTRIBUTES = (
    ("income", "Yearly income", AttributeType.NUMBER),
    ("turnover", "Yearly turnover", AttributeType.NUMBER),
    ("occupation", "Occupation", AttributeType.TEXT),
    ("uses_app", "Uses the app", AttributeType.FLAG),
)


@dataclass(frozen=True)
class Built(Event):
    """The demo bank was made: everything in the database is invented."""

    kind: ClassVar[str] = "demo.built"

    seed: int
    customers: int
    activities: int
    people: int
    branches: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return ("demo:bank",)


def is_demo(session: Session) -> bool:
    """Test whether this database holds the demo bank."""
    return session.scalar(select(Entry.id).where(Entry.kind == Built.kind).limit(1)) is not None


def build(
    engine: Engine,
    *,
    customers: int,
    seed: int,
    now: datetime,
    bank_name: str,
    tell: Tell = lambda _step, _done, _steps: None,
) -> Built:
    """Fill a database that has the schema and no customers; the same seed gives the same bank.

    :raises Conflict: there are customers already
    """
    with write_turn(engine), Session(engine) as session, session.begin():
        if session.scalar(select(Customer.id).limit(1)) is not None:
            raise Conflict("There are customers already; the demo bank needs an empty database.")
        lay_down(session, bank_name=bank_name)
        session.flush()
        with bare(session.connection(), METADATA):
            made = _found(session, customers, seed, now, tell)
        tell("Looking for what came of it", 9, 10)
        advance_sequences(session.connection(), METADATA)
        gather_statistics(session.connection())
        _measure(session, now)
        built = Built(
            seed=seed,
            customers=customers,
            activities=made.activities,
            people=len(session.scalars(select(Person.id)).all()),
            branches=len(made.staff.branches),
        )
        session.add(entry_of(built, actor_id=None, at=now))
    tell("Done", 10, 10)
    return built


def _found(session: Session, many: int, seed: int, now: datetime, tell: Tell) -> Bank:
    rng = np.random.default_rng(seed)
    today = np.datetime64(now.date())
    tell("Hiring people", 0, 10)
    staff = bank.populate(session, rng, customers=many, now=now)
    _words(session)
    segments = campaigns.found_segments(session, staff, now)
    designed = campaigns.found_campaigns(session, staff, segments, now)
    entries = campaigns.found_plan(session, staff, designed, now)
    market.observe(session, rng, now)

    tell("Inventing customers", 1, 10)
    people = invent(rng, staff, many, today)
    people.product_ids += _product_ids(session)
    connection = session.connection()
    customer_rows.write_records(connection, people, rng, now)
    customer_rows.write_consents(connection, people)
    customer_rows.write_indicators(connection, people, today)
    _list_staff(session, people, segments[STAFF_LIST].id)

    demo = Bank(session, rng, staff, people, designed, entries, now)
    tell_of_designs(demo)
    runs = (*FINISHED, *at_work(len(staff.regions)))
    for number, spec in enumerate(runs):
        tell(f"Carrying out {spec.campaign}", 2 + number * 5 // len(runs), 10)
        carry_out(demo, spec)
    tell("Writing holdings and states", 7, 10)
    customer_rows.write_holdings(connection, people, rng)
    customer_rows.write_states(connection, people)
    tell("Indexing", 8, 10)
    return demo


def _words(session: Session) -> None:
    session.add_all(
        Product(
            code=product.code,
            name=product.name,
            category=product.category,
            bit=place,
            yearly_margin=Decimal(product.margin),
        )
        for place, product in enumerate(PRODUCTS)
    )
    session.add_all(
        Attribute(name=name, label=label, type=type_, origin=Origin.SYNTHETIC)
        for name, label, type_ in ATTRIBUTES
    )
    session.flush()


def _product_ids(session: Session) -> list[int]:
    by_code = {product.code: product.id for product in session.scalars(select(Product))}
    return [by_code[product.code] for product in PRODUCTS]


def _list_staff(session: Session, people: Customers, segment_id: int) -> None:
    members = people.ids[people.on_staff_list]
    write(
        session.connection(),
        SegmentMember,
        {"segment_id": segment_id, "customer_id": members},
    )


def _measure(session: Session, now: datetime) -> None:
    """Look for the outcomes of every sales run, and freeze what the finished ones came to."""
    work = Work(session, SYSTEM, now)
    launched = select(Run).where(Run.launched_at.is_not(None)).order_by(Run.id)
    for run in session.scalars(launched).all():
        is_sales = run.plan_entry_id is not None
        if is_sales:
            observe_outcomes(work, ObserveOutcomes(run.id))
        if is_sales and run.status is RunStatus.COMPLETED:
            analyse_run(work, AnalyseRun(run.id))
    fold_runs(work, FoldRuns())
