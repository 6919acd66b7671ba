from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.campaigns.actions import DraftDesign, draft_design
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import DesignStatus, Metric, Objective
from core.journal.model import Outgoing
from core.market.model import MarketTask, Threat
from core.market.rules import ConclusionKind
from core.passing import pass_time
from core.portfolio.actions import AddEntry, CreatePlan, MakeBrief, add_entry, create_plan
from core.portfolio.actions.assessing import Assess, Conclude, assess
from core.portfolio.actions.directing import (
    Direct,
    DropDirection,
    Reschedule,
    direct,
    drop_direction,
    reschedule,
)
from core.portfolio.actions.following import AskForDesign, CarryOut, ask_for_design, carry_out
from core.portfolio.actions.initiatives import TakeInitiative, take_initiative
from core.portfolio.actions.telling import TellDirection, tell_direction
from core.portfolio.model import Direction, Initiative
from core.portfolio.queries import brief_of
from core.portfolio.queries.directions import direction, directions, untold
from core.portfolio.rules import DirectionKind, DirectionState, Verb
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.runs.model import Run
from tests import world as w
from tests.conftest import NOW
from tests.making.campaigns import approved_design, segment
from tests.making.campaigns import draft_design as drafted

START = NOW.date()
END = START + timedelta(days=60)
WISH = TakeInitiative("BD-1", "Less churn", w.NORTH, START, END, change=-2, measure="churn")


@pytest.fixture
def plan(do, world):
    return do(world.mia, create_plan, CreatePlan("P1", "Spring", w.BANK, START, END)).plan_id


@pytest.fixture
def wish(do, plan, world):
    return do(world.mia, take_initiative, WISH)


def asked(**changes):
    columns = {
        "kind": DirectionKind.DEVELOPMENT,
        "name": "Design it",
        "starts_on": START,
        "ends_on": START + timedelta(days=10),
    }
    return Direct(**(columns | changes))


def brief(**changes):
    columns = {
        "name": "The answer",
        "objective": Objective.RETENTION,
        "unit_id": w.NORTH,
        "starts_on": START,
        "ends_on": END,
        "goal": 0.2,
    }
    return MakeBrief(**(columns | changes))


class TestInitiative:
    def test_takes_the_nearest_plan_that_holds_its_days(self, do, plan, world):
        near = do(world.mia, create_plan, CreatePlan("P2", "North", w.NORTH, START, END))
        short = CreatePlan("P3", "Week", w.NORTH, START, START + timedelta(days=7))
        do(world.mia, create_plan, short)

        assert do(world.mia, take_initiative, WISH).plan == near.plan
        of_south = replace(WISH, reference="BD-2", unit_id=w.SOUTH)
        assert do(world.mia, take_initiative, of_south).plan == "P1"

    def test_comes_in_once(self, engine, do, wish, world):
        again = do(world.max, take_initiative, replace(WISH, budget=Decimal(5)))

        assert (again.is_new, again.task_id) == (False, wish.task_id)
        with Session(engine) as session:
            assert len(session.scalars(select(Initiative.id)).all()) == 1
            assert len(session.scalars(select(MarketTask.id)).all()) == 1
            told = session.scalars(select(Outgoing.type).order_by(Outgoing.id)).all()
        assert told.count("MarketTracking/Created") == 1
        assert told[-1] == "CustomerCampaignPortfolioManagementPlan/Updated"

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"reference": " "}, "needs a reference"),
            ({"name": ""}, "what is wanted"),
            ({"change": 101}, "100 percentage points"),
            ({"ends_on": START - timedelta(days=1)}, "before the start"),
            ({"budget": Decimal(-1)}, "budget"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, wrong, said):
        with pytest.raises(Invalid, match=said):
            replace(WISH, **wrong)

    def test_refuses_what_has_no_place(self, do, plan, world):
        late = replace(WISH, ends_on=END + timedelta(days=1))
        with pytest.raises(Invalid, match="No plan holds"):
            do(world.mia, take_initiative, late)
        with pytest.raises(Invalid, match="as plan P1 has it"):
            do(world.mia, take_initiative, replace(late, plan_id=plan))
        for wrong in ({"unit_id": 99}, {"segment_id": 99}, {"plan_id": 99}):
            with pytest.raises(NotFound):
                do(world.mia, take_initiative, replace(WISH, **wrong))
        for actor in (world.eve, world.pia, world.lea):
            with pytest.raises(NotAllowed):
                do(actor, take_initiative, WISH)


class TestDirecting:
    def test_follows_from_a_threat_a_plan_or_an_initiative(
        self, do, ask, arrange, plan, wish, world
    ):
        threat = arrange(a_threat)
        by_threat = do(world.mia, direct, asked(threat_id=threat))
        by_plan = do(world.mia, direct, asked(entry_id=wish.entry_id))
        by_wish = do(world.mia, direct, asked(initiative_id=wish.initiative_id))

        rows = {row.id: row for row in ask(world.eve, directions)}

        assert rows[by_threat.direction_id].cause == "Threat: They pay more"
        assert rows[by_plan.direction_id].cause == "Plan P1"
        assert rows[by_wish.direction_id].cause == "Initiative: Less churn"
        assert {row.id for row in ask(world.eve, directions, plan_id=plan)} == {
            by_plan.direction_id,
            by_wish.direction_id,
        }
        assert ask(world.lou, directions) == []

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"name": " "}, "to be developed or carried out"),
            ({}, "follows from one thing"),
            ({"threat_id": 1, "entry_id": 1}, "follows from one thing"),
            ({"entry_id": 1, "ends_on": START - timedelta(days=1)}, "before the start"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, wrong, said):
        with pytest.raises(Invalid, match=said):
            asked(**wrong)

    def test_refuses_what_follows_from_nothing(self, do, arrange, plan, wish, world):
        for cause in ("threat_id", "entry_id", "initiative_id", "conclusion_id"):
            with pytest.raises(NotFound):
                do(world.mia, direct, asked(**{cause: 99}))
        nothing = concluded(do, arrange, plan, world, Verb.NONE)
        with pytest.raises(Invalid, match="nothing is to be done"):
            do(world.mia, direct, asked(conclusion_id=nothing))
        with pytest.raises(NotAllowed):
            do(world.eve, direct, asked(entry_id=wish.entry_id))

    def test_is_overdue_when_it_should_have_begun_or_ended(self, do, ask, wish, world):
        item = do(world.mia, direct, asked(initiative_id=wish.initiative_id))
        late = NOW + timedelta(days=1)

        assert ask(world.eve, direction, direction_id=item.direction_id).state == "planned"
        assert ask(world.eve, direction, direction_id=item.direction_id, now=late).state == (
            DirectionState.OVERDUE
        )
        want = AskForDesign(item.direction_id, item.version, brief())
        do(world.mia, ask_for_design, want)
        states = [
            ask(world.eve, direction, direction_id=item.direction_id, now=NOW + days).state
            for days in (timedelta(days=10), timedelta(days=11))
        ]
        assert states == [DirectionState.UNDER_WAY, DirectionState.OVERDUE]

    def test_moves_and_is_dropped_with_a_reason(self, engine, do, ask, wish, world):
        item = do(world.mia, direct, asked(initiative_id=wish.initiative_id))
        moving = Reschedule(item.direction_id, item.version, START, END, "The rate waits")
        moved = do(world.mia, reschedule, moving)
        with pytest.raises(Conflict, match="changed by somebody else"):
            do(world.mia, drop_direction, DropDirection(item.direction_id, item.version, "No"))
        dropping = DropDirection(item.direction_id, moved.version, "No money")
        do(world.mia, drop_direction, dropping)

        row = ask(world.eve, direction, direction_id=item.direction_id)
        assert (row.ends_on, row.state, row.reason) == (END, DirectionState.DROPPED, "No money")
        with pytest.raises(Invalid, match="dropped"):
            do(world.mia, reschedule, replace(moving, version=row.version))
        with Session(engine) as session:
            told = session.scalars(select(Outgoing.type).order_by(Outgoing.id)).all()
        assert told[-3:] == ["CampaignDirection/Created", *["CampaignDirection/Updated"] * 2]
        for wrong in (Reschedule, DropDirection):
            with pytest.raises(Invalid, match="Say why"):
                wrong(*([1, 1, START, END, " "] if wrong is Reschedule else [1, 1, " "]))
        for action, request in ((reschedule, moving), (drop_direction, dropping)):
            with pytest.raises(NotAllowed):
                do(world.eve, action, request)


class TestAskingForDesign:
    def test_opens_the_campaign_of_the_entry_that_waits(self, do, ask, wish, world):
        item = do(world.mia, direct, asked(initiative_id=wish.initiative_id))
        want = AskForDesign(item.direction_id, item.version, brief())
        fact = do(world.mia, ask_for_design, want)

        row = ask(world.eve, direction, direction_id=item.direction_id)
        assert (row.campaign, row.design_version) == ("The answer", 1)
        made = ask(world.eve, brief_of, campaign_id=fact.campaign_id)
        assert (made.direction_id, made.cause) == (item.direction_id, "Design it")
        with pytest.raises(Invalid, match="asked for already"):
            do(world.mia, ask_for_design, replace(want, version=row.version))

    def test_begins_the_next_version_of_what_is_amended(self, do, ask, arrange, plan, world):
        conclusion = concluded(do, arrange, plan, world, Verb.AMEND)
        item = do(world.mia, direct, asked(conclusion_id=conclusion))
        do(world.mia, ask_for_design, AskForDesign(item.direction_id, item.version))

        row = ask(world.eve, direction, direction_id=item.direction_id)
        assert (row.design_version, row.design_status) == (2, DesignStatus.DRAFT)
        assert row.started_on == START

    def test_takes_the_version_that_is_being_written(self, do, ask, arrange, plan, world):
        conclusion = concluded(do, arrange, plan, world, Verb.AMEND)
        draft = do(world.mia, draft_design, DraftDesign(1, copy_from=1))
        item = do(world.mia, direct, asked(conclusion_id=conclusion))
        do(world.mia, ask_for_design, AskForDesign(item.direction_id, item.version))

        assert ask(world.eve, direction, direction_id=item.direction_id).design_id == (
            draft.design_id
        )

    def test_is_done_when_a_later_version_is_agreed_to(self, do, ask, arrange, plan, world):
        conclusion = concluded(do, arrange, plan, world, Verb.AMEND)
        item = do(world.mia, direct, asked(conclusion_id=conclusion))
        do(world.mia, ask_for_design, AskForDesign(item.direction_id, item.version))
        agreed = NOW + timedelta(days=4)

        def agree(session):
            second = session.scalar(select(Design).where(Design.version == 2))
            second.status = DesignStatus.WITHDRAWN
            approved_design(session, campaign_id=1, decided_at=agreed)

        arrange(agree)
        row = ask(world.eve, direction, direction_id=item.direction_id)
        assert (row.ended_on, row.state) == (agreed.date(), DirectionState.DONE)

    def test_needs_a_development_and_the_right(self, do, arrange, plan, world):
        conclusion = concluded(do, arrange, plan, world, Verb.EXPAND)
        execution = asked(conclusion_id=conclusion, kind=DirectionKind.EXECUTION)
        item = do(world.mia, direct, execution)
        want = AskForDesign(item.direction_id, item.version)
        with pytest.raises(Invalid, match="only a development"):
            do(world.mia, ask_for_design, want)
        with pytest.raises(NotAllowed):
            do(world.eve, ask_for_design, want)
        with pytest.raises(NotFound):
            do(world.mia, ask_for_design, AskForDesign(99, 1))


class TestCarryingOut:
    def test_a_segment_is_reached_with_a_campaign_that_is_chosen(
        self, engine, do, ask, arrange, plan, world
    ):
        held = arrange(lambda session: segment(session, "savers"))
        arrange(approved_design)
        enter(do, plan, world)
        review = Assess(
            plan_id=plan,
            segment_ids=(held,),
            conclusions=(Conclude(Verb.EXPAND, "Ask them", segment_id=held),),
        )
        [conclusion] = do(world.mia, assess, review).conclusion_ids
        execution = asked(conclusion_id=conclusion, kind=DirectionKind.EXECUTION)
        item = do(world.mia, direct, execution)
        with pytest.raises(Invalid, match="which campaign"):
            do(world.mia, carry_out, CarryOut(item.direction_id, item.version))
        choice = CarryOut(item.direction_id, item.version, campaign_id=1, unit_id=w.NORTH)
        fact = do(world.mia, carry_out, choice)

        with Session(engine) as session:
            run = session.get_one(Run, fact.run_id)
            run.launched_at = NOW + timedelta(days=2)
            run.finished_at = NOW + timedelta(days=9)
            session.commit()
            assert (run.unit_id, run.starts_on) == (w.NORTH, START)
        row = ask(world.eve, direction, direction_id=item.direction_id)
        assert (row.started_on, row.ended_on) == (
            START + timedelta(days=2),
            START + timedelta(days=9),
        )
        assert row.state is DirectionState.DONE
        with pytest.raises(Invalid, match="done"):
            do(world.mia, carry_out, replace(choice, version=row.version))

    def test_the_neighbours_are_told_when_it_really_began_and_ended(
        self, engine, do, ask, arrange, plan, world
    ):
        conclusion = concluded(do, arrange, plan, world, Verb.EXPAND)
        execution = asked(conclusion_id=conclusion, kind=DirectionKind.EXECUTION)
        item = do(world.mia, direct, execution)
        started = do(world.mia, carry_out, CarryOut(item.direction_id, item.version))
        seen = ask(world.mia, direction, direction_id=item.direction_id)
        again = TellDirection(item.direction_id)

        def happened(column, days):
            def at(session):
                setattr(session.get_one(Run, started.run_id), column, NOW + timedelta(days=days))

            arrange(at)
            return pass_time(engine, now=NOW + timedelta(days=days)).directions

        assert pass_time(engine, now=NOW).directions == ()
        for column, days, days_told in (
            ("launched_at", 2, (START + timedelta(days=2), None)),
            ("finished_at", 9, (START + timedelta(days=2), START + timedelta(days=9))),
        ):
            [fact] = happened(column, days)
            assert (fact.started_on, fact.ended_on) == days_told
            with pytest.raises(Conflict, match="told already"):
                do(SYSTEM, tell_direction, again)
            assert ask(SYSTEM, untold) == []
        with pytest.raises(NotAllowed):
            do(world.eve, tell_direction, again)
        assert pass_time(engine, now=NOW + timedelta(days=10)).directions == ()

        with Session(engine) as session:
            told = [
                kept.payload
                for kept in session.scalars(select(Outgoing).order_by(Outgoing.id))
                if kept.type == "CampaignDirection/Updated" and "started_on" in kept.payload
            ]
        assert [(each["what"], each["started_on"], each["ended_on"]) for each in told] == [
            ("begun", "2026-03-04", None),
            ("done", "2026-03-04", "2026-03-11"),
        ]
        # Who looks at it may go on: what was told is no change of theirs.
        assert ask(world.mia, direction, direction_id=item.direction_id).version == seen.version

    def test_needs_an_execution_and_something_approved(self, do, arrange, plan, wish, world):
        arrange(drafted)
        enter(do, plan, world)
        [conclusion] = do(
            world.mia,
            assess,
            Assess(plan_id=plan, conclusions=(Conclude(Verb.EXPAND, "More", campaign_id=1),)),
        ).conclusion_ids
        with pytest.raises(Invalid, match="no approved version yet"):
            execution = asked(conclusion_id=conclusion, kind=DirectionKind.EXECUTION)
            do(world.mia, direct, execution)
        item = do(world.mia, direct, asked(conclusion_id=conclusion))
        with pytest.raises(Invalid, match="is a development"):
            do(world.mia, carry_out, CarryOut(item.direction_id, item.version))
        with pytest.raises(NotAllowed):
            do(world.eve, carry_out, CarryOut(item.direction_id, item.version))


def test_two_who_act_on_one_item_come_one_after_the_other(engine, do, wish, world):
    item = do(world.mia, direct, asked(initiative_id=wish.initiative_id))
    do(world.mia, ask_for_design, AskForDesign(item.direction_id, item.version, brief()))

    with pytest.raises(Conflict, match="Look again"):
        do(world.max, ask_for_design, AskForDesign(item.direction_id, item.version, brief()))
    with Session(engine) as session:
        assert len(session.scalars(select(Campaign.id)).all()) == 1
        assert session.get_one(Direction, item.direction_id).version > item.version


def a_threat(session):
    threat = Threat(
        kind=ConclusionKind.THREAT,
        name="They pay more",
        unit_id=w.NORTH,
        found_at=NOW,
        customers=1,
        balance=Decimal(1),
        value=Decimal(1),
        leaving=0.1,
    )
    session.add(threat)
    session.flush()
    return threat.id


def enter(do, plan, world, campaign_id=1):
    add = AddEntry(plan, campaign_id, w.BANK, Metric.CONVERSION, 0.2, START, END)
    do(world.mia, add_entry, add)


def concluded(do, arrange, plan, world, verb):
    """Assess a plan with one approved campaign, and conclude so of it."""
    arrange(approved_design)
    enter(do, plan, world)
    review = Assess(plan_id=plan, conclusions=(Conclude(verb, "So be it", campaign_id=1),))
    return do(world.mia, assess, review).conclusion_ids[0]
