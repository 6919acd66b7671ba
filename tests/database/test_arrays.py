"""Conditions worked out on arrays hold just where SQLite says that they hold."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import case, event, false, func, insert, not_, null, select, true
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.customers.model import Customer, CustomerState
from core.database import EMPTY, arrays, in_microseconds, numbers_of
from core.segments.queries import compiled, known_words
from core.work import Reader
from tests.conftest import NOW
from tests.making.banks import EDGES, banks, edge_rules, rules
from tests.making.filling import clear, fill

STATE = CustomerState
RISKS = [None, -0.5, 0.0, 5e-324, 2.0**-63, 0.0004, 2.0**-10, 0.1 + 0.2, 0.3, 0.7, 1.0, 1.25, 9e9]


@pytest.fixture
def session(engine):
    if engine.dialect.name != "sqlite":
        pytest.skip("sums by groups itself, several at work")
    with Session(engine) as session, session.begin():
        clear(session)
        yield session


def worked_out(session, *conditions, rows=select().select_from(STATE)):  # noqa: B008  unchanged
    """Return for each condition the customers for whom it holds."""
    found = [set() for _ in conditions]
    for part in arrays(
        session, rows, key=STATE.customer_id, truths=conditions, numbers=[STATE.customer_id]
    ):
        for holding, where in zip(found, part.truths, strict=True):
            holding.update(part.numbers[0][where].tolist())
    return found


def said(session, *conditions):
    """Return the same as the database answers itself."""
    return [
        set(session.scalars(select(STATE.customer_id).where(condition))) for condition in conditions
    ]


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(bank=banks, several=st.lists(rules, min_size=1, max_size=4))
def test_rules_hold_for_the_same_customers(session, bank, several):
    view = Reader(session, SYSTEM, NOW)
    point = session.begin_nested()
    try:
        fill(session, bank)
        meant = [compiled(view, rule) for rule in several]
        asked = [*meant, *map(not_, meant)]

        assert worked_out(session, *asked) == said(session, *asked)
    finally:
        point.rollback()
        session.expunge_all()


def test_every_operator_turns_exactly_at_its_value(session):
    view = Reader(session, SYSTEM, NOW)
    fill(session, EDGES)
    known = known_words(view)
    asked = [compiled(view, rule, known=known) for rule in edge_rules()]

    assert worked_out(session, *asked) == said(session, *asked)


@pytest.fixture
def risky(session):
    """Customers whose churn risk is anything that a column of doubles may hold."""
    common = {"kind": "private", "name": "Somebody", "created_at": NOW, "updated_at": NOW}
    ids = range(1_000, 1_000 + len(RISKS))
    session.execute(
        insert(Customer),
        [{"id": n, "customer_no": f"R{n}", "attributes": {}, **common} for n in ids],
    )
    session.execute(
        insert(STATE),
        [
            {"customer_id": n, "branch_id": 3 + n % 2, "churn_risk": risk, "balance": risk and n}
            for n, risk in zip(ids, RISKS, strict=True)
        ],
    )
    return session


def test_a_double_is_compared_to_the_last_bit(risky):
    asked = [
        compare(STATE.churn_risk, value)
        for value in {each for each in RISKS if each is not None} | {0.30000000000000010}
        for compare in (
            lambda column, value: column < value,
            lambda column, value: column <= value,
            lambda column, value: column >= value,
            lambda column, value: column == value,
            lambda column, value: column.between(value, 1),
            lambda column, value: column.in_([value, 0.3]),
        )
    ]

    assert worked_out(risky, *asked) == said(risky, *asked)


def test_truth_has_three_values(risky):
    high = STATE.churn_risk > 0.25
    asked = [
        high,
        not_(high),
        not_(not_(high)),
        not_(high & (STATE.balance > 0)),
        high | true(),
        high & false(),
        true(),
        false(),
        STATE.churn_risk.is_(None),
        not_(STATE.churn_risk.is_not(None)),
        STATE.churn_risk == null(),
        case((high, true()), else_=false()),
        STATE.branch_id.not_in([3]),
        STATE.branch_id != STATE.pending,
        STATE.is_active,
        not_(STATE.do_not_contact),
    ]

    assert worked_out(risky, *asked) == said(risky, *asked)


@pytest.mark.parametrize("at_once", [1, 4, len(RISKS), 1_000])
def test_part_by_part_is_the_whole(risky, monkeypatch, at_once):
    monkeypatch.setattr("core.database.columnwise.AT_ONCE", at_once)
    rows = select().select_from(STATE).where(STATE.branch_id == 3)
    sums = [STATE.balance, STATE.churn_risk, func.coalesce(STATE.balance, 1)]

    parts = list(arrays(risky, rows, key=STATE.customer_id, numbers=sums))

    assert max(len(part.numbers[0]) for part in parts) <= at_once
    balance, risk, _ = zip(*(part.numbers for part in parts), strict=True)
    told = risky.execute(
        select(func.count(), func.sum(STATE.balance), func.count(STATE.churn_risk)).where(
            STATE.branch_id == 3
        )
    ).one()
    assert sum(len(each) for each in balance) == told[0]
    assert sum(int(each.sum()) for each in balance) == told[1] * 100
    assert sum(int((each == each).sum()) for each in risk) == told[2]  # noqa: PLR0124  NaN is not


def test_what_columns_tell_is_worked_out_here(session):
    """SQLite is asked for each column once, and judges none of it."""
    view = Reader(session, SYSTEM, NOW)
    some = {"all": [{"field": "age", "is": "<", "value": 40}, {"holds": {"product": "savings"}}]}
    others = {"none": [some, {"field": "balance", "is": "between", "value": [1, 2]}]}
    texts = []

    def note(*told):
        texts.append(told[2])

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    worked_out(session, *(compiled(view, rule) for rule in (some, others)))
    event.remove(connection, "before_cursor_execute", note)

    [look] = [text for text in texts if "group_concat" in text]
    assert not re.search(r"CASE|EXISTS|[<>&]| AND | OR ", look)
    assert [look.count(name) for name in ("born_on", "products", "balance")] == [1, 1, 1]


def test_nobody_is_no_part(session):
    assert list(arrays(session, select().select_from(STATE), key=STATE.customer_id)) == []


def test_whole_numbers_and_moments_are_read_in_columns(engine):
    with Session(engine) as session:
        changed = CustomerState(customer_id=99, branch_id=3, last_contact_at=NOW, products=2**61)
        session.add(Customer(id=99, customer_no="C99", name="A", created_at=NOW, updated_at=NOW))
        session.flush()
        session.add(changed)
        session.flush()
        columns = (STATE.customer_id, STATE.products, STATE.last_contact_at, STATE.manager_id)
        rows = select(*columns).where(STATE.customer_id.in_([1, 3, 99]))

        found = sorted(zip(*(each.tolist() for each in numbers_of(session, rows)), strict=True))
        nothing = numbers_of(session, rows.where(false()))
        session.rollback()

    assert [row[0] for row in found] == [1, 3, 99]
    assert found[-1] == (99, 2**61, in_microseconds(NOW), EMPTY)
    assert found[0][2:] == (EMPTY, 1)
    assert [len(each) for each in nothing] == [0] * 4
