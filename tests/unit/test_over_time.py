"""Intervals that may be looked at every day: simulated looks, and cases without an answer."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.impact.estimates import difference_of_rates
from core.impact.over_time import always_valid, proven_since, standings
from core.impact.rules import Absent, Reason
from core.measures import Rate

RUNS, DAYS = 1000, 60
FIRST = date(2026, 3, 2)


def days(*new):
    return [(FIRST + timedelta(days=n), *each) for n, each in enumerate(new)]


def looks(chance, customers, share):
    """Return how many have converted at each of sixty looks in each of a thousand runs."""
    a_day = np.full(DAYS, share / DAYS)
    new = chance.multinomial(customers, np.append(a_day, 1 - share), size=RUNS)[:, :-1]
    return new.cumsum(axis=1).tolist()


def ever_wrong(interval, treated, control, sizes, truth):
    """Count the runs in which some look's interval leaves the truth of that look out."""
    n, m = sizes
    wrong = 0
    for there, here in zip(treated, control, strict=True):
        wrong += any(
            not interval(Rate(t, n), Rate(c, m)).holds(truth * (look + 1) / DAYS)
            for look, (t, c) in enumerate(zip(there, here, strict=True))
        )
    return wrong / RUNS


def daily(treated, control):
    return always_valid(treated, control, planned=0.05)


class TestLookingEveryDay:
    @pytest.mark.parametrize(("n", "m", "share"), [(9000, 1000, 0.05), (900, 100, 0.05)])
    def test_zero_effect_hardly_ever_wins_at_any_look(self, n, m, share):
        chance = np.random.default_rng(4)
        treated, control = looks(chance, n, share), looks(chance, m, share)

        assert ever_wrong(daily, treated, control, (n, m), 0.0) <= 0.05

    def test_an_interval_for_one_look_wins_far_too_often(self):
        chance = np.random.default_rng(4)
        treated, control = looks(chance, 9000, 0.05)[:60], looks(chance, 1000, 0.05)[:60]

        def once(there, here):
            return difference_of_rates(there, here).interval

        assert ever_wrong(once, treated, control, (9000, 1000), 0.0) * RUNS / 60 > 0.10

    @pytest.mark.parametrize(
        ("n", "m", "shares"),
        [(9000, 1000, (0.08, 0.05)), (4000, 1000, (0.9, 0.7)), (500, 500, (0.6, 0.5))],
    )
    def test_a_known_effect_is_held_at_all_looks_together(self, n, m, shares):
        chance = np.random.default_rng(6)
        treated, control = looks(chance, n, shares[0]), looks(chance, m, shares[1])

        wrong = ever_wrong(daily, treated, control, (n, m), shares[0] - shares[1])

        assert wrong <= 0.05

    def test_a_large_effect_is_found_all_the_same(self):
        chance = np.random.default_rng(8)
        treated, control = looks(chance, 9000, 0.10), looks(chance, 1000, 0.05)

        found = sum(
            daily(Rate(there[-1], 9000), Rate(here[-1], 1000)).low > 0
            for there, here in zip(treated, control, strict=True)
        )

        assert found / RUNS > 0.9


class TestInterval:
    @given(
        n=st.integers(1, 5000),
        m=st.integers(1, 5000),
        converted=st.tuples(st.floats(0, 1), st.floats(0, 1)),
        planned=st.floats(0, 1),
    )
    def test_it_holds_its_estimate_and_is_wider_than_that_of_one_look(
        self, n, m, converted, planned
    ):
        there, here = Rate(int(converted[0] * n), n), Rate(int(converted[1] * m), m)
        value = there.value - here.value

        span = always_valid(there, here, planned=planned)

        if there.numerator == n and here.numerator == m:
            assert span == Absent(Reason.ALL_CONVERTED)
        else:
            assert -1 <= span.low <= value <= span.high <= 1

    def test_it_is_wider_for_clusters(self):
        arms = Rate(540, 9000), Rate(50, 1000)

        alone, drawn = (always_valid(*arms, planned=0.05, inflation=k) for k in (1.0, 3.0))

        assert drawn.low < alone.low < alone.high < drawn.high

    @pytest.mark.parametrize(
        ("arms", "reason"),
        [
            ((Rate(3, 10), Rate(0, 0)), Reason.NO_CONTROL),
            ((Rate(0, 0), Rate(3, 10)), Reason.NO_TREATED),
            ((Rate(10, 10), Rate(10, 10)), Reason.ALL_CONVERTED),
        ],
    )
    def test_arms_without_an_answer(self, arms, reason):
        assert always_valid(*arms, planned=0.05) == Absent(reason)


class TestStandings:
    def test_days_add_up(self):
        found = standings(days((30, 1), (0, 0), (20, 2)), treated=1000, control=100, planned=None)

        assert [each.treated for each in found] == [
            Rate(30, 1000),
            Rate(30, 1000),
            Rate(50, 1000),
        ]
        assert found[-1].control == Rate(3, 100)
        assert found[-1].effect == pytest.approx(0.02)

    def test_nothing_is_left_to_compare_once_everybody_has_converted(self):
        found = standings(days((5, 5), (5, 5), (0, 0)), treated=10, control=10, planned=0.5)

        assert [each.day for each in found] == [FIRST]

    def test_proven_since_the_first_of_the_days_that_agree(self):
        few, many = (1, 1), (200, 5)
        found = standings(days(few, many, many), treated=2000, control=1000, planned=0.1)

        assert [each.proven for each in found] == [False, True, True]
        assert proven_since(found) == FIRST + timedelta(days=1)
        assert proven_since(found[:1]) is None
        assert proven_since([]) is None
