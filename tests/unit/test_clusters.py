"""Effects where managers or branches were drawn. Simulated runs stand in `test_simulations`."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from core.impact.clusters import (
    Clusters,
    Of,
    difference_in_clusters,
    per_reached_in_clusters,
    realised_design_effect,
)
from core.impact.estimates import Effect
from core.impact.rules import Absent, Reason

SIZES = [100] * 6


def arm(outcomes, *, customers=SIZES, reached=None, value=None):
    customers = customers[: len(outcomes)]
    return Clusters.from_arrays(
        customers, reached or [0] * len(outcomes), outcomes, value or [0] * len(outcomes)
    )


TREATED, CONTROL = arm([12, 9, 15, 11, 8, 14]), arm([7, 10, 5, 9])


def test_equal_clusters_are_compared_by_students_t_over_their_rates():
    """The textbook's case: where all are of one size, the summaries of clusters say it all."""
    found = difference_in_clusters(TREATED, CONTROL, Of.OUTCOMES)

    rates = [each / 100 for each in (12, 9, 15, 11, 8, 14)], [0.07, 0.10, 0.05, 0.09]
    expected = ttest_ind(*rates)
    low, high = expected.confidence_interval(0.95)
    assert found.value == pytest.approx(0.115 - 0.0775)
    assert found.test.statistic == pytest.approx(expected.statistic)
    assert found.test.p == pytest.approx(expected.pvalue)
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))


def test_large_clusters_count_for_as_many_customers_as_they_have():
    treated = arm([5, 30, 4, 6], customers=[50, 300, 50, 50])
    control = arm([3, 20, 4, 2], customers=[50, 300, 50, 50])
    found = difference_in_clusters(treated, control, Of.OUTCOMES)
    assert found.value == pytest.approx(45 / 450 - 29 / 450)


def test_money_is_compared_per_customer():
    rows = ([120.0, 90.0, 150.0, 110.0], [70.0, 100.0, 50.0, 90.0])
    arms = [arm([1] * 4, value=value) for value in rows]
    found = difference_in_clusters(*arms, Of.VALUE)
    expected = ttest_ind(*([each / 100 for each in row] for row in rows))
    assert found.value == pytest.approx(0.4)
    assert found.test.p == pytest.approx(expected.pvalue)


def test_per_reached_divides_by_the_gain_in_reach():
    treated = arm([12, 9, 15, 11, 8, 14], reached=[40, 38, 44, 41, 36, 43])
    found = per_reached_in_clusters(treated, CONTROL)
    overall = difference_in_clusters(treated, CONTROL, Of.OUTCOMES)
    assert found.value == pytest.approx(overall.value / (242 / 600))
    assert found.interval.low < found.value < found.interval.high
    assert found.proven is overall.proven


def test_the_design_effect_is_what_the_variance_grew_by():
    found = realised_design_effect(TREATED, CONTROL)
    effect = difference_in_clusters(TREATED, CONTROL, Of.OUTCOMES)
    error = effect.value / effect.test.statistic
    alone = sqrt(0.115 * 0.885 / 600 + 0.0775 * 0.9225 / 400)
    assert found == pytest.approx((error / alone) ** 2)


@pytest.mark.parametrize(
    ("treated", "control", "reason"),
    [
        (arm([1, 2, 3]), CONTROL, Reason.FEW_CLUSTERS),
        (TREATED, arm([1, 2, 3]), Reason.FEW_CLUSTERS),
        (TREATED, arm([]), Reason.NO_CONTROL),
        (arm([]), CONTROL, Reason.NO_TREATED),
        (arm([0] * 4), arm([0] * 4), Reason.NOBODY_CONVERTED),
        (arm([100] * 4), arm([100] * 4), Reason.ALL_CONVERTED),
        (arm([7] * 4), arm([5] * 4), Reason.ALIKE),
    ],
)
def test_what_can_not_be_said_has_a_reason(treated, control, reason):
    assert difference_in_clusters(treated, control, Of.OUTCOMES) == Absent(reason)
    assert realised_design_effect(treated, control) == Absent(reason)


@pytest.mark.parametrize(
    ("reached", "reason"),
    [([0] * 6, Reason.NOBODY_REACHED), ([0, 0, 0, 0, 0, 1], Reason.NOT_ESTIMABLE)],
)
def test_per_reached_needs_a_gain_in_reach(reached, reason):
    treated = arm([12, 9, 15, 11, 8, 14], reached=reached)
    assert per_reached_in_clusters(treated, CONTROL) == Absent(reason)
    few = arm([1, 2], reached=[1, 1])
    assert per_reached_in_clusters(few, CONTROL) == Absent(Reason.FEW_CLUSTERS)


ARMS = st.lists(
    st.tuples(st.integers(1, 500), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1e6)),
    min_size=4,
    max_size=30,
)


def built(rows):
    customers = [n for n, *_ in rows]
    return Clusters.from_arrays(
        customers,
        [int(n * reach) for n, reach, *_ in rows],
        [int(n * rate) for n, _, rate, _ in rows],
        [value for *_, value in rows],
    )


@given(ARMS, ARMS)
def test_whatever_comes_there_is_a_number_with_its_sign_or_a_reason(one, other):
    treated, control = built(one), built(other)
    for of in (Of.OUTCOMES, Of.REACHED, Of.VALUE):
        found = difference_in_clusters(treated, control, of)
        if isinstance(found, Absent):
            continue
        turned = difference_in_clusters(control, treated, of)
        assert np.isfinite([found.value, found.interval.low, found.interval.high]).all()
        assert found.interval.low <= found.value <= found.interval.high
        assert turned.value == pytest.approx(-found.value)
        assert found.proven is (found.test.p < 0.05) or found.test.p == pytest.approx(0.05)
    per_reached = per_reached_in_clusters(treated, control)
    if isinstance(per_reached, Effect):
        assert per_reached.interval.low <= per_reached.interval.high
    inflation = realised_design_effect(treated, control)
    assert isinstance(inflation, Absent) or inflation > 0


@given(ARMS, ARMS)
def test_clusters_add_up(one, other):
    both = built(one) + built(other)
    at_once = built(one + other)
    assert both.count == at_once.count
    assert both.sums == pytest.approx(at_once.sums)
    assert both.products == pytest.approx(at_once.products)
