"""The narrow state row always says what the tables behind it say."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.model import Activity
from core.activities.rules import Outcome, Status
from core.campaigns.model import Campaign, Stage
from core.campaigns.rules import ActivityType, Priority
from core.customers.model import Consent, CustomerState, Holding, Indicator, Product
from core.customers.queries.checking import StateDifferences, state_differences
from core.customers.rules import IndicatorKind, Medium
from core.customers.state import free_bits, refresh_products, refresh_state
from core.database import id_set
from core.responses.model import Response
from core.runs.model import Run
from tests import world as bank
from tests.conftest import NOW
from tests.making.campaigns import approved_design

RIGHT = StateDifferences(0, 0, 0, 0, 0, 0, 0)
EVERY_MEDIUM = sum(medium.bit for medium in Medium)


def state(session, customer_id):
    return session.scalars(
        select(CustomerState).where(CustomerState.customer_id == customer_id)
    ).one()


@pytest.fixture
def session(engine):
    with Session(engine) as session, session.begin():
        yield session


def test_the_small_bank_is_right_from_the_start(ask, session, engine):
    assert refresh_state(session, now=NOW) == 0
    assert ask(SYSTEM, state_differences) == RIGHT


def test_products_follow_the_open_holdings(session):
    session.execute(
        update(Holding)
        .where(Holding.customer_id == 7)
        .values(closed_on=NOW.date())
        .where(Holding.product_id == bank.CURRENT)
    )
    session.add(Holding(agreement_no="again", customer_id=7, product_id=bank.SAVINGS))
    session.add(Holding(agreement_no="no-bit", customer_id=7, product_id=bank.INSURANCE))

    session.flush()

    assert refresh_state(session, now=NOW) == 1
    assert state(session, 7).products == 0b10


def test_products_alone_are_put_right_for_those_named(session, engine):
    for customer_id in (1, 7):
        state(session, customer_id).products = 0b1000
        state(session, customer_id).consents = 0
    session.flush()

    named = id_set(engine.dialect.name, [7])
    assert refresh_products(session, customer_ids=named) == 1
    session.expire_all()
    assert state(session, 1).products == 0b1000
    assert state(session, 7).products != 0b1000
    assert state(session, 7).consents == 0
    assert refresh_products(session, customer_ids=named) == 0


def test_the_sixty_second_product_still_has_its_bit(session):
    session.add(Product(id=99, code="last", name="Last", bit=61))
    session.flush()
    session.add(Holding(agreement_no="last", customer_id=1, product_id=99))
    session.flush()

    refresh_state(session, now=NOW)

    assert state(session, 1).products == 1 | 1 << 61


def test_consents_follow_what_was_given(session):
    session.execute(
        update(Consent)
        .where(Consent.customer_id == 1, Consent.medium == Medium.PHONE)
        .values(is_given=False)
    )
    session.execute(delete(Consent).where(Consent.customer_id == 2))

    assert refresh_state(session, now=NOW) == 2
    assert state(session, 1).consents == EVERY_MEDIUM & ~Medium.PHONE.bit
    assert state(session, 2).consents == 0


def test_an_indicator_counts_only_while_it_is_valid(session):
    day = timedelta(days=1)
    moments = {
        1: {},
        2: {"valid_until": NOW + day},
        3: {"valid_until": NOW},
        4: {"valid_from": NOW + day},
        5: {"cleared_at": NOW - day},
    }
    for customer_id, change in moments.items():
        columns = {"customer_id": customer_id, "kind": IndicatorKind.DISTRESS} | {
            "valid_from": NOW - 2 * day
        }
        session.add(Indicator(**(columns | change)))
    session.flush()

    refresh_state(session, now=NOW)

    marked = {id_ for id_ in moments if state(session, id_).indicators}
    assert marked == {1, 2}
    assert state(session, 1).indicators == IndicatorKind.DISTRESS.bit


def test_an_imported_last_contact_stays_when_none_is_known_here(session):
    session.execute(
        update(CustomerState).where(CustomerState.customer_id == 1).values(last_contact_at=NOW)
    )

    assert refresh_state(session, now=NOW) == 0
    assert state(session, 1).last_contact_at == NOW


def test_pending_work_and_the_last_contact_follow_the_activities(session):
    design_id = approved_design(session)
    run = Run(
        code="R",
        design_id=design_id,
        unit_id=bank.BANK,
        starts_on=NOW.date(),
        ends_on=NOW.date(),
        initiated_at=NOW,
        arm_key=1,
        control_share=0,
    )
    session.add(run)
    session.flush()
    common = {
        "run_id": run.id,
        "stage_id": session.scalar(select(Stage.id)),
        "campaign_id": session.scalar(select(Campaign.id)),
        "type": ActivityType.SALES,
        "priority": Priority.HIGH,
        "branch_id": bank.NORTH,
        "activity_on": NOW.date(),
        "ends_on": NOW.date(),
        "due_at": NOW,
        "created_at": NOW,
    }
    closed = {"status": Status.COMPLETED, "is_completed": True, "closed_at": NOW, "person_id": 1}
    session.add(Activity(customer_id=1, status=Status.UNASSIGNED, **common))
    session.add(Activity(customer_id=2, contacted_at=NOW, **closed, **common))
    session.flush()
    answered = session.scalar(select(Activity.id).where(Activity.customer_id == 2))
    session.add(
        Response(
            activity_id=answered, run_id=run.id, customer_id=2, outcome=Outcome.REFUSED, at=NOW
        )
    )
    session.flush()

    assert refresh_state(session, now=NOW) == 2
    assert (state(session, 1).pending, state(session, 1).last_contact_at) == (1, None)
    busy = state(session, 2)
    assert (busy.pending, busy.last_contact_at, busy.last_refusal_at) == (0, NOW, NOW)


def test_only_the_chosen_customers_are_touched(session, engine):
    session.execute(update(CustomerState).values(products=0, pending=9))

    assert refresh_state(session, now=NOW, customer_ids=id_set(engine.dialect.name, [1, 7])) == 2

    assert [state(session, id_).products for id_ in (1, 2, 7)] == [1, 0, 3]
    assert [state(session, id_).pending for id_ in (1, 2, 7)] == [0, 9, 0]


def test_differences_are_counted_by_column(ask, engine):
    with Session(engine) as session, session.begin():
        session.execute(
            update(CustomerState).where(CustomerState.customer_id < 4).values(products=0)
        )
        session.execute(
            update(CustomerState).where(CustomerState.customer_id == 1).values(consents=1)
        )

    found = ask(SYSTEM, state_differences)

    assert (found.products, found.consents, found.total) == (3, 1, 4)


def test_free_bits_are_the_lowest_that_nobody_has(session):
    assert list(free_bits(session))[:2] == [4, 5]
    assert max(free_bits(session)) == 61
