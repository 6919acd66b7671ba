"""Put the demo bank together, in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import numpy as np
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.campaigns.model import StatusReason
from core.coverage.queries.counting import count
from core.coverage.upkeep import keep, usual_periods
from core.customers.attributes import free_place, placed
from core.customers.model import Attribute, Customer, Product
from core.customers.rules import AttributeType, Origin
from core.database import spilling, write_turn
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
from core.service.upkeep import fold_service
from core.truth.actions import AskForReview, ask_for_review
from core.work import Work
from data.bulk import advance_sequences, bare, gather_statistics, write
from data.demo import bank, customer_rows, holding_out, market
from data.demo.absences import plan_absences
from data.demo.audiences import STAFF_LIST
from data.demo.carrying import carry_out, conclude, set_out
from data.demo.customers import PRODUCTS, Customers, invent
from data.demo.designing import found_campaigns, found_segments
from data.demo.founded import Bank, Course
from data.demo.learning import learn
from data.demo.planning import found_plan
from data.demo.policy import set_terms
from data.demo.runs import FINISHED, at_work
from data.demo.standing import keep_versions, stand
from data.demo.steering import steer
from data.demo.telling import tell_of_designs
from data.demo.threatening import threaten
from data.reference import lay_down

Tell = Callable[[str, int, int], None]  # what is being done, how much is done, of how much
LONGEST = 4_000  # days that a demo bank has been running campaigns, at most
SAMPLE = 6  # reported sales that each lead is asked to look at
COHORT = 50_000  # customers invented at a time, so that any number fits into the memory
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
    with write_turn(engine), Session(spilling(engine)) as session, session.begin():
        if session.scalar(select(Customer.id).limit(1)) is not None:
            raise Conflict("There are customers already; the demo bank needs an empty database.")
        lay_down(session, bank_name=bank_name)
        session.flush()
        with bare(session.connection(), METADATA):
            activities, branches = _found(session, customers, seed, now, tell)
        tell("Looking for what came of it", 9, 10)
        advance_sequences(session.connection(), METADATA)
        gather_statistics(session.connection())
        plan_absences(session, now)
        set_terms(session, now)
        keep_versions(session)
        threaten(session, now)
        _measure(session, now)
        steer(session, now)
        learn(session, now)
        stand(session, seed=seed, now=now)
        built = Built(
            seed=seed,
            customers=customers,
            activities=activities,
            people=len(session.scalars(select(Person.id)).all()),
            branches=branches,
        )
        session.add(entry_of(built, actor_id=None, at=now))
    tell("Done", 10, 10)
    return built


def _found(session: Session, many: int, seed: int, now: datetime, tell: Tell) -> tuple[int, int]:
    """Write everything but what is counted of it; returns how many activities and branches."""
    rng = np.random.default_rng(seed)
    today = np.datetime64(now.date())
    tell("Hiring people", 0, 10)
    staff = bank.populate(session, rng, customers=many, now=now)
    _words(session)
    segments = found_segments(session, staff, now)
    designed = found_campaigns(session, staff, segments, now)
    entries = found_plan(session, staff, designed, now)
    market.observe(session, staff, rng, now)

    reasons = {row.code: row.id for row in session.scalars(select(StatusReason)) if row.code}
    holdout = holding_out.begin(session, staff, now)
    demo = Bank(session, rng, staff, designed, entries, reasons, holdout, now)
    tell_of_designs(demo)
    courses = [set_out(demo, spec) for spec in (*FINISHED, *at_work(len(staff.regions)))]
    weights = rng.uniform(0.7, 1.3, len(staff.branches))
    product_ids = _product_ids(session)
    for first in range(1, many + 1, COHORT):
        tell("Inventing customers and what they did", 1 + first * 7 // many, 10)
        ids = np.arange(first, min(first + COHORT, many + 1))
        people = invent(rng, staff, ids, weights / weights.sum(), today)
        people.product_ids += product_ids
        _live_through(demo, people, courses, segments[STAFF_LIST].id)
    holding_out.tell(demo)
    for course in courses:
        conclude(demo, course)
    tell("Indexing", 8, 10)
    return demo.activities, len(staff.branches)


def _live_through(
    demo: Bank, people: Customers, courses: Sequence[Course], staff_list_id: int
) -> None:
    """Write customers, take them through every run, and write how that leaves them."""
    connection, today = demo.connection, np.datetime64(demo.now.date())
    customer_rows.write_records(connection, people, demo.rng, demo.now)
    customer_rows.write_consents(connection, people)
    customer_rows.write_indicators(connection, people, today)
    customer_rows.write_holdings(connection, people, demo.rng, today)
    holding_out.draw(demo, people)
    members = people.ids[people.on_staff_list]
    write(connection, SegmentMember, {"segment_id": staff_list_id, "customer_id": members})
    for course in courses:
        carry_out(demo, course, people)
    customer_rows.write_purchases(connection, people, demo.rng)
    customer_rows.write_states(connection, people, placed(demo.session))


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
    for name, label, type_ in ATTRIBUTES:
        place = free_place(session, type_)
        session.add(
            Attribute(name=name, label=label, type=type_, origin=Origin.SYNTHETIC, place=place)
        )
        session.flush()


def _product_ids(session: Session) -> list[int]:
    by_code = {product.code: product.id for product in session.scalars(select(Product))}
    return [by_code[product.code] for product in PRODUCTS]


def _measure(session: Session, now: datetime) -> None:
    """Look for the outcomes of every sales run, and freeze what the finished ones came to.

    Leads are asked to look at reported sales where some are false.
    """
    work = Work(session, SYSTEM, now)
    doubtful = {f"{spec.campaign}-1" for spec in FINISHED if spec.false_reports}
    launched = select(Run).where(Run.launched_at.is_not(None)).order_by(Run.id)
    for run in session.scalars(launched).all():
        is_sales = run.plan_entry_id is not None
        if is_sales:
            observe_outcomes(work, ObserveOutcomes(run.id))
        if is_sales and run.status is RunStatus.COMPLETED:
            analyse_run(work, AnalyseRun(run.id))
        if run.code in doubtful:
            ask_for_review(work, AskForReview(run.id, SAMPLE))
    fold_runs(work, FoldRuns())
    fold_service(session, now=now, most_days=LONGEST)
    keep(session, count(work, periods=usual_periods(work)))
