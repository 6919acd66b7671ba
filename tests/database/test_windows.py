import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.people.model import Person
from core.refusals import Invalid
from core.windows import LARGEST, Window, windowed


@pytest.fixture
def read(engine):
    """Names (first letters) in the order of a window over all people by team and by number."""

    def names(window):
        with Session(engine) as session:
            rows, total = windowed(
                session,
                select(Person.name),
                window,
                sorts={"team": Person.team_id, "number": Person.staff_no},
                last=Person.id,
            )
        return "".join(row.name[0] for row in rows), total

    return names


def test_empty_values_come_last_in_both_directions_on_every_database(read):
    assert read(Window()) == ("ABLSLMMPEAT", 11)
    assert read(Window(descending=True)) == ("SLABLMMPEAT", 11)


def test_windows_never_overlap_and_count_everything(read):
    parts = [read(Window("team", first=first, size=4)) for first in (0, 4, 8, 12)]

    assert "".join(names for names, _ in parts) == "ABLSLMMPEAT"
    assert {total for _, total in parts} == {11}


@pytest.mark.parametrize("wrong", [{"first": -1}, {"size": 0}, {"size": LARGEST + 1}])
def test_refuses_windows_that_make_no_sense(wrong):
    with pytest.raises(Invalid):
        Window(**wrong)


def test_refuses_an_order_that_nobody_offers(read):
    with pytest.raises(Invalid, match="sort by team, number"):
        read(Window("password_hash"))
