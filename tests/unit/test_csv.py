import csv
import io
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from components.exports import as_csv, noted
from components.tables import Column
from core.access import SYSTEM
from core.activities.queries.filters import ActivityFilter

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    name: str | None
    amount: float = 0.0
    on: date | None = None


COLUMNS = (Column("name", "Name"), Column("amount", "Amount", "money"), Column("on", "On", "date"))


def read(rows, **filters):
    text = as_csv(rows, COLUMNS, filters=filters, actor=SYSTEM, now=NOW).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("typed", ["=1+1", "+44", "-x", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_text_is_never_a_formula(typed):
    cell = read([Row(typed)])[1][0]

    assert cell.startswith("'")
    assert cell.replace("'", "") == typed


@pytest.mark.parametrize("typed", ["x;=1+1", "x\n=1+1", "x;\t @SUM(A1)"])
def test_no_formula_hides_behind_a_separator_of_another_country(typed):
    [cell] = read([Row(typed)])[1][:1]

    assert "'=" in cell or "'@" in cell
    assert cell.replace("'", "") == typed


def test_numbers_and_dates_stay_what_they_are():
    assert read([Row("Ann, “A”\nB", -12.5, date(2026, 3, 2)), Row(None)])[1:3] == [
        ["Ann, “A”\nB", "-12.5", "2026-03-02"],
        ["", "0.0", ""],
    ]


def test_tells_what_it_is_a_list_of():
    lines = read([Row("Ann")], status="=open")

    assert lines[0] == ["Name", "Amount (EUR)", "On"]
    assert lines[3:] == [
        ["Filter status", "'=open"],
        ["Rows", "1"],
        ["Exported", "2 Mar 2026, 09:00"],
        ["By", "system"],
    ]


def test_the_journal_is_not_told_what_was_searched_for():
    told = noted({"text": "Ann Example", "matching": ActivityFilter(text="Ann"), "left": True})

    assert "Ann" not in str(told)
    assert (told["text"], told["left"]) == ("•••", "True")
    assert "statuses" in told["matching"]
