import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from components import words
from core.measures import Amount, Rate

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (words.count(45211), "45,211"),
        (words.count(None), words.NONE),
        (words.counted(1, "person", "people"), "1 person"),
        (words.counted(0, "person", "people"), "0 people"),
        (words.counted(1200, "row"), "1,200 rows"),
        (words.percent(Rate(5289, 45211)), "11.7 %"),
        (words.percent(Rate(0, 0)), words.NONE),
        (words.percent(0.116985, digits=4), "11.6985 %"),
        (words.points(0.01), "+1.00 points"),
        (words.points(-0.006), "\N{MINUS SIGN}0.60 points"),
        (words.points(None), words.NONE),
        (words.rate(Rate(2, 5)), "40.0 % (2 of 5)"),
        (words.number(Decimal("1234.567")), "1,234.57"),
        (words.money(Decimal("1234.5")), "€1,234.50"),
        (words.money(Amount(Decimal(-3), "GBP")), "\N{MINUS SIGN}\N{WORD JOINER}£3.00"),
        (words.money(Amount(Decimal("29651.4"), "CHF")), "CHF 29,651.40"),
        (words.money(29_651.4, short=True), "€29,651"),
        (words.money(-1_250_000, short=True), "\N{MINUS SIGN}\N{WORD JOINER}€1,250,000"),
        (words.money(12_540_000, short=True), "€12.5M"),
        (words.money(None), words.NONE),
        (words.day(TODAY), "2 Mar 2026"),
        (words.day(None), words.NONE),
        (words.weekday(TODAY), "Mon 2 Mar"),
        (words.weekday(datetime(2026, 7, 1, 23, 5, tzinfo=UTC)), "Thu 2 Jul"),
        (words.moment(datetime(2026, 7, 1, 9, 5, tzinfo=UTC)), "1 Jul 2026, 10:05"),
        (words.clock(datetime(2026, 1, 1, 9, 5, tzinfo=UTC)), "09:05"),
        (words.days_left(date(2026, 3, 3), today=TODAY), "in 1 day"),
        (words.days_left(TODAY, today=TODAY), "today"),
        (words.days_left(date(2026, 2, 20), today=TODAY), "10 days ago"),
        (words.sentence("in progress"), "In progress"),
        (words.yes_no(True), "yes"),
        (
            words.facts({"run_id": 7, "roles": ["a", "b"], "note": "", "n": 0}),
            "run id: 7; roles: a, b; n: 0",
        ),
    ],
)
def test_is_written_in_one_way(written, expected):
    assert written.replace("\xa0", " ") == expected


# What the browser looks for in text, escaped or not.
SEEN_BY_BROWSERS = re.compile(r"https?://|www(?=\.)|:[a-z+-][\w+/-]*:", re.IGNORECASE)


@given(st.text(alphabet="a*_`[]()<>$~\\!#:/.w-", max_size=30))
@example("https://bank.example and WWW.bank.example")
@example(":smile: :+1: :material/home: :a:b: :red[x]")
def test_what_people_typed_is_never_read_as_markup(typed):
    [paragraph] = [
        token for token in MarkdownIt().parse(f"x{words.plain(typed)}x") if token.type == "inline"
    ]
    shown = "".join(child.content for child in paragraph.children)
    assert shown.replace("\N{WORD JOINER}", "") == f"x{typed}x"
    assert not SEEN_BY_BROWSERS.search(shown)
    assert {child.type for child in paragraph.children} <= {"text", "text_special"}


@pytest.mark.parametrize("text", ["Call at 10:30:15, 9:05", "Ann@bank.example", "50/50: yes"])
def test_what_people_copy_stays_as_it_is(text):
    assert words.plain(text) == text


def test_names_that_several_have_are_told_apart_by_their_codes():
    named = {1: "Savers", 2: "Cards", 3: "Savers"}
    told = words.told_apart(named, {1: "savers", 2: "cards", 3: "savers-2"})
    assert told == {1: "Savers (savers)", 2: "Cards", 3: "Savers (savers-2)"}
