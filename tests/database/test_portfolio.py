from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.campaigns.rules import DesignStatus, Metric
from core.impact.actions import AnalyseRun, analyse_run
from core.impact.rules import Verdict
from core.journal.model import Outgoing
from core.measures import Rate
from core.portfolio.actions import (
    AddEntry,
    CreatePlan,
    StartFromPlan,
    add_entry,
    create_plan,
    start_run_from_plan,
)
from core.portfolio.model import PlanEntry
from core.portfolio.queries import plan_entries, plan_record, plans
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.runs.model import Candidate, Run
from tests import world as w
from tests.conftest import NOW
from tests.making.campaigns import approved_design, draft_design
from tests.making.results import candidates, crowd, finished_run

START = NOW.date()
END = START + timedelta(days=60)
ASK = CreatePlan(code=" P1 ", name="Spring", unit_id=w.NORTH, starts_on=START, ends_on=END)


@pytest.fixture
def design(engine):
    """Version 1 of campaign 1, approved."""
    with Session(engine) as session, session.begin():
        return approved_design(session)


@pytest.fixture
def plan(do, world):
    return do(world.mia, create_plan, ASK).plan_id


def entry(plan_id, **changes):
    columns = {
        "plan_id": plan_id,
        "campaign_id": 1,
        "unit_id": w.NORTH,
        "metric": Metric.CONVERSION,
        "goal": 0.2,
        "starts_on": START,
        "ends_on": END,
    }
    return AddEntry(**(columns | changes))


def notices(engine):
    with Session(engine) as session:
        return [(row.type, row.subject) for row in session.query(Outgoing).order_by(Outgoing.id)]


class TestPlan:
    def test_is_made_and_told(self, engine, plan, ask, world):
        [row] = ask(world.eve, plans)

        assert (row.code, row.unit, row.entries) == ("P1", "North", 0)
        assert notices(engine) == [
            ("CustomerCampaignPortfolioManagementPlan/Created", "plan:P1"),
        ]

    def test_refuses_a_code_twice(self, plan, do, world):
        with pytest.raises(Conflict, match="P1 already"):
            do(world.mia, create_plan, ASK)

    @pytest.mark.parametrize(
        "wrong", [{"code": " "}, {"name": ""}, {"ends_on": START - timedelta(days=1)}]
    )
    def test_refuses_plans_that_make_no_sense(self, wrong):
        with pytest.raises(Invalid):
            replace(ASK, **wrong)

    def test_needs_the_right_and_the_scope(self, do, world):
        with pytest.raises(NotAllowed):
            do(world.eve, create_plan, ASK)
        of_south = replace(world.mia, scope=world.lou.scope)
        with pytest.raises(NotFound):
            do(of_south, create_plan, ASK)

    def test_other_units_plans_are_not_listed(self, plan, ask, world):
        assert ask(world.lou, plans) == []
        assert len(ask(world.lea, plans)) == 1


class TestEntry:
    def test_is_added_and_told(self, engine, design, plan, do, ask, world):
        do(world.mia, add_entry, entry(plan))

        [row] = ask(world.eve, plan_entries, plan_id=plan)

        assert (row.plan, row.campaign_code, row.metric, row.goal) == (
            "P1",
            "X",
            Metric.CONVERSION,
            0.2,
        )
        assert notices(engine)[-1] == (
            "CustomerCampaignPortfolioManagementPlan/Updated",
            "plan:P1",
        )
        assert ask(world.lou, plan_entries) == []

    def test_refuses_a_campaign_twice_for_a_unit(self, design, plan, do, world):
        do(world.mia, add_entry, entry(plan))

        with pytest.raises(Conflict, match="X is in plan P1 for North already"):
            do(world.mia, add_entry, entry(plan))
        do(world.mia, add_entry, entry(plan, unit_id=w.SOUTH))

    def test_refuses_dates_beyond_the_plan(self, design, plan, do, world):
        with pytest.raises(Invalid, match="as plan P1 has it"):
            do(world.mia, add_entry, entry(plan, ends_on=END + timedelta(days=1)))

    @pytest.mark.parametrize("wrong", [{"goal": 20}, {"goal": -0.1}, {"ends_on": None}])
    def test_refuses_entries_that_make_no_sense(self, wrong):
        wrong = {"ends_on": START - timedelta(days=1)} if "ends_on" in wrong else wrong
        with pytest.raises(Invalid):
            entry(1, **wrong)

    def test_refuses_what_does_not_exist(self, design, plan, do, world):
        for wrong in ({"campaign_id": 9}, {"unit_id": 99}):
            with pytest.raises(NotFound):
                do(world.mia, add_entry, entry(plan, **wrong))
        with pytest.raises(NotFound):
            do(world.mia, add_entry, entry(plan + 1))

    def test_needs_the_right(self, design, plan, do, world):
        with pytest.raises(NotAllowed):
            do(world.lea, add_entry, entry(plan))


class TestStart:
    @pytest.fixture
    def entry_id(self, design, plan, do, world):
        return do(world.mia, add_entry, entry(plan)).entry_id

    def test_takes_the_newest_approved_version_and_the_dates_of_the_entry(
        self, engine, entry_id, do, world
    ):
        with Session(engine) as session, session.begin():
            second = approved_design(session, campaign_id=1)
            draft_design(session, campaign_id=1)

        fact = do(world.mia, start_run_from_plan, StartFromPlan(entry_id))

        assert (fact.design_id, fact.version, fact.plan_entry_id) == (second, 2, entry_id)
        assert (fact.starts_on, fact.ends_on, fact.unit) == (START, END, "B1")

    def test_takes_the_version_that_is_asked_for(self, engine, entry_id, design, do, world):
        with Session(engine) as session, session.begin():
            approved_design(session, campaign_id=1)

        fact = do(world.mia, start_run_from_plan, StartFromPlan(entry_id, design_id=design))

        assert fact.version == 1

    def test_refuses_a_version_of_another_campaign_or_not_approved(
        self, engine, entry_id, do, world
    ):
        with Session(engine) as session, session.begin():
            other = approved_design(session)
            draft = draft_design(session, campaign_id=1)

        for design_id in (other, draft):
            with pytest.raises(Invalid):
                do(world.mia, start_run_from_plan, StartFromPlan(entry_id, design_id=design_id))

    def test_refuses_an_entry_of_other_units(self, entry_id, do, world):
        of_south = replace(world.mia, scope=world.lou.scope)
        with pytest.raises(NotFound):
            do(of_south, start_run_from_plan, StartFromPlan(entry_id))
        with pytest.raises(NotAllowed):
            do(world.eve, start_run_from_plan, StartFromPlan(entry_id))


class TestRecord:
    @pytest.fixture
    def run(self, engine, plan):
        """A finished run of the plan: 40 customers, of whom the first eight bought."""
        with Session(engine) as session, session.begin():
            run_id = finished_run(session)
            added = PlanEntry(
                plan_id=plan,
                campaign_id=1,
                unit_id=w.NORTH,
                metric=Metric.CONVERSION,
                goal=0.2,
                starts_on=START,
                ends_on=END,
            )
            session.add(added)
            session.flush()
            session.get_one(Run, run_id).plan_entry_id = added.id
            candidates(session, run_id, crowd(session, 40), steps=[6] * 8 + [2] * 32)
        return run_id

    def test_has_no_figures_before_an_analysis(self, run, plan, ask, world):
        [row] = ask(world.eve, plan_record, plan_id=plan)

        assert (row.figures, row.result, row.verdict) == (None, None, Verdict.OPEN)

    def test_shows_the_last_analysis_and_judges_by_the_plans_goal(
        self, engine, run, plan, do, ask, world
    ):
        first = do(world.mia, analyse_run, AnalyseRun(run))
        with Session(engine) as session, session.begin():
            session.execute(
                update(Candidate).where(Candidate.customer_id <= 100_004).values(won_at=None)
            )

        [before] = ask(world.eve, plan_record, plan_id=plan)
        second = do(world.mia, analyse_run, AnalyseRun(run))
        [after] = ask(world.eve, plan_record, plan_id=plan)

        assert (before.figures, before.result, before.verdict) == (
            first.figures,
            Rate(8, 40),
            Verdict.MET,
        )
        assert (after.figures, after.result, after.cycle) == (second.figures, Rate(4, 40), 2)
        assert after.verdict is Verdict.OPEN

    def test_another_versions_run_moves_only_its_own_line(self, engine, run, plan, do, ask, world):
        do(world.mia, analyse_run, AnalyseRun(run))
        [alone] = ask(world.eve, plan_record, plan_id=plan)
        with Session(engine) as session, session.begin():
            entry_id = session.get_one(Run, run).plan_entry_id
            second = finished_run(session, design={"campaign_id": 1})
            session.get_one(Run, second).plan_entry_id = entry_id
            candidates(session, second, range(100_001, 100_011), steps=6)
        do(world.mia, analyse_run, AnalyseRun(second))

        first, added = ask(world.eve, plan_record, plan_id=plan)

        assert first == alone
        assert (added.version, added.result) == (2, Rate(10, 10))

    def test_is_limited_to_the_askers_units(self, run, plan, ask, world):
        assert ask(world.lou, plan_record, plan_id=plan) == []
        with pytest.raises(NotAllowed):
            ask(world.ann, plan_record, plan_id=plan)


def test_a_withdrawn_version_is_not_started(engine, design, plan, do, world):
    added = do(world.mia, add_entry, entry(plan))
    with Session(engine) as session, session.begin():
        draft_design(session, campaign_id=1, status=DesignStatus.WITHDRAWN)

    assert do(world.mia, start_run_from_plan, StartFromPlan(added.entry_id)).version == 1
