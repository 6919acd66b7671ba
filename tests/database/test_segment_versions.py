"""What a segment said over time, who uses it, and lists that two people change."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from core.campaigns.rules import DesignStatus
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.segments.actions import (
    ChangeSegment,
    DefineSegment,
    ListSegment,
    RetireSegment,
    change_segment,
    define_segment,
    list_segment,
    retire_segment,
)
from core.segments.queries import Difference, segment, usage, versions
from core.segments.queries.versions import redrawn_beneath
from tests.conftest import NOW
from tests.making.campaigns import approved_design

SAVERS = {"holds": {"product": "savings"}}
CARDS = {"holds": {"category": "card"}}
NEW_LIST = ListSegment("vip", "VIP", ["C1", "C2"], version=0)


@pytest.fixture
def savers(do, world):
    return do(world.mia, define_segment, DefineSegment("savers", "Savers", SAVERS)).segment_id


class TestVersions:
    def test_every_change_is_kept_beside_what_was_before(self, do, ask, world, savers):
        do(world.max, change_segment, ChangeSegment(savers, 1, "Holders", CARDS, "Of any card"))

        second, first = ask(world.mia, versions, segment_id=savers)

        assert (first.version, first.author, first.differences) == (1, "Mia Example", ())
        assert first.says == "Customers who hold the product Savings account."
        assert (second.version, second.author, second.is_current) == (2, "Max Example", True)
        assert not first.is_current
        assert second.differences == (
            Difference("Name", "Savers", "Holders"),
            Difference("Description", "", "Of any card"),
            Difference(
                "Rule",
                "Customers who hold the product Savings account.",
                "Customers who hold any product of the category card.",
            ),
        )

    def test_what_another_changed_beneath_it_is_told(self, do, ask, world, savers):
        vip = do(world.mia, list_segment, NEW_LIST)
        for code, rule in (
            ("either", {"any": [{"segment": "savers"}, {"segment": "vip"}]}),
            ("outer", {"all": [{"segment": "either"}]}),
        ):
            last = do(world.mia, define_segment, DefineSegment(code, code.title(), rule)).segment_id

        def told(since):
            rows = ask(world.mia, redrawn_beneath, segment_id=last, since=since)
            return [(row.segment, row.changed_at) for row in rows]

        assert told(NOW.date()) == []  # to be defined is no change
        first, second = NOW + timedelta(days=1), NOW + timedelta(days=2)
        do(world.mia, change_segment, ChangeSegment(savers, 1, "Holders", SAVERS), now=first)
        do(world.mia, change_segment, ChangeSegment(savers, 2, "Holders", CARDS), now=first)
        do(
            world.mia,
            list_segment,
            replace(NEW_LIST, customer_numbers=["C3"], version=1),
            now=second,
        )
        assert told(NOW.date()) == [("Holders", first), ("VIP", second)]
        assert told(second.date()) == [("VIP", second)]
        assert ask(world.mia, redrawn_beneath, segment_id=vip.segment_id, since=NOW.date()) == []
        with pytest.raises(NotAllowed):
            ask(world.ann, redrawn_beneath, segment_id=last, since=NOW.date())

    def test_what_changes_nothing_is_no_version(self, do, ask, world, savers):
        do(world.mia, change_segment, ChangeSegment(savers, 1, "Savers", SAVERS))

        later = NOW + timedelta(hours=1)
        do(world.mia, change_segment, ChangeSegment(savers, 1, "Savers", SAVERS), now=later)

        assert len(ask(world.mia, versions, segment_id=savers)) == 1
        assert ask(world.mia, segment, segment_id=savers).changed_at == NOW

    def test_the_same_list_every_night_is_no_version(self, do, ask, world):
        nightly = ListSegment("vip", "VIP", ["C1", "C2"], "By hand")
        vip = do(world.mia, list_segment, nightly).segment_id
        for night in range(1, 3):
            again = replace(nightly, customer_numbers=[" C2", "C1", "C2"])
            fact = do(world.max, list_segment, again, now=NOW + timedelta(days=night))
            assert fact.members == 2

        assert [row.version for row in ask(world.mia, versions, segment_id=vip)] == [1]
        do(world.max, list_segment, replace(nightly, customer_numbers=["C1", "C3"]))
        do(world.max, retire_segment, RetireSegment(vip, 2))
        do(world.max, list_segment, replace(nightly, customer_numbers=["C1", "C3"]))
        assert [row.version for row in ask(world.mia, versions, segment_id=vip)] == [4, 2, 1]

    def test_a_list_says_how_many_were_on_it(self, do, ask, world):
        vip = do(world.mia, list_segment, NEW_LIST).segment_id
        do(world.max, list_segment, ListSegment("vip", "VIP", ["C3"], version=1))

        second, first = ask(world.mia, versions, segment_id=vip)

        assert (first.says, second.says) == (
            "A fixed list of 2 customers.",
            "A fixed list of 1 customer.",
        )

    def test_a_rule_that_means_nothing_any_more_is_told(self, do, ask, world, savers):
        about = do(world.mia, define_segment, DefineSegment("more", "More", {"segment": "savers"}))
        do(world.mia, change_segment, ChangeSegment(about.segment_id, 1, "More", SAVERS))
        do(world.mia, retire_segment, RetireSegment(savers, 1))

        first = ask(world.mia, versions, segment_id=about.segment_id)[-1]

        assert first.says.startswith("A rule that can't be read any more.")
        assert "“Savers” (savers) is retired" in first.says

    def test_needs_the_right_and_a_segment(self, ask, world):
        with pytest.raises(NotAllowed):
            ask(world.ann, versions, segment_id=1)
        with pytest.raises(NotFound):
            ask(world.mia, versions, segment_id=99)


class TestListsOfTwo:
    def test_the_second_of_two_is_told(self, do, world):
        do(world.mia, list_segment, NEW_LIST)
        do(world.mia, list_segment, ListSegment("vip", "VIP", ["C3"], version=1))

        with pytest.raises(Conflict, match="changed by somebody else"):
            do(world.max, list_segment, ListSegment("vip", "VIP", ["C4"], version=1))

    def test_a_new_list_replaces_nobody_elses(self, do, world):
        do(world.mia, list_segment, NEW_LIST)

        with pytest.raises(Invalid, match="The code “vip” is taken by “VIP”"):
            do(world.max, list_segment, NEW_LIST)
        with pytest.raises(NotFound):
            do(world.max, list_segment, ListSegment("gone", "Gone", ["C4"], version=3))


class TestUsage:
    def test_tells_segments_and_designs_through_others_too(self, do, ask, world, savers, engine):
        more = do(world.mia, define_segment, DefineSegment("more", "More", {"segment": "savers"}))
        with Session(engine) as session, session.begin():
            approved_design(session, segment_id=more.segment_id, status=DesignStatus.SUBMITTED)

        found = ask(world.mia, usage, segment_id=savers)

        assert [user.name for user in found.segments] == ["More"]
        [design] = found.designs
        assert (design.campaign, design.version, design.status) == (
            "Campaign X",
            1,
            "waits for approval",
        )
        assert not design.leaves_out

    def test_tells_who_leaves_its_customers_out(self, ask, world, savers, engine):
        with Session(engine) as session, session.begin():
            approved_design(session, exclusion_segment_id=savers)

        [design] = ask(world.mia, usage, segment_id=savers).designs

        assert design.leaves_out

    def test_needs_the_right_and_a_segment(self, ask, world):
        with pytest.raises(NotAllowed):
            ask(world.ann, usage, segment_id=1)
        with pytest.raises(NotFound):
            ask(world.mia, usage, segment_id=99)
