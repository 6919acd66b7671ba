"""Campaigns on screen: the list, the sheet, the designer from brief to approval, the decision."""

from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from components.words import NONE
from core.campaigns.model import Campaign, Design, Stage, StatusReason
from core.campaigns.queries import CampaignState
from core.campaigns.queries.reference import consumables
from core.campaigns.rules import Condition, DesignStatus, RandomisedBy
from core.segments.model import Segment
from core.settings import settings
from tests import world as bank
from tests.conftest import NOW
from tests.making.campaigns import RULE, approved_design, campaign, draft_design
from tests.making.campaigns import segment as segment_row
from tests.making.results import FIRST, candidates, crowd, finished_run

CURRENCY = settings().currency
ASKED = {
    "status": DesignStatus.SUBMITTED,
    "approver_id": None,
    "decided_at": None,
    "frozen": None,
}


@pytest.fixture
def rows(engine):
    def insert(make, *given, **columns):
        with Session(engine) as session, session.begin():
            return make(session, *given, **columns)

    return insert


@pytest.fixture
def kept(engine):
    """Return the latest version of each campaign by its code."""

    def look():
        with Session(engine) as session:
            found = session.execute(
                select(Campaign.code, Design)
                .join(Design, Design.campaign_id == Campaign.id)
                .order_by(Design.version)
            )
            return dict(found.all())

    return look


def field(app, kind, label):
    found = [each for each in getattr(app, kind) if each.label.split(" (" + CURRENCY)[0] == label]
    assert len(found) == 1, found
    return found[0]


def press(app, label):
    field(app, "button", label).click()
    app.run()
    assert not app.exception, app.exception
    return app


def words(app):
    return " ".join(each.value for each in app.markdown)


class TestCampaigns:
    def test_lists_and_filters_from_the_address(self, open_page, rows, world):
        rows(approved_design, code="X")
        rows(draft_design, code="Y")

        [grid] = open_page(world.mia, "campaigns").dataframe
        assert set(grid.value["Code"]) == {"X", "Y"}
        app = open_page(world.mia, "campaigns", state=CampaignState.DRAFT)
        assert list(app.dataframe[0].value["Code"]) == ["Y"]
        assert list(app.dataframe[0].value["State"]) == ["Being designed"]

    def test_says_what_an_empty_list_means(self, open_page, world):
        assert "No campaign matches" in open_page(world.mia, "campaigns").info[0].value

    def test_only_designers_may_begin_one(self, open_page, world):
        labels = [b.label for b in open_page(world.pia, "campaigns").button]
        assert "New campaign" not in labels

    def test_agents_are_told_that_it_is_not_theirs(self, open_page, world):
        assert "not open to your role" in open_page(world.ann, "campaigns").warning[0].value


class TestSheet:
    def test_shows_versions_and_what_changed(self, open_page, rows, world):
        rows(approved_design)
        rows(draft_design, campaign_id=1, offer="Three per cent")

        app = open_page(world.mia, "campaign", id=1)

        said = [each.value for each in app.markdown]
        assert "1 thing differs from version 1" in words(app) or "things differ" in words(app)
        assert "**Offer** :orange-badge[changed]" in said
        assert {"Two per cent for the first year", "Three per cent"} <= set(said)
        assert "Customers who are active" in words(app)

    def test_begins_the_next_version_from_an_approved_one(self, open_page, rows, world, kept):
        rows(approved_design)
        press(open_page(world.mia, "campaign", id=1), "Begin version 2 from this one")

        assert kept()["X"].version == 2

    @pytest.mark.parametrize("id_", [99, 3])
    def test_what_is_out_of_sight_does_not_exist(self, open_page, rows, world, id_):
        for unit in (bank.BANK, bank.NORTH, bank.SOUTH):
            rows(approved_design, campaign_columns={"unit_id": unit})

        app = open_page(world.lea, "campaign", id=id_)

        assert "no such campaign" in app.warning[0].value
        assert not app.tabs


class TestDesigner:
    def test_begins_a_campaign(self, open_page, world, kept):
        app = open_page(world.mia, "designer")
        field(app, "text_input", "Code").input("SAV")
        field(app, "text_input", "Name").input("Savings")
        app.run()
        field(app, "selectbox", "Type").select_index(1)
        app.run()
        press(app, "Begin")

        assert (kept()["SAV"].version, kept()["SAV"].status) == (1, DesignStatus.DRAFT)

    def test_refuses_a_campaign_without_a_name(self, open_page, world, kept):
        app = open_page(world.mia, "designer")
        field(app, "text_input", "Code").input("SAV")
        press(app, "Begin")

        assert "needs a name" in app.warning[0].value
        assert kept() == {}

    def test_chooses_a_segment_and_shows_its_size(self, open_page, rows, world, kept):
        id_ = rows(draft_design)
        wanted = rows(segment_row, "holders", rule={"holds": {"product": "savings"}})
        app = open_page(world.mia, "designer", id=id_, step="Audience")
        field(app, "selectbox", "Segment").select_index(1)
        app.run()

        metrics = {each.label: each.value for each in app.metric}
        assert (metrics["Customers"], metrics["Meant by the rule"]) == ("15", "1")
        press(app, "Use this audience")
        assert kept()["X"].segment_id == wanted

    def test_writes_a_rule_from_conditions(self, open_page, rows, world, kept, engine):
        id_ = rows(draft_design)
        app = open_page(world.mia, "designer", id=id_, step="Audience")
        app.segmented_control[1].set_value("Write a rule").run()
        field(app, "selectbox", "Product").select("Savings account")
        app.run()
        press(app, "Add")
        assert "hold the product Savings account" in words(app)
        field(app, "text_input", "Code of the segment").input("savers")
        field(app, "text_input", "Name of the segment").input("Savers")
        press(app, "Keep the rule and use it")

        with Session(engine) as session:
            made = session.scalars(select(Segment).where(Segment.code == "savers")).one()
        assert made.rule == {"all": [{"holds": {"product": "savings"}}]}
        assert kept()["X"].segment_id == made.id

    def test_goes_on_with_the_version_that_a_new_rule_made(self, open_page, rows, world, kept):
        app = open_page(world.mia, "designer", id=rows(approved_design), step="Audience")
        app.segmented_control[1].set_value("Write a rule").run()
        field(app, "text_input", "Code of the segment").input("all")
        field(app, "text_input", "Name of the segment").input("Everybody")
        press(app, "Keep the rule and use it")

        assert kept()["X"].version == 2
        assert "version 2" in app.title[0].value

    def test_saves_each_step_by_itself(self, open_page, rows, world, kept):
        id_ = rows(draft_design)
        app = open_page(world.mia, "designer", id=id_, step="Offer")
        field(app, "text_area", "Offer").input("Four per cent")
        press(app, "Save the offer")
        app = open_page(world.mia, "designer", id=id_, step="Guide")
        field(app, "text_input", "Pricing frame").input("Half a point")
        press(app, "Save the guide")
        app = open_page(world.mia, "designer", id=id_, step="Gifts & costs")
        field(app, "number_input", "Of each at most").set_value(300)
        field(app, "number_input", "Cost of a contact").set_value(4.5)
        field(app, "number_input", "Worth of a conversion").set_value(120.0)
        press(app, "Save gifts and costs")
        app = open_page(world.mia, "designer", id=id_, step="Measurement")
        field(app, "number_input", "Goal (%)").set_value(15.0)
        field(app, "number_input", "Held out as control group (%)").set_value(20.0)
        field(app, "selectbox", "Drawn by lot").select(RandomisedBy.BRANCH)
        field(app, "number_input", "Gain to be shown (points)").set_value(1.5)
        app = press(app, "Save the measurement")

        saved = kept()["X"]
        assert (saved.offer, saved.pricing_frame) == ("Four per cent", "Half a point")
        assert (saved.contact_cost, saved.value_per_conversion) == (Decimal("4.5"), 120)
        assert saved.planned_gifts == 300
        assert (saved.goal, saved.control_share, saved.expected_gain) == (0.15, 2000, 0.015)
        assert saved.randomised_by is RandomisedBy.BRANCH
        assert "Say the expected conversions." in words(app)

    def test_what_similar_campaigns_came_to_is_filled_in_and_can_be_changed(
        self, open_page, rows, world, kept
    ):
        def past(session):
            crowd(session, 200)
            run_id = finished_run(session, design={"code": "PAST"})
            candidates(session, run_id, range(FIRST, FIRST + 200), arm=1, outcomes=11, steps=0)

        rows(past)
        id_ = rows(draft_design, code="X")
        app = open_page(world.mia, "designer", id=id_, step="Measurement")
        assert field(app, "number_input", "Expected conversions (%)").value == 5.5
        assert "Filled in from history: 1 finished run" in app.info[-1].value
        assert "Not saved yet" not in words(app)
        app = press(app, "Save the measurement")
        assert kept()["X"].expected_rate == 0.055
        assert app.info[-1].value.startswith("To go by: 1 finished run")

        field(app, "number_input", "Expected conversions (%)").set_value(4.0)
        app = press(app, "Save the measurement")
        assert kept()["X"].expected_rate == 0.04
        assert "came to 5.5 %" in app.info[-1].value

    def test_keeps_what_is_not_saved_while_one_is_away(self, open_page, rows, world, kept):
        app = open_page(world.mia, "designer", id=rows(draft_design), step="Offer")
        field(app, "text_area", "Offer").input("Four per cent")
        app.run()
        assert "Not saved yet" in words(app)
        app.segmented_control[0].set_value("Guide").run()
        assert "Not saved yet: Offer." in words(app)
        assert kept()["X"].offer == "Two per cent for the first year"

        app.segmented_control[0].set_value("Offer").run()
        assert field(app, "text_area", "Offer").value == "Four per cent"
        press(app, "Undo")
        assert field(app, "text_area", "Offer").value == "Two per cent for the first year"
        assert "Not saved yet" not in words(app)

    def test_keeps_the_words_of_a_new_content_until_they_are_kept(self, open_page, rows, world):
        app = open_page(world.mia, "designer", id=rows(draft_design), step="Stages")
        field(app, "text_input", "Name of the content").input("Thanks")
        field(app, "text_area", "Words").input("Thank you, {customer name}.")
        app.run()
        app.segmented_control[0].set_value("Guide").run()
        app.segmented_control[0].set_value("Stages").run()
        assert field(app, "text_area", "Words").value == "Thank you, {customer name}."

        press(app, "Keep the content")
        assert "“Thanks” can be used in a stage now." in app.success[0].value
        assert field(app, "text_area", "Words").value == ""

    @pytest.mark.parametrize(
        ("step", "label", "value", "why"),
        [
            ("Measurement", "Held out as control group (%)", 60.0, "of 60 % can't be held out"),
            ("Measurement", "Held out as control group (%)", -5.0, "of -5 % can't be held out"),
            ("Measurement", "Goal (%)", 120.0, "The goal of 120 % makes no sense"),
            ("Measurement", "Expected conversions (%)", -1.0, "The expected rate of -1 %"),
            ("Gifts & costs", "Cost of a contact", -1.0, "cost of a contact can't be -1.00"),
            ("Gifts & costs", "Worth of a conversion", -9.0, "worth of a conversion can't"),
            ("Gifts & costs", "Of each at most", 0, "0 of each gift can't be planned"),
        ],
    )
    def test_names_what_is_wrong_with_a_number(
        self, open_page, rows, world, kept, step, label, value, why
    ):
        id_ = rows(draft_design)
        before = kept()["X"].row_version
        app = open_page(world.mia, "designer", id=id_, step=step)
        field(app, "number_input", label).set_value(value)
        button = "Save the measurement" if step == "Measurement" else "Save gifts and costs"
        press(app, button)

        assert why in app.warning[0].value
        assert kept()["X"].row_version == before

    def test_says_what_can_not_be_told_without_a_control_group_or_costs(
        self, open_page, rows, world
    ):
        id_ = rows(draft_design)
        app = open_page(world.mia, "designer", id=id_, step="Measurement")

        assert "a control group" in words(app)
        lacking = "the expected conversions, the cost of a contact and the worth of a conversion"
        assert f"No gain is foretold without {lacking}." in [each.value for each in app.caption]

    def test_says_how_far_each_step_is(self, open_page, rows, world):
        id_ = rows(draft_design, stages=[])
        app = open_page(world.mia, "designer", id=id_, step="Audience")
        assert "This step is complete." in words(app)
        assert "Still open: Stages, Gifts & costs, Measurement, Review." in words(app)
        app = open_page(world.mia, "designer", id=id_, step="Stages")
        assert "Add at least one stage." in words(app)

    def test_adds_and_removes_stages(self, open_page, rows, world, ask):
        id_ = rows(draft_design)
        app = open_page(world.mia, "designer", id=id_, step="Stages")
        press(app, "Add the stage")
        assert "Choose the content" in app.warning[0].value
        app = press(open_page(world.mia, "designer", id=id_, step="Stages"), "Remove the stage")

        assert "no stages yet" in app.info[0].value

    def test_adds_a_stage_that_follows_another(self, open_page, rows, world, engine):
        id_ = rows(draft_design)
        app = open_page(world.mia, "designer", id=id_, step="Stages")
        added = app.expander[-3]
        assert added.label == "Add a stage"
        field(added, "selectbox", "Content").select_index(0)
        field(added, "selectbox", "Begins with").select(1)
        app.run()
        added = app.expander[-3]
        field(added, "selectbox", "Where the earlier stage came to").select(Condition.NOT_REACHED)
        field(added, "number_input", "Days after that").set_value(3)
        press(app, "Add the stage")

        assert "after stage 1, where not reached, 3 days later" in words(app)
        app.segmented_control[0].set_value("Guide").run()
        assert "Not saved yet" not in words(app)
        app.segmented_control[0].set_value("Stages").run()
        with Session(engine) as session:
            kept = session.scalars(select(Stage).order_by(Stage.position)).all()
        assert [(each.after_position, each.condition) for each in kept] == [
            (None, Condition.ALWAYS),
            (1, Condition.NOT_REACHED),
        ]
        next(each for each in app.button if each.label == "Remove the stage").click().run()
        assert "follows stage 1: change it first" in app.warning[0].value

    def test_tries_the_stages_on_ten_customers(self, open_page, rows, world):
        app = open_page(world.mia, "designer", id=rows(draft_design), step="Review")

        [ten] = [each for each in app.pills if each.label == "Customer"]
        assert len(ten.options) == 10
        assert all("•••" in option for option in ten.options)
        assert "Two per cent for the first year" in words(app)

    def test_clones_a_version_into_another_campaign(self, open_page, rows, world, kept):
        rows(approved_design)
        app = open_page(world.mia, "campaign", id=1)
        field(app, "text_input", "Code of the new campaign").input("Y")
        press(app, "Clone")

        assert (kept()["Y"].version, kept()["Y"].offer) == (1, kept()["X"].offer)
        assert kept()["Y"].status is DesignStatus.DRAFT
        app = open_page(world.mia, "campaign", id=1)
        press(app, "Clone")
        assert "needs a code" in app.warning[0].value

    def test_what_is_saved_on_an_approved_version_makes_the_next(
        self, open_page, rows, world, kept
    ):
        id_ = rows(approved_design)
        app = open_page(world.mia, "designer", id=id_, step="Offer")
        assert "becomes the next version" in app.info[0].value
        app.segmented_control[0].set_value("Guide").run()
        field(app, "text_input", "Pricing frame").input("Half a point")
        app.run()
        app.segmented_control[0].set_value("Offer").run()
        field(app, "text_area", "Offer").input("Four per cent")
        press(app, "Save the offer")

        assert (kept()["X"].version, kept()["X"].offer) == (2, "Four per cent")
        assert "version 2" in app.title[0].value
        assert "Not saved yet: Guide." in words(app)
        app.segmented_control[0].set_value("Guide").run()
        assert field(app, "text_input", "Pricing frame").value == "Half a point"

    def test_tells_when_somebody_else_was_faster(self, open_page, rows, world, kept, engine):
        id_ = rows(draft_design)
        app = open_page(world.mia, "designer", id=id_, step="Offer")
        with Session(engine) as session, session.begin():
            session.get_one(Design, id_).offer = "Theirs"
        field(app, "text_area", "Offer").input("Mine")
        press(app, "Save the offer")

        assert "changed by somebody else" in app.warning[0].value
        assert kept()["X"].offer == "Theirs"

    def test_asks_for_approval_once_nothing_is_missing(self, open_page, rows, world, kept):
        bare = rows(draft_design, stages=[])
        app = open_page(world.mia, "designer", id=bare, step="Review")
        assert "Add at least one stage" in words(app)
        assert field(app, "button", "Ask for approval").disabled
        ready = rows(draft_design)
        press(open_page(world.mia, "designer", id=ready, step="Review"), "Ask for approval")

        assert kept()["X2"].status is DesignStatus.SUBMITTED

    @pytest.mark.parametrize("step", ["Measurement", "Review"])
    def test_says_whether_a_gain_can_be_shown_before_anybody_is_asked(
        self, open_page, rows, world, step
    ):
        terms = {"control_share": 2_000, "expected_rate": 0.1, "expected_gain": 0.05}
        id_ = rows(draft_design, **terms)
        app = open_page(world.mia, "designer", id=id_, step=step)

        assert "this question can't be answered" in app.warning[0].value
        metrics = {each.label: each.value for each in app.metric}
        assert (metrics["Held out"], metrics["Can be worked"]) == ("2", "11")
        assert "The work takes 3 hours" in words(app)

    def test_an_approved_version_shows_what_was_said_when_it_was_approved(
        self, open_page, rows, world
    ):
        """A count of today would miss the customers whom its own run has taken."""
        said = {"rule": RULE, "gate": {"said": ["A gain of 5.00 points would be seen."]}}
        app = open_page(
            world.mia, "designer", id=rows(approved_design, frozen=said), step="Measurement"
        )

        assert "A gain of 5.00 points would be seen." in words(app)
        assert "Can be worked" not in [each.label for each in app.metric]

    def test_is_not_for_approvers(self, open_page, rows, world):
        app = open_page(world.pia, "designer", id=rows(draft_design))
        assert "not open to your role" in app.warning[0].value


class TestApprovals:
    def test_nothing_waits(self, open_page, world):
        assert "Nothing waits" in open_page(world.pia, "approvals").info[0].value

    def test_approves_what_was_read(self, open_page, rows, world, kept, choose):
        rows(approved_design, **ASKED)
        app = choose(open_page(world.pia, "approvals"), "wanted", 0)
        assert "Mia Example wrote it, you decide" in words(app)
        press(app, "Approve")

        done = kept()["X"]
        assert (done.status, done.approver_id, done.decided_at) == (DesignStatus.APPROVED, 8, NOW)
        assert done.frozen["forecast"]["eligible"] == 13

    def test_what_hardly_shows_its_gain_needs_a_reason(self, open_page, rows, world, kept):
        terms = {"control_share": 2_000, "expected_rate": 0.1, "expected_gain": 0.05}
        drawn = {"randomised_by": RandomisedBy.BRANCH}
        id_ = rows(approved_design, **ASKED | terms | drawn)
        app = open_page(world.pia, "approvals", id=id_)
        assert "This question can't be answered: too few are drawn as a whole." in words(app)
        assert "**Gain to be shown**  \n5.00 points" in words(app)
        assert "20.0 % held out, drawn by branch" in words(app)
        press(app, "Approve")
        assert "To approve it all the same, say why" in " ".join(w.value for w in app.warning)
        field(app, "text_area", "Why approve it all the same?").input("A first try")
        press(app, "Approve")

        assert (kept()["X"].status, kept()["X"].override) == (DesignStatus.APPROVED, "A first try")
        app = open_page(world.mia, "campaign", id=kept()["X"].campaign_id)
        assert "A first try" in " ".join(each.value for each in app.warning)
        assert "This question can't be answered: too few are drawn as a whole." in words(app)

    def test_where_nothing_stands_against_it_no_reason_is_asked(self, open_page, rows, world):
        app = open_page(world.pia, "approvals", id=rows(approved_design, **ASKED))
        assert [each.label for each in app.text_area] == ["Comment"]
        said = words(app)
        for label in ("Can the question be answered?", "Forecast", "Hands", "Decision"):
            assert label in said
        assert "It is wanted by 9 Mar 2026" in said
        metrics = {each.label: each.value for each in app.metric}
        assert (metrics["Can be worked"], metrics["Chance to see it"]) == ("13", NONE)

    def test_sends_back_only_with_a_comment(self, open_page, rows, world, kept):
        id_ = rows(approved_design, **ASKED)
        app = press(open_page(world.pia, "approvals", id=id_), "Send back")
        assert "Say what has to change" in app.warning[0].value
        field(app, "text_area", "Comment").input("Shorter, please")
        press(app, "Send back")

        assert (kept()["X"].status, kept()["X"].comment) == (
            DesignStatus.RETURNED,
            "Shorter, please",
        )

    def test_nobody_is_offered_to_approve_their_own(self, open_page, rows, world):
        id_ = rows(approved_design, **ASKED, author_id=8)
        app = open_page(world.pia, "approvals", id=id_)
        assert field(app, "button", "Approve").disabled

    def test_what_was_decided_meanwhile_is_explained(self, open_page, rows, world):
        app = open_page(world.pia, "approvals", id=rows(approved_design))
        assert "is approved now" in app.warning[0].value

    def test_designers_do_not_decide(self, open_page, world):
        assert "not open to your role" in open_page(world.mia, "approvals").warning[0].value


class TestReference:
    def test_adds_a_reason(self, open_page, world, engine):
        app = open_page(world.ada, "reference")
        field(app, "text_input", "Reason").input("Client moved away")
        press(app, "Save the reason")

        with Session(engine) as session:
            assert "Client moved away" in session.scalars(select(StatusReason.value)).all()

    def test_shows_where_a_reason_is_used(self, open_page, world):
        [grid] = open_page(world.ada, "reference").dataframe
        assert "Sales contact" in list(grid.value["Templates, In progress"])

    def test_refuses_a_channel_without_a_default_action_type(self, open_page, world):
        app = open_page(world.ada, "reference", part="Channels")
        [name, _] = [each for each in app.text_input if each.label == "Name"]
        name.input("Letter")
        press(app, "Save the channel")

        assert "needs a default action type" in app.warning[0].value

    def test_keeps_a_chosen_system_reason_from_being_changed(self, open_page, world, choose):
        app = choose(open_page(world.ada, "reference"), "reasons", 3)

        assert "set by the system alone" in app.info[0].value
        assert "Save the reason" not in [b.label for b in app.button]

    @pytest.mark.parametrize("part", ["Templates", "Contents", "Types"])
    def test_every_part_opens(self, open_page, world, part):
        app = open_page(world.ada, "reference", part=part)
        assert not app.error
        assert not app.warning

    def test_is_for_administrators(self, open_page, world):
        assert "not open to your role" in open_page(world.mia, "reference").warning[0].value


def test_campaigns_are_drawn_over_time_and_filtered_by_owner_and_unit(open_page, world, arrange):
    def rows(session):
        campaign(session, "N", unit_id=bank.NORTH, owner_id=world.max.person_id)
        campaign(session, "S", unit_id=bank.SOUTH)

    arrange(rows)
    app = open_page(world.mia, "campaigns", view="Calendar")
    assert "**2 campaigns**, 0 of them running." in [each.value for each in app.markdown]
    app = open_page(world.mia, "campaigns", view="Calendar", owner="Max Example")
    assert "**1 campaign**, 0 of them running." in [each.value for each in app.markdown]
    app = open_page(world.mia, "campaigns", view="Calendar", owner="Max Example", unit="South")
    assert "No campaign matches" in app.info[0].value


def test_a_gift_is_kept_and_given_away_with_an_offer(open_page, ask, world, arrange, engine):
    app = open_page(world.ada, "reference", part="Gifts")
    field = next(each for each in app.text_input if each.label == "Name")
    field.input("Money box")
    next(each for each in app.button if each.label == "Save").click().run()
    assert app.success[0].value == "“Money box” is saved."

    draft = arrange(lambda session: draft_design(session, expected_rate=0.5))
    app = open_page(world.mia, "designer", id=draft, step="Gifts & costs")
    given = next(each for each in app.multiselect if each.label == "Given away with it")
    given.set_value(ask(world.mia, consumables))
    next(each for each in app.button if each.label == "Save gifts and costs").click().run()
    assert not app.exception
    with Session(engine) as session:
        assert session.get_one(Design, draft).consumable_ids == (1,)
    assert "7 of Money box will be needed and 0 are left: 7 too few." in app.warning[0].value
    app = open_page(world.mia, "designer", id=draft, step="Review")
    assert "7 too few" in " ".join(each.value for each in app.markdown)
