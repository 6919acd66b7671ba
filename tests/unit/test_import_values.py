"""Text becomes typed values, and what can't be is marked with its reason."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.customers.rules import CustomerKind
from core.intake.rules import ValueType
from data.importers.mapping import FileSettings, Source, Wave
from data.importers.sources import Sources
from data.importers.values import Wanted, convert

PLAIN = FileSettings()
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def one(text, type_, settings=PLAIN, words=(), **source):
    column = pd.Series([text], dtype=str)
    converted = convert(column, Source(column="a", **source), settings, Wanted(type_, words))
    return converted.found[0], converted.reasons.get(0)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (ValueType.TEXT, "Nora", "Nora"),
        (ValueType.TEXT, "+49 30 12", "+49 30 12"),
        (ValueType.INTEGER, "-12", -12),
        (ValueType.INTEGER, "12.0", 12),
        (ValueType.NUMBER, "1e3", 1000.0),
        (ValueType.NUMBER, ".5", 0.5),
        (ValueType.MONEY, "12.345", 1234),
        (ValueType.MONEY, "-0.01", -1),
        (ValueType.DATE, "2024-02-29", "2024-02-29"),
        (ValueType.FLAG, "Yes", True),
        (ValueType.FLAG, "0", False),
        (ValueType.TEXT, "", None),
        (ValueType.MONEY, "", None),
    ],
)
def test_reads_what_makes_sense(type_, text, value):
    assert one(text, type_) == (value, None)


@pytest.mark.parametrize(
    ("type_", "text", "reason"),
    [
        (ValueType.INTEGER, "12.5", "isn't a whole number"),
        (ValueType.INTEGER, "99999999999", "isn't a whole number"),
        (ValueType.NUMBER, "nan", "isn't a number"),
        (ValueType.NUMBER, "1_000", "isn't a number"),
        (ValueType.NUMBER, "1e999", "isn't a number"),
        (ValueType.MONEY, "inf", "isn't an amount of money"),
        (ValueType.MONEY, "1e17", "isn't an amount of money"),
        (ValueType.DATE, "2023-02-29", "isn't a date like 2026-03-31"),
        (ValueType.DATE, "31.12.2023", "isn't a date like 2026-03-31"),
        (ValueType.FLAG, "maybe", "isn't yes or no"),
        (ValueType.TEXT, "a\0b", "begins like a spreadsheet formula, or holds what isn't text"),
        (ValueType.TEXT, "=1", "begins like a spreadsheet formula"),
    ],
)
def test_marks_what_makes_none(type_, text, reason):
    value, why = one(text, type_)
    assert value is None
    assert why.startswith(reason)


def test_a_code_is_one_of_its_words():
    assert one("corporate", ValueType.CODE, words=CustomerKind) == (2, None)
    assert one("alien", ValueType.CODE, words=CustomerKind)[1] == "is none of: private, corporate"


def test_numbers_may_be_written_with_a_comma():
    german = FileSettings(decimal=",", thousands=".")
    assert one("1.234,5", ValueType.MONEY, german) == (123450, None)


def test_bounds_are_told():
    assert one("-1", ValueType.MONEY, minimum=0)[1] == "is below 0"
    assert one("11", ValueType.NUMBER, maximum=10)[1] == "is above 10"
    assert one("10", ValueType.NUMBER, minimum=0, maximum=10) == (10.0, None)


def test_a_flag_may_come_from_a_number():
    assert one("1", ValueType.FLAG, above=0) == (True, None)
    assert one("0", ValueType.FLAG, above=0) == (False, None)
    assert one("x", ValueType.FLAG, above=0)[1] == "isn't a number"


@pytest.mark.parametrize(
    ("text", "more", "day"),
    [
        ("930705", {"format": "%y%m%d"}, "1993-07-05"),
        ("240705", {"format": "%y%m%d"}, "2024-07-05"),
        ("240705", {"format": "%y%m%d", "century": 1900}, "1924-07-05"),
        ("931107 00:00:00", {"format": "%y%m%d %H:%M:%S"}, "1993-11-07"),
        ("05.07.2024", {"format": "%d.%m.%Y"}, "2024-07-05"),
    ],
)
def test_dates_are_read_by_their_format(text, more, day):
    assert one(text, ValueType.DATE, **more) == (day, None)


@given(st.integers(min_value=-9 * 10**15 + 1, max_value=9 * 10**15 - 1))
def test_money_is_read_to_the_cent(cents):
    sign, whole, part = "-" * (cents < 0), *divmod(abs(cents), 100)
    if abs(cents) < 10**13:
        assert one(f"{sign}{whole}.{part:02}", ValueType.MONEY) == (cents, None)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(1999, 12, 31)), st.booleans())
def test_a_birth_number_gives_birth_date_and_sex(born, is_woman):
    number = f"{born:%y}{born.month + 50 * is_woman:02}{born:%d}"
    frame = pd.DataFrame({"n": pd.Series([number], dtype=str)})
    sources = Sources(PLAIN)
    day = sources.text(frame, Source(column="n", special="birth date of a birth number"))
    sex = sources.text(frame, Source(column="n", special="sex of a birth number"))
    assert (day[0], sex[0]) == (born.isoformat(), "F" if is_woman else "M")


@pytest.mark.parametrize("number", ["xyz", "129901", "009913"])
def test_a_birth_number_that_is_none_is_no_date(number):
    frame = pd.DataFrame({"n": pd.Series([number], dtype=str)})
    source = Source(column="n", special="birth date of a birth number")
    text = Sources(PLAIN).text(frame, source)
    assert convert(text, source, PLAIN, Wanted(ValueType.DATE)).reasons


@given(
    st.lists(st.integers(min_value=0, max_value=300), min_size=1, max_size=60),
    st.integers(min_value=1, max_value=20),
)
def test_a_wave_finds_the_years_again_however_it_is_cut_into_parts(steps, size):
    """As long as no whole year passes between two rows."""
    days = [date(2008, 5, 5)]
    for step in steps:
        following = days[-1] + timedelta(days=step)
        if following.month >= days[-1].month and following.year > days[-1].year:
            following = days[-1]
        days.append(following)
    frame = pd.DataFrame(
        {"d": [str(day.day) for day in days], "m": [MONTHS[day.month - 1] for day in days]},
        dtype=str,
    )
    source = Source(wave=Wave(day="d", month="m", start_year=2008))
    sources = Sources(PLAIN)

    found = [
        text
        for start in range(0, len(days), size)
        for text in sources.text(frame.iloc[start : start + size], source)
    ]

    assert found == [day.isoformat() for day in days]


class TestSources:
    frame = pd.DataFrame({"a": ["x", "", "-"], "b": ["1", "2", "3"]}, index=[1, 2, 3], dtype=str)

    @pytest.mark.parametrize(
        ("source", "texts"),
        [
            ({"column": "a"}, ["x", "", "-"]),
            ({"template": "C {a}/{b}"}, ["C x/1", "", "C -/3"]),
            ({"join": ("a", "b"), "separator": "+"}, ["x+1", "2", "-+3"]),
            ({"spread": ("u", "v")}, ["u", "v", "u"]),
            ({"row_number": True, "prefix": "R"}, ["R1", "R2", "R3"]),
            ({"constant": True}, ["yes", "yes", "yes"]),
            ({"constant": date(2026, 1, 2)}, ["2026-01-02"] * 3),
            ({"column": "a", "values": {"x": "y", "": "none"}}, ["y", "none", "-"]),
        ],
    )
    def test_text_comes_from_where_the_mapping_says(self, source, texts):
        given_ = Source.model_validate(source)
        assert Sources(PLAIN).text(self.frame, given_).tolist() == texts

    def test_texts_for_nothing_are_empty(self):
        sources = Sources(FileSettings(missing="-"))
        assert sources.text(self.frame, Source(column="a", prefix="P")).tolist() == ["Px", "", ""]


GERMAN = FileSettings(decimal=",", thousands=".")


@pytest.mark.parametrize(
    ("settings", "text", "value"),
    [
        (GERMAN, "1.234.567,89", 1234567.89),
        (GERMAN, "1234,5", 1234.5),
        (GERMAN, "-1.000", -1000.0),
        (GERMAN, "12.5", None),  # neither 125 nor 12,5
        (GERMAN, "1.2345", None),
        (GERMAN, "1,234.5", None),
        (FileSettings(decimal=","), "1.234", None),  # may be a thousand times as much
        (FileSettings(decimal=","), "1,234", 1.234),
        (FileSettings(thousands=" "), "12 345.6", 12345.6),
        (FileSettings(thousands=" "), "12 34", None),
    ],
)
def test_a_sign_out_of_its_place_makes_no_number(settings, text, value):
    found, reason = one(text, ValueType.NUMBER, settings)
    assert (found, reason) == (value, None if value is not None else "isn't a number")


def test_a_month_that_is_none_makes_no_date():
    wave = Wave(day="d", month="m", start_year=2008)
    frame = pd.DataFrame({"d": ["1", "2", "3"], "m": ["may", "inf", "13"]}, index=[1, 2, 3])
    dates = Sources(PLAIN).text(frame, Source(wave=wave))
    assert dates.tolist() == ["2008-05-01", "?", "?"]
