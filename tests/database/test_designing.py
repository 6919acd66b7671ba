"""Designs as they are written: what stages follow, clones, versions compared, gifts, samples."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM, Scope
from core.campaigns.actions import (
    ChangeDesign,
    CloneDesign,
    SetStages,
    change_design,
    clone_design,
    set_stages,
)
from core.campaigns.model import Campaign, Consumable, Content, Design, DesignConsumable
from core.campaigns.queries import design, forecast, sample, side_by_side
from core.campaigns.queries.comparing import Side
from core.campaigns.rules import ActivityType, Condition
from core.campaigns.terms import StageTerms, without
from core.customers.model import Attribute, Customer, CustomerState
from core.customers.rules import AttributeType, Origin
from core.journal.model import Entry
from core.refusals import Invalid, NotAllowed, NotFound
from tests import world as bank
from tests.conftest import NOW
from tests.making.campaigns import approved_design, draft_design

TODAY = NOW.date()
CALL = StageTerms("Call", content_id=bank.CALL, activity_subtype_id=1, reason_template_id=1)
AGAIN = replace(
    CALL, name="Again", after_position=1, condition=Condition.NOT_REACHED, start_after_days=3
)
LETTER = replace(CALL, name="Letter", content_id=bank.EMAIL, reason_template_id=None)


class TestStagesThatFollow:
    @pytest.fixture
    def saved(self, do, ask, arrange, world):
        draft = arrange(draft_design)

        def save(*stages):
            seen = ask(world.mia, design, design_id=draft)
            do(world.mia, set_stages, SetStages(draft, seen.row_version, stages))
            return ask(world.mia, design, design_id=draft)

        return save

    def test_are_kept_with_their_condition_and_said_in_words(self, saved):
        seen = saved(CALL, AGAIN)

        assert seen.missing == ()
        follows = seen.stages[1].terms.follows
        assert follows.says(3) == "after stage 1, where not reached, 3 days later"
        assert replace(follows, condition=Condition.ALWAYS).says(1) == (
            "after stage 1, whatever came of it, 1 day later"
        )
        assert follows.says(0).endswith("on the same day")

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            ({"after_position": 2}, "Stage 2, Again: it can't follow itself"),
            ({"after_position": 3}, "follows stage 3, which comes later"),
            ({"after_position": 7}, "follows stage 7, which there is not"),
            ({"after_position": 0}, "follows stage 0, which there is not"),
            ({"after_position": None}, "“not reached” is said of an earlier stage: choose which"),
        ],
    )
    def test_refuse_what_they_can_not_follow(self, saved, wrong, why):
        with pytest.raises(Invalid, match=why):
            saved(CALL, replace(AGAIN, **wrong), CALL)

    def test_wait_for_no_answer_that_nobody_gives(self, saved):
        yes = replace(AGAIN, condition=Condition.ACCEPTED)
        task = {"activity_type": ActivityType.ADMINISTRATIVE, "activity_subtype_id": 2}

        assert saved(LETTER, yes).missing == (
            "Stage 2, Again: nobody answers the messages of stage 1: choose “whatever came of it”.",
        )
        assert saved(replace(CALL, **task), yes).missing == (
            (
                "Stage 2, Again: stage 1 is administrative, nobody says yes or no to it: "
                "choose “whatever came of it”."
            ),
        )
        assert saved(LETTER, replace(AGAIN, condition=Condition.ALWAYS)).missing == ()
        assert saved(replace(CALL, **task), AGAIN).missing == ()

    def test_keep_following_when_one_before_them_goes(self):
        third = replace(AGAIN, after_position=2)
        assert without([CALL, CALL, third], 1) == [CALL, AGAIN]
        assert without([CALL, AGAIN, CALL], 3) == [CALL, AGAIN]
        with pytest.raises(Invalid, match="Stage 3, Again, follows stage 2: change it first"):
            without([CALL, CALL, third], 2)


class TestClone:
    @pytest.fixture
    def source(self, arrange):
        def rows(session):
            gift = Consumable(name="Cup", unit_cost=Decimal(8), stock=20)
            session.add(gift)
            session.flush()
            stages = [{}, {"after_position": 1, "condition": Condition.DECLINED}]
            id_ = approved_design(session, stages=stages, expected_gain=0.02, offer="Two per cent")
            session.add(DesignConsumable(design_id=id_, consumable_id=gift.id))
            return id_

        return arrange(rows)

    def test_says_the_same_in_another_campaign_and_leaves_its_source_alone(
        self, do, ask, world, source, engine
    ):
        before = ask(world.mia, design, design_id=source)
        days = (TODAY + timedelta(days=100), TODAY + timedelta(days=130))
        fact = do(world.mia, clone_design, CloneDesign(source, "Y", "Once more", *days))

        made = ask(world.mia, design, design_id=fact.design_id)
        assert ask(world.mia, design, design_id=source) == before
        assert (made.version, made.status.value, made.author) == (1, "draft", "Mia Example")
        assert made.terms == before.terms
        assert [each.terms for each in made.stages] == [each.terms for each in before.stages]
        assert (made.approver, made.frozen, made.is_used) == (None, None, False)
        with Session(engine) as session:
            campaign = session.get_one(Campaign, made.campaign_id)
            assert (campaign.code, campaign.name) == ("Y", "Once more")
            assert (campaign.starts_on, campaign.ends_on) == days
            said = session.scalars(select(Entry).where(Entry.kind == "design.drafted")).one()
            assert said.facts["cloned_from"] == "X, version 1"

        changed = replace(made.terms, offer="Three per cent", control_share=2_000)
        do(world.mia, change_design, ChangeDesign(made.id, made.row_version, changed))
        assert ask(world.mia, design, design_id=source) == before

    @pytest.mark.parametrize(
        ("wrong", "refusal", "why"),
        [
            ({"code": "X"}, Invalid, "is taken by the campaign"),
            ({"code": " "}, Invalid, "needs a code"),
            ({"name": " "}, Invalid, "needs a name"),
            ({"ends_on": TODAY - timedelta(days=1)}, Invalid, "before it starts"),
            ({"design_id": 99}, NotFound, "no such version"),
        ],
    )
    def test_refuses_what_makes_no_campaign(self, do, world, source, wrong, refusal, why):
        asked = {
            "design_id": source,
            "code": "Y",
            "name": "Once more",
            "starts_on": TODAY,
            "ends_on": TODAY,
        }
        with pytest.raises(refusal, match=why):
            do(world.mia, clone_design, CloneDesign(**(asked | wrong)))

    def test_is_for_designers_within_their_units(self, do, world, source):
        request = CloneDesign(source, "Y", "Once more", TODAY, TODAY)
        with pytest.raises(NotAllowed):
            do(world.pia, clone_design, request)
        elsewhere = replace(world.mia, scope=Scope(unit_ids=(bank.SOUTH,)), unit_id=bank.SOUTH)
        with pytest.raises(NotFound):
            do(elsewhere, clone_design, request)


def test_versions_stand_side_by_side_with_what_changed(do, ask, arrange, world):
    first = arrange(lambda session: approved_design(session, expected_gain=0.02))
    before = ask(world.mia, design, design_id=first)
    terms = replace(before.terms, offer="Three per cent", expected_gain=0.015)
    fact = do(world.mia, change_design, ChangeDesign(first, before.row_version, terms))
    second = ask(world.mia, design, design_id=fact.design_id)
    do(world.mia, set_stages, SetStages(second.id, second.row_version, [CALL, AGAIN]))
    second = ask(world.mia, design, design_id=second.id)

    rows = {row.what: row for row in side_by_side(before, second)}

    assert [row.what for row in rows.values() if row.is_changed] == [
        "Offer",
        "Expected gain",
        "Stage 2",
    ]
    assert rows["Expected gain"] == Side("Expected gain", "2 %", "1.5 %", True)
    assert rows["Control share"] == Side("Control share", "0 %", "0 %", False)
    assert rows["Stage 2"].before == "none"
    assert "after stage 1, where not reached, 3 days later" in rows["Stage 2"].after
    assert "Base product" not in rows  # neither names one


class TestGiftsOfADesign:
    @pytest.fixture
    def offering(self, arrange):
        def make(*, stock, **columns):
            def rows(session):
                gift = Consumable(name="Cup", unit_cost=Decimal("2.50"), stock=stock)
                session.add(gift)
                session.flush()
                id_ = draft_design(session, **columns)
                session.add(DesignConsumable(design_id=id_, consumable_id=gift.id))
                return id_

            return arrange(rows)

        return make

    MONEY = {
        "contact_cost": Decimal(5),
        "value_per_conversion": Decimal(100),
        "expected_rate": 0.5,
    }

    def test_cost_what_the_expected_conversions_take(self, offering, ask, world):
        found = ask(world.mia, forecast, design_id=offering(stock=20, **self.MONEY))

        # 13 are contacted, 6.5 of them convert and get a cup each.
        assert (found.treated, found.cost, found.net) == (
            13,
            Decimal("81.25"),
            Decimal("568.75"),
        )
        assert (found.lacks, found.shortages) == ((), ())

    def test_are_said_to_be_too_few_and_refuse_nothing(self, offering, ask, world):
        id_ = offering(stock=5, **self.MONEY)

        found = ask(world.mia, forecast, design_id=id_)

        assert found.shortages == ("7 of Cup will be needed and 5 are left: 2 too few.",)
        assert ask(world.mia, design, design_id=id_).missing == ()

    def test_cost_no_more_than_are_planned(self, offering, ask, world):
        id_ = offering(stock=3, planned_gifts=4, **self.MONEY)

        found = ask(world.mia, forecast, design_id=id_)

        assert found.cost == 13 * 5 + 4 * Decimal("2.50")
        assert found.shortages == (
            "7 of each will be needed and 4 are planned.",
            "4 of Cup are planned and 3 are left: 1 too few.",
        )

    @pytest.mark.parametrize(
        ("stock", "short"),
        [(3, ("4 of Cup are planned and 3 are left: 1 too few.",)), (4, ())],
    )
    def test_planned_ones_are_counted_without_an_expected_rate(
        self, offering, ask, world, stock, short
    ):
        found = ask(world.mia, forecast, design_id=offering(stock=stock, planned_gifts=4))

        assert found.shortages == short

    def test_nobody_counts_without_an_expected_rate(self, offering, ask, world):
        found = ask(world.mia, forecast, design_id=offering(stock=0))

        assert (found.cost, found.net) == (None, None)
        assert found.lacks == (
            "the expected conversions",
            "the cost of a contact",
            "the worth of a conversion",
        )
        assert found.shortages == ("no Cup is left.",)


class TestSample:
    BODY = "Good day {customer name}, {offer} at {branch}. Yours, {person}."

    @pytest.fixture
    def drafted(self, arrange):
        def rows(session):
            session.get_one(Content, bank.CALL).body = self.BODY
            return draft_design(session, stages=[{}, {"content_id": bank.EMAIL}])

        return arrange(rows)

    def test_renders_each_stage_for_ten_who_fit_always_the_same(self, drafted, ask, world):
        found = ask(SYSTEM, sample, design_id=drafted)

        assert len(found) == len({each.id for each in found}) == 10
        assert not {each.id for each in found} & {7, 8}  # who do not fit
        assert found == sorted(found, key=lambda each: each.id)
        assert ask(SYSTEM, sample, design_id=drafted) == found
        mine = next(each for each in found if each.person == "Ann Example")
        assert [each.stage for each in mine.stages] == ["Call", "Call"]
        assert mine.stages[0].body == (
            f"Good day {mine.name}, Two per cent for the first year at {mine.branch}. "
            "Yours, Ann Example."
        )
        others = next(each for each in found if each.person is None)
        assert others.stages[0].body.endswith(f"Yours, {others.branch}.")

    def test_looking_near_first_finds_the_same_ten(self, drafted, ask, monkeypatch):
        found = ask(SYSTEM, sample, design_id=drafted)
        for first in ((100_003,), (1, 60_000, 100_003), (80_000, 100_003)):
            monkeypatch.setattr("core.campaigns.queries.samples._FIRST", first)
            assert ask(SYSTEM, sample, design_id=drafted) == found

    def test_hides_names_from_who_may_not_see_them(self, drafted, ask, world, engine):
        for who in (world.mia, world.pia):
            for each in ask(who, sample, design_id=drafted):
                assert "•••" in each.name
                assert each.customer_no.startswith("••••")
                assert each.name in each.stages[0].body
        with Session(engine) as session:
            names = session.scalars(select(Customer.name)).all()
        said = str(ask(world.mia, sample, design_id=drafted))
        assert not any(name in said for name in names)

    def test_is_of_the_units_of_the_asker_and_the_campaign(self, drafted, ask, world, arrange):
        south = replace(world.mia, scope=Scope(unit_ids=(bank.SOUTH,)), unit_id=bank.SOUTH)
        assert {each.id for each in ask(south, sample, design_id=drafted)} == {11, 12, 13, 14, 15}
        north = arrange(lambda s: draft_design(s, campaign_columns={"unit_id": bank.NORTH}))
        found = {each.id for each in ask(world.mia, sample, design_id=north)}
        assert found == {1, 2, 3, 4, 5, 6, 9, 10}
        arrange(
            lambda s: s.execute(
                update(CustomerState).where(CustomerState.customer_id == 1).values(consents=0)
            )
        )
        assert 1 not in {each.id for each in ask(world.mia, sample, design_id=north)}

    def test_is_chosen_by_a_rule_that_looks_customers_up_too(self, ask, world, arrange):
        rule = {"attribute": "income", "is": ">=", "value": 25_000}

        def rows(session):
            words = {"label": "Yearly income", "origin": Origin.SOURCE}
            session.add(Attribute(name="income", type=AttributeType.NUMBER, **words))
            for id_ in (3, 12):
                session.get_one(Customer, id_).attributes = {"income": 30_000}
            return draft_design(session, rule=rule)

        assert [each.id for each in ask(world.mia, sample, design_id=arrange(rows))] == [3, 12]

    def test_needs_an_audience_and_the_right(self, drafted, ask, world, arrange):
        with pytest.raises(NotAllowed):
            ask(world.ann, sample, design_id=drafted)
        with pytest.raises(NotFound):
            ask(world.mia, sample, design_id=99)
        arrange(lambda s: setattr(s.get_one(Design, drafted), "segment_id", None))
        with pytest.raises(Invalid):
            ask(world.mia, sample, design_id=drafted)
