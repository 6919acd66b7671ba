from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from sqlalchemy import delete, event, func, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.customers.model import Holding, Product
from core.impact.actions import (
    AnalyseRun,
    FoldRuns,
    ObserveOutcomes,
    analyse_run,
    fold_runs,
    observe_outcomes,
)
from core.impact.estimates import Effect
from core.impact.model import Analysis, RunCell, RunFold
from core.impact.queries.board import headlines
from core.impact.queries.checking import cells_that_differ
from core.impact.queries.feedback import feedback
from core.impact.queries.runs import impact, impacts
from core.impact.rules import Grade, Reason, Verdict
from core.journal.model import Entry, Outgoing
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation, RunStatus
from core.work import changing
from tests import world as w
from tests.conftest import NOW
from tests.making.results import candidates, crowd, finished_run
from tests.making.runs import launched_run, planned_run

LAUNCH = NOW.date() - timedelta(days=30)
END = NOW.date() - timedelta(days=1)


def stored(engine, *columns, **filters):
    with Session(engine) as session:
        return session.execute(select(*columns).filter_by(**filters)).all()


def open_product(engine, openings, product=w.SAVINGS):
    with Session(engine) as session, session.begin():
        session.add_all(
            Holding(
                agreement_no=f"H{product}-{customer}-{day}",
                customer_id=customer,
                product_id=product,
                opened_on=day,
            )
            for customer, day in openings
        )


def made(engine, treated=300, control=100, *, bought=(45, 5), **design):
    """Make a finished run in which the first so many of each arm have the outcome, worth 200."""
    with Session(engine) as session, session.begin():
        people = crowd(session, treated + control)
        share = 2500 if control else 0
        run_id = finished_run(session, control_share=share, design=design)
        candidates(session, run_id, people[:treated], steps=3, outcomes=bought[0], value=200)
        candidates(session, run_id, people[treated:], arm=0, outcomes=bought[1], value=200)
    return run_id


class TestObserve:
    """Treated are customers 100001 to 100006, held out 100007 to 100010."""

    @pytest.fixture
    def run(self, engine):
        with Session(engine) as session, session.begin():
            people = crowd(session, 10)
            run_id = finished_run(
                session, control_share=4000, design={"value_per_conversion": Decimal("120.50")}
            )
            candidates(session, run_id, people[:6])
            candidates(session, run_id, people[6:], arm=0)
        return run_id

    def outcomes(self, engine, run_id):
        rows = stored(engine, Candidate.customer_id, Candidate.outcome_at, run_id=run_id)
        return {id_ - 100_000: at.date() for id_, at in rows if at}

    def test_finds_openings_in_every_arm_within_the_run(self, engine, run, do, world):
        open_product(
            engine,
            [
                (100_001, LAUNCH),
                (100_002, END),
                (100_003, LAUNCH - timedelta(days=1)),
                (100_004, END + timedelta(days=1)),
                (100_007, date(2026, 2, 14)),
                (11, LAUNCH),
            ],
        )
        open_product(engine, [(100_005, LAUNCH)], product=w.CARD)

        fact = do(world.mia, observe_outcomes, ObserveOutcomes(run))

        assert self.outcomes(engine, run) == {1: LAUNCH, 2: END, 7: date(2026, 2, 14)}
        assert (fact.changed, fact.outcomes) == (3, 3)

    def test_takes_the_first_opening_and_what_the_design_says_it_is_worth(
        self, engine, run, do, world
    ):
        open_product(engine, [(100_001, END), (100_001, LAUNCH)])

        do(world.mia, observe_outcomes, ObserveOutcomes(run))

        [row] = stored(engine, Candidate.outcome_at, Candidate.outcome_value, customer_id=100_001)
        assert (row.outcome_at.date(), row.outcome_value) == (LAUNCH, Decimal("120.50"))

    def test_else_what_the_product_earns(self, engine, do, world):
        with Session(engine) as session, session.begin():
            session.execute(
                update(Product).where(Product.id == w.SAVINGS).values(yearly_margin=Decimal(75))
            )
        with Session(engine) as session, session.begin():
            people = crowd(session, 2)
            run_id = finished_run(session)
            candidates(session, run_id, people)
        open_product(engine, [(100_001, LAUNCH)])

        do(world.mia, observe_outcomes, ObserveOutcomes(run_id))

        assert stored(engine, Candidate.outcome_value, customer_id=100_001) == [(Decimal(75),)]

    def test_again_changes_nothing_and_takes_back_what_is_not_true_any_more(
        self, engine, run, do, world
    ):
        open_product(engine, [(100_001, LAUNCH), (100_008, LAUNCH)])
        do(world.mia, observe_outcomes, ObserveOutcomes(run))

        assert do(world.mia, observe_outcomes, ObserveOutcomes(run)).changed == 0

        with Session(engine) as session, session.begin():
            session.execute(delete(Holding).where(Holding.customer_id == 100_008))
        assert do(world.mia, observe_outcomes, ObserveOutcomes(run)).changed == 1
        assert self.outcomes(engine, run) == {1: LAUNCH}

    def test_is_counted_at_once_beside_the_cells(self, engine, run, do, ask, world):
        do(world.mia, fold_runs, FoldRuns())
        open_product(engine, [(100_001, LAUNCH)])

        do(world.mia, observe_outcomes, ObserveOutcomes(run))

        assert stored(engine, func.sum(RunCell.outcomes)) == [(0,)]
        assert ask(world.mia, impact, run_id=run).treated.outcomes == 1
        do(world.mia, fold_runs, FoldRuns())
        assert stored(engine, func.sum(RunCell.outcomes)) == [(1,)]

    def test_refuses_a_run_that_is_not_launched(self, engine, do, world):
        with Session(engine) as session, session.begin():
            run_id = planned_run(session)

        with pytest.raises(Conflict, match="not launched"):
            do(world.mia, observe_outcomes, ObserveOutcomes(run_id))

    def test_refuses_a_run_that_brought_its_outcomes(self, engine, run, do, world):
        with Session(engine) as session, session.begin():
            session.execute(update(Run).values(is_imported=True))

        with pytest.raises(Invalid, match="imported with its outcomes"):
            do(world.mia, observe_outcomes, ObserveOutcomes(run))

    def test_refuses_a_design_without_a_product(self, engine, do, world):
        with Session(engine) as session, session.begin():
            run_id = finished_run(session, design={"product_id": None})

        with pytest.raises(Invalid, match="names no product"):
            do(world.mia, observe_outcomes, ObserveOutcomes(run_id))

    def test_needs_the_right_and_the_scope(self, run, do, world):
        with pytest.raises(NotAllowed):
            do(world.eve, observe_outcomes, ObserveOutcomes(run))
        with pytest.raises(NotFound):
            do(world.mia, observe_outcomes, ObserveOutcomes(run + 1))


class TestImpact:
    def test_compares_the_arms_as_assigned(self, engine, ask, world):
        run_id = made(engine, contact_cost=Decimal(2), fixed_cost=Decimal(100))

        found = ask(world.eve, impact, run_id=run_id)

        [comparison] = found.report.comparisons
        assert comparison.difference.value == pytest.approx(45 / 300 - 5 / 100)
        assert comparison.difference.proven
        assert comparison.money.value == pytest.approx(200 * (45 / 300 - 5 / 100))
        assert comparison.cost == Decimal(700)
        assert comparison.profit.value == pytest.approx(200 * 30 - 700)
        assert isinstance(comparison.per_reached, Effect)
        assert found.report.grade is Grade.RANDOMISED

    def test_keeps_whom_a_manager_rejected(self, engine, ask, world):
        run_id = made(engine)
        with Session(engine) as session, session.begin():
            session.execute(update(Candidate).values(confirmation=Confirmation.REJECTED))

        found = ask(world.eve, impact, run_id=run_id)

        assert found.report.comparisons[0].treated.tally.targeted == 300

    def test_is_refused_without_a_control_group(self, engine, ask, world):
        run_id = made(engine, control=0, bought=(45, 0))

        found = ask(world.eve, impact, run_id=run_id)

        assert found.report.refused is Reason.NO_CONTROL
        assert found.treated.outcome_rate.value == pytest.approx(0.15)

    def test_is_refused_until_outcomes_are_looked_for(self, engine, ask, world):
        with Session(engine) as session, session.begin():
            run = launched_run(session, range(1, 8), control=range(8, 11))

        found = ask(world.eve, impact, run_id=run.run_id)

        assert found.report.refused is Reason.NO_OUTCOME

    def test_a_team_lead_sees_the_own_branch(self, engine, ask, world):
        run_id = made(engine)

        found = ask(world.lou, impact, run_id=run_id)

        assert found.treated.targeted == 150
        assert {arm.tally.targeted for arm in found.report.arms} == {150, 50}

    def test_an_agent_sees_nothing(self, engine, ask, world):
        run_id = made(engine)
        for query, filters in ((impact, {"run_id": run_id}), (impacts, {}), (headlines, {})):
            with pytest.raises(NotAllowed):
                ask(world.ann, query, **filters)

    def test_folding_changes_no_figure(self, engine, do, ask, world):
        made(engine, value_per_conversion=Decimal(200))
        live = ask(world.eve, impacts)
        of_north = ask(world.lea, impacts)

        do(SYSTEM, fold_runs, FoldRuns())

        assert ask(world.eve, impacts) == live
        assert ask(world.lea, impacts) == of_north

    def test_several_runs_in_three_statements(self, engine, ask, world):
        first = made(engine)
        with Session(engine) as session, session.begin():
            second = finished_run(session)
            candidates(session, second, range(100_001, 100_051), steps=1)
        statements = []
        event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

        found = ask(world.eve, impacts)

        assert [row.facts.run_id for row in found] == [second, first]
        assert len([s for s in statements if s.startswith(("SELECT", "WITH"))]) == 3

    def test_headlines_put_what_was_measured_first(self, engine, ask, world):
        measured = made(engine)
        with Session(engine) as session, session.begin():
            unmeasured = finished_run(session)
            candidates(session, unmeasured, range(100_001, 100_051), steps=1)
            planned_run(session)

        first, second = ask(world.eve, headlines)

        assert (first.run_id, first.grade) == (measured, Grade.RANDOMISED)
        assert first.sentence.startswith("Treated customers converted more often")
        assert (second.run_id, second.grade) == (unmeasured, Grade.RATES_ONLY)
        assert "no control group" in second.sentence


class TestFold:
    def test_folds_what_was_launched(self, engine, do, world):
        run_id = made(engine)

        fact = do(world.mia, fold_runs, FoldRuns())

        assert fact.run_ids == (run_id,)
        assert fact.cells == len(stored(engine, RunCell.run_id)) == 4  # two branches, two arms

    @pytest.mark.parametrize("status", [RunStatus.LAUNCHED, RunStatus.PAUSED])
    def test_folds_a_run_that_goes_on(self, engine, do, world, status):
        run_id = made(engine)
        with Session(engine) as session, session.begin():
            session.execute(update(Run).values(status=status))

        assert do(world.mia, fold_runs, FoldRuns()).run_ids == (run_id,)

    @pytest.mark.parametrize("status", [RunStatus.PLANNED, RunStatus.SELECTED])
    def test_leaves_a_run_alone_whose_candidates_come_and_go(self, engine, do, world, status):
        made(engine)
        with Session(engine) as session, session.begin():
            session.execute(update(Run).values(status=status))

        assert do(world.mia, fold_runs, FoldRuns()).run_ids == ()

    def test_again_does_nothing_and_says_nothing(self, engine, do, world):
        made(engine)
        do(world.mia, fold_runs, FoldRuns())

        assert do(world.mia, fold_runs, FoldRuns()).run_ids == ()
        assert len(stored(engine, Entry.id, kind="runs.folded")) == 1

    def test_goes_with_its_run(self, engine, do, world):
        run_id = made(engine)
        do(world.mia, fold_runs, FoldRuns())

        with Session(engine) as session, session.begin():
            session.execute(delete(RunFold).where(RunFold.run_id == run_id))

        assert stored(engine, RunCell.run_id) == []

    @pytest.mark.parametrize("round_", range(5))
    def test_two_at_once_fold_it_once(self, engine, world, round_):
        run_id = made(engine)
        start, facts = Barrier(2), []

        def attempt():
            start.wait()
            with changing(engine, world.mia, now=NOW) as work:
                facts.append(fold_runs(work, FoldRuns()))

        threads = [Thread(target=attempt) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(fact.run_ids for fact in facts) == [(), (run_id,)]

    def test_reconciling_finds_nothing_wrong(self, engine, do, ask, world):
        made(engine)
        do(world.mia, fold_runs, FoldRuns())

        assert ask(world.tom, cells_that_differ) == []

    @pytest.mark.parametrize(
        "wrong",
        [
            pytest.param(update(RunCell).values(won=RunCell.won + 1), id="a wrong cell"),
            pytest.param(update(RunCell).values(squares=RunCell.squares * 1.001), id="squares"),
            pytest.param(delete(RunCell).where(RunCell.arm == 0), id="a cell lost"),
            pytest.param(
                update(Candidate)
                .where(Candidate.customer_id == 100_001)
                .values(won_at=NOW, outcome_at=None),
                id="a candidate changed",
            ),
        ],
    )
    def test_reconciling_finds_what_is_wrong(self, engine, do, ask, world, wrong):
        made(engine)
        do(world.mia, fold_runs, FoldRuns())
        with Session(engine) as session, session.begin():
            session.execute(wrong)

        assert ask(world.tom, cells_that_differ) != []


class TestAnalyse:
    def analyse(self, do, who, run_id, conclusion="Go on."):
        return do(who, analyse_run, AnalyseRun(run_id, conclusion))

    def test_freezes_what_was_measured(self, engine, do, ask, world):
        run_id = made(engine, product_id=None)  # so that no outcome is looked for anew
        self.analyse(do, world.mia, run_id)
        with Session(engine) as session, session.begin():
            session.execute(update(Candidate).values(reached_at=None))

        [row] = ask(world.eve, feedback, run_id=run_id).rows

        assert (row.cycle, row.cut_off_at, row.author) == (1, NOW, "Mia Example")
        assert row.conclusion == "Go on."
        [(figures,)] = stored(engine, Analysis.figures)
        assert figures["funnel"]["reached"] == 300
        assert figures["impact"]["comparisons"][0]["difference"] == pytest.approx(0.1)

    def test_counts_cycles(self, engine, do, ask, world):
        run_id = made(engine)

        cycles = [self.analyse(do, world.mia, run_id).cycle for _ in range(3)]

        assert cycles == [1, 2, 3]
        assert [row.cycle for row in ask(world.eve, feedback).rows] == [3, 2, 1]

    @pytest.mark.parametrize(
        ("won", "goal", "verdict"),
        [
            (60, 0.2, Verdict.MET),
            (59, 0.2, Verdict.OPEN),
            (30, 0.2, Verdict.MISSED),
            (0, None, Verdict.OPEN),
        ],
    )
    def test_judges_the_goal(self, engine, do, world, won, goal, verdict):
        run_id = made(engine, goal=goal)
        with Session(engine) as session, session.begin():
            session.execute(
                update(Candidate).where(Candidate.customer_id <= 100_000 + won).values(won_at=NOW)
            )

        assert self.analyse(do, world.mia, run_id).verdict is verdict

    def test_looks_for_outcomes_first(self, engine, do, ask, world):
        with Session(engine) as session, session.begin():
            run = launched_run(session, range(1, 7), control=range(8, 11))
        open_product(engine, [(1, NOW.date()), (8, NOW.date())])

        self.analyse(do, world.mia, run.run_id)

        arms = ask(world.eve, impact, run_id=run.run_id).report.arms
        assert [arm.tally.outcomes for arm in arms] == [1, 1]

    def test_tells_the_design_and_the_neighbours(self, engine, do, world):
        run_id = made(engine, goal=0.1)
        self.analyse(do, world.mia, run_id)

        feedback, capture = stored(engine, Outgoing.type, Outgoing.subject, Outgoing.payload)

        assert feedback[:2] == ("AnalysisFeedback/Created", "run:RUN-1")
        assert feedback.payload["conclusion"] == "Go on."
        assert capture[:2] == ("CustomerCampaignDesign/PerformanceCaptured", "design:X/1")
        assert {"run", "unit", "set_up", "version", "result"} <= capture.payload.keys()
        assert capture.payload["set_up"]["stages"] == [{"stage": "Call", "channel": "Phone call"}]
        assert capture.payload["result"]["funnel"]["targeted"] == 300

    def test_is_found_under_run_design_and_campaign(self, engine, do, world):
        fact = self.analyse(do, world.mia, made(engine))

        assert fact.subjects == (f"run:{fact.run_id}", f"design:{fact.design_id}", "campaign:1")

    def test_refuses_a_run_that_is_not_launched(self, engine, do, world):
        with Session(engine) as session, session.begin():
            run_id = planned_run(session)

        with pytest.raises(Conflict, match="nothing to analyse yet"):
            self.analyse(do, world.mia, run_id)
        assert stored(engine, Analysis.id) == []

    def test_needs_the_right_and_the_scope(self, engine, do, world):
        run_id = made(engine)
        with pytest.raises(NotAllowed):
            self.analyse(do, world.lea, run_id)
        elsewhere = replace(world.mia, scope=replace(world.lea.scope))
        with pytest.raises(NotFound):
            self.analyse(do, elsewhere, run_id)

    @pytest.mark.parametrize("round_", range(3))
    def test_two_at_once_make_two_cycles(self, engine, world, round_):
        run_id = made(engine)
        start, cycles = Barrier(2), []

        def attempt():
            start.wait()
            with changing(engine, world.mia, now=NOW) as work:
                cycles.append(analyse_run(work, AnalyseRun(run_id)).cycle)

        threads = [Thread(target=attempt) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(cycles) == [1, 2]

    def test_a_result_without_control_says_so_in_the_figures(self, engine, do, world):
        run_id = made(engine, control=0, bought=(45, 0))

        assert self.analyse(do, world.mia, run_id).figures["impact"] == {
            "refused": "no control group"
        }
