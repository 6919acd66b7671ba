from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.customers.model import CustomerState
from core.segments.actions import (
    ChangeSegment,
    DefineSegment,
    ListSegment,
    change_segment,
    define_segment,
    list_segment,
)
from core.segments.model import Segment, SegmentMember
from tests.conftest import NOW
from tests.making.runs import launched_run
from tests.making.standing import snapshot

SAVERS = {"holds": {"product": "savings"}}
NORTHERN = {"field": "branch", "is": "=", "value": "B1"}


@pytest.fixture
def kept(do, world):
    """Two rules and a list, by code."""
    facts = [
        do(world.mia, define_segment, DefineSegment("savers", "Savers", SAVERS)),
        do(world.mia, define_segment, DefineSegment("north", "Northern", {"all": [NORTHERN]})),
        do(world.mia, list_segment, ListSegment("vip", "VIP", ["C7", "C11"])),
    ]
    return {fact.code: fact.segment_id for fact in facts}


def pressed(app, label):
    next(each for each in app.button if each.label == label).click().run()
    assert not app.exception
    return app


def field(app, kind, label):
    return next(each for each in app.get(kind) if each.label == label)


def says(app):
    return " ".join(each.value for each in (*app.markdown, *app.caption))


def figures(app):
    return {metric.label: metric.value for metric in app.metric}


class TestList:
    def test_shows_how_every_segment_stands(self, open_page, world, kept, do, engine):
        assert kept
        snapshot(engine, world.mia, now=NOW - timedelta(days=21))
        do(world.mia, list_segment, ListSegment("vip", "VIP", ["C7", "C8", "C9"]))
        snapshot(engine, world.mia)

        grid = open_page(world.mia, "segments").dataframe[0]
        frame = grid.value

        assert list(frame["Segment"]) == ["Northern", "Savers", "VIP"]
        assert list(frame["Customers"]) == [10, 1, 3]
        assert list(frame["13 weeks"].map(list)) == [[10, 10], [1, 1], [2, 3]]
        assert list(frame["Change"]) == [0, 0, 1]
        assert "than at the start of the line" in grid.proto.columns  # three weeks, not thirteen

    def test_a_snapshot_is_taken_at_once(self, open_page, world, kept):
        assert kept
        app = pressed(open_page(world.mia, "segments"), "Take a snapshot")

        assert app.success[0].value == "3 segments counted."

    def test_an_executive_looks_and_changes_nothing(self, open_page, world, kept):
        app = open_page(world.eve, "segments", id=kept["savers"])

        assert "Customers who hold the product Savings account." in says(app)
        assert field(app, "button_group", "Part").options == [
            "Overview",
            "Profile",
            "Trend",
            "Campaigns",
            "Versions",
        ]
        buttons = open_page(world.eve, "segments").button
        assert "Take a snapshot" not in [each.label for each in buttons]

    def test_an_agent_does_not_get_in(self, open_page, world):
        assert "not open to your role" in open_page(world.ann, "segments").warning[0].value

    def test_a_segment_that_is_not_there(self, open_page, world):
        assert "no such segment" in open_page(world.mia, "segments", id=99).warning[0].value


class TestSheet:
    def test_an_overview_says_the_rule_and_who_uses_it(self, open_page, world, kept, do, engine):
        do(world.mia, define_segment, DefineSegment("more", "More", {"segment": "savers"}))
        snapshot(engine, world.mia)

        app = open_page(world.mia, "segments", id=kept["savers"])

        assert figures(app)["Customers"] == "1"
        assert figures(app)["Products each"] == "2"
        assert "Where it is used" in [each.value for each in app.subheader]

    def test_a_profile_stands_beside_all_customers(self, open_page, world, kept):
        app = open_page(world.mia, "segments", id=kept["vip"], part="Profile")

        assert {each.value for each in app.subheader} == {
            "Age",
            "Balance",
            "Yearly value",
            "Churn risk",
            "Products held",
            "Consent",
            "Region",
        }
        assert "**50.0 %** of the segment" in says(app)

    def test_a_trend_needs_two_days(self, open_page, world, kept, arrange, engine):
        snapshot(engine, world.mia, now=NOW - timedelta(days=1))
        app = open_page(world.mia, "segments", id=kept["savers"], part="Trend")
        assert "two days" in app.info[0].value

        def richer(session):
            session.get_one(CustomerState, 7).balance = Decimal(500)

        arrange(richer)
        snapshot(engine, SYSTEM)
        app = open_page(world.mia, "segments", id=kept["savers"], part="Trend", figure="Balance")
        assert "went from" in says(app)

    def test_a_trend_says_when_what_its_rule_names_changed(
        self, open_page, do, world, kept, engine
    ):
        outer = DefineSegment("outer", "Outer", {"all": [{"segment": "savers"}]})
        outer_id = do(world.mia, define_segment, outer).segment_id
        wider = ChangeSegment(kept["savers"], 1, "Savers", {"all": []})
        do(world.mia, change_segment, wider, now=NOW - timedelta(hours=1))
        for days in (1, 0):
            snapshot(engine, SYSTEM, now=NOW - timedelta(days=days))
        app = open_page(world.mia, "segments", id=outer_id, part="Trend")
        assert "changed with segments that its rule names: Savers on 2 Mar 2026." in says(app)
        app = open_page(world.mia, "segments", id=kept["north"], part="Trend")
        assert "that its rule names" not in says(app)

    def test_campaigns_of_the_segment_are_listed(self, open_page, world, kept, arrange):
        arrange(
            lambda session: launched_run(session, [7, 8], design={"segment_id": kept["savers"]})
        )

        app = open_page(world.mia, "segments", id=kept["savers"], part="Campaigns")

        assert "1 run went to this segment" in says(app)
        app = open_page(world.mia, "segments", id=kept["vip"], part="Campaigns")
        assert "No run has been launched" in app.info[0].value

    def test_says_why_a_customer_is_in_and_another_is_not(self, open_page, world, kept):
        app = open_page(world.mia, "segments", id=kept["savers"], part="Why", customer="C7")
        findings = app.dataframe[0].value
        assert list(findings["Holds"]) == ["yes"]
        assert list(findings["What the customer has"]) == ["Savings account"]
        assert "C••• 0••• E•••" in says(app).replace("\\", "")

        app = open_page(world.mia, "segments", id=kept["north"], part="Why", customer="C11")
        assert "Missing: whose branch is North." in says(app)

        app = open_page(world.mia, "segments", id=kept["north"], part="Why", customer="X")
        assert "no customer X" in app.warning[0].value

    def test_versions_stand_side_by_side(self, open_page, world, kept, do):
        do(world.max, change_segment, ChangeSegment(kept["savers"], 1, "Holders", SAVERS))

        app = open_page(world.mia, "segments", id=kept["savers"], part="Versions")

        assert "**Version 2**" in says(app)
        assert list(app.dataframe[0].value["After"]) == ["Holders"]

    def test_a_rule_that_broke_says_so(self, open_page, world, do, kept, arrange):
        over = do(world.mia, define_segment, DefineSegment("over", "Over", {"segment": "north"}))

        def gone(session):
            session.get_one(Segment, kept["north"]).is_retired = True

        arrange(gone)
        app = open_page(world.mia, "segments", id=over.segment_id)
        assert "is retired" in app.warning[0].value


class TestCompare:
    def test_counts_every_combination(self, open_page, world, kept):
        app = open_page(world.mia, "segments", view="Compare")
        assert "two to 8" in app.info[0].value

        app.multiselect[0].set_value([kept["north"], kept["vip"]]).run()

        assert not app.exception
        assert "**11 customers** in at least one of them" in says(app)
        frame = app.dataframe[0].value
        assert dict(zip(frame["In exactly these"], frame["Customers"], strict=True)) == {
            "Northern": 9,
            "Northern, VIP": 1,
            "VIP": 1,
        }

    def test_a_click_on_a_combination_lists_its_customers(self, open_page, click, world, kept):
        app = open_page(world.mia, "segments", view="Compare")
        app.multiselect[0].set_value([kept["north"], kept["vip"]]).run()
        assert "Choose a bar" in says(app)

        click(app, "overlap", point_index=0, customdata=[0])

        assert not app.exception
        assert "Northern" in [each.value for each in app.subheader]
        [grid] = [each.value for each in app.dataframe if "Last contact" in each.value]
        assert len(grid) == 9


class TestChange:
    def test_a_new_rule_is_counted_and_kept(self, open_page, world, engine):
        app = open_page(world.mia, "segments", view="New rule")
        assert figures(app) == {
            "Customers": "15",
            "Meant by the rule": "15",
            "May be contacted": "15",
            "Whatever the channel": "15",
            "Below the caps": "15",
        }
        field(app, "text_input", "Code").input("everybody")
        field(app, "text_input", "Name").input("Everybody")

        pressed(app, "Keep the segment")

        with Session(engine) as session:
            assert session.scalars(select(Segment.rule)).all() == [{"all": []}]

    def test_a_rule_is_offered_no_part_that_leads_back_to_it(self, open_page, world, kept, do):
        do(world.mia, define_segment, DefineSegment("more", "More", {"segment": "savers"}))
        do(world.mia, define_segment, DefineSegment("most", "Most", {"any": [{"segment": "more"}]}))

        def offered(**where):
            app = open_page(world.mia, "segments", **where)
            field(app, "selectbox", "About").set_value("Is in the segment").run()
            return set(field(app, "selectbox", "Segment").options)

        assert offered(id=kept["savers"], part="Change") == {"Northern", "VIP"}
        assert offered(id=kept["north"], part="Change") == {"More", "Most", "Savers", "VIP"}
        assert offered(view="New rule") == {"More", "Most", "Northern", "Savers", "VIP"}

    def test_a_list_is_pasted(self, open_page, world, engine):
        app = open_page(world.mia, "segments", view="New list")
        field(app, "text_input", "Code").input("vip")
        field(app, "text_input", "Name").input("VIP")
        field(app, "text_area", "Customer numbers").input("C1; C2\nC2,nobody")

        pressed(app, "Keep the list")

        with Session(engine) as session:
            assert sorted(session.scalars(select(SegmentMember.customer_id))) == [1, 2]

    def test_a_refusal_keeps_what_was_typed(self, open_page, world, kept):
        assert kept
        app = open_page(world.mia, "segments", view="New list")
        field(app, "text_input", "Code").input("vip")
        field(app, "text_input", "Name").input("Mine")
        field(app, "text_area", "Customer numbers").input("C1")

        pressed(app, "Keep the list")

        assert "The code “vip” is taken by “VIP”" in app.warning[0].value
        assert field(app, "text_area", "Customer numbers").value == "C1"

    def test_of_two_people_the_second_is_told_and_loses_nothing(self, open_page, world, kept, do):
        app = open_page(world.mia, "segments", id=kept["savers"], part="Change")
        field(app, "text_input", "Name").input("Mine")
        app.run()
        do(world.max, change_segment, ChangeSegment(kept["savers"], 1, "Theirs", SAVERS, "By Max"))

        pressed(app, "Save")

        told = " ".join(each.value for each in app.warning)
        assert "was changed by somebody else" in told
        assert "Somebody changed this segment since you began" in told
        assert field(app, "text_input", "Name").value == "Mine"

        pressed(app, "Save")
        assert "“Mine” now means" in app.success[0].value

    def test_who_had_not_begun_sees_what_is_kept(self, open_page, world, kept, do):
        app = open_page(world.mia, "segments", id=kept["savers"], part="Change")
        do(world.max, change_segment, ChangeSegment(kept["savers"], 1, "Theirs", SAVERS))

        app.run()

        assert not app.warning
        assert field(app, "text_input", "Name").value == "Theirs"

    def test_a_segment_in_use_is_not_retired(self, open_page, world, kept, do):
        do(world.mia, define_segment, DefineSegment("more", "More", {"segment": "savers"}))
        app = open_page(world.mia, "segments", id=kept["savers"], part="Retire")

        pressed(app, "Retire the segment")

        assert "still used by: More" in app.warning[0].value
        app = open_page(world.mia, "segments", id=kept["vip"], part="Retire")
        assert "is retired" in pressed(app, "Retire the segment").success[0].value
