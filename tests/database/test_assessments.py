from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from core.access import Role, Scope
from core.campaigns.rules import Metric
from core.coverage.actions import KeepCounted, keep_counted
from core.coverage.queries.counting import count
from core.coverage.upkeep import usual_periods
from core.market.actions.tasks import ConcludeTask, OpenTask, conclude_task, open_task
from core.market.rules import TaskType
from core.measures import Rate
from core.portfolio.actions import AddEntry, CreatePlan, add_entry, create_plan
from core.portfolio.actions.assessing import Assess, Conclude, assess
from core.portfolio.queries.assessments import assessment, assessments
from core.portfolio.queries.drill import branches_behind, customers_behind, runs_behind
from core.portfolio.queries.past import as_it_was
from core.portfolio.queries.performance import performance
from core.portfolio.queries.reach import reach
from core.portfolio.rules import Standing, Verb, points_missed, standing
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.runs.model import Candidate, Run
from core.segments.actions import (
    ChangeSegment,
    DefineSegment,
    change_segment,
    define_segment,
)
from tests import world as w
from tests.conftest import NOW
from tests.making.campaigns import approved_design, campaign, segment
from tests.making.results import candidates, crowd
from tests.making.runs import planned_run

START = NOW.date()
END = START + timedelta(days=60)
DAY = timedelta(days=1)
NOTHING = (Conclude(Verb.NONE, "All as it should be"),)


def carried_out(session, code="X", wins=2, of=10, **run_columns):
    """Launch a run of a new campaign; the first so many are won, and two more held out."""
    design_id = approved_design(session, code=code)
    run_id = planned_run(
        session, design_id, **({"launched_at": NOW, "selected_at": NOW} | run_columns)
    )
    ids = crowd(session, of + 2)
    candidates(session, run_id, ids[:of], steps=[6] * wins + [1] * (of - wins))
    candidates(session, run_id, list(ids[of:]), arm=0)
    return run_id


@pytest.fixture
def plan(do, world):
    return do(world.mia, create_plan, CreatePlan("P1", "Spring", w.BANK, START, END)).plan_id


def enter(do, plan, world, campaign_id=1, unit_id=w.BANK, metric=Metric.CONVERSION, goal=0.2):
    do(world.mia, add_entry, AddEntry(plan, campaign_id, unit_id, metric, goal, START, END))


class TestPerformance:
    def test_counts_the_treated_by_the_plan_s_goal_and_metric(self, do, ask, arrange, plan, world):
        arrange(carried_out)
        enter(do, plan, world, metric=Metric.REACH, goal=0.6)

        [found] = ask(world.eve, performance, plan_id=plan)

        assert (found.actual, found.goal) == (Rate(2, 10), 0.6)
        assert found.missed_by == pytest.approx(40)
        assert not found.may_be_chance
        assert [(part.branch, part.denominator) for part in found.parts] == [
            ("North", 5),
            ("South", 5),
        ]

    def test_is_the_same_now_and_at_a_cut_off_that_is_now(self, do, ask, arrange, plan, world):
        arrange(carried_out)
        for number, metric in enumerate(Metric):
            arrange(lambda session, n=number: campaign(session, f"E{n}"))
            enter(do, plan, world, campaign_id=1 if not number else number + 1, metric=metric)
        counted = [
            ask(world.eve, performance, plan_id=plan, cut_off_at=cut_off) for cut_off in (None, NOW)
        ]
        assert counted[0] == counted[1]

    def test_leaves_out_what_happened_after_the_cut_off(self, do, ask, arrange, plan, world):
        arrange(partial(carried_out, launched_at=NOW + timedelta(days=1)))
        enter(do, plan, world)

        [found] = ask(world.eve, performance, plan_id=plan, cut_off_at=NOW)
        assert (found.standing, found.actual) == (Standing.NO_DATA, None)

    def test_of_a_plan_leaves_out_runs_of_other_plans_and_units(
        self, do, ask, arrange, plan, world
    ):
        arrange(partial(carried_out, plan_entry_id=77))
        enter(do, plan, world)
        [found] = ask(world.eve, performance, plan_id=plan)
        assert found.standing is Standing.NO_DATA

    def test_of_a_unit_is_judged_by_the_design_s_own_goal(self, ask, arrange, world):
        arrange(carried_out)
        arrange(lambda session: approved_design(session, code="Z"))

        carried, idle = ask(world.eve, performance, unit_id=w.BANK)

        assert (carried.goal, carried.standing) == (0.2, Standing.MET)
        assert (idle.campaign, idle.standing) == ("Campaign Z", Standing.NO_DATA)
        with pytest.raises(NotFound):
            ask(world.lou, performance, unit_id=w.NORTH)
        with pytest.raises(Invalid, match="Calls has no campaign"):
            ask(world.eve, performance, unit_id=w.CENTRE)

    def test_of_several_versions_is_told_apart(self, do, ask, arrange, plan, world):
        arrange(carried_out)

        def second(session):
            design_id = approved_design(session, campaign_id=1)
            run_id = planned_run(session, design_id, launched_at=NOW, selected_at=NOW)
            candidates(session, run_id, [1, 2, 3, 4], steps=[6, 0, 0, 0])

        arrange(second)
        enter(do, plan, world)
        found = ask(world.eve, performance, plan_id=plan)
        assert [(each.version, each.actual) for each in found] == [
            (1, Rate(2, 10)),
            (2, Rate(1, 4)),
        ]


class TestReach:
    def test_counts_everybody_once_however_often_they_were_selected(self, ask, arrange, world):
        arrange(carried_out)

        def again(session):
            run_id = planned_run(session, 1, selected_at=NOW)
            candidates(session, run_id, [100_001, 100_002, 3])
            return segment(session, "all", rule={"field": "active", "is": "=", "value": True})

        everybody = arrange(again)
        [found] = ask(world.eve, reach, unit_id=w.BANK, segment_ids=(everybody,))
        assert (found.customers, found.selected) == (27, 13)
        [north] = ask(world.eve, reach, unit_id=w.NORTH, segment_ids=(everybody,))
        assert (north.customers, north.selected) == (16, 7)
        before = NOW - timedelta(days=1)
        [none] = ask(world.eve, reach, unit_id=w.BANK, segment_ids=(everybody,), cut_off_at=before)
        assert none.coverage == Rate(0, 27)

    def test_reads_what_was_counted_of_late_unless_it_means_others_by_now(
        self, do, ask, arrange, world
    ):
        arrange(carried_out)
        active = {"field": "active", "is": "=", "value": True}
        ids = [
            do(world.mia, define_segment, DefineSegment(code, code, active)).segment_id
            for code in ("kept", "changed")
        ]
        found = ask(world.mia, lambda view: count(view, periods=usual_periods(view)))
        do(world.mia, keep_counted, KeepCounted(found))
        later = NOW + timedelta(hours=1)
        holders = {"all": [active, {"holds": {"product": "savings"}}]}
        do(world.mia, change_segment, ChangeSegment(ids[1], 1, "changed", holders), now=later)
        arrange(
            lambda session: candidates(session, planned_run(session, 1, selected_at=later), [3, 7])
        )
        asked = {"unit_id": w.BANK, "segment_ids": ids}

        kept, changed = ask(world.eve, reach, now=later, **asked)
        assert (kept.customers, kept.selected, kept.counted_at) == (27, 12, NOW)
        assert (changed.customers, changed.selected, changed.counted_at) == (1, 1, later)
        long_after = NOW + timedelta(hours=37)
        [anew, _] = ask(world.eve, reach, now=long_after, **asked)
        assert (anew.selected, anew.counted_at) == (14, long_after)
        northern = replace(world.eve, scope=Scope(unit_ids=(w.NORTH,)))
        [mine, _] = ask(northern, reach, now=later, **asked)
        assert (mine.customers, {part.branch_id for part in mine.parts}) == (16, {w.NORTH})

    def test_of_a_segment_without_anybody_is_no_figure(self, ask, arrange, world):
        nobody = arrange(
            lambda session: segment(
                session, "nobody", rule={"field": "active", "is": "=", "value": False}
            )
        )
        [found] = ask(world.eve, reach, unit_id=w.BANK, segment_ids=(nobody,))
        assert found.coverage.value is None
        assert ask(world.eve, reach, unit_id=w.BANK, segment_ids=()) == []


class TestAssessing:
    def test_a_unit_is_assessed_too(self, do, ask, arrange, world):
        arrange(carried_out)
        made = do(world.mia, assess, Assess(unit_id=w.BANK, conclusions=NOTHING))

        [row] = ask(world.eve, assessments)
        assert (row.name, row.about) == ("The Bank, 2 Mar 2026", "The Bank")
        sheet = ask(world.eve, assessment, assessment_id=made.assessment_id)
        assert sheet.conclusions[0].subject is None
        assert ask(world.lea, assessments) == []
        with pytest.raises(NotFound):
            ask(world.lea, assessment, assessment_id=made.assessment_id)
        assert ask(world.lea, runs_behind, finding_id=sheet.campaigns[0].id) == []
        assert ask(world.lea, branches_behind, finding_id=1) == []
        with pytest.raises(NotFound):
            ask(world.lea, customers_behind, finding_id=sheet.campaigns[0].id)

    def test_customers_are_shown_as_far_as_the_asker_s_sight_goes(
        self, do, ask, arrange, plan, world
    ):
        arrange(carried_out)
        enter(do, plan, world)
        made = do(world.mia, assess, Assess(plan_id=plan, conclusions=NOTHING))
        [found] = ask(world.mia, assessment, assessment_id=made.assessment_id).campaigns
        behind = ask(world.mia, customers_behind, finding_id=found.id)
        assert behind.rows[0].name == "C••• 1••• E•••"
        leads_too = replace(
            world.mia, roles=world.mia.roles | {Role.TEAM_LEAD}, unit_id=world.lea.unit_id
        )
        rows = ask(leads_too, customers_behind, finding_id=found.id).rows
        assert {(row.branch, row.name[1:4] == "•••") for row in rows} == {
            ("North", False),
            ("South", True),
        }
        for who in (world.eve, world.ann):
            with pytest.raises(NotAllowed):
                ask(who, customers_behind, finding_id=found.id)

    def test_a_concluded_task_is_cited_as_it_stands(self, do, ask, arrange, plan, world):
        arrange(approved_design)
        enter(do, plan, world)
        task = do(world.mia, open_task, OpenTask("Cards", TaskType.PRODUCTS, w.BANK))
        do(world.mia, conclude_task, ConcludeTask(task.task_id, task.version, "Cards are enough"))
        later = NOW + timedelta(days=2)
        request = Assess(plan_id=plan, conclusions=NOTHING, cited=(task.task_id, task.task_id))
        made = do(world.mia, assess, request, now=later)

        [cited] = ask(world.eve, assessment, assessment_id=made.assessment_id).cited
        assert (cited.said, cited.refreshed_at) == ("Cards are enough", NOW)

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"unit_id": 1}, "of a plan or of a unit"),
            ({"plan_id": None}, "of a plan or of a unit"),
            ({"conclusions": ()}, "Conclude something"),
            ({"segment_ids": range(63)}, "At most 62"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, wrong, said):
        with pytest.raises(Invalid, match=said):
            replace(Assess(plan_id=1, conclusions=NOTHING), **wrong)

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"text": " "}, "tells nobody"),
            ({"campaign_id": 1, "segment_id": 1}, "not both"),
            ({"verb": Verb.AMEND, "segment_id": 1}, "is a campaign"),
            ({"verb": Verb.REDIRECT}, "the campaign or the segment to redirect"),
        ],
    )
    def test_refuses_conclusions_that_make_no_sense(self, wrong, said):
        with pytest.raises(Invalid, match=said):
            Conclude(**({"verb": Verb.EXPAND, "text": "So"} | wrong))

    def test_refuses_what_was_not_assessed_or_is_to_come(self, do, arrange, plan, world):
        arrange(approved_design)
        enter(do, plan, world)
        right = Assess(plan_id=plan, conclusions=NOTHING)
        for wrong, refusal in (
            ({"conclusions": (Conclude(Verb.EXPAND, "So", campaign_id=9),)}, Invalid),
            ({"conclusions": (Conclude(Verb.EXPAND, "So", segment_id=1),)}, Invalid),
            ({"segment_ids": (9,)}, NotFound),
            ({"cited": (9,)}, NotFound),
            ({"plan_id": 9}, NotFound),
        ):
            with pytest.raises(refusal):
                do(world.mia, assess, replace(right, **wrong))
        with pytest.raises(NotFound):
            do(replace(world.mia, scope=world.lou.scope), assess, right)
        with pytest.raises(NotAllowed):
            do(world.eve, assess, right)

    def test_an_earlier_moment_is_counted_before_and_frozen_as_it_was(
        self, do, ask, arrange, plan, world
    ):
        arrange(partial(carried_out, wins=3))
        enter(do, plan, world)
        active = DefineSegment("active", "Active", {"field": "active", "is": "=", "value": True})
        everybody = do(world.mia, define_segment, active).segment_id
        asked = {"plan_id": plan, "cut_off_at": NOW, "segment_ids": (everybody,)}
        counted = ask(world.mia, as_it_was, **asked)
        won = update(Candidate).where(Candidate.converted_at.is_not(None))
        arrange(lambda s: s.execute(won.values(converted_at=NOW + DAY)))
        request = Assess(plan_id=plan, then=counted, segment_ids=(everybody,), conclusions=NOTHING)

        made = do(world.mia, assess, request, now=NOW + DAY)

        sheet = ask(world.mia, assessment, assessment_id=made.assessment_id)
        assert sheet.cut_off_at == NOW
        assert (sheet.campaigns[0].numerator, sheet.campaigns[0].denominator) == (3, 10)
        assert sheet.segments[0].counted_at == NOW

    def test_what_is_another_since_it_was_counted_is_refused(self, do, ask, arrange, plan, world):
        arrange(carried_out)
        enter(do, plan, world)
        active = DefineSegment("active", "Active", {"field": "active", "is": "=", "value": True})
        everybody = do(world.mia, define_segment, active).segment_id
        counted = ask(world.mia, as_it_was, plan_id=plan, cut_off_at=NOW, segment_ids=(everybody,))
        right = Assess(plan_id=plan, then=counted, conclusions=NOTHING)
        with pytest.raises(Invalid, match="still to come"):
            ask(world.mia, as_it_was, plan_id=plan, cut_off_at=NOW + DAY)
        with pytest.raises(Invalid, match=r"begins on 2 Mar 2026.*1 Mar 2026"):
            ask(world.mia, as_it_was, plan_id=plan, cut_off_at=NOW - DAY)
        with pytest.raises(NotAllowed):
            ask(world.eve, as_it_was, plan_id=plan, cut_off_at=NOW)
        for wrong in (
            replace(right, then=replace(counted, figures={})),
            replace(right, then=replace(counted, unit_id=w.NORTH)),
            replace(right, segment_ids=(everybody,), then=replace(counted, segments={})),
        ):
            with pytest.raises(Conflict):
                do(world.mia, assess, wrong)
        rule = {"field": "active", "is": "=", "value": False}
        redefined = ChangeSegment(everybody, 1, "Idle", rule)
        do(world.mia, change_segment, redefined, now=NOW + DAY)
        with pytest.raises(Conflict, match="another since"):
            do(world.mia, assess, replace(right, segment_ids=(everybody,)), now=NOW + DAY)

    def test_figures_of_runs_that_change_stay(self, do, ask, arrange, plan, world):
        run_id = arrange(carried_out)
        enter(do, plan, world)
        made = do(world.mia, assess, Assess(plan_id=plan, conclusions=NOTHING))
        before = ask(world.eve, assessment, assessment_id=made.assessment_id)

        def more(session):
            candidates(session, run_id, [4, 5], steps=6)
            session.get_one(Run, run_id).code = "RENAMED"

        arrange(more)
        assert ask(world.eve, assessment, assessment_id=made.assessment_id) == before


counts = st.integers(0, 500)


@given(counts, counts, st.none() | st.floats(0, 1))
def test_a_goal_is_met_missed_by_some_points_or_has_no_data(numerator, denominator, goal):
    judged = standing(numerator, denominator, goal)
    missed = points_missed(numerator, denominator, goal)
    assert (missed > 0) == (judged is Standing.MISSED)
    if not denominator:
        assert judged is Standing.NO_DATA
    elif goal is None:
        assert judged is Standing.NO_GOAL
    else:
        assert (judged is Standing.MET) == (numerator / denominator >= goal - 1e-6) or missed < 1e-3
