"""Forecasts: what they refuse, what their range is worth, and how work is judged."""

from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.queues.pace import Forecast, Pace, Unforeseen, forecast, pace

STEADY = [10] * 10


def test_nothing_left_needs_no_forecast():
    assert forecast(0, STEADY) is Unforeseen.NOTHING_LEFT


def test_few_days_are_refused_and_five_are_enough():
    assert forecast(50, [10] * 4) is Unforeseen.TOO_FEW_DAYS
    assert isinstance(forecast(50, [10] * 5), Forecast)


def test_idle_days_are_refused():
    assert forecast(50, [0] * 10) is Unforeseen.TOO_FEW_CLOSED
    assert forecast(50, [9, *[0] * 9]) is Unforeseen.TOO_FEW_CLOSED


def test_more_than_a_year_is_refused():
    assert forecast(2_501, STEADY) is Unforeseen.TOO_FAR
    assert isinstance(forecast(2_500, STEADY), Forecast)


def test_a_steady_rate_finishes_when_it_says():
    seen = forecast(100, STEADY)

    assert seen.likely == 10
    assert 8 < seen.soonest < 10 < seen.latest < 13


def test_restless_days_widen_the_range():
    steady, restless = forecast(100, STEADY), forecast(100, [0, 20] * 5)

    assert restless.likely == steady.likely
    assert restless.soonest < steady.soonest
    assert restless.latest > steady.latest


def test_a_rate_that_could_be_nothing_has_no_latest_finish():
    seen = forecast(100, [100, *[0] * 9])

    assert seen.latest is None
    assert seen.soonest < seen.likely == 10


@given(st.integers(1, 500), st.lists(st.integers(0, 60), min_size=5, max_size=10))
def test_the_range_holds_the_likely_finish_and_more_work_never_ends_sooner(left, closed):
    seen, later = forecast(left, closed), forecast(left + 1, closed)
    if not isinstance(seen, Forecast):
        return
    assert seen.likely == pytest.approx(left / fmean(closed))
    assert 0 < seen.soonest <= seen.likely
    assert seen.latest is None or seen.latest >= seen.likely
    if isinstance(later, Forecast):
        assert later.soonest > seen.soonest
        assert seen.latest is None or later.latest is None or later.latest > seen.latest


@pytest.mark.parametrize("times_more", [1, 4])
def test_about_eight_of_ten_forecasts_hold(times_more):
    """Days that vary as those of a Poisson distribution do, and four times more."""
    chance = np.random.default_rng(7)
    held = told = 0
    for _ in range(1_500):
        days = chance.poisson(12 / times_more, 80) * times_more
        seen = forecast(120, [int(each) for each in days[:10]])
        if isinstance(seen, Forecast) and seen.latest is not None:
            done = np.concatenate([[0], np.cumsum(days[10:])])
            last = int(np.searchsorted(done, 120)) - 1
            needed = last + (120 - done[last]) / days[10 + last]
            told += 1
            held += seen.soonest <= needed <= seen.latest
    assert told > 1_300
    assert 0.74 <= held / told <= 0.86


@pytest.mark.parametrize(
    ("left", "overdue", "kept", "outlasts", "expected"),
    [
        (0, 0, 0, None, Pace.DONE),
        (10, 0, 0, None, Pace.UNKNOWN),
        (10, 0, 5, None, Pace.ON),
        (10, 0, 0, False, Pace.ON),
        (10, 1, 9, False, Pace.ON),
        (10, 2, 9, False, Pace.BEHIND),
        (10, 1, 0, None, Pace.BEHIND),
        (10, 0, 9, True, Pace.LATE),
        (10, 5, 5, True, Pace.BEHIND),
    ],
)
def test_pace_is_judged_by_what_was_due_and_by_the_last_day(
    left, overdue, kept, outlasts, expected
):
    assert pace(left=left, overdue=overdue, kept=kept, outlasts=outlasts) is expected
