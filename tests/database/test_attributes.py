"""Attributes stand in the state row as well, and a rule means the same people wherever it looks."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, not_, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.customers import rules
from core.customers.attributes import free_place, refresh_attributes
from core.customers.model import Attribute, Customer, CustomerState
from core.customers.queries.checking import state_differences
from core.customers.rules import FIGURES, WORDS, AttributeType, Origin
from core.database import arrays, id_set
from core.intake.actions.reverting import Revert, revert
from core.segments.queries import compiled, known_words
from core.work import Reader
from tests.conftest import NOW
from tests.making.banks import ATTRIBUTES, TODAY, comparisons
from tests.making.files import CUSTOMERS, HEADER, Importing
from tests.making.filling import FIRST_ID, clear

STATE = CustomerState.__table__.c
PLACES = {"income": "figure_1", "job": "word_1", "wed on": "figure_3", "own.home": "figure_12"}
anything = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([-25_000.0, 0.5, 2.0**-11, 1e300, 20260302])
    | st.sampled_from(["A", "it's", "", "1", "true", "2026-3-2", "yesterday", TODAY.isoformat()])
    | st.just([1])
    | st.just({"a": 1})
)
told = st.fixed_dictionaries({}, optional=dict.fromkeys(ATTRIBUTES, anything))
of_attributes = comparisons.filter(lambda rule: "attribute" in rule)
alone = of_attributes | st.builds(
    lambda join, parts: {join: parts},
    st.sampled_from(["all", "any", "none"]),
    st.lists(of_attributes, min_size=1, max_size=3),
)


@pytest.fixture
def session(engine):
    with Session(engine) as session, session.begin():
        clear(session)
        for name, place in PLACES.items():
            session.get_one(Attribute, name).place = place
        session.flush()
        yield session


def fill(session, rows):
    """Insert customers of whom only attributes are known."""
    common = {"kind": "private", "name": "Somebody", "created_at": NOW, "updated_at": NOW}
    named = list(enumerate(rows, start=FIRST_ID))
    session.execute(
        insert(Customer),
        [{"id": n, "customer_no": f"R{n}", "attributes": row, **common} for n, row in named],
    )
    session.execute(insert(CustomerState), [{"customer_id": n, "branch_id": 3} for n, _ in named])
    refresh_attributes(session)


def meant(session, condition):
    return set(session.scalars(select(CustomerState.customer_id).where(condition)))


@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(told, min_size=1, max_size=6), rule=alone)
def test_a_place_and_the_wide_record_mean_the_same(session, rows, rule):
    view = Reader(session, SYSTEM, NOW)
    known = known_words(view)
    wide = {name: replace(field, place=None) for name, field in known.attributes.items()}
    point = session.begin_nested()
    try:
        fill(session, rows)
        condition = compiled(view, rule, known=known)
        there = compiled(view, rule, known=replace(known, attributes=wide))

        assert "EXISTS" in str(there).upper()
        assert "EXISTS" not in str(condition).upper()
        everybody = set(range(FIRST_ID, FIRST_ID + len(rows)))
        assert meant(session, condition) == meant(session, there)
        assert meant(session, not_(condition)) == everybody - meant(session, there)
        assert on_arrays(session, condition) in (None, meant(session, there))
        assert state_differences(view).attributes == 0
    finally:
        point.rollback()
        session.expunge_all()


def on_arrays(session, condition):
    if session.get_bind().dialect.name != "sqlite":
        return None
    key = CustomerState.customer_id
    rows = select().select_from(CustomerState)
    parts = arrays(session, rows, key=key, truths=[condition], numbers=[key])
    return {int(id_) for part in parts for id_ in part.numbers[0][part.truths[0]]}


def test_only_what_is_of_its_type_has_a_place(session):
    fill(
        session,
        [
            {"income": 25_000, "job": "smith", "wed on": "2026-03-02", "own.home": True},
            {"income": True, "job": 5, "wed on": "2 March", "own.home": "true"},
            {"own.home": False, "stray": 1},
        ],
    )

    columns = [STATE[place] for place in PLACES.values()]
    rows = session.execute(select(*columns).order_by(CustomerState.customer_id)).all()

    assert [tuple(row) for row in rows] == [
        (25_000.0, "smith", 20_260_302.0, 1.0),
        (None, None, None, None),
        (None, None, None, 0.0),
    ]


def test_a_change_of_type_or_of_some_customers_is_followed(session, engine):
    fill(session, [{"income": "5"}, {"income": 7}])
    view = Reader(session, SYSTEM, NOW)
    session.execute(
        update(Attribute)
        .where(Attribute.name == "income")
        .values(type=AttributeType.TEXT, place="word_2")
    )

    assert state_differences(view).attributes == 2
    first = id_set(engine.dialect.name, [FIRST_ID])
    assert refresh_attributes(session, customer_ids=first) == 1
    assert state_differences(view).attributes == 1  # a number that is no text now has no place
    assert refresh_attributes(session) == 1
    assert refresh_attributes(session) == 0
    found = session.execute(select(STATE.figure_1, STATE.word_2).order_by(STATE.customer_id)).all()
    assert [tuple(row) for row in found] == [(None, "5"), (None, None)]


def test_places_are_given_from_the_first_on_until_there_is_none(session):
    assert free_place(session, AttributeType.FLAG) == "figure_2"
    for kind, places in ((AttributeType.DATE, FIGURES), (AttributeType.TEXT, WORDS)):
        while place := free_place(session, kind):
            session.add(
                Attribute(name=place, label="", type=kind, origin=Origin.SOURCE, place=place)
            )
            session.flush()
        taken = set(session.scalars(select(Attribute.place)))
        assert taken >= set(places)


class TestImports:
    MAPPING = CUSTOMERS + 'kids = { column = "kids", type = "number" }\n'
    FIRST = HEADER.strip() + ",kids\nN1,Nora,B1,1,smith,2\nN2,Otto,B2,1,,\n"

    @pytest.fixture
    def files(self, engine, world, tmp_path):
        return Importing(engine, world.ada, tmp_path)

    def test_fill_the_places_and_follow_and_go_back(self, files, engine, do, ask, world):
        def rows():
            with Session(engine) as session:
                named = select(Customer.customer_no, STATE.word_1, STATE.figure_1)
                joined = named.join(CustomerState, CustomerState.customer_id == Customer.id)
                return [tuple(row) for row in session.execute(joined.where(Customer.id > 15))]

        created = files.take(self.FIRST, self.MAPPING)
        assert sorted(rows()) == [("N1", "smith", 2.0), ("N2", None, None)]

        second = HEADER.strip() + ",kids\nN1,Nora,B1,1,,3\nN2,Otto,B2,1,baker,\n"
        changed = files.take(second, self.MAPPING)
        assert sorted(rows()) == [("N1", None, 3.0), ("N2", "baker", None)]
        assert ask(SYSTEM, state_differences).total == 0

        do(world.ada, revert, Revert(changed.intake_id))
        assert sorted(rows()) == [("N1", "smith", 2.0), ("N2", None, None)]
        assert ask(SYSTEM, state_differences).total == 0

        do(world.ada, revert, Revert(created.intake_id))
        assert rows() == []
        with Session(engine) as session:
            assert free_place(session, AttributeType.TEXT) == "word_1"

    def test_read_the_wide_record_when_no_place_is_left(self, files, engine, ask, monkeypatch):
        monkeypatch.setitem(rules.PLACES, AttributeType.NUMBER, ())
        files.take(self.FIRST, self.MAPPING)

        with Session(engine) as session:
            places = dict(session.execute(select(Attribute.name, Attribute.place)).all())
        assert places == {"job": "word_1", "kids": None}
        rule = {"attribute": "kids", "is": "not empty"}
        with Session(engine) as session:
            view = Reader(session, SYSTEM, NOW)
            assert len(meant(session, compiled(view, rule))) == 1
        assert ask(SYSTEM, state_differences).total == 0
