"""When a customer may be called: contact hours, holidays, daylight saving, a quiet period."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.activities.reaching import Reach
from core.activities.rules import RetryEnd, uses_up
from core.hours import NeverOpens, WorkingTime
from core.refusals import Invalid

PRAGUE = ZoneInfo("Europe/Prague")
DAY = ((8 * 60, 12 * 60), (13 * 60, 18 * 60))
REACH = Reach(WorkingTime("Europe/Prague", (*[DAY] * 5, (), ()), "CZ"))
NIGHTS = Reach(WorkingTime("Europe/Prague", (((0, 24 * 60),),) * 7))
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=PRAGUE)


def at(day, hour, minute=0, month=3):
    return datetime(2026, month, day, hour, minute, tzinfo=PRAGUE)


def refused(reach, wanted, now=MONDAY):
    with pytest.raises(Invalid) as refusal:
        reach.promised(wanted, now=now)
    return str(refusal.value)


def test_a_moment_within_contact_hours_is_kept():
    assert REACH.promised(at(3, 10, 30), now=MONDAY) == at(3, 10, 30)
    on_the_wall = datetime(2026, 3, 3, 10, 30)  # noqa: DTZ001  as somebody types it
    assert REACH.promised(on_the_wall, now=MONDAY) == at(3, 10, 30)
    assert REACH.promised(at(3, 10).astimezone(UTC), now=MONDAY).tzinfo is UTC


@pytest.mark.parametrize(
    ("wanted", "why", "next_one"),
    [
        (at(2, 8, 59), "later than now", "Mon 2 Mar 2026, 09:01"),
        (at(2, 9), "later than now", "Mon 2 Mar 2026, 09:01"),
        (at(2, 12, 30), "outside the contact hours", "Mon 2 Mar 2026, 13:00"),
        (at(2, 18), "outside the contact hours", "Tue 3 Mar 2026, 08:00"),
        (at(7, 10), "not called on Sat 7 Mar 2026", "Mon 9 Mar 2026, 08:00"),
        (at(6, 10, month=4), "not called on Mon 6 Apr 2026", "Tue 7 Apr 2026, 08:00"),
    ],
    ids=["past", "now", "lunch", "evening", "weekend", "Easter Monday"],
)
def test_a_refusal_names_the_next_possible_moment(wanted, why, next_one):
    said = refused(REACH, wanted)
    assert why in said
    assert said.endswith(f"The next possible moment is {next_one}.")


def test_an_hour_that_is_skipped_does_not_exist():
    skipped = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001  as somebody types it
    assert refused(NIGHTS, skipped) == (
        "Sun 29 Mar 2026, 02:30 does not exist: the clocks are put forward then. "
        "The next possible moment is Sun 29 Mar 2026, 03:30."
    )
    assert "does not exist" in refused(NIGHTS, skipped.replace(tzinfo=PRAGUE))


def test_an_hour_that_is_doubled_is_meant_the_first_time():
    doubled = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001  as somebody types it
    assert NIGHTS.promised(doubled, now=MONDAY) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_whoever_refused_is_left_in_peace():
    quiet = Reach(REACH.hours, at(6, 14))
    said = refused(quiet, at(5, 10))
    assert "left in peace until Fri 6 Mar 2026, 14:00" in said
    assert said.endswith("The next possible moment is Fri 6 Mar 2026, 14:00.")
    assert quiet.promised(at(6, 14), now=MONDAY) == at(6, 14)


def test_who_is_never_called_is_promised_nothing():
    never = Reach(WorkingTime("Europe/Prague", ((),) * 7))
    with pytest.raises(NeverOpens):
        never.promised(at(3, 10), now=MONDAY)


def test_quick_choices_are_what_people_say_and_can_be_kept():
    assert REACH.quick_choices(MONDAY) == {
        "In 1 hour": at(2, 10),
        "This afternoon": at(2, 14),
        "Tomorrow morning": at(3, 10),
        "In a week": at(9, 10),
    }
    assert list(REACH.quick_choices(at(6, 17, 30))) == ["Next working day", "In a week"]
    assert REACH.quick_choices(at(6, 17, 30))["Next working day"] == at(9, 10)


minutes = st.integers(0, 3 * 366 * 24 * 60)


@given(minutes)
def test_every_quick_choice_is_accepted(minute):
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    for wanted in REACH.quick_choices(now).values():
        assert REACH.promised(wanted, now=now) == wanted


@given(minutes, minutes)
def test_the_next_moment_is_always_one_that_is_accepted(minute, quiet):
    start = datetime(2025, 1, 1, tzinfo=UTC)
    reach = Reach(REACH.hours, start + timedelta(minutes=quiet))
    moment = reach.next_moment(start + timedelta(minutes=minute))
    assert moment >= start + timedelta(minutes=minute)
    assert reach.promised(moment, now=start - timedelta(minutes=1)) == moment


def test_tries_are_used_up_once_or_again_and_again():
    assert [uses_up(n, most=3, ending=RetryEnd.CANCEL) for n in range(1, 6)] == [
        *[False] * 2,
        *[True] * 3,
    ]
    assert [n for n in range(1, 10) if uses_up(n, most=3, ending=RetryEnd.POOL)] == [3, 6, 9]
