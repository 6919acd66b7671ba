"""What is said of numbers: evidence, refusals, sentences and verdicts."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.campaigns.rules import Metric
from core.impact.estimates import Effect, SampleRatio
from core.impact.measuring import measure
from core.impact.metrics import METRICS, STEPS
from core.impact.money import Terms
from core.impact.plain import report_plain, tally_plain
from core.impact.report import Arm
from core.impact.rules import Absent, Grade, Reason, Step, Verdict, verdict
from core.impact.tally import Tally
from core.measures import Rate

EUR = Terms("EUR")


def arm(number, customers, outcomes, *, reached=0, share=None, each=0, name="", **more):
    name = name or ("control" if number == 0 else "treated")
    tally = Tally(
        targeted=customers,
        reached=reached,
        outcomes=outcomes,
        value=Decimal(each) * outcomes,
        squares=float(each * each * outcomes),
        **more,
    )
    return Arm(number, name, share, tally)


class TestRefusals:
    def test_without_a_control_group(self):
        report = measure([arm(1, 45211, 5289)], EUR)

        assert report.refused is Reason.NO_CONTROL
        assert report.grade is Grade.RATES_ONLY
        assert report.sentence == "No impact can be given: no control group."
        assert report_plain(report) == {"refused": "no control group"}

    def test_with_an_empty_control_group(self):
        assert measure([arm(0, 0, 0), arm(1, 90, 3)], EUR).refused is Reason.NO_CONTROL

    def test_with_nobody_treated(self):
        assert measure([arm(0, 90, 3)], EUR).refused is Reason.NO_TREATED

    def test_before_the_outcome_was_looked_for(self):
        arms = [arm(0, 100, 0), arm(1, 900, 0)]

        assert measure(arms, EUR, is_observed=False).refused is Reason.NO_OUTCOME
        assert measure(arms, EUR).refused is None


class TestComparison:
    def test_ninety_extra_sales_that_may_be_chance(self):
        [comparison] = measure([arm(0, 1000, 50), arm(1, 9000, 540)], EUR).comparisons

        assert comparison.conversions.value == pytest.approx(90)
        assert comparison.conversions.interval.low == pytest.approx(-54, abs=0.5)
        assert comparison.sentence == (
            "No proven effect: the difference of +1.0 percentage points may be chance; "
            "it lies between \N{MINUS SIGN}0.6 and +2.3."
        )

    def test_a_proven_gain_with_its_money(self):
        arms = [arm(0, 2000, 100, each=200), arm(1, 8000, 640, each=200, attempted=10_000)]
        terms = Terms("EUR", contact_cost=Decimal("1.50"), fixed_cost=Decimal(3000))
        [comparison] = measure(arms, terms).comparisons

        assert comparison.cost == Decimal("18000.00")
        assert comparison.conversions.value == pytest.approx(240)
        assert comparison.profit.value == pytest.approx(240 * 200 - 18_000)
        assert comparison.profit.interval.low == pytest.approx(
            comparison.money.interval.low * 8000 - 18_000
        )
        assert comparison.sentence.startswith(
            "Treated customers converted more often, by +3.0 percentage points (+1.8 to +4.1): "
            "about 240 conversions"
        )
        assert "after cost it earned €30,000" in comparison.sentence

    def test_a_proven_loss(self):
        [comparison] = measure([arm(0, 2000, 200), arm(1, 8000, 400)], EUR).comparisons

        assert "converted less often, by \N{MINUS SIGN}5.0 percentage points" in comparison.sentence
        assert "were lost" in comparison.sentence
        assert comparison.profit == Absent(Reason.NO_VALUE)

    def test_money_that_may_not_pay(self):
        arms = [arm(0, 2000, 100, each=50), arm(1, 8000, 640, each=50, attempted=8000)]
        [comparison] = measure(arms, Terms("EUR", contact_cost=Decimal("1.50"))).comparisons

        assert "whether it paid is open" in comparison.sentence

    def test_effect_per_reached_customer(self):
        arms = [
            arm(0, 5000, 250),
            arm(1, 5000, 400, reached=2000, reached_outcomes=250),
        ]
        [comparison] = measure(arms, EUR).comparisons

        assert comparison.per_reached.value == pytest.approx(0.03 / 0.4)

    def test_too_few_says_so_and_keeps_the_figures(self):
        [comparison] = measure([arm(0, 29, 1), arm(1, 500, 40)], EUR).comparisons

        assert comparison.is_too_few
        assert isinstance(comparison.difference, Effect)
        assert comparison.sentence == (
            "Too few customers to tell: 29 in the smaller arm, and 30 are needed."
        )

    def test_several_arms_share_the_fixed_cost_and_the_risk_of_chance(self):
        arms = [
            arm(0, 1000, 50),
            arm(1, 1000, 75, name="call"),
            arm(2, 3000, 200, name="letter"),
        ]
        call, letter = measure(arms, Terms("EUR", fixed_cost=Decimal(400))).comparisons

        assert (call.cost, letter.cost) == (Decimal(100), Decimal(300))
        assert call.sentence.startswith("call: ")
        assert call.p_adjusted == pytest.approx(2 * call.difference.test.p)
        assert letter.p_adjusted >= letter.difference.test.p

    def test_nobody_converted(self):
        [comparison] = measure([arm(0, 100, 0), arm(1, 900, 0)], EUR).comparisons

        assert comparison.difference.test == Absent(Reason.NOBODY_CONVERTED)
        assert comparison.p_adjusted is None
        assert "No proven effect" in comparison.sentence


class TestEvidence:
    def test_arms_as_planned(self):
        report = measure([arm(0, 100, 5, share=1000), arm(1, 900, 60, share=9000)], EUR)

        assert report.grade is Grade.RANDOMISED
        assert isinstance(report.ratio, SampleRatio)
        assert not report.ratio.alarm

    def test_customers_that_went_missing(self):
        report = measure([arm(0, 500, 5, share=1000), arm(1, 3000, 60, share=9000)], EUR)

        assert report.grade is Grade.COMPROMISED
        assert "planned sizes" in report.why
        assert report.sentence.startswith("Not to be relied on")

    def test_a_control_group_that_was_reached(self):
        report = measure([arm(0, 100, 5, reached=3), arm(1, 900, 60, reached=400)], EUR)

        assert report.grade is Grade.COMPROMISED
        assert report.why == "3 of 100 held out customers were reached all the same."

    def test_arms_without_a_plan_can_t_be_checked(self):
        report = measure([arm(0, 100, 5), arm(1, 900, 60)], EUR)

        assert report.ratio == Absent(Reason.NO_PLAN)
        assert "could not be checked" in report.why


class TestVerdict:
    @pytest.mark.parametrize(
        ("rate", "goal", "highest", "expected"),
        [
            pytest.param((1, 5), 0.2, 0.62, Verdict.MET, id="exactly the goal"),
            pytest.param((2, 5), 0.2, 0.77, Verdict.MET, id="above it"),
            pytest.param((3, 100), 0.1, 0.085, Verdict.MISSED, id="provably below"),
            pytest.param((1, 10), 0.2, 0.40, Verdict.OPEN, id="below, perhaps by chance"),
            pytest.param((0, 0), 0.2, None, Verdict.OPEN, id="nobody to judge by"),
            pytest.param((1, 5), None, 0.62, Verdict.OPEN, id="no goal"),
        ],
    )
    def test_verdict(self, rate, goal, highest, expected):
        assert verdict(Rate(*rate), goal, highest=highest) is expected

    @given(st.integers(1, 500), st.data())
    def test_the_goal_that_was_reached_is_met(self, customers, data):
        won = data.draw(st.integers(0, customers))

        assert verdict(Rate(won, customers), won / customers, highest=1.0) is Verdict.MET


class TestDeclared:
    def test_every_step_and_metric_is_declared(self):
        assert set(STEPS) == set(Step)
        assert set(METRICS) == set(Metric)
        assert METRICS[Metric.CONVERSION].explained == (
            "Share of the confirmed who bought. won ÷ confirmed."
        )

    def test_tallies_add_up(self):
        whole = Tally(targeted=3, won=1, value=Decimal("1.50")) + Tally(targeted=4, won=2)

        assert (whole.targeted, whole.won, whole.value) == (7, 3, Decimal("1.50"))
        assert tally_plain(whole)["rates"]["conversion"] is None


sizes = st.integers(0, 300).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n))
)


@given(sizes, sizes, st.sampled_from([0, 40]))
def test_a_report_never_holds_a_number_that_is_none(control, treated, each):
    arms = [
        arm(
            number, n, outcomes, each=each, reached=reached, reached_outcomes=min(reached, outcomes)
        )
        for number, (n, outcomes, reached) in enumerate((control, treated))
    ]

    assert json.dumps(report_plain(measure(arms, EUR)), allow_nan=False)
