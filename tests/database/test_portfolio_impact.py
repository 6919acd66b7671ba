"""Runs side by side: whom they had in common, forecasts, and all of them against a holdout."""

import random
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.campaigns.model import Campaign, CampaignType, Design, Holdout, HoldoutCustomer
from core.campaigns.rules import Objective
from core.customers.model import Customer, Holding, Product
from core.impact.actions import FoldRuns, fold_runs
from core.impact.model import RunFold, RunOverlap
from core.impact.queries.calibration import calibration
from core.impact.queries.compared import By, compared
from core.impact.queries.held_out import held_out_and_others
from core.impact.queries.overlaps import compare_folded, overlaps
from core.impact.queries.portfolio import portfolio
from core.impact.rules import Absent, Grade, Reason
from core.impact.upkeep import keep_overlaps, unfold
from core.passing import pass_time
from core.refusals import NotAllowed
from core.runs.model import Candidate, Run
from core.work import reading, upkeep
from tests import world as w
from tests.conftest import NOW
from tests.making.results import candidates, crowd, finished_run

TODAY = NOW.date()


def run_of(session, treated, held_out, *, bought=(45, 5), **changes):
    """Make a finished run in which the first so many of each arm have the outcome, worth 200."""
    design = {"contact_cost": Decimal(2)} | changes.pop("design", {})
    run_id = finished_run(session, control_share=2500, design=design)
    candidates(session, run_id, treated, steps=3, outcomes=bought[0], value=200)
    candidates(session, run_id, held_out, arm=0, outcomes=bought[1], value=200)
    if changes:
        session.execute(update(Run).where(Run.id == run_id).values(**changes))
    return run_id


def compare_runs(engine, do):
    do(SYSTEM, fold_runs, FoldRuns())
    with upkeep(engine) as session:
        keep_overlaps(session, compare_folded(session))


@pytest.fixture
def two(engine):
    """Two runs of the same days; of the 300 treated of each they share 100."""
    with Session(engine) as session, session.begin():
        people = crowd(session, 800)
        first = run_of(session, people[:300], people[500:600])
        second = run_of(session, people[200:500], people[600:700], bought=(60, 4))
    return first, second


@pytest.fixture
def apart(engine):
    """Two runs of the same days without customers in common."""
    with Session(engine) as session, session.begin():
        people = crowd(session, 800)
        first = run_of(session, people[:300], people[600:700])
        second = run_of(session, people[300:600], people[700:800], bought=(60, 4))
    return first, second


class TestOverlaps:
    @pytest.mark.parametrize("counted", [False, True])
    def test_are_said_on_both_runs(self, engine, do, ask, world, two, counted):
        first, second = two
        if counted:
            compare_runs(engine, do)

        assert [(row.run_id, row.customers) for row in ask(world.eve, overlaps, run_id=first)] == [
            (second, 100)
        ]
        assert [(row.run_id, row.customers) for row in ask(world.eve, overlaps, run_id=second)] == [
            (first, 100)
        ]

    def test_of_a_branch_are_its_own(self, engine, do, ask, world, two):
        compare_runs(engine, do)

        [row] = ask(world.lea, overlaps, run_id=two[0])

        assert row.customers == 50

    def test_held_out_customers_and_other_days_are_none(self, engine, do, ask, world):
        with Session(engine) as session, session.begin():
            people = crowd(session, 300)
            first = run_of(session, people[:100], people[100:200], bought=(1, 1))
            run_of(session, people[200:], people[:100], bought=(1, 1))
            run_of(
                session,
                people[:100],
                people[200:],
                bought=(1, 1),
                starts_on=TODAY - timedelta(days=300),
                ends_on=TODAY - timedelta(days=200),
            )
        compare_runs(engine, do)

        assert ask(world.eve, overlaps, run_id=first) == []

    def test_are_none_with_a_run_that_treated_nobody(self, engine, ask, world, two):
        with Session(engine) as session, session.begin():
            people = select(Candidate.customer_id).where(Candidate.run_id == two[0])
            nobody = finished_run(session, control_share=2500)
            candidates(session, nobody, session.scalars(people).all(), arm=0)

        assert [row.run_id for row in ask(world.eve, overlaps, run_id=two[0])] == [two[1]]
        assert ask(world.eve, overlaps, run_id=nobody) == []

    def test_a_run_that_was_stopped_early_met_nobody_after(self, engine, do, ask, world, two):
        first, second = two
        compare_runs(engine, do)
        with Session(engine) as session, session.begin():
            session.execute(
                update(Run).where(Run.id == first).values(finished_at=NOW - timedelta(days=25))
            )
            session.execute(
                update(Run).where(Run.id == second).values(starts_on=TODAY - timedelta(days=10))
            )

        assert ask(world.eve, overlaps, run_id=first) == []

    def test_are_counted_once_and_anew_when_candidates_come_or_go(self, engine, do, two):
        compare_runs(engine, do)
        with upkeep(engine) as session:
            assert compare_folded(session) == []
            unfold(session, two[0])
            assert session.scalars(select(RunOverlap.run_id)).all() == []
        compare_runs(engine, do)
        with Session(engine) as session:
            assert session.scalars(select(RunOverlap.customers)).all() == [100]

    def test_time_passing_counts_them(self, engine, two):
        pass_time(engine, now=NOW)

        with Session(engine) as session:
            assert session.scalars(select(RunOverlap.customers)).all() == [100, 100]
            assert session.scalars(select(RunFold.is_compared)).all() == [True, True]

    def test_what_was_unfolded_meanwhile_is_not_kept(self, engine, do, two):
        do(SYSTEM, fold_runs, FoldRuns())
        with upkeep(engine) as session:
            found = compare_folded(session)
            for run_id in two:
                unfold(session, run_id)
            keep_overlaps(session, found)
            assert session.scalars(select(RunOverlap.run_id)).all() == []
            assert session.scalars(select(RunFold.run_id)).all() == []


class TestCompared:
    def test_runs_without_customers_in_common_are_added_up(self, engine, do, ask, world, apart):
        compare_runs(engine, do)

        [row] = ask(world.eve, compared, by=By.UNIT)

        assert row.conversions.value == pytest.approx((45 - 15) + (60 - 12))
        assert row.conversions.interval.low < row.conversions.value
        assert row.profit.value == pytest.approx(200 * 78 - 2 * 600)
        assert row.grade is Grade.RANDOMISED

    def test_runs_with_customers_in_common_are_not(self, engine, do, ask, world, two):
        compare_runs(engine, do)

        [row] = ask(world.eve, compared, by=By.QUARTER)

        assert row.conversions == row.profit == Absent(Reason.OVERLAP)
        assert {run.id for run in row.runs} == set(two)

    def test_nor_before_it_is_known(self, ask, world, apart):
        [row] = ask(world.eve, compared, by=By.MONTH)

        assert row.conversions == Absent(Reason.NOT_COMPARED)

    @pytest.mark.parametrize("by", [By.CAMPAIGN, By.VERSION, By.SEGMENT])
    def test_each_by_itself(self, ask, world, apart, by):
        rows = ask(world.eve, compared, by=by)

        assert [len(row.runs) for row in rows] == [1, 1]
        for row in rows:
            [comparison] = row.runs[0].report.comparisons
            assert row.conversions.value == pytest.approx(comparison.conversions.value)
            assert row.profit.interval.low == pytest.approx(comparison.profit.interval.low)

    def test_a_sum_is_as_good_as_its_weakest_part(self, engine, do, ask, world, apart):
        with Session(engine) as session, session.begin():
            session.execute(
                update(Candidate)
                .where(Candidate.run_id == apart[0], Candidate.arm == 0)
                .values(reached_at=NOW, is_imported=True)
            )
        compare_runs(engine, do)

        [row] = ask(world.eve, compared, by=By.UNIT)

        assert row.grade is Grade.COMPROMISED
        assert row.conversions == Absent(Reason.COMPROMISED)

    def test_an_agent_sees_nothing(self, ask, world, apart):
        for query, asked in ((compared, {"by": By.UNIT}), (calibration, {}), (portfolio, {})):
            with pytest.raises(NotAllowed):
                ask(world.ann, query, **asked)


class TestCalibration:
    def test_forecast_beside_result(self, engine, ask, world):
        with Session(engine) as session, session.begin():
            people = crowd(session, 800)
            run_of(session, people[:300], people[600:700], design={"expected_rate": 0.14})
            run_of(session, people[300:600], people[700:], design={"expected_rate": 0.35})

        found = ask(world.eve, calibration)

        assert {row.is_inside: round(row.error, 2) for row in found.rows} == {
            True: 0.01,
            False: -0.20,
        }
        assert found.mean_error == pytest.approx(-0.095)
        assert found.mean_distance == pytest.approx(0.105)
        assert (found.inside.numerator, found.inside.denominator) == (1, 2)

    def test_without_forecasts(self, ask, world, apart):
        found = ask(world.eve, calibration)

        assert found.rows == ()
        assert found.mean_error == Absent(Reason.NO_FORECAST)


class TestPortfolio:
    """1,000 customers, 200 of them held out; 80 of the others opened savings, and 5 held out."""

    @pytest.fixture
    def holdout(self, engine):
        with Session(engine) as session, session.begin():
            people = crowd(session, 1000)
            run_of(session, people[:300], people[300:400])
            session.execute(
                update(Product).where(Product.id == w.SAVINGS).values(yearly_margin=Decimal(50))
            )
            held = Holdout(
                name="Nobody asks",
                share=2000,
                key=1,
                population=1000,
                starts_on=TODAY - timedelta(days=40),
                created_at=NOW,
            )
            session.add(held)
            session.flush()
            session.execute(
                insert(HoldoutCustomer),
                [{"holdout_id": held.id, "customer_id": id_} for id_ in people[800:]],
            )
            bought = [*people[:80], *people[800:805]]
            for number, id_ in enumerate(bought):
                session.add(
                    Holding(
                        agreement_no=f"H{number}",
                        customer_id=id_,
                        product_id=w.SAVINGS,
                        opened_on=TODAY - timedelta(days=number % 30),
                    )
                )
            session.add(
                Holding(
                    agreement_no="early",
                    customer_id=people[900],
                    product_id=w.SAVINGS,
                    opened_on=TODAY - timedelta(days=41),
                )
            )
            return held.id, people

    def test_everybody_against_the_holdout(self, ask, world, holdout):
        found = ask(world.eve, portfolio)

        comparison = found.comparison
        assert (comparison.treated.tally.targeted, comparison.control.tally.targeted) == (800, 200)
        assert comparison.difference.value == pytest.approx(80 / 800 - 5 / 200)
        assert comparison.conversions.value == pytest.approx(80 - 20)
        assert comparison.cost == 600
        assert comparison.profit.value == pytest.approx(60 * 50 - 600)
        assert found.grade is Grade.RANDOMISED
        assert (found.runs, found.products, found.holdout) == (1, 1, "Nobody asks")
        assert found.sentence.startswith("All campaigns together: treated customers converted more")

    def test_a_period_before_the_holdout_has_no_total(self, ask, world, holdout):
        found = ask(world.eve, portfolio, starts_on=TODAY - timedelta(days=60), ends_on=TODAY)

        assert found.refused is Reason.NO_HOLDOUT
        assert found.comparison is None
        assert "No total of all campaigns can be given" in found.sentence

    def test_nor_one_without_campaigns(self, ask, world, holdout):
        found = ask(world.eve, portfolio, starts_on=TODAY - timedelta(days=1), ends_on=TODAY)

        assert found.refused is Reason.NO_CAMPAIGN

    def test_nor_a_bank_without_holdout(self, ask, world, apart):
        assert ask(world.eve, portfolio).refused is Reason.NO_HOLDOUT

    def test_nor_a_part_of_the_bank(self, ask, world, holdout):
        assert ask(world.lea, portfolio).refused is Reason.WHOLE_BANK

    def test_a_new_holdout_does_not_hide_what_the_last_one_showed(
        self, engine, ask, world, holdout
    ):
        held_id, _people = holdout
        before = ask(world.eve, portfolio)
        with Session(engine) as session, session.begin():
            session.get_one(Holdout, held_id).ends_on = TODAY - timedelta(days=1)
            session.add(
                Holdout(
                    name="The next",
                    share=1000,
                    key=2,
                    population=1000,
                    starts_on=TODAY,
                    created_at=NOW,
                )
            )

        found = ask(world.eve, portfolio)

        assert (found.holdout, found.ends_on) == ("Nobody asks", TODAY - timedelta(days=1))
        assert found.comparison.control.tally.targeted == before.comparison.control.tally.targeted

    def test_held_out_who_were_contacted_compromise_it(self, engine, ask, world, holdout):
        _id, people = holdout
        with Session(engine) as session, session.begin():
            run_id = session.scalars(select(Run.id)).first()
            candidates(session, run_id, people[800:803], steps=3)

        found = ask(world.eve, portfolio)

        assert found.grade is Grade.COMPROMISED
        assert "3 of 200 held out customers were reached all the same" in found.why
        assert "Not to be relied on" in found.comparison.sentence

    def test_service_to_those_held_out_does_not(self, engine, ask, world, holdout):
        _id, people = holdout
        with Session(engine) as session, session.begin():
            run_id = run_of(session, people[300:310], [], bought=(0, 0))
            candidates(session, run_id, people[800:803], steps=3)
            _campaign(session, run_id, Objective.ADMINISTRATIVE)

        found = ask(world.eve, portfolio)

        assert found.grade is Grade.RANDOMISED
        assert (found.runs, found.comparison.control.tally.reached) == (1, 0)

    def test_what_keeps_customers_is_neither_outcome_nor_cost(self, engine, ask, world, holdout):
        with Session(engine) as session, session.begin():
            [run_id] = session.scalars(select(Run.id))
            _campaign(session, run_id, Objective.RETENTION)

        assert ask(world.eve, portfolio).refused is Reason.NO_CAMPAIGN

    def test_the_worth_is_the_one_of_the_designs(self, engine, ask, world, holdout):
        """As that of the runs beside it: else runs that earned would add up to a loss."""
        with Session(engine) as session, session.begin():
            session.execute(update(Design).values(value_per_conversion=Decimal("200.50")))

        found = ask(world.eve, portfolio).comparison

        assert found.profit.value == pytest.approx(60 * 200.50 - 600)

    def test_a_product_counts_once_for_each_customer(self, engine, ask, world, holdout):
        _id, people = holdout
        with Session(engine) as session, session.begin():
            session.add(
                Holding(
                    agreement_no="second",
                    customer_id=people[0],
                    product_id=w.SAVINGS,
                    opened_on=TODAY,
                )
            )

        found = ask(world.eve, portfolio).comparison

        assert found.profit.value == pytest.approx(60 * 50 - 600)

    @pytest.mark.parametrize("seed", range(3))
    def test_arms_add_up_as_one_by_one(self, engine, holdout, seed):
        """Products twice or several, days outside, strangers to the draw: counted by hand."""
        held_id, people = holdout
        chance = random.Random(seed)  # noqa: S311  repeatable on purpose
        worth = {w.SAVINGS: Decimal("50.55"), w.CARD: Decimal("-7.25"), w.GOLD: Decimal("0.01")}
        first, last = TODAY - timedelta(days=40), TODAY - timedelta(days=1)
        later = set(chance.sample(people[:800], 100))
        with Session(engine) as session, session.begin():
            drawn_at = session.get_one(Holdout, held_id).created_at
            session.execute(
                update(Customer).where(Customer.id.in_(later)).values(created_at=NOW + timedelta(1))
            )
            session.execute(
                insert(Holding),
                [
                    {
                        "agreement_no": f"R{number}",
                        "customer_id": chance.choice(people),
                        "product_id": chance.choice([*worth, w.CURRENT]),
                        "opened_on": first + timedelta(days=chance.randint(-1, 40)),
                    }
                    for number in range(900)
                ],
            )
            opened = defaultdict(set)
            for holding in session.scalars(select(Holding)):
                there = session.get_one(Customer, holding.customer_id).created_at <= drawn_at
                if there and holding.opened_on and first <= holding.opened_on <= last:
                    opened[holding.customer_id] |= {holding.product_id} & set(worth)
            held_out = set(
                session.scalars(
                    select(HoldoutCustomer.customer_id).where(HoldoutCustomer.holdout_id == held_id)
                )
            )

        with reading(engine, SYSTEM, now=NOW) as view:
            held = view.session.get_one(Holdout, held_id)
            arms = held_out_and_others(view, held, worth, first, last)
            [unsold, others] = held_out_and_others(view, held, {w.INSURANCE: None}, first, last)

        for arm, is_held in zip(arms, (True, False), strict=True):
            values = [
                sum(worth[id_] for id_ in products)
                for customer_id, products in opened.items()
                if products and (customer_id in held_out) is is_held
            ]
            assert arm.tally.outcomes == len(values) > 50
            assert arm.tally.value == sum(values)
            assert arm.tally.squares == pytest.approx(float(sum(value**2 for value in values)))
        assert [arm.tally.targeted for arm in arms] == [200, 800]
        assert (unsold.tally.outcomes, others.tally.outcomes, others.tally.value) == (0, 0, 0)

    def test_without_a_worth_there_is_no_money(self, engine, ask, world, holdout):
        with Session(engine) as session, session.begin():
            session.execute(update(Product).values(yearly_margin=None))

        found = ask(world.eve, portfolio).comparison

        assert found.profit == Absent(Reason.NO_VALUE)
        assert found.difference.value == pytest.approx(80 / 800 - 5 / 200)


def _campaign(session, run_id, objective):
    """Let the campaign of a run be for something else."""
    type_id = session.scalars(
        select(CampaignType.id).where(CampaignType.objective == objective)
    ).first()
    design_id = session.get_one(Run, run_id).design_id
    campaign_id = session.get_one(Design, design_id).campaign_id
    session.get_one(Campaign, campaign_id).type_id = type_id
