"""A rule compiled to SQL means exactly whom it means when read by hand, on both databases."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import not_, select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.customers.model import Attribute, Customer, CustomerState, Holding
from core.customers.rules import AttributeType, Origin
from core.segments.queries import compiled, count, known_words, latest_birth
from core.work import Reader
from tests.conftest import NOW
from tests.making.banks import (
    EDGES,
    PRODUCTS,
    banks,
    edge_rules,
    means,
    rules,
)
from tests.making.filling import clear, fill


@pytest.fixture
def session(engine):
    """One session whose every example is rolled back to the words of the bank alone."""
    with Session(engine) as session, session.begin():
        clear(session)
        yield session


@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(bank=banks, rule=rules)
def test_sql_and_reading_by_hand_agree(session, bank, rule):
    view = Reader(session, SYSTEM, NOW)
    point = session.begin_nested()
    try:
        ids = fill(session, bank)
        condition = compiled(view, rule)
        expected = {id_ for id_, customer in zip(ids, bank, strict=True) if means(rule, customer)}

        found = set(session.scalars(select(CustomerState.customer_id).where(condition)))
        others = set(session.scalars(select(CustomerState.customer_id).where(not_(condition))))

        assert found == expected
        assert others == set(ids) - expected  # never NULL: its opposite is simply NOT
        assert count(view, rule) == len(expected)
    finally:
        point.rollback()
        session.expunge_all()


def test_every_operator_turns_exactly_at_its_value(session):
    view = Reader(session, SYSTEM, NOW)
    ids = fill(session, EDGES)
    known = known_words(view)

    wrong = []
    for rule in edge_rules():
        condition = compiled(view, rule, known=known)
        found = set(session.scalars(select(CustomerState.customer_id).where(condition)))
        expected = {id_ for id_, each in zip(ids, EDGES, strict=True) if means(rule, each)}
        if found != expected:
            wrong.append((rule, found ^ expected))
    assert wrong == []


def test_a_rule_over_the_state_row_joins_nothing(ask):
    rule = {
        "all": [
            {"field": "age", "is": "between", "value": [18, 65]},
            {"field": "branch", "is": "in", "value": ["R1"]},
            {"holds": {"product": "current"}},
            {"lacks": {"category": "card"}},
            {"consent": "phone"},
            {"none": [{"field": "last_contact_days", "is": "<", "value": 30}]},
        ]
    }

    def sql(view):
        return str(select(CustomerState.customer_id).where(compiled(view, rule)))

    assert "EXISTS" not in ask(SYSTEM, sql)
    assert "JOIN" not in ask(SYSTEM, sql)


def test_what_is_judged_soonest_comes_first(ask, arrange):
    arrange(lambda session: session.add_all(_attributes(income="figure_2", job=None)))
    rule = {
        "all": [
            {"attribute": "job", "is": "=", "value": "smith"},
            {"attribute": "income", "is": ">", "value": 30},
            {"field": "pending", "is": "=", "value": 0},
            {"field": "age", "is": ">", "value": 30},
            {"consent": "phone"},
        ]
    }

    def sql(view):
        return str(compiled(view, rule))

    said = ask(SYSTEM, sql)

    order = [said.index(name) for name in ("consents", "born_on", "pending", "figure_2", "EXISTS")]
    assert order == sorted(order)


def test_a_product_without_a_bit_is_looked_up(ask, engine):
    with Session(engine) as session, session.begin():
        session.add(Holding(agreement_no="ins", customer_id=3, product_id=PRODUCTS["insurance"]))

    assert ask(SYSTEM, count, rule={"holds": {"product": "insurance"}}) == 1
    assert ask(SYSTEM, count, rule={"lacks": {"product": "insurance"}}) == 14


def test_a_value_of_another_type_in_an_attribute_is_no_value(ask, engine):
    with Session(engine) as session, session.begin():
        session.add(
            Attribute(
                name="income", label="Income", type=AttributeType.NUMBER, origin=Origin.SOURCE
            )
        )
        session.get_one(Customer, 1).attributes = {"income": "much"}
        session.get_one(Customer, 2).attributes = {"income": 5}

    above = {"attribute": "income", "is": ">", "value": 1}
    assert ask(SYSTEM, count, rule=above) == 1
    assert ask(SYSTEM, count, rule={"none": [above]}) == 14


def _attributes(**places):
    types = {"income": AttributeType.NUMBER, "job": AttributeType.TEXT}
    return [
        Attribute(name=name, label=name, type=types[name], origin=Origin.SOURCE, place=place)
        for name, place in places.items()
    ]


def test_counts_stay_within_the_scope(ask, world):
    everybody = {"all": []}
    assert ask(world.mia, count, rule=everybody) == 15


@pytest.mark.parametrize(
    ("today", "age", "latest"),
    [
        (date(2026, 3, 2), 18, date(2008, 3, 2)),
        (date(2024, 2, 29), 18, date(2006, 2, 28)),
        (date(2024, 2, 29), 4, date(2020, 2, 29)),
        (date(2026, 2, 28), 18, date(2008, 2, 28)),
    ],
)
def test_the_latest_birth_of_an_age(today, age, latest):
    assert latest_birth(today, age) == latest
    born = latest + timedelta(days=1)
    assert today.year - born.year - ((today.month, today.day) < (born.month, born.day)) < age
