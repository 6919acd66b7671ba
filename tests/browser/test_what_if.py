"""A lead with twelve people and two thousand activities puts one of them on leave."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.access import Role
from core.activities.model import Activity, Change
from core.customers.model import Customer, CustomerState
from core.customers.rules import CustomerKind
from core.people.model import Absence, Person, PersonRole
from tests import world as w
from tests.browser.hand import Hand
from tests.browser.serving import settle
from tests.making.activities import pool_of

ANN = 1
MORE = range(20, 30)  # people of the team beside Ann and Ben
CUSTOMERS = range(1_000, 3_000)
ACCEPT = re.compile(r"Accept: move (\d+) activities")


@pytest.fixture(scope="module")
def busy(small):
    """Ann has every fourth of 2,000 activities, and her colleagues have the others."""
    with Session(small.engine) as session, session.begin():
        _fill(session)
    others = [2, *MORE]
    held = {n: others[n % len(others)] if n % 4 else ANN for n in CUSTOMERS}
    today = date.today()  # noqa: DTZ011  the server's own day
    days = {"starts_on": today, "ends_on": today + timedelta(days=60)}
    pool_of(small.engine, list(CUSTOMERS), held=held, **days)
    with Session(small.engine) as session, session.begin():
        _be_due(session)
    return small


def _fill(session):
    first = session.get_one(Customer, 1)
    for n in MORE:
        session.add(
            Person(
                id=n,
                staff_no=f"S{n}",
                name=f"Colleague {n}",
                email=f"c{n}@bank.example",
                unit_id=w.NORTH,
                team_id=w.TEAM_NORTH,
            )
        )
        session.flush()
        session.add(PersonRole(person_id=n, role=Role.AGENT))
    for n in CUSTOMERS:
        session.add(
            Customer(
                id=n,
                customer_no=f"C{n}",
                kind=CustomerKind.PRIVATE,
                name=f"Customer {n} Example",
                attributes={},
                created_at=first.created_at,
                updated_at=first.created_at,
            )
        )
    session.flush()
    session.add_all(CustomerState(customer_id=n, branch_id=w.NORTH) for n in CUSTOMERS)


def _be_due(session):
    """Let the work be due on the days from tomorrow on, as many on each."""
    made = session.get_one(Customer, 1).created_at
    for day in range(20):
        session.execute(
            update(Activity)
            .where(Activity.id % 20 == day)
            .values(due_at=made + timedelta(days=day + 1))
        )


def holders(bank):
    with Session(bank.engine) as session:
        rows = session.execute(select(Activity.id, Activity.person_id).order_by(Activity.id))
        return {row.id: row.person_id for row in rows}


def test_a_lead_puts_somebody_on_leave_and_splits_the_work(as_person, busy):
    before = holders(busy)
    hand = Hand(as_person("lea", "/absences", bank=busy))
    first, last = (date.today() + timedelta(days=n) for n in (1, 12))  # noqa: DTZ011  as above
    hand.choose("Who", "Ann Example")
    for end, day in (("start", first), ("end", last)):
        field = hand.page.get_by_role("group", name=f"First and last day {end} date")
        field.get_by_role("spinbutton").first.focus()
        hand.page.keyboard.type(f"{day:%d%m%Y}")
    hand.page.keyboard.press("Escape")
    hand.page.get_by_role("heading", level=1).click()  # the days count once their field is left
    settle(hand.page)
    hand.unfold("What it does to the queues")
    hand.expect_text("By the end of")
    hand.press("Plan this absence")
    with Session(busy.engine) as session:
        planned = session.scalars(select(Absence)).one()
    assert (planned.person_id, planned.starts_on, planned.ends_on) == (ANN, first, last)

    hand.open_menu("Team queue")
    hand.unfold("What if the work were split?")
    hand.pick("One person's")
    hand.choose("Whose", "Ann Example")
    hand.expect_text("By the end of")
    accept = hand.page.get_by_role("button", name=ACCEPT)
    moving = int(ACCEPT.search(accept.inner_text()).group(1))
    assert moving > 300
    hand.press("Accept")

    hand.expect_said(f"{moving} activities moved.")
    after = holders(busy)
    assert sum(before[id_] != after[id_] for id_ in before) == moving
    assert all(before[id_] == ANN for id_ in before if before[id_] != after[id_])

    hand.press(f"Undo: put {moving} activities back")
    expect(hand.page.get_by_test_id("stAlert").first).to_contain_text("as before")
    assert holders(busy) == before
    with Session(busy.engine) as session:
        changes = select(func.count()).where(Change.batch_id.is_not(None))
        assert session.scalar(changes) == 2 * moving
