"""How segments stand, kept day by day: all of them in one look at the customers."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM, Scope
from core.customers.model import CustomerState, Holding
from core.passing import pass_time
from core.refusals import Invalid, NotAllowed
from core.runs.model import Candidate
from core.runs.rules import Confirmation
from core.segments.actions import (
    DefineSegment,
    ListSegment,
    TakeSnapshots,
    define_segment,
    list_segment,
    take_snapshots,
)
from core.segments.actions.snapshots import KEPT_DAYS
from core.segments.model import Segment, SegmentSnapshot
from core.segments.queries import compiled, known_words, standings, trend
from core.segments.queries.standing import standing
from core.work import Reader
from tests.conftest import NOW
from tests.making.banks import banks, rules
from tests.making.filling import LISTED, NESTING, clear, fill, keep_segments
from tests.making.runs import planned_run
from tests.making.standing import snapshot
from tests.world import INSURANCE, NORTH, SOUTH

DAY = timedelta(days=1)
SAVERS = {"holds": {"product": "savings"}}
NORTHERN = {"field": "branch", "is": "=", "value": "B1"}


@pytest.fixture
def kept(do, world):
    """Two rules and a list, by code."""
    facts = [
        do(world.mia, define_segment, DefineSegment("savers", "Savers", SAVERS)),
        do(world.mia, define_segment, DefineSegment("north", "Northern", NORTHERN)),
        do(world.mia, list_segment, ListSegment("vip", "VIP", ["C7", "C11"])),
    ]
    return {fact.code: fact.segment_id for fact in facts}


def days(engine):
    with Session(engine) as session:
        return sorted(session.scalars(select(SegmentSnapshot.taken_on).distinct()))


@pytest.fixture
def session(engine):
    with Session(engine) as session, session.begin():
        clear(session)
        yield session


@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(bank=banks, several=st.lists(rules, min_size=1, max_size=4))
def test_one_look_says_what_counting_each_says(session, bank, several):
    view = Reader(session, SYSTEM, NOW)
    point = session.begin_nested()
    try:
        fill(session, bank)
        asked = [*keep_segments(session, several), LISTED, NESTING]
        meant = [*several, {"segment": "listed"}, {"segment": "nested"}]
        one_by_one = {}
        for segment_id, rule in zip(asked, meant, strict=True):
            counted = session.execute(
                select(
                    CustomerState.branch_id,
                    func.count(),
                    func.sum(CustomerState.balance),
                    func.count(CustomerState.churn_risk),
                )
                .where(compiled(view, rule))
                .group_by(CustomerState.branch_id)
            )
            for branch, *figures in counted:
                one_by_one[segment_id, branch] = (figures[0], figures[1] or Decimal(), figures[2])

        rows = standing(view, asked, known=known_words(view))

        together = {
            (row.segment_id, row.branch_id): (row.customers, row.balance, row.rated) for row in rows
        }
        branches = set(session.scalars(select(CustomerState.branch_id)))
        assert together.keys() == {(asked_, branch) for asked_ in asked for branch in branches}
        assert {key: row for key, row in together.items() if row[0]} == one_by_one
        assert {row for key, row in together.items() if key not in one_by_one} <= {
            (0, Decimal(), 0)
        }
    finally:
        point.rollback()
        session.expunge_all()


class TestTake:
    def test_keeps_how_every_segment_stands_in_every_branch(
        self, ask, world, kept, arrange, engine
    ):
        def money(session):
            session.execute(
                update(CustomerState)
                .where(CustomerState.customer_id.in_([7, 11]))
                .values(balance=Decimal("100.25"), yearly_value=Decimal(3), churn_risk=0.25)
            )
            session.add(Holding(agreement_no="I", customer_id=7, product_id=INSURANCE))
            run_id = planned_run(session)
            for customer_id, converted_at in ((7, NOW - DAY), (11, None)):
                session.add(
                    Candidate(
                        run_id=run_id,
                        customer_id=customer_id,
                        branch_id=NORTH if customer_id == 7 else SOUTH,
                        arm=1,
                        confirmation=Confirmation.CONFIRMED,
                        reached_at=NOW - DAY,
                        converted_at=converted_at,
                    )
                )
                contact = NOW - (2 if customer_id == 7 else 91) * DAY
                session.get_one(CustomerState, customer_id).last_contact_at = contact

        arrange(money)

        fact = snapshot(engine, world.mia)

        assert (fact.segments, fact.customers, fact.left_out) == (4, 15, ())
        [vip] = ask(world.mia, trend, segment_id=kept["vip"])
        assert (vip.taken_on, vip.customers, vip.balance) == (NOW.date(), 2, Decimal("200.50"))
        assert (vip.value, vip.products, vip.rated, vip.leaving) == (Decimal(6), 4, 2, 0.5)
        assert (vip.reached, vip.converted) == (1, 1)
        assert (vip.products_each, vip.churn, vip.reach.value) == (2.0, 0.25, 0.5)
        [southern] = ask(world.mia, trend, segment_id=kept["savers"], unit_id=SOUTH)
        assert (southern.customers, southern.churn, southern.products_each) == (0, None, None)

    def test_counts_only_what_the_asker_may_see(self, ask, world, kept, engine):
        snapshot(engine, world.mia)

        northern = replace(world.mia, scope=Scope(unit_ids=(NORTH,)))
        [here] = ask(northern, trend, segment_id=kept["vip"])
        assert here.customers == 1

    def test_replaces_what_was_taken_earlier_the_same_day(self, do, ask, world, kept, engine):
        snapshot(engine, world.mia)
        do(world.mia, list_segment, ListSegment("vip", "VIP", ["C1", "C2", "C3"]))

        snapshot(engine, world.mia)

        [today] = ask(world.mia, trend, segment_id=kept["vip"])
        assert (today.customers, today.version) == (3, 2)

    @pytest.mark.usefixtures("kept")
    def test_leaves_out_what_cannot_be_counted_and_says_so(self, do, ask, world, arrange, engine):
        nested = DefineSegment("over", "Over", {"segment": "north"})
        over = do(world.mia, define_segment, nested).segment_id
        arrange(
            lambda session: session.execute(
                update(Segment).where(Segment.code == "north").values(is_retired=True)
            )
        )

        fact = snapshot(engine, world.mia)

        assert fact.segments == 2
        assert "“Over”" in fact.left_out[0]
        assert (
            arrange(lambda s: s.scalars(select(SegmentSnapshot.segment_id)).all()).count(over) == 0
        )

    def test_keeps_a_year_of_days_and_the_ends_of_months_before(self, world, kept, engine):
        first = NOW.date() - timedelta(days=KEPT_DAYS)
        for back in (0, 1, 20, 21, 50):
            at = NOW - timedelta(days=KEPT_DAYS + back)
            snapshot(engine, SYSTEM, now=at)
        assert first == date(2025, 3, 1)
        assert kept

        snapshot(engine, world.mia)

        assert days(engine) == [
            date(2025, 1, 10),
            date(2025, 2, 28),
            date(2025, 3, 1),
            NOW.date(),
        ]

    def test_needs_the_right_and_something_to_count(self, world, engine):
        with pytest.raises(NotAllowed):
            snapshot(engine, world.tom)
        with pytest.raises(Invalid, match="Define one first"):
            snapshot(engine, world.mia)

    @pytest.mark.usefixtures("kept")
    def test_keeping_needs_the_right_too(self, do, ask, world):
        counted = ask(world.mia, standings)
        with pytest.raises(NotAllowed):
            do(world.tom, take_snapshots, TakeSnapshots(counted))

    def test_keeps_what_was_counted_and_looks_at_no_customer_meanwhile(
        self, do, ask, world, kept, engine
    ):
        counted = ask(world.mia, standings)
        do(world.mia, list_segment, ListSegment("vip", "VIP", ["C1", "C2", "C3"]))
        said = []

        def note(*told):
            said.append(told[2])

        event.listen(engine, "before_cursor_execute", note)
        try:
            do(world.mia, take_snapshots, TakeSnapshots(counted))
        finally:
            event.remove(engine, "before_cursor_execute", note)

        assert said
        assert not [each for each in said if "customer" in each and "segment_snapshot" not in each]
        [vip] = ask(world.mia, trend, segment_id=kept["vip"])
        assert (vip.customers, vip.version) == (2, 1)

    def test_looks_at_the_customers_once(self, do, world, engine):
        for number in range(70):
            rule = {"field": "age", "is": ">=", "value": number}
            do(world.mia, define_segment, DefineSegment(f"s{number}", f"S {number:02}", rule))
        said = []

        def note(*told):
            said.append(told[2:4])

        event.listen(engine, "before_cursor_execute", note)
        try:
            snapshot(engine, world.mia)
        finally:
            event.remove(engine, "before_cursor_execute", note)

        [look] = [each for each in said if "born_on" in each[0]]
        assert _scans(engine, *look) == 1
        with Session(engine) as session:
            kept = dict(
                session.execute(
                    select(Segment.code, func.sum(SegmentSnapshot.customers))
                    .join(Segment, Segment.id == SegmentSnapshot.segment_id)
                    .group_by(Segment.code)
                ).all()
            )
        assert (kept["s0"], kept["s60"], kept["s65"], kept["s69"]) == (15, 6, 1, 0)


class TestEveryNight:
    def test_takes_one_a_day(self, engine, kept):
        assert kept
        [fact] = pass_time(engine, now=NOW).snapshots
        assert fact.segments == 3
        assert pass_time(engine, now=NOW + timedelta(hours=5)).snapshots == ()
        assert len(pass_time(engine, now=NOW + DAY).snapshots) == 1
        assert days(engine) == [NOW.date(), NOW.date() + DAY]

    def test_takes_none_without_a_segment(self, engine):
        assert pass_time(engine, now=NOW).snapshots == ()


def _scans(engine, statement, parameters):
    """Count how often the plan of a statement looks at all customers."""
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(explain + statement, parameters).all()
    lines = [" ".join(map(str, row)) for row in plan]
    # With or without an index, as PostgreSQL finds it cheaper for so few customers.
    scan = r"SCAN customer_state\b|Scan (using \w+ )?on customer_state\b"
    return sum(re.search(scan, line) is not None for line in lines)
