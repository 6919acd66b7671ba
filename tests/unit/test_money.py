"""What runs cost and earn, and effects in groups: on numbers alone."""

import json
import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.charts.money import money_reading, money_rows
from components.impact.estimates import by_size
from core.impact.breaking import Part, break_down
from core.impact.estimates import Effect, Interval, Moments
from core.impact.measuring import measure
from core.impact.money import Costs, Gain, Terms, costs_of, returned
from core.impact.plain import report_plain
from core.impact.queries.compared import added
from core.impact.report import Arm
from core.impact.rules import Absent, Grade, Reason
from core.impact.tally import Tally

EUR = Terms("EUR")
MINUS = "\N{MINUS SIGN}"


def arm(number, customers, outcomes, *, each=0, gifts=0, **more):
    tally = Tally(
        targeted=customers,
        outcomes=outcomes,
        value=Decimal(each) * outcomes,
        squares=float(each * each * outcomes),
        **more,
    )
    return Arm(number, "treated" if number else "control", None, tally, Decimal(gifts))


class TestCosts:
    """100 customers, 60 of them contacted with 90 tries; 8 said yes and 5 bought."""

    GROUP = Tally(targeted=100, attempted=60, attempts=90, converted=8, won=5)

    @pytest.mark.parametrize(
        ("terms", "gifts", "expected"),
        [
            pytest.param(
                {"contact_cost": Decimal(2), "fixed_cost": Decimal(50)},
                0,
                Costs(Decimal(120), None, Decimal(50)),
                id="as the design says",
            ),
            pytest.param(
                {"hour_cost": Decimal(40), "minutes": Decimal(15)},
                0,
                Costs(Decimal(900), None, None),
                id="by the time of every try",
            ),
            pytest.param(
                {"contact_cost": Decimal(2), "hour_cost": Decimal(40), "minutes": Decimal(15)},
                0,
                Costs(Decimal(120), None, None),
                id="the design goes before the hours",
            ),
            pytest.param(
                {"contact_cost": Decimal(0), "transfer_price": Decimal(7)},
                30,
                Costs(Decimal(0), Decimal(65), None),
                id="gifts and what the product's owner gets",
            ),
            pytest.param({}, 0, Costs(None, None, None), id="nobody said"),
            pytest.param(
                {"hour_cost": Decimal(40)}, 0, Costs(None, None, None), id="no minutes known"
            ),
        ],
    )
    def test_parts(self, terms, gifts, expected):
        found = costs_of(self.GROUP, Terms("EUR", **terms), 100, gifts=Decimal(gifts))

        assert found == expected

    def test_contacts_at_an_unknown_cost_make_no_total(self):
        assert Costs(None, Decimal(5), Decimal(5)).total == Absent(Reason.NO_COST)

    def test_who_was_not_contacted_cost_nothing(self):
        found = costs_of(Tally(targeted=100), EUR, 100)

        assert found.total == 0

    def test_a_group_bears_its_part_of_the_fixed_cost(self):
        terms = Terms("EUR", contact_cost=Decimal(0), fixed_cost=Decimal(400))

        assert costs_of(self.GROUP, terms, 400).fixed == 100
        assert costs_of(self.GROUP, replace(terms, treated=1000), 400).fixed == 40


class TestProfit:
    def test_is_not_given_without_cost_and_the_sentence_says_so(self):
        arms = [arm(0, 2000, 100, each=200), arm(1, 8000, 640, each=200, attempted=8000)]
        [comparison] = measure(arms, EUR).comparisons

        assert comparison.profit == Absent(Reason.NO_COST)
        assert comparison.returned == Absent(Reason.NO_COST)
        assert comparison.value.value == pytest.approx(48_000)
        assert "€48,000" in comparison.sentence
        assert "before cost, since nobody said what a contact costs" in comparison.sentence

    def test_return_is_profit_for_each_unit_spent(self):
        terms = Terms("EUR", contact_cost=Decimal(2))
        arms = [arm(0, 2000, 100, each=200), arm(1, 8000, 640, each=200, attempted=8000)]
        [comparison] = measure(arms, terms).comparisons

        assert comparison.returned.value == pytest.approx((48_000 - 16_000) / 16_000)
        assert comparison.returned.interval.low == pytest.approx(
            comparison.profit.interval.low / 16_000
        )

    def test_return_on_nothing(self):
        profit = Gain(5.0, Interval(1.0, 9.0))

        assert returned(profit, Decimal(0)) == Absent(Reason.NOTHING_SPENT)

    def test_outcomes_worth_less_than_nothing(self):
        arms = [arm(0, 2000, 100, each=200), arm(1, 8000, 640, each=-200)]
        [comparison] = measure(arms, EUR).comparisons

        assert comparison.profit == Absent(Reason.NEGATIVE_VALUE)
        assert comparison.difference.proven

    def test_rounding_is_no_variance(self):
        """Everybody has the same value, whose sums do not come out even."""
        each = 0.1
        moments = Moments(3, each + each + each, each * each + each * each + each * each)

        assert moments.variance == 0


class TestBreakDown:
    ARMS = (arm(0, 1000, 50), arm(1, 9000, 630))

    def rows(self, *parts, report=None):
        report = report or measure(self.ARMS, EUR)
        found = [Part(str(n), f"group {n}", tuple(arms)) for n, arms in enumerate(parts)]
        return break_down(found, report, EUR)

    def test_every_group_against_its_own_held_out(self):
        [big, small] = self.rows(
            [arm(0, 400, 10), arm(1, 4000, 100)], [arm(0, 600, 40), arm(1, 5000, 530)]
        )

        assert (big.label, small.label) == ("group 1", "group 0")
        assert big.difference.value == pytest.approx(530 / 5000 - 40 / 600)
        assert big.conversions.value == pytest.approx(5000 * (530 / 5000 - 40 / 600))
        assert (big.proven, big.says) == (True, "gain")
        assert (small.proven, small.says) == (False, "not proven")

    def test_p_is_holms_over_the_groups_that_can_be_read(self):
        first = [arm(0, 600, 40), arm(1, 5000, 530)]
        second = [arm(0, 400, 10), arm(1, 4000, 100)]
        few = [arm(0, 29, 0), arm(1, 200, 30)]

        rows = {row.label: row for row in self.rows(first, second, few)}

        assert rows["group 0"].p_adjusted == pytest.approx(
            2 * rows["group 0"].comparison.difference.test.p
        )
        assert rows["group 2"].p_adjusted is None
        assert rows["group 2"].difference == Absent(Reason.TOO_FEW)
        assert rows["group 2"].says == "too few"

    def test_one_proven_of_many_looks_is_chance(self):
        lucky = [arm(0, 500, 25), arm(1, 500, 42)]  # p 0.03 by itself
        plain = [arm(0, 500, 25), arm(1, 500, 25)]

        [alone] = self.rows(lucky)
        among = next(row for row in self.rows(lucky, *[plain] * 9) if row.label == "group 0")

        assert alone.proven
        assert not among.proven
        assert among.difference.proven

    @pytest.mark.parametrize(
        ("arms", "reason"),
        [
            pytest.param([arm(1, 100, 5)], Reason.NO_CONTROL, id="nobody held out in the group"),
            pytest.param([arm(0, 100, 5)], Reason.NO_TREATED, id="nobody treated in the group"),
        ],
    )
    def test_a_group_without_an_arm_says_why(self, arms, reason):
        [row] = self.rows(arms)

        assert row.difference == row.conversions == Absent(reason)

    def test_several_treated_arms_count_together(self):
        [row] = self.rows([arm(0, 100, 5), arm(1, 60, 5, gifts=3), arm(2, 40, 6, gifts=4)])

        assert (row.treated.targeted, row.treated.outcomes) == (100, 11)
        assert row.costs.offer == 7

    def test_of_a_refused_run_every_group_is_refused(self):
        report = measure([arm(1, 9000, 630)], EUR)
        [row] = self.rows([arm(1, 100, 5)], report=report)

        assert row.says == "no control group"
        assert row.grade is Grade.RATES_ONLY

    def test_of_a_compromised_run_nothing_is_claimed(self):
        arms = [arm(0, 1000, 50, reached=9), arm(1, 9000, 630)]
        [row] = self.rows([arm(0, 600, 40), arm(1, 5000, 530)], report=measure(arms, EUR))

        assert row.says == "not to be relied on"


class TestAdded:
    def test_one_gain_is_itself(self):
        gain = Gain(5.0, Interval(1.0, 8.0))

        found = added([gain])

        assert (found.value, found.interval.low, found.interval.high) == pytest.approx((5, 1, 8))

    def test_independent_gains_are_surer_together(self):
        found = added([Gain(5.0, Interval(1.0, 8.0))] * 4)

        assert found.value == 20
        assert found.interval.low == pytest.approx(20 - 2 * 4)
        assert found.interval.high == pytest.approx(20 + 2 * 3)

    def test_the_largest_stands_first_and_what_cannot_be_told_last(self):
        untold = Absent(Reason.NO_CONTROL)
        loss, gain = Gain(-3.0, Interval(-5.0, -1.0)), Gain(5.0, Interval(1.0, 8.0))

        assert sorted([untold, loss, gain], key=by_size) == [gain, loss, untold]


@st.composite
def tallies(draw):
    """Any group there can be: nobody reached, all converted, worth less than nothing."""
    n = draw(st.integers(0, 400))
    reached = draw(st.one_of(st.just(0), st.just(n), st.integers(0, n)))
    outcomes = draw(st.one_of(st.just(0), st.just(n), st.integers(0, n)))
    both = draw(st.integers(max(0, reached + outcomes - n), min(reached, outcomes)))
    attempted = draw(st.integers(reached, n))
    each = draw(st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("123.45"), Decimal(-5)]))
    return Tally(
        targeted=n,
        attempted=attempted,
        reached=reached,
        outcomes=outcomes,
        reached_outcomes=both,
        converted=draw(st.integers(0, reached)),
        attempts=attempted * 2,
        value=each * outcomes,
        squares=float(each * each) * outcomes,
    )


terms = st.builds(
    Terms,
    currency=st.just("EUR"),
    contact_cost=st.sampled_from([None, Decimal(0), Decimal("1.50")]),
    fixed_cost=st.sampled_from([None, Decimal(0), Decimal(10_000)]),
    hour_cost=st.sampled_from([None, Decimal(0), Decimal(40)]),
    minutes=st.sampled_from([None, Decimal(15)]),
    transfer_price=st.sampled_from([None, Decimal(9)]),
)


@given(tallies(), st.lists(tallies(), max_size=3), terms)
def test_nothing_is_ever_nan_and_no_sign_is_wrong(control, treated, said):
    arms = [
        Arm(number, f"arm {number}", None, tally)
        for number, tally in enumerate([control, *treated])
    ]
    report = measure(arms, said)

    json.dumps(report_plain(report), allow_nan=False)
    for comparison in report.comparisons:
        _check_numbers(comparison)
        _check_sentence(comparison)
    for row in break_down([Part("a", "a", tuple(arms)), Part("b", "b", ())], report, said):
        _check_numbers(row.comparison)
        if isinstance(row.difference, Effect) and row.proven and row.grade is Grade.RANDOMISED:
            assert row.says == ("gain" if row.difference.value > 0 else "loss")


def _check_numbers(comparison):
    for found in (
        comparison.difference,
        comparison.money,
        comparison.per_reached,
        comparison.conversions,
        comparison.value,
        comparison.profit,
        comparison.returned,
    ):
        if isinstance(found, Absent):
            continue
        low, high = found.interval.low, found.interval.high
        assert all(map(math.isfinite, (found.value, low, high)))
        assert low <= found.value + 1e-9 * abs(found.value)
        assert high >= found.value - 1e-9 * abs(found.value)


def _check_sentence(comparison):
    said, effect = comparison.sentence, comparison.difference
    assert said.endswith(".")
    if "more often" in said:
        assert effect.value > 0
        assert effect.interval.low > 0
    if "less often" in said:
        assert effect.value < 0
        assert effect.interval.high < 0
    if "after cost it earned" in said:
        assert comparison.profit.interval.low > 0
    if "more than it brought" in said:
        assert comparison.profit.interval.high < 0


class TestReading:
    """What is written above the chart of money claims no more than the sentence of the run."""

    def read(self, bought, each, **terms):
        arms = [arm(0, 2000, 100, each=each), arm(1, 8000, bought, each=each, attempted=8000)]
        [comparison] = measure(arms, Terms("EUR", **terms)).comparisons
        return money_reading(comparison), money_rows(comparison)

    def test_a_gain_that_paid(self):
        said, rows = self.read(640, 200, contact_cost=Decimal(2))

        assert said.startswith("The campaign brought **€48,000** (€")
        assert "After €16,000 of cost **€32,000** is left" in said
        assert "which is **+200 %** of the cost" in said
        assert [row.meaning for row in rows] == ["good", "neutral", "neutral", "neutral", "good"]

    def test_a_loss(self):
        said, rows = self.read(200, 200, contact_cost=Decimal(2))

        assert said.startswith("The campaign lost **€40,000**")
        assert rows[-1].meaning == "bad"

    def test_chance(self):
        said, rows = self.read(420, 200, contact_cost=Decimal(2))

        assert said.startswith("No money is proven: **€4,000**")
        assert "so whether it paid is open" in said
        assert rows[0].meaning == "neutral"

    def test_nothing_changed_at_a_high_cost(self):
        """What it brought may be anything up to a few thousand; what it cost is certain."""
        arms = [arm(0, 2000, 100, each=20), arm(1, 8000, 410, each=20, attempted=8000)]
        [comparison] = measure(arms, Terms("EUR", contact_cost=Decimal(5))).comparisons

        assert not comparison.is_proven
        assert comparison.is_profit_proven
        assert comparison.sentence.startswith("No proven effect")
        assert "; whatever it changed, it cost €39,800 more than it brought" in comparison.sentence
        assert "so whether it paid is open" not in money_reading(comparison)
        assert money_rows(comparison)[-1].meaning == "bad"

    def test_no_cost(self):
        said, rows = self.read(640, 200)

        assert "can't be said: **nobody said what a contact costs**" in said
        assert [row.amount is None for row in rows] == [False, True, True, True, True]

    def test_money_is_not_proven_where_conversions_are_not(self):
        """The treated convert hardly more often, for more money each."""
        arms = [arm(0, 2000, 100, each=10), arm(1, 8000, 420, each=900, attempted=8000)]
        [comparison] = measure(arms, Terms("EUR", contact_cost=Decimal(2))).comparisons

        assert comparison.value.interval.low > 0
        assert not comparison.is_proven
        assert money_reading(comparison).startswith("No money is proven")
        assert {row.meaning for row in money_rows(comparison)} == {"neutral"}
