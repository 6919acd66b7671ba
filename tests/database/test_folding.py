"""Cells with what changed since they were folded: always exactly what counting everybody gives."""

import random
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.activities.actions.assignment import Assign, assign
from core.activities.actions.launch import MakeDueWork, make_due_work
from core.activities.actions.taking import Take, TakeNext, take, take_next
from core.activities.actions.working import (
    Cancel,
    NoteAttempt,
    Release,
    cancel,
    note_attempt,
    release,
)
from core.activities.rules import Outcome
from core.customers.model import Holding
from core.impact.actions import FoldRuns, ObserveOutcomes, fold_runs, observe_outcomes
from core.impact.model import RunCell, RunFold
from core.impact.queries.checking import cells_that_differ
from core.impact.queries.funnel import funnel
from core.impact.queries.runs import impacts
from core.impact.upkeep import Folded, count_new, fold, fold_apart, unfold
from core.refusals import Refusal
from core.responses.actions.leads import LoseLead, WinLead, lose_lead, win_lead
from core.responses.actions.responding import Respond, respond
from core.responses.model import Lead
from core.runs.model import Candidate, CountedCandidate
from core.runs.rules import TREATED_ARM
from core.work import changing, looking, upkeep
from tests import world as w
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.runs import launched_run

CONTROL = [5, 6]


@pytest.fixture
def run(engine):
    """Treated are customers 1 to 4 of North, held out 5 and 6; nobody has any work yet."""
    with Session(engine) as session, session.begin():
        return launched_run(
            session,
            [1, 2, 3, 4],
            control=CONTROL,
            design={"value_per_conversion": Decimal("120.10")},
        )


def rows(engine, *columns):
    with Session(engine) as session:
        return session.execute(select(*columns)).all()


def figures(engine, run_id):
    """Count the candidates themselves, not by the product's own words for it."""
    with Session(engine) as session:
        everybody = session.scalars(
            select(Candidate).where(Candidate.run_id == run_id, Candidate.arm == TREATED_ARM)
        ).all()
    names = ("assigned", "attempted", "reached", "responded", "converted", "won")
    counts = {name: sum(bool(getattr(c, f"{name}_at")) for c in everybody) for name in names}
    return counts | {
        "targeted": len(everybody),
        "outcomes": sum(bool(c.outcome_at) for c in everybody),
        "attempts": sum(c.attempts for c in everybody),
        "value": sum((c.outcome_value or Decimal(0) for c in everybody), Decimal(0)),
    }


def told(found):
    [row] = found
    return {name: getattr(row.tally, name) for name in figures_of}


figures_of = (
    *("assigned", "attempted", "reached", "responded", "converted", "won"),
    *("targeted", "outcomes", "attempts", "value"),
)


class TestExact:
    @pytest.mark.parametrize("seed", range(8))
    def test_after_whatever_was_done(self, engine, do, ask, world, run, seed):
        chance = random.Random(seed)  # noqa: S311  repeatable on purpose
        work = list(run.activities.values())

        def leads():
            return [id_ for (id_,) in rows(engine, Lead.id)] or [0]

        def buys():
            with Session(engine) as session, session.begin():
                session.add(
                    Holding(
                        agreement_no=f"H{chance.random()}",
                        customer_id=chance.randint(1, 6),
                        product_id=w.SAVINGS,
                        opened_on=NOW.date() + timedelta(days=chance.choice([-9, 0])),
                    )
                )
            do(world.mia, observe_outcomes, ObserveOutcomes(run.run_id))

        def regrets():
            with Session(engine) as session, session.begin():
                session.execute(update(Holding).values(opened_on=date(2020, 1, 1)))
            do(world.mia, observe_outcomes, ObserveOutcomes(run.run_id))

        one = lambda: chance.choice(work)  # noqa: E731
        outcomes = [Outcome.ACCEPTED, Outcome.REFUSED]
        deeds = [
            lambda: do(world.ann, take, Take(one())),
            lambda: do(world.ann, take_next, TakeNext()),
            lambda: do(world.lea, assign, Assign({one(): None}, world.ann.person_id)),
            lambda: do(world.ann, release, Release(one())),
            lambda: do(
                world.ann, note_attempt, NoteAttempt(one(), Outcome.NOT_REACHED, w.NO_ANSWER)
            ),
            lambda: do(world.ann, cancel, Cancel(one(), w.WRONG_NUMBER)),
            lambda: do(
                world.ann, respond, Respond(one(), chance.choice(outcomes), w.REFUSED_OFFER)
            ),
            lambda: do(world.ann, win_lead, WinLead(chance.choice(leads()))),
            lambda: do(world.ann, lose_lead, LoseLead(chance.choice(leads()), "no money")),
            lambda: do(world.mia, fold_runs, FoldRuns()),
            buys,
            regrets,
            lambda: do(world.mia, make_due_work, MakeDueWork(run.run_id)),
        ]
        do(world.mia, fold_runs, FoldRuns())
        for _ in range(25):
            with suppress(Refusal):
                chance.choice(deeds)()

            assert told(ask(world.eve, funnel, run_id=run.run_id)) == figures(engine, run.run_id)
            assert ask(world.tom, cells_that_differ) == []

    def test_nobody_is_left_in_a_cell_that_all_have_moved_on_from(
        self, engine, do, ask, world, run
    ):
        do(world.mia, fold_runs, FoldRuns())
        for activity_id in run.activities.values():
            do(world.ann, take, Take(activity_id))
            do(world.ann, respond, Respond(activity_id, Outcome.REFUSED, w.REFUSED_OFFER))

        before = ask(world.eve, funnel, run_id=run.run_id, by=["channel"])
        do(world.mia, fold_runs, FoldRuns())

        assert [row.tally.targeted for row in before] == [4]
        assert ask(world.eve, funnel, run_id=run.run_id, by=["channel"]) == before
        assert rows(engine, func.count().filter(RunCell.targeted == 0)) == [(0,)]

    def test_only_what_changed_is_read_and_only_once_kept(self, engine, do, world, run):
        do(world.mia, fold_runs, FoldRuns())
        activity_id = run.activities[1]
        do(world.ann, take, Take(activity_id))
        do(world.ann, note_attempt, NoteAttempt(activity_id, Outcome.NOT_REACHED, w.NO_ANSWER))

        kept = rows(engine, CountedCandidate.customer_id, CountedCandidate.assigned_at)

        assert kept == [(1, None)]
        assert do(world.mia, fold_runs, FoldRuns()).changed == 1
        assert rows(engine, CountedCandidate.customer_id) == []

    def test_what_is_wrong_with_the_kept_ones_is_found(self, engine, do, ask, world, run):
        do(world.mia, fold_runs, FoldRuns())
        do(world.ann, take, Take(run.activities[1]))
        with Session(engine) as session, session.begin():
            session.execute(update(CountedCandidate).values(assigned_at=NOW))

        assert ask(world.tom, cells_that_differ) != []


class TestCountedBefore:
    """Whole runs are counted where nobody waits for it, and kept a moment later."""

    def test_what_changes_in_between_is_not_lost(self, engine, do, ask, world, run):
        do(world.ann, take, Take(run.activities[1]))
        with looking(engine) as session:
            new = count_new(session)
        for customer_id in (1, 2):
            with suppress(Refusal):
                do(world.ann, take, Take(run.activities[customer_id]))
            do(world.ann, respond, Respond(run.activities[customer_id], Outcome.ACCEPTED))

        with upkeep(engine) as session:
            done = fold(session, now=NOW, new=new)

        assert (done.run_ids, done.changed) == ((run.run_id,), 2)
        assert ask(world.tom, cells_that_differ) == []
        assert told(ask(world.eve, funnel, run_id=run.run_id)) == figures(engine, run.run_id)

    def test_who_comes_in_between_has_the_run_counted_anew(self, engine, ask, world, run):
        with looking(engine) as session:
            new = count_new(session)
        with upkeep(engine) as session:
            unfold(session, run.run_id)

        with upkeep(engine) as session:
            assert fold(session, now=NOW, new=new) == Folded()
        assert fold_apart(engine, now=NOW).run_ids == (run.run_id,)
        assert ask(world.tom, cells_that_differ) == []

    def test_of_two_at_once_one_keeps_it(self, engine, ask, world, run):
        with looking(engine) as session:
            new = count_new(session)

        def keeping():
            with upkeep(engine) as session:
                return fold(session, now=NOW, new=new).run_ids

        kept = at_once(keeping, keeping)

        assert sorted(kept) == [(), (run.run_id,)]
        assert ask(world.tom, cells_that_differ) == []


class TestAtOnce:
    @pytest.mark.parametrize("round_", range(4))
    def test_two_folds_bring_a_change_in_once(self, engine, do, ask, world, run, round_):
        do(world.mia, fold_runs, FoldRuns())
        for activity_id in run.activities.values():
            do(world.ann, take, Take(activity_id))

        def folding():
            with changing(engine, world.mia, now=NOW) as work:
                return fold_runs(work, FoldRuns()).changed

        assert sum(at_once(folding, folding)) == 4
        assert ask(world.tom, cells_that_differ) == []

    def test_a_candidate_who_is_held_is_left_for_the_next_time(self, engine, do, ask, world, run):
        if engine.dialect.name == "sqlite":
            pytest.skip("one writer at a time")
        do(world.mia, fold_runs, FoldRuns())
        do(world.ann, take, Take(run.activities[1]))
        with Session(engine) as holding, holding.begin():
            holding.execute(select(Candidate).where(Candidate.customer_id == 1).with_for_update())

            assert do(world.mia, fold_runs, FoldRuns()).changed == 0

        assert do(world.mia, fold_runs, FoldRuns()).changed == 1
        assert ask(world.tom, cells_that_differ) == []

    @pytest.mark.parametrize("first", [True, False])
    def test_folding_while_people_work(self, engine, do, ask, world, run, first):
        if not first:
            do(world.mia, fold_runs, FoldRuns())

        def working(activity_id):
            def carry_out():
                for action, request in (
                    (take, Take(activity_id)),
                    (note_attempt, NoteAttempt(activity_id, Outcome.NOT_REACHED, w.NO_ANSWER)),
                    (respond, Respond(activity_id, Outcome.ACCEPTED)),
                ):
                    with changing(engine, world.ann, now=NOW) as work:
                        action(work, request)

            return carry_out

        def folding():
            for _ in range(6):
                with changing(engine, world.mia, now=NOW) as work:
                    fold_runs(work, FoldRuns())

        outcomes = at_once(folding, folding, *map(working, run.activities.values()))

        assert outcomes == [None] * 6
        assert ask(world.tom, cells_that_differ) == []
        assert told(ask(world.eve, funnel, run_id=run.run_id)) == figures(engine, run.run_id)
        do(world.mia, fold_runs, FoldRuns())
        assert rows(engine, CountedCandidate.customer_id) == []
        assert ask(world.tom, cells_that_differ) == []
        assert len(rows(engine, RunFold.run_id)) == len(ask(world.eve, impacts)) == 1
