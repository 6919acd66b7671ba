from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
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
        (words.points(-0.006), "-0.60 points"),
        (words.points(None), words.NONE),
        (words.rate(Rate(2, 5)), "40.0 % (2 of 5)"),
        (words.number(Decimal("1234.567")), "1,234.57"),
        (words.money(Decimal("1234.5")), "€1,234.50"),
        (words.money(Amount(Decimal(-3), "GBP")), "-£3.00"),
        (words.money(1_250_000, short=True), "€1.2M"),
        (words.money(None), words.NONE),
        (words.day(TODAY), "2 Mar 2026"),
        (words.day(None), words.NONE),
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


@given(st.text(alphabet="a*_`[]()<>$~\\!#", max_size=30))
def test_what_people_typed_is_never_read_as_markup(typed):
    [paragraph] = [
        token for token in MarkdownIt().parse(f"x{words.plain(typed)}x") if token.type == "inline"
    ]
    assert "".join(child.content for child in paragraph.children) == f"x{typed}x"
    assert {child.type for child in paragraph.children} <= {"text", "text_special"}
