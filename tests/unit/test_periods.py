from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendars.rules import NINE_TO_FIVE, week_of
from core.hours import WorkingTime
from core.periods import Shift, add_working_days, shifted

BRITAIN = WorkingTime("Europe/London", week_of(NINE_TO_FIVE), "GB", "ENG")
EASTER_SATURDAY = date(2026, 4, 4)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        (Shift.SEND_BEFORE, date(2026, 4, 2)),  # Friday is Good Friday
        (Shift.SEND_AFTER, date(2026, 4, 7)),  # Monday is Easter Monday
        (Shift.KEEP, EASTER_SATURDAY),
    ],
)
def test_a_holiday_weekend_moves_a_date_as_the_stage_says(shift, expected):
    assert shifted(EASTER_SATURDAY, shift, BRITAIN, max_delay_days=7) == expected


def test_a_date_stays_when_no_working_day_is_near_enough():
    assert shifted(EASTER_SATURDAY, Shift.SEND_AFTER, BRITAIN, max_delay_days=2) == EASTER_SATURDAY


@given(day=days, shift=st.sampled_from(Shift), limit=st.integers(0, 10))
def test_a_shifted_date_is_a_working_day_within_the_limit_or_the_date_itself(day, shift, limit):
    moved = shifted(day, shift, BRITAIN, max_delay_days=limit)

    assert abs(moved - day) <= timedelta(days=limit)
    assert moved == day or BRITAIN.is_working(moved)


@given(day=days, count=st.integers(0, 40))
def test_counting_working_days_lands_on_the_right_one(day, count):
    end = add_working_days(day, count, BRITAIN)

    between = [day + timedelta(days=n) for n in range(1, (end - day).days + 1)]
    assert sum(map(BRITAIN.is_working, between)) == count
    assert end == day or BRITAIN.is_working(end)
