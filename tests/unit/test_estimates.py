"""Figures published elsewhere, simulations with a known truth, and cases without an answer."""

import csv
import json
from itertools import pairwise
from math import isfinite

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, ttest_ind_from_stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

from core.impact.clusters import Clusters, Of, difference_in_clusters
from core.impact.estimates import (
    Effect,
    Moments,
    Reach,
    difference_of_means,
    difference_of_rates,
    effect_per_reached,
    holm,
    is_too_few,
    rate_interval,
    sample_ratio,
)
from core.impact.planning import (
    customers_needed,
    design_effect,
    power_of,
    smallest_detectable_gain,
)
from core.impact.rules import Absent, Reason
from core.measures import Rate
from core.refusals import Invalid

RUNS = 1000


def newcombe(*, treated, control):
    effect = difference_of_rates(Rate(*treated), Rate(*control))
    return effect.interval.low, effect.interval.high


def welch(*samples):
    """Make moments of (mean, standard deviation, n), as results are usually published."""
    return [Moments(n, mean * n, sd * sd * (n - 1) + mean * mean * n) for mean, sd, n in samples]


def in_clusters(outcomes, size=100):
    """Make clusters of a hundred customers each who have so many outcomes."""
    none = [0] * len(outcomes)
    return Clusters.from_arrays([size] * len(outcomes), none, outcomes, none)


class TestGoldenFigures:
    @pytest.mark.parametrize(
        ("treated", "control", "low", "high"),
        [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090)],
    )
    def test_newcombe(self, treated, control, low, high):
        assert newcombe(treated=treated, control=control) == pytest.approx((low, high), abs=5e-5)

    def test_ninety_extra_sales_may_be_nothing(self):
        effect = difference_of_rates(Rate(540, 9000), Rate(50, 1000))

        assert effect.value == pytest.approx(0.01)
        assert effect.interval.low == pytest.approx(-0.0060, abs=5e-5)
        assert effect.interval.high == pytest.approx(0.0229, abs=5e-5)
        assert not effect.proven

    def test_customers_needed(self):
        assert customers_needed(0.05, 0.01).whole == (8158, 8158)
        assert customers_needed(0.05, 0.01, ratio=9).whole == (4651, 41855)
        assert customers_needed(0.5, 0.25, power=0.9).control == pytest.approx(76.70692, abs=1e-4)

    @pytest.mark.parametrize(("baseline", "gain"), [(0.02, 0.0160), (0.05, 0.0230), (0.10, 0.0303)])
    def test_smallest_detectable_gain(self, baseline, gain):
        found = smallest_detectable_gain(baseline, control=1000, treated=9000)

        assert found == pytest.approx(gain, abs=5e-5)
        assert power_of(baseline, found, control=1000, treated=9000) == pytest.approx(0.8)

    def test_welch(self):
        effect = difference_of_means(*reversed(welch((0.41, 3.9, 3407), (0.70, 6.2, 3461))))

        assert effect.value == pytest.approx(0.29)
        assert (effect.interval.low, effect.interval.high) == pytest.approx(
            (0.04538, 0.53462), abs=5e-6
        )
        assert effect.test.p == pytest.approx(0.02016, abs=5e-6)


@pytest.mark.reference
class TestPublished:
    def cases(self, reference, name):
        with (reference / "reference" / name).open() as lines:
            return list(csv.DictReader(lines))

    def test_cases(self, reference):
        known = {
            "newcombe_1": self.newcombe,
            "newcombe_2": self.newcombe,
            "fagerland_newcombe": self.newcombe,
            "r_power_n": lambda p1, p2: customers_needed(p2, p1 - p2, power=0.9).control,
            "r_power_back": lambda p1, p2, n: power_of(p1, p2 - p1, control=n, treated=n),
            "stata_power": lambda p1, p2, n: power_of(p1, p2 - p1, control=n, treated=n),
            "stata_power_ratio2": lambda p1, p2, n, ratio: power_of(
                p1, p2 - p1, control=n, treated=n * ratio
            ),
            "growthbook_ttest": self.welch,
        }
        seen = set()
        for case in self.cases(reference, "reference_published_cases.csv"):
            if compute := known.get(case["case_id"]):
                published = json.loads(case["published"])
                found = np.atleast_1d(compute(*json.loads(case["inputs"])))
                assert found == pytest.approx(published, abs=float(case["tolerance"])), case
                seen.add(case["case_id"])
        assert seen == set(known)

    def newcombe(self, x1, n1, x2, n2):
        return newcombe(treated=(x1, n1), control=(x2, n2))

    def welch(self, control, treated):
        effect = difference_of_means(*welch(treated, control))
        return effect.value, effect.interval.low, effect.interval.high, effect.test.p

    def test_sample_sizes(self, reference):
        rows = self.cases(reference, "reference_sample_size_table.csv")
        assert len(rows) == 40
        for row in rows:
            needed = customers_needed(
                float(row["baseline"]), float(row["absolute_mde"]), power=float(row["power"])
            )
            assert needed.whole[0] == int(row["n_per_arm_r_power_prop_test"]), row

    def test_wilson_of_every_published_rate(self, reference):
        for row in self.cases(reference, "reference_bank_full_rates.csv"):
            interval = rate_interval(Rate(int(row["yes"]), int(row["n"])))
            published = float(row["wilson_lo"]), float(row["wilson_hi"])
            assert (interval.low, interval.high) == pytest.approx(published, abs=1e-8), row


class TestSimulation:
    """Both arms drawn anew a thousand times; the truth is known because we chose it."""

    def test_zero_effect_wins_as_often_as_it_may(self):
        chance = np.random.default_rng(20)
        treated = chance.binomial(4000, 0.06, RUNS)
        control = chance.binomial(1000, 0.06, RUNS)

        wins = sum(
            difference_of_rates(Rate(int(t), 4000), Rate(int(c), 1000)).proven
            for t, c in zip(treated, control, strict=True)
        )

        assert 0.035 <= wins / RUNS <= 0.065

    def test_known_effect_at_forty_per_cent_reach_is_covered(self):
        """Reached customers buy 10 points more often; those not reached as without a campaign.

        Who can be reached differs from who cannot: they buy more often anyway (9 % v 4 %).
        """
        chance = np.random.default_rng(11)
        n, m, reach, gain = 4000, 2000, 0.40, 0.10
        reached = chance.binomial(n, reach, RUNS)
        both = chance.binomial(reached, 0.09 + gain)
        others = chance.binomial(n - reached, 0.04)
        reachable = chance.binomial(m, reach, RUNS)
        control = chance.binomial(reachable, 0.09) + chance.binomial(m - reachable, 0.04)

        assigned = covered = 0
        for r, b, o, c in zip(
            *map(np.ndarray.tolist, (reached, both, others, control)), strict=True
        ):
            per_assigned = difference_of_rates(Rate(b + o, n), Rate(c, m))
            per_reached = effect_per_reached(Reach(n, r, b + o, b), Reach(m, 0, c, 0))
            assigned += per_assigned.interval.holds(gain * reach)
            covered += per_reached.interval.holds(gain)

        assert 0.93 <= assigned / RUNS <= 0.97
        assert 0.93 <= covered / RUNS <= 0.97

    @pytest.mark.parametrize("gain", [0.0, 0.05])
    def test_branches_that_were_drawn_whole(self, gain):
        """Forty branches treated and ten held out, customers of a branch alike by 0.1."""
        chance = np.random.default_rng(16)
        treated, control, size, rate, alike = 40, 10, 100, 0.2, 0.1
        a, b = rate * (1 / alike - 1), (1 - rate) * (1 / alike - 1)
        rates = chance.beta(a, b, (RUNS, treated + control))
        rates[:, :treated] += gain * (1 - rates[:, :treated]) / (1 - rate)
        bought = chance.binomial(size, rates)

        naive = ours = 0
        for run in bought.tolist():
            there, here = run[:treated], run[treated:]
            alone = difference_of_rates(
                Rate(sum(there), size * treated), Rate(sum(here), size * control)
            )
            together = difference_in_clusters(in_clusters(there), in_clusters(here), Of.OUTCOMES)
            naive += not alone.interval.holds(gain)
            ours += not together.interval.holds(gain)

        assert naive / RUNS > 0.3
        assert 0.035 <= ours / RUNS <= 0.065

    def test_welch_covers_a_skewed_amount(self):
        chance = np.random.default_rng(5)
        treated = chance.gamma(0.5, 200, (RUNS, 900)) + 20
        control = chance.gamma(0.5, 200, (RUNS, 400))

        covered = 0
        for t, c in zip(treated, control, strict=True):
            effect = difference_of_means(
                Moments(len(t), float(t.sum()), float((t**2).sum())),
                Moments(len(c), float(c.sum()), float((c**2).sum())),
            )
            covered += effect.interval.holds(20)

        assert 0.93 <= covered / RUNS <= 0.97


class TestNoAnswer:
    """Each case has a reason of its own; nothing here is NaN, zero or a warning."""

    def test_arms_that_are_empty(self):
        some, none = Rate(3, 10), Rate(0, 0)

        assert difference_of_rates(some, none) == Absent(Reason.NO_CONTROL)
        assert difference_of_rates(none, some) == Absent(Reason.NO_TREATED)
        assert difference_of_means(Moments(3, 9, 30), Moments(0, 0, 0)) == Absent(Reason.NO_CONTROL)
        assert rate_interval(none) == Absent(Reason.NOBODY)
        assert sample_ratio([0, 0], [9, 1]) == Absent(Reason.NOBODY)

    @pytest.mark.parametrize(
        ("converted", "reason"), [(0, Reason.NOBODY_CONVERTED), (1, Reason.ALL_CONVERTED)]
    )
    def test_arms_that_behave_alike_have_an_interval_but_no_test(self, converted, reason):
        effect = difference_of_rates(Rate(40 * converted, 40), Rate(50 * converted, 50))

        assert effect.value == 0
        assert effect.interval.holds(0)
        assert effect.test == Absent(reason)

    def test_values_that_do_not_vary(self):
        same = Moments(5, 50.0, 500.0)

        assert difference_of_means(same, same) == Absent(Reason.SAME_VALUE)
        assert difference_of_means(Moments(1, 5.0, 25.0), same) == Absent(Reason.ONE_CUSTOMER)

    def test_effect_per_reached(self):
        control = Reach(100, 0, 5, 0)

        assert effect_per_reached(Reach(100, 0, 9, 0), control) == Absent(Reason.NOBODY_REACHED)
        assert effect_per_reached(Reach(100, 2, 9, 1), control) == Absent(Reason.NOT_ESTIMABLE)
        assert effect_per_reached(Reach(100, 50, 9, 5), Reach(0, 0, 0, 0)) == Absent(
            Reason.NO_CONTROL
        )
        assert isinstance(effect_per_reached(Reach(100, 50, 9, 5), control), Effect)

    def test_arms_without_a_plan(self):
        assert sample_ratio([90, 10], [0, 0]) == Absent(Reason.NO_PLAN)
        assert sample_ratio([90], [1]) == Absent(Reason.NO_PLAN)

    def test_a_gain_that_no_arm_shows(self):
        assert smallest_detectable_gain(0.9, control=3, treated=3) is None

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda: customers_needed(0.99, 0.02),
            lambda: customers_needed(0.05, 0),
            lambda: customers_needed(0.05, 0.01, power=1),
            lambda: customers_needed(0.05, 0.01, ratio=0),
            lambda: smallest_detectable_gain(1, control=10, treated=10),
            lambda: smallest_detectable_gain(0.1, control=0, treated=10),
            lambda: design_effect(0.5, 0.1),
            lambda: design_effect(20, 1.1),
        ],
    )
    def test_questions_that_make_no_sense(self, wrong):
        with pytest.raises(Invalid):
            wrong()


class TestSampleRatio:
    def test_arms_as_planned(self):
        found = sample_ratio([9020, 980], [0.9, 0.1])

        assert not found.alarm
        assert found.p == pytest.approx(0.50499, abs=1e-5)

    def test_arms_that_lost_customers(self):
        assert sample_ratio([8600, 1000], [9000, 1000]).alarm is False
        assert sample_ratio([8400, 1100], [9000, 1000]).alarm is True


class TestSeveralAtOnce:
    def test_holm(self):
        assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
        assert holm([]) == ()

    @pytest.mark.parametrize("p_values", [[0.2], [0.5, 0.5, 0.001, 0.9], [0, 1, 0.02, 0.02, 0.3]])
    def test_holm_as_the_library_has_it(self, p_values):
        assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])

    def test_design_effect(self):
        assert design_effect(20, 0.05) == pytest.approx(1.95)
        assert design_effect(1, 1) == 1

    def test_thirty_are_enough(self):
        assert is_too_few(29, 500)
        assert not is_too_few(30, 30)


arms = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


class TestProperties:
    @given(arms, arms)
    def test_swapping_the_arms_turns_the_sign(self, first, second):
        there = difference_of_rates(Rate(*first), Rate(*second))
        back = difference_of_rates(Rate(*second), Rate(*first))

        assert there.value == pytest.approx(-back.value)
        assert there.interval.low == pytest.approx(-back.interval.high)
        assert there.interval.low - 1e-12 <= there.value <= there.interval.high + 1e-12

    @given(arms, arms, st.integers(1, 400), st.integers(0, 400))
    def test_everything_is_finite_or_has_a_reason(self, first, second, reached, both):
        (x1, n1), (x2, n2) = first, second
        reached = min(reached, n1)
        both = max(min(both, reached, x1), reached + x1 - n1)
        effect = effect_per_reached(Reach(n1, reached, x1, both), Reach(n2, 0, x2, 0))

        if isinstance(effect, Absent):
            assert effect.reason in {Reason.NOT_ESTIMABLE, Reason.NOBODY_REACHED}
        else:
            assert all(map(isfinite, (effect.value, effect.interval.low, effect.interval.high)))
            assert effect.interval.holds(effect.value)

    @given(arms, arms)
    def test_rates_say_what_the_library_says(self, treated, control):
        there, here = (rate_interval(Rate(*arm)) for arm in (treated, control))
        for arm, found in ((treated, there), (control, here)):
            assert (found.low, found.high) == pytest.approx(
                proportion_confint(*arm, method="wilson"), abs=1e-9
            )
        effect = difference_of_rates(Rate(*treated), Rate(*control))
        low, high = confint_proportions_2indep(*treated, *control, "newcomb", "diff")
        assert (effect.interval.low, effect.interval.high) == pytest.approx((low, high), abs=1e-9)
        if not isinstance(effect.test, Absent):
            counts, sizes = zip(treated, control, strict=True)
            z, p = proportions_ztest(counts, sizes)
            assert (effect.test.statistic, effect.test.p) == pytest.approx((z, p), abs=1e-9)

    @given(*[st.tuples(st.integers(2, 900), st.floats(-99, 99), st.floats(0.1, 50))] * 2)
    def test_means_say_what_the_library_says(self, one, other):
        treated, control = welch(*((mean, sd, n) for n, mean, sd in (one, other)))
        effect = difference_of_means(treated, control)

        found = ttest_ind_from_stats(
            *(part for n, mean, sd in (one, other) for part in (mean, sd, n)), equal_var=False
        )
        assert effect.test.p == pytest.approx(found.pvalue, rel=1e-4, abs=1e-9)
        assert effect.test.statistic == pytest.approx(found.statistic, rel=1e-4, abs=1e-6)

    @given(st.lists(st.integers(1, 5_000), min_size=2, max_size=5), st.data())
    def test_sizes_say_what_the_library_says(self, counts, data):
        shares = data.draw(st.lists(st.integers(1, 99), min_size=len(counts), max_size=len(counts)))
        found = sample_ratio(counts, shares)

        expected = [sum(counts) * share / sum(shares) for share in shares]
        assert (found.chi_square, found.p) == pytest.approx(tuple(chisquare(counts, expected)))

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
    def test_holm_keeps_the_order_and_never_flatters(self, p_values):
        adjusted = holm(p_values)

        assert all(after >= before for after, before in zip(adjusted, p_values, strict=True))
        ranked = [after for _, after in sorted(zip(p_values, adjusted, strict=True))]
        assert all(first <= second for first, second in pairwise(ranked))
