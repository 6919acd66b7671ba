"""Whatever a bank has done: each cell is the sum of its parts, and each part is right."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.coverage.model import WHOLE_BANK, CoverageCell, CoverageSegment
from core.coverage.queries import likely
from core.coverage.queries.cells import coverage, never_contacted
from core.coverage.queries.counting import count
from core.coverage.queries.customers import customers_of, never_contacted_in
from core.coverage.rules import Aim, Part, Period, Place, rolling
from core.coverage.upkeep import keep
from core.customers.model import CustomerState
from core.portfolio.queries.reach import reach
from core.windows import Window
from core.work import Reader
from tests import world
from tests.conftest import NOW
from tests.making.coverage import BANKS, CUSTOMERS, PRODUCTS, last_contact, place_of, settle

TODAY = NOW.date()
LONG_AGO = Period(TODAY - timedelta(days=200), TODAY - timedelta(days=100))
PERIODS = (rolling(30, TODAY), rolling(90, TODAY), LONG_AGO)


def banks(examples):
    """Draw so many; a bank is not made smaller, which takes minutes and tells little more."""
    return settings(
        max_examples=examples,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def branch_of(customer_id):
    return world.NORTH if customer_id in world.NORTH_CUSTOMERS else world.SOUTH


def members(bank, code):
    return {
        "everybody": set(CUSTOMERS),
        "savers": {id_ for id_ in CUSTOMERS if world.SAVINGS in bank.people[id_].holds},
        "listed": set(bank.members),
    }[code]


def judged(bank, inside, product_id, aim, period):
    """Return the place of everybody in a cell, one by one."""
    places = {id_: place_of(bank, id_, product_id, aim, period) for id_ in inside}
    return {id_: place for id_, place in places.items() if place is not None}


@banks(25)
@given(bank=BANKS)
def test_every_part_is_what_judging_each_customer_gives(engine, bank):
    with Session(engine) as session:
        segments = settle(session, bank)
        view = Reader(session, SYSTEM, NOW)

        keep(session, count(view, periods=PERIODS))

        stored = {
            (row.count_id, row.branch_id, row.aim, row.segment_id, row.product_id): row
            for row in session.scalars(select(CoverageCell))
            if row.segment_id in segments.values()
        }
        expected = set()
        counts = sorted({key[0] for key in stored})
        for number, period in enumerate(PERIODS):
            for code, segment_id in segments.items():
                for product_id in PRODUCTS:
                    for aim in Aim:
                        places = judged(bank, members(bank, code), product_id, aim, period)
                        for unit in (WHOLE_BANK, world.NORTH, world.SOUTH):
                            of_unit = Counter(
                                place
                                for id_, place in places.items()
                                if unit in (WHOLE_BANK, branch_of(id_))
                            )
                            if not of_unit:
                                continue
                            key = (counts[number], unit, aim, segment_id, product_id)
                            expected.add(key)
                            cell = stored[key]
                            found = {place: getattr(cell, place.field) for place in Place}
                            assert found == {place: of_unit[place] for place in Place}
                            assert cell.eligible == of_unit.total()
        assert stored.keys() == expected
        session.rollback()


@banks(8)
@given(bank=BANKS)
def test_the_customers_behind_a_part_are_those_it_counts(engine, bank):
    with Session(engine) as session:
        segments = settle(session, bank)
        view = Reader(session, SYSTEM, NOW)
        keep(session, count(view, periods=PERIODS))
        own = {"first": LONG_AGO.first, "last": LONG_AGO.last}
        for aim in Aim:
            for asked, period, code, product_id in (
                ({"days": 30}, PERIODS[0], "everybody", world.SAVINGS),
                ({"days": 90}, PERIODS[1], "listed", world.INSURANCE),
                (own, LONG_AGO, "everybody", world.INSURANCE),
            ):
                of = {"segment_id": segments[code], "product_id": product_id, "aim": aim, **asked}
                told = coverage(view, aim=aim, **asked)
                [cell] = [
                    each
                    for each in told.cells
                    if (each.segment_id, each.product_id) == (segments[code], product_id)
                ]
                places = judged(bank, members(bank, code), product_id, aim, period)
                for part in (None, Part.REACHED, Part.SUPPRESSED, Part.OPEN_GAP):
                    page = customers_of(view, part=part, **of)
                    inside = part.places if part else Place
                    mine = {id_: place for id_, place in places.items() if place in inside}
                    assert {row.id: row.place for row in page.rows} == mine
                    assert page.total == (cell.parts.of(part) if part else cell.parts.eligible)
        session.rollback()


@banks(6)
@given(
    bank=BANKS,
    sort=st.sampled_from(["value", "customer_no", "branch", "last_contact"]),
    at_most=st.sampled_from([2, 5, likely.AT_MOST]),
    size=st.integers(1, 4),
)
def test_a_page_of_them_is_that_page_of_all(engine, bank, sort, at_most, size):
    with Session(engine) as session, pytest.MonkeyPatch.context() as patched:
        segments = settle(session, bank)
        for place, id_ in enumerate(CUSTOMERS):
            session.get_one(CustomerState, id_).yearly_value = (None, 20, 10, 20)[place % 4]
        view = Reader(session, SYSTEM, NOW)
        keep(session, count(view, periods=PERIODS))
        of = {"segment_id": segments["everybody"], "product_id": world.SAVINGS}
        [cell] = [
            each
            for each in coverage(view).cells
            if (each.segment_id, each.product_id) == (of["segment_id"], of["product_id"])
        ]
        patched.setattr(likely, "AT_MOST", at_most)
        for part in (None, *Part):
            every = customers_of(view, part=part, window=Window(sort, True, 0, 2_000), **of)
            pages = [
                customers_of(view, part=part, window=Window(sort, True, first, size), **of)
                for first in range(0, every.total + size, size)
            ]
            assert [row for page in pages for row in page.rows] == list(every.rows)
            assert {page.total for page in pages if page.rows} <= {
                cell.parts.of(part) if part else cell.parts.eligible
            }
        session.rollback()


@banks(8)
@given(bank=BANKS)
def test_what_is_read_of_a_segment_is_what_would_be_counted(engine, bank):
    with Session(engine) as session:
        segments = [*settle(session, bank).values()]
        view = Reader(session, SYSTEM, NOW)
        units = (world.BANK, world.NORTH)
        anew = [reach(view, unit_id=unit_id, segment_ids=segments) for unit_id in units]
        keep(session, count(view, periods=[rolling(30, TODAY)]))
        with pytest.MonkeyPatch.context() as patched:
            patched.delattr("core.portfolio.queries.reach._counted")
            kept = [reach(view, unit_id=unit_id, segment_ids=segments) for unit_id in units]
        assert kept == anew
        session.rollback()


@banks(8)
@given(bank=BANKS)
def test_who_was_never_contacted_is_counted_and_listed(engine, bank):
    with Session(engine) as session:
        segments = settle(session, bank)
        view = Reader(session, SYSTEM, NOW)
        keep(session, count(view, periods=[rolling(90, TODAY)]))
        found = {row.segment_id: row for row in never_contacted(view)}
        for code, segment_id in segments.items():
            never = {id_ for id_ in members(bank, code) if last_contact(bank, id_) is None}
            page = never_contacted_in(view, segment_id=segment_id, window=Window(size=500))
            assert {row.id for row in page.rows} == never
            row = found.get(segment_id)
            assert (row.never_contacted if row else 0) == len(never)
            open_ = [one for one in page.rows if one.place is Place.OPEN_GAP]
            assert (row.contactable if row else 0) == len(open_)
        branches = session.scalar(
            select(func.sum(CoverageSegment.customers)).where(
                CoverageSegment.branch_id != WHOLE_BANK
            )
        )
        whole = session.scalar(
            select(func.sum(CoverageSegment.customers)).where(
                CoverageSegment.branch_id == WHOLE_BANK
            )
        )
        assert branches == whole
        session.rollback()
