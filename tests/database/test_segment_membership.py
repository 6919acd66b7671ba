"""In which segments everybody is, looked at once: the mask and what is made of it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.refusals import Invalid, NotFound
from core.segments.actions import DefineSegment, ListSegment, define_segment, list_segment
from core.segments.criteria import InvalidRule
from core.segments.model import Segment
from core.segments.queries import MOST_SEGMENTS, known_words, membership, usable
from core.work import Reader
from tests.conftest import NOW
from tests.making.banks import banks, means, rules
from tests.making.filling import LISTED, NESTING, clear, fill, keep_segments

SAVERS = {"holds": {"product": "savings"}}
NORTHERN = {"field": "branch", "is": "=", "value": "B1"}


@pytest.fixture
def session(engine):
    with Session(engine) as session, session.begin():
        clear(session)
        yield session


def masks(view, segment_ids):
    return {
        row.customer_id: row.mask
        for row in view.session.execute(membership(view, list(segment_ids)))
    }


@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(bank=banks, several=st.lists(rules, min_size=1, max_size=5))
def test_every_bit_says_what_its_rule_means(session, bank, several):
    view = Reader(session, SYSTEM, NOW)
    point = session.begin_nested()
    try:
        ids = fill(session, bank)
        asked = [*keep_segments(session, several), LISTED, NESTING]
        meant = [*several, {"segment": "listed"}, {"segment": "nested"}]
        expected = {
            id_: sum(1 << place for place, rule in enumerate(meant) if means(rule, customer))
            for id_, customer in zip(ids, bank, strict=True)
        }

        assert masks(view, asked) == expected
    finally:
        point.rollback()
        session.expunge_all()


@pytest.fixture
def kept(do, world):
    """Two rules and a list, by code."""
    facts = [
        do(world.mia, define_segment, DefineSegment("savers", "Savers", SAVERS)),
        do(world.mia, define_segment, DefineSegment("north", "Northern", NORTHERN)),
        do(world.mia, list_segment, ListSegment("vip", "VIP", ["C7", "C11"])),
    ]
    return {fact.code: fact.segment_id for fact in facts}


def test_the_bits_follow_the_order_asked_for(ask, world, kept):
    def look(view):
        order = [kept[code] for code in ("vip", "savers", "north")]
        return masks(view, order), masks(view, reversed(order))

    forwards, backwards = ask(world.mia, look)

    assert (forwards[7], forwards[11], forwards[1], forwards[12]) == (0b111, 0b001, 0b100, 0)
    assert (backwards[7], backwards[11], backwards[1]) == (0b111, 0b100, 0b001)


def test_everybody_stays_within_the_own_scope(ask, world, kept):
    found = ask(world.lea, lambda view: masks(view, [kept["vip"]]))

    assert sorted(found) == list(range(1, 11))


def test_the_largest_bit_fits(ask, world, kept):
    many = [kept["north"]] * (MOST_SEGMENTS - 1) + [kept["savers"]]

    found = ask(world.mia, lambda view: masks(view, many))

    assert found[7] == 2**MOST_SEGMENTS - 1
    with pytest.raises(Invalid, match="At most 62"):
        ask(world.mia, lambda view: masks(view, [*many, kept["vip"]]))


def test_a_segment_that_is_gone_is_refused(ask, world):
    with pytest.raises(NotFound):
        ask(world.mia, lambda view: masks(view, [99]))


@pytest.mark.usefixtures("kept")
def test_a_rule_that_means_nothing_any_more_is_named(ask, do, world, arrange):
    over = do(
        world.mia, define_segment, DefineSegment("over", "Over", {"segment": "north"})
    ).segment_id
    arrange(lambda session: setattr(session.get_one(Segment, kept_id(session)), "is_retired", True))

    found = ask(world.mia, lambda view: usable(known_words(view)))

    assert over not in found.ids
    assert len(found.ids) == 2
    assert "“Northern” (north) is retired" in found.problems[over]
    with pytest.raises(InvalidRule, match="In “Over”, rule: the segment “Northern”"):
        ask(world.mia, lambda view: masks(view, [over]))


def kept_id(session):
    return next(row.id for row in session.query(Segment) if row.code == "north")
