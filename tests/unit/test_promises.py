"""Which promises will be broken, and for which reason first."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from core.hours import WorkingTime
from core.queues.rules import Keeper, Promised, Risk, at_risk

WEEK = WorkingTime("UTC", (*[((9 * 60, 12 * 60), (13 * 60, 17 * 60))] * 5, (), ()))
LATER = date(2026, 12, 31)


def promise(activity_id=1, hour=10, minute=0, *, day=3, minutes=15, run_ends_on=LATER):
    at = datetime(2026, 3, day, hour, minute, tzinfo=UTC)
    return Promised(activity_id, 7, at, minutes, run_ends_on)


def keeper(**values):
    usual = {"is_active": True, "absences": (), "times": WEEK, "capacity": 20, "due": {}}
    return {7: Keeper(person_id=7, **(usual | values))}


def risks(promises, keepers):
    return {each.activity_id: each.risk for each in at_risk(promises, keepers)}


def test_a_promise_that_can_be_kept_is_at_no_risk():
    assert risks([promise()], keeper()) == {}


def test_absent_off_duty_or_gone():
    absent = keeper(absences=((date(2026, 3, 2), date(2026, 3, 3)),))
    assert risks([promise(), promise(2, day=4)], absent) == {1: Risk.ABSENT}
    assert risks([promise(hour=12), promise(2, day=7)], keeper()) == {
        1: Risk.OFF_DUTY,
        2: Risk.OFF_DUTY,
    }
    assert risks([promise()], keeper(is_active=False)) == {1: Risk.LEFT}


def test_of_an_hour_too_full_the_later_ones_do_not_fit():
    calls = [promise(n, minute=n, minutes=25) for n in (1, 2, 3, 4)]
    assert risks(calls, keeper()) == {3: Risk.FULL_HOUR, 4: Risk.FULL_HOUR}


def test_an_hour_holds_what_is_worked_of_it():
    half = WorkingTime("UTC", (((9 * 60, 10 * 60 + 30),),) * 7)
    calls = [promise(1, 10, 0, minutes=20), promise(2, 10, 20, minutes=20)]
    assert risks(calls, keeper(times=half)) == {2: Risk.FULL_HOUR}


def test_of_a_day_too_full_all_are_at_risk():
    full = keeper(capacity=20, due={date(2026, 3, 3): 21, date(2026, 3, 4): 20})
    found = at_risk([promise(), promise(2, 15), promise(3, day=4)], full)
    assert [(each.activity_id, each.risk) for each in found] == [
        (1, Risk.FULL_DAY),
        (2, Risk.FULL_DAY),
    ]
    assert found[0].because == "21 are due on that day, and a day holds 20."


def test_a_run_may_end_before():
    assert risks([promise(run_ends_on=date(2026, 3, 2))], keeper()) == {1: Risk.RUN_ENDS}
    assert risks([promise(run_ends_on=date(2026, 3, 3))], keeper()) == {}


calls = st.lists(
    st.builds(
        promise,
        activity_id=st.integers(1, 1000),
        hour=st.integers(9, 16),
        minute=st.integers(0, 59),
        day=st.integers(2, 6),
        minutes=st.integers(1, 60),
    ),
    max_size=12,
    unique_by=lambda each: each.activity_id,
)


@given(calls)
def test_what_is_left_of_an_hour_fits_into_it(promises):
    at_risk_ids = risks(promises, keeper())
    for one in promises:
        begins = one.at.replace(minute=0)
        kept = [
            each.minutes
            for each in promises
            if each.activity_id not in at_risk_ids and each.at.replace(minute=0) == begins
        ]
        assert sum(kept) <= 60
