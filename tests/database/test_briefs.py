from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.campaigns.model import Campaign, Design
from core.campaigns.queries import design as design_sheet
from core.campaigns.rules import DesignStatus, Metric, Objective, Priority
from core.journal.model import Outgoing
from core.portfolio.actions import (
    Because,
    CreatePlan,
    FillEntry,
    MakeBrief,
    create_plan,
    fill_entry,
    make_brief,
)
from core.portfolio.model import PlanEntry
from core.portfolio.queries import brief_of, briefs, plan_entries
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.segments.actions import DefineSegment
from tests import world as w
from tests.conftest import NOW
from tests.making.campaigns import RULE, segment

START = NOW.date()
END = START + timedelta(days=60)
ASK = MakeBrief(
    name="Keep our savers",
    objective=Objective.RETENTION,
    unit_id=w.BANK,
    starts_on=START,
    ends_on=END,
    product_id=w.SAVINGS,
    offer="Meet 3.75 % (ours 3.25 %)",
    metric=Metric.RESPONSE,
    goal=0.3,
    priority=Priority.HIGH,
)


@pytest.fixture
def plan(do, world):
    return do(world.mia, create_plan, CreatePlan("P1", "Spring", w.BANK, START, END)).plan_id


def waiting_entry(session, plan_id):
    entry = PlanEntry(
        plan_id=plan_id, name="Less churn", unit_id=w.NORTH, starts_on=START, ends_on=END
    )
    session.add(entry)
    session.flush()
    return entry.id


class TestBrief:
    def test_opens_a_campaign_of_the_asker_with_a_first_draft(self, engine, do, ask, world):
        fact = do(world.mia, make_brief, ASK)

        with Session(engine) as session:
            campaign = session.get_one(Campaign, fact.campaign_id)
            draft = session.get_one(Design, fact.design_id)
            assert (campaign.code, campaign.type_id) == ("keep-our-savers", 3)
            assert (campaign.owner_id, campaign.priority) == (world.mia.person_id, Priority.HIGH)
            assert (draft.version, draft.status) == (1, DesignStatus.DRAFT)
            assert (draft.product_id, draft.offer) == (w.SAVINGS, ASK.offer)
            assert (draft.metric, draft.goal) == (Metric.RESPONSE, 0.3)
            assert draft.row_version == fact.row_version
        assert (fact.segment_id, fact.entry_id) == (None, None)
        shown = ask(world.mia, design_sheet, design_id=fact.design_id)
        assert "Choose the audience: a segment." in shown.missing

    def test_tells_the_neighbours_of_the_new_specification(self, engine, do, world):
        do(world.mia, make_brief, ASK)

        with Session(engine) as session:
            told = session.scalars(select(Outgoing.type).order_by(Outgoing.id)).all()
        assert told[0] == "CustomerCampaignSpecification/Created"

    def test_names_the_next_campaign_of_a_name_by_number(self, do, world):
        codes = [do(world.mia, make_brief, ASK).code for _ in range(3)]

        assert codes == ["keep-our-savers", "keep-our-savers-2", "keep-our-savers-3"]

    @pytest.mark.parametrize(
        ("name", "code"), [("Économies: 5 %!", "economies-5"), ("老朋友", "campaign")]
    )
    def test_makes_a_code_of_any_name(self, do, world, name, code):
        assert do(world.mia, make_brief, replace(ASK, name=name)).code == code

    def test_takes_a_segment_or_makes_one(self, do, arrange, world):
        kept = arrange(segment)
        taken = do(world.mia, make_brief, replace(ASK, segment_id=kept))
        rule = DefineSegment("savers", "Savers", RULE)
        made = do(world.mia, make_brief, replace(ASK, segment=rule))

        assert taken.segment_id == kept
        assert made.segment_id not in {None, kept}

    def test_keeps_what_caused_it(self, do, ask, world):
        gap = {"segment": "savers", "customers": 40}
        because = Because("Forty were never asked", gap=gap)
        fact = do(world.mia, make_brief, replace(ASK, because=because))

        row = ask(world.eve, brief_of, campaign_id=fact.campaign_id)

        assert (row.text, row.gap, row.author) == ("Forty were never asked", gap, "Mia Example")
        assert ask(world.eve, briefs) == [row]
        assert ask(world.eve, brief_of, campaign_id=99) is None


class TestBriefInAPlan:
    def test_is_entered_with_goal_and_budget(self, do, ask, plan, world):
        asked = replace(ASK, plan_id=plan, budget=Decimal(5000))
        fact = do(world.mia, make_brief, asked)

        [row] = ask(world.eve, plan_entries, plan_id=plan)

        assert (row.entry_id, row.campaign_id) == (fact.entry_id, fact.campaign_id)
        assert (row.metric, row.goal, row.budget) == (Metric.RESPONSE, 0.3, Decimal(5000))

    def test_takes_the_place_that_an_entry_keeps(self, do, ask, arrange, plan, world):
        entry = arrange(lambda session: waiting_entry(session, plan))
        [before] = ask(world.eve, plan_entries, plan_id=plan)
        assert (before.campaign_id, before.campaign, before.goal) == (None, "Less churn", None)

        fact = do(world.mia, make_brief, replace(ASK, entry_id=entry))

        [row] = ask(world.eve, plan_entries, plan_id=plan)
        assert (row.entry_id, row.campaign_id) == (entry, fact.campaign_id)
        assert (row.campaign, row.goal) == ("Keep our savers", 0.3)
        with pytest.raises(Conflict, match="has its campaign already"):
            do(world.mia, make_brief, replace(ASK, entry_id=entry))
        with pytest.raises(NotFound):
            filling = FillEntry(entry + 1, fact.campaign_id, Metric.REACH, 0.1)
            do(world.mia, fill_entry, filling)

    def test_leaves_nothing_behind_when_the_plan_refuses(self, engine, do, plan, world):
        late = replace(ASK, plan_id=plan, ends_on=END + timedelta(days=1))

        with pytest.raises(Invalid, match="as plan P1 has it"):
            do(world.mia, make_brief, late)
        with Session(engine) as session:
            assert session.scalars(select(Campaign.id)).all() == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"name": " "}, "needs the name"),
            ({"objective": None}, "what the campaign is for"),
            ({"type_id": 1}, "what the campaign is for"),
            ({"segment_id": 1, "segment": DefineSegment("s", "S", RULE)}, "one segment"),
            ({"plan_id": 1, "entry_id": 1}, "not both"),
            ({"plan_id": 1, "goal": None}, "has a goal"),
            ({"ends_on": START - timedelta(days=1)}, "before the start"),
            ({"budget": Decimal(-1)}, "budget"),
        ],
    )
    def test_a_brief_that_makes_no_sense(self, wrong, said):
        with pytest.raises(Invalid, match=said):
            replace(ASK, **wrong)

    def test_two_causes(self):
        with pytest.raises(Invalid, match="one cause"):
            Because(threat_id=1, initiative_id=1)

    def test_what_does_not_exist_or_is_taken(self, do, world):
        do(world.mia, make_brief, replace(ASK, code="KEEP"))
        for wrong, refusal in (
            ({"unit_id": 99}, NotFound),
            ({"objective": None, "type_id": 99}, NotFound),
            ({"segment_id": 99}, NotFound),
            ({"product_id": 99}, NotFound),
            ({"plan_id": 99}, NotFound),
            ({"code": "KEEP"}, Invalid),
            ({"objective": Objective.ACTIVATION}, Invalid),
        ):
            with pytest.raises(refusal):
                do(world.mia, make_brief, replace(ASK, **wrong))

    def test_the_right_to_design_is_needed(self, do, world):
        for actor in (world.eve, world.pia, world.lea, world.ada):
            with pytest.raises(NotAllowed):
                do(actor, make_brief, ASK)
