"""What finished campaigns added, run by run against those held out beside them."""

from dataclasses import replace

import pytest

from core.campaigns.rules import Metric
from core.coverage.past import Past, PastArm, together
from core.impact.estimates import difference_of_rates
from core.impact.tally import Tally
from core.measures import Rate

TREATED = PastArm(
    is_control=False,
    share=8000,
    compares=True,
    tally=Tally(targeted=800, confirmed=700, won=70, outcomes=160),
)
CONTROL = PastArm(
    is_control=True, share=2000, compares=True, tally=Tally(targeted=200, outcomes=20)
)


def of(arm, **changes):
    return replace(arm, tally=replace(arm.tally, **changes))


def test_what_was_added_is_what_those_held_out_lack():
    found = together([(CONTROL, TREATED)], Metric.CONVERSION)

    assert found.rate == Rate(70, 700)
    assert found.added.value == pytest.approx(0.1)
    alone = difference_of_rates(Rate(160, 800), Rate(20, 200))
    assert found.added.interval.low == pytest.approx(alone.interval.low)
    assert found.added.interval.high == pytest.approx(alone.interval.high)
    assert (found.added.treated, found.added.held_out) == (800, 200)


def test_each_run_is_compared_with_its_own_control_group():
    """Customers who buy anyway, in a run that holds out many, must not hide what was added."""
    keen = [of(CONTROL, targeted=900, outcomes=810), of(TREATED, targeted=100, outcomes=95)]
    keen = [replace(arm, share=None) for arm in keen]
    found = together([keen, (CONTROL, TREATED)], Metric.CONVERSION)

    assert found.rate == Rate(140, 1400)
    assert found.added.value == pytest.approx((100 * 0.05 + 800 * 0.1) / 900)
    assert found.added.interval.low < found.added.value
    assert found.added.proven


def test_several_treated_arms_are_one():
    half = of(TREATED, targeted=400, outcomes=80)
    other = of(TREATED, targeted=400, outcomes=60)
    arms = [CONTROL, replace(half, share=4000), replace(other, share=4000)]
    assert together([arms], Metric.CONVERSION).added.value == pytest.approx(0.075)


@pytest.mark.parametrize(
    "arms",
    [
        (TREATED,),
        (of(CONTROL, targeted=0, outcomes=0), TREATED),
        (of(CONTROL, targeted=29), TREATED),
        (CONTROL, of(TREATED, targeted=29, outcomes=9)),
        (of(CONTROL, reached=1), TREATED),
        (replace(CONTROL, compares=False), replace(TREATED, compares=False)),
        (replace(CONTROL, share=5000), replace(TREATED, share=5000)),
    ],
    ids=["none", "nobody", "few held out", "few treated", "reached", "not drawn so", "lost some"],
)
def test_what_is_no_fair_comparison_adds_nothing_known(arms):
    found = together([arms], Metric.CONVERSION)
    assert found.added is None
    assert found.rate == Rate(70, 700)
    fair = together([arms, (CONTROL, TREATED)], Metric.CONVERSION)
    assert fair.added.value == pytest.approx(0.1)  # others of the same count all the same


def test_without_any_run_nothing_is_known():
    assert together([], Metric.UPTAKE) == Past(Rate(0, 0))
