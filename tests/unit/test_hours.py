from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.hours import NeverOpens, Timeline, WorkingTime, countries, moment_on_wall, parts_of
from core.refusals import Invalid

OFFICE = ((9 * 60, 12 * 60), (13 * 60, 17 * 60))
NIGHT = ((0, 4 * 60), (22 * 60, 24 * 60))
ALWAYS = ((0, 24 * 60),)
PRAGUE = WorkingTime("Europe/Prague", (OFFICE,) * 5 + ((),) * 2, "CZ")
ZONES = ("Europe/Prague", "America/New_York", "Australia/Lord_Howe")
# Days around which the clocks of the three zones are put forward or back.
CHANGES = (date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1))
LORD_HOWE = (date(2026, 4, 5), date(2026, 10, 4))

weeks = st.one_of(
    st.sampled_from((OFFICE, NIGHT, ALWAYS)).map(lambda day: (day,) * 7),
    st.lists(
        st.lists(st.integers(0, 48), max_size=6, unique=True).map(
            lambda edges: tuple((a * 30, b * 30) for a, b in list(pairwise(sorted(edges)))[::2])
        ),
        min_size=7,
        max_size=7,
    )
    .map(tuple)
    .filter(any),
)
working_times = st.builds(
    WorkingTime,
    st.sampled_from(ZONES),
    weeks,
    st.sampled_from((None, "CZ", "US", "AU")),
    closures=st.frozensets(st.sampled_from((*CHANGES, *LORD_HOWE)), max_size=2),
)
moments = st.one_of(
    st.builds(
        lambda day, minutes: (
            datetime.combine(day, datetime.min.time(), UTC) + timedelta(minutes=minutes)
        ),
        st.sampled_from((*CHANGES, *LORD_HOWE)),
        st.integers(-2 * 1440, 2 * 1440),
    ),
    st.integers(-36_000, 1_000_000).map(
        lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
)


def at(zone, *parts, fold=0):
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def prague(*parts):
    return at("Europe/Prague", *parts)


class TestADay:
    def test_has_a_gap_for_lunch(self):
        assert PRAGUE.spans(date(2026, 3, 2)) == (
            (prague(2026, 3, 2, 9), prague(2026, 3, 2, 12)),
            (prague(2026, 3, 2, 13), prague(2026, 3, 2, 17)),
        )
        assert PRAGUE.minutes_of(date(2026, 3, 2)) == 7 * 60
        assert PRAGUE.close_of(date(2026, 3, 2)) == prague(2026, 3, 2, 17)

    @pytest.mark.parametrize(
        "free",
        [
            pytest.param(date(2026, 3, 7), id="weekend"),
            pytest.param(date(2026, 7, 6), id="public holiday"),
            pytest.param(date(2026, 7, 7), id="closure"),
        ],
    )
    def test_is_free(self, free):
        calendar = WorkingTime(
            PRAGUE.zone, PRAGUE.week, "CZ", closures=frozenset({date(2026, 7, 7)})
        )

        assert not calendar.is_working(free)
        assert calendar.spans(free) == ()
        assert calendar.close_of(free) is None

    def test_has_the_holidays_of_its_part_of_the_country(self):
        epiphany = date(2026, 1, 6)
        week = PRAGUE.week

        assert WorkingTime("Europe/Berlin", week, "DE").is_working(epiphany)
        assert not WorkingTime("Europe/Berlin", week, "DE", "BY").is_working(epiphany)
        assert WorkingTime("Europe/Berlin", week).is_working(date(2026, 12, 25))

    @pytest.mark.parametrize(
        ("zone", "day", "minutes"),
        [
            ("Europe/Prague", date(2026, 3, 29), 3 * 60),  # 02:00 becomes 03:00
            ("Europe/Prague", date(2026, 10, 25), 5 * 60),  # 03:00 becomes 02:00
            ("America/New_York", date(2026, 3, 8), 3 * 60),
            ("America/New_York", date(2026, 11, 1), 5 * 60),
            ("Australia/Lord_Howe", date(2026, 10, 4), 3 * 60 + 30),  # half an hour
            ("Australia/Lord_Howe", date(2026, 4, 5), 4 * 60 + 30),
        ],
    )
    def test_has_what_really_passes_when_the_clocks_change(self, zone, day, minutes):
        early = WorkingTime(zone, (((0, 4 * 60),),) * 7)

        [span] = early.spans(day)

        assert early.minutes_of(day) == minutes
        assert span.opens_at == at(zone, day.year, day.month, day.day)
        assert span.closes_at == at(zone, day.year, day.month, day.day, 4)

    def test_that_opens_in_a_skipped_hour_opens_after_it(self):
        calendar = WorkingTime("Europe/Prague", (((150, 240),),) * 7)

        [span] = calendar.spans(date(2026, 3, 29))

        assert span.opens_at == prague(2026, 3, 29, 3)
        assert calendar.minutes_of(date(2026, 3, 29)) == 60

    def test_of_nothing_but_a_skipped_hour_is_free(self):
        calendar = WorkingTime("Europe/Prague", (((120, 180),),) * 7)

        assert not calendar.is_working(date(2026, 3, 29))
        assert calendar.due_of(date(2026, 3, 28), 1) == prague(2026, 3, 30, 3)

    def test_that_closes_in_a_doubled_hour_opens_again(self):
        calendar = WorkingTime("Europe/Prague", (((60, 150),),) * 7)

        first, second = calendar.spans(date(2026, 10, 25))

        assert (first.closes_at - first.opens_at) == timedelta(minutes=90)
        assert (second.closes_at - second.opens_at) == timedelta(minutes=30)
        assert second.opens_at == at("Europe/Prague", 2026, 10, 25, 2, fold=1)

    def test_that_a_zone_left_out_has_no_time(self):
        samoa = WorkingTime("Pacific/Apia", (ALWAYS,) * 7)

        assert samoa.spans(date(2011, 12, 30)) == ()
        assert samoa.minutes_of(date(2011, 12, 31)) == 24 * 60


class TestDue:
    def test_is_the_end_of_the_last_working_day(self):
        friday = date(2026, 7, 3)

        assert PRAGUE.due_of(friday, 0) == prague(2026, 7, 3, 17)
        assert PRAGUE.due_of(friday, 1) == prague(2026, 7, 7, 17)  # Monday is a holiday

    def test_of_a_free_day_is_the_end_of_the_next_that_works(self):
        assert PRAGUE.due_of(date(2026, 7, 4), 0) == prague(2026, 7, 7, 17)

    @given(working_times, st.sampled_from(CHANGES), st.integers(0, 30))
    def test_counts_working_days(self, calendar, day, count):
        due = calendar.due_of(day, count)

        on = calendar.day_of(due - timedelta(minutes=1))
        after = [day + timedelta(days=n) for n in range(1, (on - day).days + 1)]
        assert calendar.close_of(on) == due
        assert sum(map(calendar.is_working, after)) == count or (count == 0 and on != day)


@given(working_times, moments)
def test_open_is_what_lies_in_a_span(calendar, moment):
    moment = moment.replace(second=0, microsecond=0)
    near = [calendar.day_of(moment) + timedelta(days=n) for n in (-1, 0, 1)]
    spans = [span for day in near for span in calendar.spans(day)]

    assert calendar.is_open(moment) == any(a <= moment < b for a, b in spans)


@given(working_times, st.sampled_from((*CHANGES, *LORD_HOWE)))
def test_spans_tile_what_is_open(calendar, day):
    days = [day + timedelta(days=n) for n in range(-2, 3)]
    spans = [span for each in days for span in calendar.spans(each)]

    assert all(a.opens_at < a.closes_at <= b.opens_at for a, b in pairwise(spans))
    first = moment_on_wall(days[0], 0, calendar.zone)
    last = moment_on_wall(days[-1] + timedelta(days=1), 0, calendar.zone)
    passing = (last - first) // timedelta(minutes=1)
    minutes = [first.astimezone(UTC) + timedelta(minutes=n) for n in range(0, passing, 30)]
    assert sum(map(calendar.is_open, minutes)) * 30 == calendar.between(first, last)
    assert calendar.between(first, last) == sum(map(calendar.minutes_of, days))


@given(working_times, moments, moments, moments)
def test_the_minutes_between_add_up(calendar, a, b, c):
    assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)
    assert calendar.between(a, b) == -calendar.between(b, a)


def test_the_second_of_two_equal_times_is_later():
    always = WorkingTime("Europe/Prague", (ALWAYS,) * 7)
    zone = ZoneInfo("Europe/Prague")
    first = datetime(2026, 10, 25, 2, 50, tzinfo=zone)
    second = datetime(2026, 10, 25, 2, 10, tzinfo=zone, fold=1)

    assert always.between(first, second) == 20
    assert always.between(second, first) == -20
    assert always.add(first, 20) == second.astimezone(UTC)


@given(working_times, moments, st.integers(-40 * 60, 40 * 60))
def test_adding_is_the_inverse_of_between(calendar, moment, minutes):
    end = calendar.add(moment, minutes)

    assert calendar.between(moment, end) == minutes
    if minutes > 0:  # nothing earlier would do
        assert calendar.between(moment, end - timedelta(minutes=1)) == minutes - 1
    if minutes < 0:  # nothing later would do
        assert calendar.between(moment, end + timedelta(minutes=1)) == minutes + 1


@given(working_times, moments)
def test_the_next_opening_is_open_and_nothing_before_it_is(calendar, moment):
    opening = calendar.next_open(moment)

    assert opening >= moment
    assert calendar.is_open(opening)
    assert calendar.between(moment, opening) == 0


@given(working_times, st.lists(st.tuples(moments, moments, st.integers(-2000, 2000)), min_size=1))
def test_a_set_of_moments_is_judged_like_each_of_them(calendar, rows):
    timeline = Timeline(calendar, date(2024, 12, 1), date(2028, 2, 1))
    starts, ends, minutes = zip(*rows, strict=True)

    def seconds(values):
        return np.array([int(value.timestamp()) for value in values], dtype=np.int64)

    assert list(timeline.between(seconds(starts), seconds(ends))) == [
        calendar.between(a, b) for a, b, _ in rows
    ]
    assert list(timeline.is_open(seconds(starts))) == list(map(calendar.is_open, starts))
    assert list(timeline.add(seconds(starts), np.array(minutes, dtype=np.int64))) == [
        int(calendar.add(a, n).timestamp()) for a, _, n in rows
    ]


class TestNever:
    NEVER = WorkingTime("Europe/Prague", ((),) * 7)
    MONDAY = prague(2026, 3, 2, 10)

    @pytest.mark.parametrize(
        "looking",
        [
            lambda never, moment: never.add(moment, 1),
            lambda never, moment: never.add(moment, -1),
            lambda never, moment: never.next_open(moment),
            lambda never, moment: never.due_of(moment.date(), 3),
        ],
    )
    def test_is_said_of_a_calendar_without_hours(self, looking):
        with pytest.raises(NeverOpens, match="not enough working time around 2 Mar 2026"):
            looking(self.NEVER, self.MONDAY)

    def test_is_said_of_more_time_than_there_is(self):
        with pytest.raises(NeverOpens):
            PRAGUE.add(self.MONDAY, 10**9)

    def test_counts_as_nothing(self):
        timeline = Timeline(self.NEVER, date(2026, 1, 1), date(2026, 12, 31))
        moments = np.array([0, 1_772_000_000], dtype=np.int64)

        assert self.NEVER.between(self.MONDAY, prague(2027, 1, 1, 0)) == 0
        assert list(timeline.clock(moments)) == [0, 0]
        assert list(timeline.add(moments, np.zeros(2, dtype=np.int64))) == list(moments)
        with pytest.raises(NeverOpens):
            timeline.add(moments, np.array([0, 1]))


class TestRefusals:
    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"zone": "Europe/Nowhere"}, "“Europe/Nowhere” is not a time zone"),
            ({"zone": "../etc/passwd"}, "not a time zone"),
            ({"zone": ""}, "not a time zone"),
            ({"country": "XX"}, "public holidays of XX are not known"),
            ({"country": "CZ", "subdivision": "ENG"}, "holidays of ENG in CZ are not known"),
            ({"week": (OFFICE,) * 5}, "seven days"),
            ({"week": (((60, 60),),) * 7}, "without overlap"),
            ({"week": (((60, 180), (120, 240)),) * 7}, "without overlap"),
            ({"week": (((60, 1441),),) * 7}, "within its day"),
            ({"week": (((-1, 60),),) * 7}, "within its day"),
        ],
    )
    def test_say_what_is_wrong(self, wrong, sentence):
        with pytest.raises(Invalid, match=sentence):
            WorkingTime(**{"zone": "Europe/Prague", "week": PRAGUE.week, **wrong})

    def test_know_the_countries_to_choose_from(self):
        assert "ENG" in countries()["GB"]
        assert "CZ" in countries()

    def test_name_the_parts_of_a_country(self):
        assert parts_of("GB")["ENG"] == "England"
        assert parts_of("CZ") == {}
        assert all(set(parts_of(country)) == set(parts) for country, parts in countries().items())

    def test_name_the_known_years(self):
        with pytest.raises(Invalid, match="from 1973 to 2199, not in 2200"):
            PRAGUE.is_working(date(2200, 1, 1))

    def test_say_that_a_time_is_skipped(self):
        with pytest.raises(Invalid, match="02:30 on 29 Mar 2026 does not exist"):
            moment_on_wall(date(2026, 3, 29), 150, "Europe/Prague")

    def test_take_the_first_of_two_times(self):
        moment = moment_on_wall(date(2026, 10, 25), 150, "Europe/Prague")

        assert moment.astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
