"""Who is in segments: in several at once, against the whole bank, and why one customer is."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from core.access import SYSTEM, Scope
from core.customers.model import Attribute, Customer, CustomerState
from core.customers.rules import AttributeType, IndicatorKind, Origin
from core.refusals import Invalid, NotAllowed, NotFound
from core.segments.actions import (
    DefineSegment,
    ListSegment,
    define_segment,
    list_segment,
)
from core.segments.queries.catalogue import catalogue
from core.segments.queries.overlap import Combination, overlap
from core.segments.queries.profile import Bucket, profile
from core.segments.queries.provenance import Finding, provenance
from core.segments.rules import SegmentKind
from core.windows import Window
from core.work import Reader
from tests.conftest import NOW
from tests.making.banks import banks, means, rules
from tests.making.filling import clear, fill, keep_segments
from tests.making.standing import snapshot
from tests.world import NORTH

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


@pytest.fixture
def northern(world):
    return replace(world.mia, scope=Scope(unit_ids=(NORTH,)))


class TestOverlap:
    @pytest.fixture
    def session(self, engine):
        with Session(engine) as session, session.begin():
            clear(session)
            yield session

    @settings(
        max_examples=20,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(bank=banks, several=st.lists(rules, min_size=2, max_size=4))
    def test_the_combinations_add_up_to_the_union(self, session, bank, several):
        view = Reader(session, SYSTEM, NOW)
        point = session.begin_nested()
        try:
            fill(session, bank)
            asked = keep_segments(session, several)
            member_of = [
                frozenset(
                    id_ for id_, rule in zip(asked, several, strict=True) if means(rule, customer)
                )
                for customer in bank
            ]

            found = overlap(view, segment_ids=asked)

            assert found.together == sum(bool(each) for each in member_of)
            assert found.together + found.outside == len(bank)
            for each in found.combinations:
                assert each.customers == member_of.count(frozenset(each.segment_ids))
            for segment in found.segments:
                assert segment.customers == sum(segment.id in each for each in member_of)
            both = sum({asked[0], asked[1]} <= each for each in member_of)
            assert found.shared(asked[0], asked[1]).numerator == both
        finally:
            point.rollback()
            session.expunge_all()

    def test_counts_everybody_in_one_combination(self, ask, world, kept):
        found = ask(world.mia, overlap, segment_ids=(kept["vip"], kept["savers"], kept["north"]))

        assert found.combinations == (
            Combination((kept["north"],), 9, Decimal()),
            Combination((kept["vip"],), 1, Decimal()),
            Combination((kept["vip"], kept["savers"], kept["north"]), 1, Decimal()),
        )
        assert (found.together, found.outside, found.in_several.numerator) == (11, 4, 1)

    def test_stays_within_the_scope(self, ask, northern, kept):
        found = ask(northern, overlap, segment_ids=(kept["vip"], kept["north"]))

        assert (found.together, found.outside) == (10, 0)

    def test_refuses_too_few_and_too_many(self, ask, world, kept):
        for ids in ([kept["vip"]], [kept["vip"]] * 2, list(range(9))):
            with pytest.raises(Invalid, match="two to 8"):
                ask(world.mia, overlap, segment_ids=ids)
        with pytest.raises(NotFound):
            ask(world.mia, overlap, segment_ids=[kept["vip"], 99])
        with pytest.raises(NotAllowed):
            ask(world.ann, overlap, segment_ids=list(kept.values()))


class TestProfile:
    def test_counts_the_segment_beside_everybody(self, ask, world, kept, arrange):
        def money(session):
            state = session.get_one(CustomerState, 7)
            state.balance, state.yearly_value, state.churn_risk = Decimal(1000), Decimal(-1), 0.1
            session.get_one(CustomerState, 1).born_on = None
            # A birthday today, and one tomorrow.
            session.get_one(CustomerState, 2).born_on = date(2001, 3, 2)
            session.get_one(CustomerState, 3).born_on = date(2001, 3, 3)

        arrange(money)

        found = ask(world.mia, profile, segment_id=kept["vip"])

        assert (found.customers, found.population) == (2, 15)
        parts = {each.name: each.buckets for each in found.dimensions}
        assert Bucket("1,000 to 5,000", 1, 1) in parts["Balance"]
        assert Bucket("Not known", 1, 14) in parts["Balance"]
        assert Bucket("Below 0", 1, 1) in parts["Yearly value"]
        assert Bucket("10 % to 20 %", 1, 1) in parts["Churn risk"]
        assert Bucket("Savings account", 1, 1) in parts["Products held"]
        assert Bucket("phone", 2, 15) in parts["Consent"]
        assert parts["Region"] == (Bucket("Region", 2, 15),)
        ages = {bucket.label: bucket.everybody for bucket in parts["Age"]}
        assert (ages["18\N{EN DASH}24"], ages["25\N{EN DASH}34"], ages["Not known"]) == (1, 1, 1)
        for each in found.dimensions:
            if not each.several:
                assert sum(bucket.inside for bucket in each.buckets) == found.customers
                assert sum(bucket.everybody for bucket in each.buckets) == found.population

    def test_stays_within_the_scope_and_needs_the_right(self, ask, world, northern, kept):
        assert ask(northern, profile, segment_id=kept["vip"]).population == 10
        with pytest.raises(NotAllowed):
            ask(world.ann, profile, segment_id=kept["vip"])
        with pytest.raises(NotFound):
            ask(world.mia, profile, segment_id=99)


class TestProvenance:
    def test_every_part_says_whether_it_holds_and_what_it_found(self, do, ask, world, arrange):
        def known(session):
            session.add(
                Attribute(name="job", label="Job", type=AttributeType.TEXT, origin=Origin.SYNTHETIC)
            )
            session.get_one(Customer, 7).attributes = {"job": "Ann Baker"}
            session.get_one(CustomerState, 7).last_contact_at = NOW - timedelta(days=3)

        arrange(known)
        do(world.mia, define_segment, DefineSegment("savers", "Savers", SAVERS))
        rule = {
            "all": [
                {"segment": "savers"},
                {"any": [{"field": "age", "is": "<", "value": 50}, {"consent": "phone"}]},
                {"none": [{"indicator": IndicatorKind.DISTRESS.value}]},
                {"attribute": "job", "is": "=", "value": "Ann Baker"},
                {"field": "last_contact_days", "is": ">", "value": 5},
                {"field": "born_on", "is": "not empty"},
            ]
        }
        kept = do(world.mia, define_segment, DefineSegment("deep", "Deep", rule)).segment_id

        found = ask(world.mia, provenance, segment_id=kept, customer=" c7 ")

        assert (found.customer_id, found.is_inside, found.by_number) == (7, False, True)
        assert (found.customer_no, found.name) == ("••••C7", "C••• 0••• E•••")
        assert found.findings == (
            Finding(0, "All of these", False, None),
            Finding(1, "who are in the segment “Savers”", True, None),
            Finding(2, "who hold the product Savings account", True, "Savings account"),
            Finding(1, "Any of these", True, None),
            Finding(2, "whose age is below 50", False, "59"),
            Finding(2, "who allow contact by phone", True, None),
            Finding(1, "None of these", True, None),
            Finding(2, "who have a distress indicator", False, None),
            Finding(1, "whose job is Ann Baker", True, "A••• B•••"),
            Finding(1, "whose days since the last contact is above 5", False, "3 days"),
            Finding(1, "whose birth date is known", True, "in 1967"),
        )
        plainly = ask(SYSTEM, provenance, segment_id=kept, customer="7")
        assert (plainly.name, plainly.by_number) == ("Customer 07 Example", False)
        values = [each.value for each in plainly.findings]
        assert "Ann Baker" in values
        assert "1 Jan 1967" in values

    def test_of_a_list_says_whether_the_customer_is_on_it(self, ask, world, kept):
        found = ask(world.mia, provenance, segment_id=kept["vip"], customer="C1")

        assert found.findings == (Finding(0, "who are on the list “VIP”", False, None),)

    def test_finds_nobody_beyond_the_scope(self, ask, northern, world, kept):
        with pytest.raises(NotFound, match="no customer C11 in your units"):
            ask(northern, provenance, segment_id=kept["vip"], customer="C11")
        with pytest.raises(NotFound, match="without a number"):
            ask(world.mia, provenance, segment_id=kept["vip"], customer=" ")
        with pytest.raises(NotFound, match="no such segment"):
            ask(world.mia, provenance, segment_id=99, customer="C1")

    def test_needs_both_rights(self, ask, world, kept):
        for who in (world.eve, world.ann):
            with pytest.raises(NotAllowed):
                ask(who, provenance, segment_id=kept["vip"], customer="C1")


class TestCatalogue:
    def test_lists_what_stands_how(self, do, ask, world, kept, engine):
        for weeks in (20, 3, 2):
            snapshot(engine, SYSTEM, now=NOW - timedelta(weeks=weeks))
        do(world.mia, list_segment, ListSegment("vip", "VIP", ["C1", "C2", "C3"]))
        snapshot(engine, SYSTEM)

        found = ask(world.mia, catalogue, window=Window("size", descending=True))

        assert [(line.code, line.customers) for line in found.rows] == [
            ("north", 10),
            ("vip", 3),
            ("savers", 1),
        ]
        assert [line.sizes for line in found.rows] == [(10, 10, 10), (2, 2, 3), (1, 1, 1)]
        assert [line.grown for line in found.rows] == [0, 1, 0]
        assert kept

    def test_filters_by_words_kind_and_use(self, ask, world, kept):
        def codes(**filters):
            return [line.code for line in ask(world.mia, catalogue, **filters).rows]

        assert codes() == ["north", "savers", "vip"]
        assert codes(text="sav") == ["savers"]
        assert codes(kind=SegmentKind.STATIC) == ["vip"]
        assert codes(with_retired=True) == ["north", "savers", "vip"]
        assert kept

    def test_before_the_first_snapshot_there_are_no_figures(self, ask, world, kept):
        line = ask(world.mia, catalogue).rows[0]

        assert (line.customers, line.churn, line.sizes, line.grown) == (None, None, (), None)
        assert kept

    def test_needs_the_right(self, ask, world):
        with pytest.raises(NotAllowed):
            ask(world.ann, catalogue)
