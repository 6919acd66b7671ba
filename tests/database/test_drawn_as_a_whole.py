"""Runs that drew managers or branches, and what became of their control groups."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from core.access import Scope
from core.campaigns.rules import RandomisedBy
from core.impact.actions.folding import FoldRuns, fold_runs
from core.impact.clusters import Clusters, Of, difference_in_clusters
from core.impact.plain import report_plain
from core.impact.queries.runs import impact, impacts
from core.impact.rules import Absent, Grade, Reason
from core.people.model import Unit
from core.people.rules import UnitKind
from core.runs.model import Candidate, Leak, Run
from core.runs.rules import RunStatus
from tests import world as bank
from tests.conftest import NOW
from tests.making.results import FIRST, candidates, crowd, finished_run

EACH = 10  # customers of a manager or branch
TREATED = (4, 3, 6, 2, 5)  # outcomes of each
HELD_OUT = (1, 2, 0, 1)


def drawn(session, by):
    """Five treated and four held out managers or branches, with ten customers each."""
    run_id = finished_run(session, control_share=4_000)
    session.get_one(Run, run_id).randomised_by = by
    people = crowd(session, EACH * 9)
    for at, outcomes in enumerate(TREATED + HELD_OUT):
        mine = list(people[at * EACH : (at + 1) * EACH])
        where = {"cluster_id": 100 + at}
        if by is RandomisedBy.BRANCH:
            session.add(
                Unit(
                    id=100 + at,
                    code=f"B{at}x",
                    name=f"Branch {at}",
                    kind=UnitKind.BRANCH,
                    parent_id=bank.REGION,
                )
            )
            session.flush()
            where["branch_id"] = 100 + at
        arm = 1 if at < len(TREATED) else 0
        steps = [5 if n < 4 and arm else 0 for n in range(EACH)]
        candidates(
            session, run_id, mine, arm=arm, steps=steps, outcomes=outcomes, value=50, **where
        )
    return run_id


@pytest.fixture(params=[RandomisedBy.MANAGER, RandomisedBy.BRANCH])
def by(request):
    return request.param


@pytest.fixture
def run_id(arrange, by):
    return arrange(lambda s: drawn(s, by))


def of_arm(outcomes, *, reached):
    n = len(outcomes)
    return Clusters.from_arrays(
        [EACH] * n, [reached] * n, outcomes, [50 * each for each in outcomes]
    )


@pytest.mark.parametrize("folded", [False, True])
def test_the_report_reads_clusters(ask, do, world, run_id, by, folded):
    if folded:
        do(world.mia, fold_runs, FoldRuns())
    report = ask(world.mia, impact, run_id=run_id).report

    [found] = report.comparisons
    treated, control = of_arm(TREATED, reached=4), of_arm(HELD_OUT, reached=0)
    assert (found.treated.clusters, found.control.clusters) == (treated, control)
    assert found.difference == difference_in_clusters(treated, control, Of.OUTCOMES)
    assert found.money == difference_in_clusters(treated, control, Of.VALUE)
    assert found.conversions.value == pytest.approx(50 * (0.4 - 0.1))
    assert report.design_effect != 1.0
    assert report.ratio == Absent(Reason.IN_CLUSTERS)
    several = "branches" if by is RandomisedBy.BRANCH else "relationship managers"
    assert report.grade is Grade.RANDOMISED
    assert report.why.endswith(f"drawn by {by}: 5 treated, 4 held out {several}.")
    [row] = ask(world.mia, impacts)
    assert row.report == report


def test_fewer_than_four_say_nothing(ask, world, arrange, by):
    def three(session):
        run_id = drawn(session, by)
        session.execute(delete(Candidate).where(Candidate.cluster_id == 108))
        return run_id

    report = ask(world.mia, impact, run_id=arrange(three)).report

    [comparison] = report.comparisons
    assert comparison.control.clusters.count == 3
    assert comparison.difference == comparison.conversions == Absent(Reason.FEW_CLUSTERS)
    assert "The effect can't be given: fewer than four" in report.sentence
    assert report.design_effect == 1.0


def test_a_scope_sees_its_own_clusters(ask, world, arrange):
    run_id = arrange(lambda s: drawn(s, RandomisedBy.BRANCH))
    some = replace(world.mia, scope=Scope((100, 101, 105)))
    [comparison] = ask(some, impact, run_id=run_id).report.comparisons
    assert comparison.treated.clusters.count == 2
    assert comparison.difference == Absent(Reason.FEW_CLUSTERS)


class TestContamination:
    def leak(self, session, run_id, *customer_ids):
        session.add_all(
            Leak(run_id=run_id, customer_id=id_, at=NOW, actor_id=1, reason="Asked for it")
            for id_ in customer_ids
        )

    @pytest.fixture
    def measured(self, arrange):
        """Two hundred treated, a hundred held out: 40 and 10 with the outcome."""

        def rows(session):
            run_id = finished_run(session, control_share=3_333)
            people = crowd(session, 300)
            candidates(session, run_id, people[:200], steps=5, outcomes=40, value=50)
            candidates(session, run_id, people[200:], arm=0, outcomes=10, value=50)
            return run_id

        return arrange(rows)

    def test_a_leak_compromises_and_both_effects_are_told(self, ask, world, arrange, measured):
        first = FIRST + 200
        arrange(lambda s: self.leak(s, measured, first, first, first + 1, first + 50))

        report = ask(world.mia, impact, run_id=measured).report

        held_out = report.contamination.held_out
        assert (held_out.numerator, held_out.denominator) == (3, 100)
        assert report.grade is Grade.COMPROMISED
        assert report.why == "3 of 100 held out customers were reached all the same."
        assert report.comparisons[0].difference.value == pytest.approx(0.2 - 0.1)
        [without] = report.contamination.without
        assert without.difference.value == pytest.approx(0.2 - 8 / 97)
        plain = report_plain(report)["contamination"]
        assert plain["customers"] == 3
        assert plain["without"][0]["difference"] == pytest.approx(without.difference.value)

    def test_so_does_whoever_was_reached(self, ask, world, arrange, measured):
        arrange(
            lambda s: s.execute(
                update(Candidate)
                .where(Candidate.customer_id == FIRST + 200)
                .values(reached_at=NOW, attempted_at=NOW)
            )
        )
        report = ask(world.mia, impact, run_id=measured).report
        assert report.contamination.held_out.numerator == 1

    def test_of_another_run_or_scope_it_counts_nothing(self, ask, world, arrange, measured):
        other = arrange(finished_run)
        arrange(lambda s: self.leak(s, other, FIRST + 200))
        report = ask(world.mia, impact, run_id=measured).report
        assert (report.contamination, report.grade) == (None, Grade.RANDOMISED)
        assert report_plain(report)["contamination"] is None

    def test_everybody_may_have_leaked(self, ask, world, arrange, measured):
        arrange(lambda s: self.leak(s, measured, *range(FIRST + 200, FIRST + 300)))
        report = ask(world.mia, impact, run_id=measured).report
        [without] = report.contamination.without
        assert without.difference == Absent(Reason.NO_CONTROL)

    def test_clusters_lose_their_leaks_too(self, ask, world, arrange, run_id):
        arrange(lambda s: self.leak(s, run_id, FIRST + 50))
        report = ask(world.mia, impact, run_id=run_id).report
        [without] = report.contamination.without
        assert without.control.clusters.customers == 39
        assert without.control.clusters.sums[Of.OUTCOMES] == 3
        assert "reached all the same; drawn by" in report.why


class TestWhatSpoilsARun:
    def test_a_control_group_without_members(self, ask, world, arrange):
        def rows(session):
            run_id = finished_run(session, control_share=100)
            candidates(session, run_id, crowd(session, 40), outcomes=3)
            return run_id

        report = ask(world.mia, impact, run_id=arrange(rows)).report
        assert report.refused is Reason.EMPTY_CONTROL
        assert report.sentence.startswith("No impact can be given: nobody in the control group")

    def test_no_control_group_at_all(self, ask, world, arrange):
        def rows(session):
            run_id = finished_run(session, control_share=0)
            candidates(session, run_id, crowd(session, 40), outcomes=3)
            return run_id

        report = ask(world.mia, impact, run_id=arrange(rows)).report
        assert report.refused is Reason.NO_CONTROL

    @pytest.mark.parametrize(
        ("after", "status", "refused"),
        [
            (timedelta(hours=20), RunStatus.STOPPED, Reason.STOPPED_EARLY),
            (timedelta(days=2), RunStatus.STOPPED, None),
            (timedelta(hours=20), RunStatus.COMPLETED, None),
        ],
    )
    def test_a_run_that_was_stopped_after_a_day(self, ask, world, arrange, after, status, refused):
        def rows(session):
            launched = NOW - timedelta(days=5)
            run_id = finished_run(session, control_share=5_000)
            session.execute(
                update(Run)
                .where(Run.id == run_id)
                .values(launched_at=launched, finished_at=launched + after, status=status)
            )
            people = crowd(session, 80)
            candidates(session, run_id, people[:40], outcomes=3)
            candidates(session, run_id, people[40:], arm=0, outcomes=1)
            return run_id

        report = ask(world.mia, impact, run_id=arrange(rows)).report
        assert report.refused is refused
