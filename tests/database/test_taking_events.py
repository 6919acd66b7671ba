"""Events of neighbours: each is taken in once, and what can't be meant is refused whole."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from cli import app
from core.access import SYSTEM
from core.exchange.actions import take_event
from core.exchange.model import Incoming
from core.exchange.rules import INITIATIVE, incoming
from core.journal.model import Entry
from core.portfolio.actions import CreatePlan, create_plan
from core.portfolio.model import Initiative
from core.refusals import Invalid, NotAllowed, NotFound
from core.settings import settings
from tests import world as w
from tests.conftest import NOW
from tests.making.campaigns import segment

START, END = NOW.date(), NOW.date() + timedelta(days=90)
SENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/business-development",
    "type": INITIATIVE,
    "subject": "initiative:BD-1",
    "time": "2026-03-01T09:00:00Z",
    "data": {
        "reference": "BD-1",
        "name": "Less churn",
        "unit": "B1",
        "segment": "savers",
        "measure": "churn",
        "change": -2,
        "budget": "12000.50",
        "starts_on": START.isoformat(),
        "ends_on": END.isoformat(),
    },
}


@pytest.fixture(autouse=True)
def plan(do, arrange, world):
    arrange(lambda session: segment(session, "savers"))
    return do(world.mia, create_plan, CreatePlan("P1", "Spring", w.BANK, START, END)).plan_id


def sent(**changes):
    return incoming(SENT | changes)


def test_an_initiative_comes_in_once_however_often_it_is_sent(engine, do):
    assert do(SYSTEM, take_event, sent()).is_new
    assert not do(SYSTEM, take_event, sent()).is_new
    assert do(SYSTEM, take_event, sent(id="e-2")).is_new  # the same reference in another event

    with Session(engine) as session:
        [kept] = session.scalars(select(Initiative)).all()
        ids = session.scalars(select(Incoming.event_id).order_by(Incoming.event_id)).all()
        taken = session.scalars(select(Entry.kind).where(Entry.kind == "initiative.taken")).all()
    assert (kept.reference, kept.source, kept.unit_id) == ("BD-1", "/business-development", w.NORTH)
    assert (kept.change, kept.budget) == (-2, Decimal("12000.50"))
    assert (ids, len(taken)) == (["e-1", "e-2"], 1)


def test_two_neighbours_may_count_their_wishes_alike(engine, do):
    unnamed = {key: value for key, value in SENT["data"].items() if key != "reference"}
    for number, data in (("1", unnamed), ("2", SENT["data"])):
        for source in ("/business-development", "/branches"):
            assert do(SYSTEM, take_event, sent(source=source, id=number, data=data)).is_new

    with Session(engine) as session:
        kept = session.execute(select(Initiative.source, Initiative.reference)).all()
    assert sorted(kept) == [
        ("/branches", "1"),
        ("/branches", "BD-1"),
        ("/business-development", "1"),
        ("/business-development", "BD-1"),
    ]


def test_the_moment_is_kept_as_it_was_sent(engine, do):
    do(SYSTEM, take_event, sent())
    with Session(engine) as session:
        kept = session.scalars(select(Incoming)).one()
    assert kept.happened_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert (kept.taken_at, kept.payload["name"]) == (NOW, "Less churn")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "no “id”"),
        ({"source": 3}, "no “source”"),
        ({"time": "yesterday"}, "a moment such as"),
        ({"time": "2026-03-01T09:00:00"}, "name its zone"),
        ({"data": []}, "has to be an object"),
    ],
)
def test_what_is_no_event_is_refused(wrong, said):
    with pytest.raises(Invalid, match=said):
        sent(**wrong)
    with pytest.raises(Invalid, match="a JSON object"):
        incoming([])


@pytest.mark.parametrize(
    ("wrong", "refusal", "said"),
    [
        ({"unit": "B9"}, NotFound, "the unit “B9”"),
        ({"segment": "x"}, NotFound, "the segment “x”"),
        ({"plan": "P9"}, NotFound, "the plan “P9”"),
        ({"starts_on": "soon"}, Invalid, "a day such as"),
        ({"change": "two"}, Invalid, "has to be a number"),
        ({"budget": "much"}, Invalid, "has to be an amount"),
        ({"name": 7}, Invalid, "has to be text"),
        ({"ends_on": (END + timedelta(days=1)).isoformat()}, Invalid, "No plan holds"),
    ],
)
def test_data_that_can_t_be_meant_leave_nothing_behind(engine, do, wrong, refusal, said):
    with pytest.raises(refusal, match=said):
        do(SYSTEM, take_event, sent(data=SENT["data"] | wrong))
    with Session(engine) as session:
        assert session.scalars(select(Incoming)).all() == []


def test_other_types_and_people_without_the_right_are_refused(do, world):
    with pytest.raises(Invalid, match="not taken in here"):
        do(SYSTEM, take_event, sent(type="Weather/Changed"))
    with pytest.raises(NotAllowed):
        do(world.eve, take_event, sent())


def test_the_command_says_what_came_of_it(database_url, monkeypatch, tmp_path):
    monkeypatch.setenv("FAIRLEAD_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    file = tmp_path / "event.json"
    file.write_text(json.dumps(SENT | {"data": SENT["data"] | {"unit": "B9"}}))
    settings.cache_clear()
    refused = CliRunner().invoke(app, ["take-event", str(file)])
    assert refused.exit_code == 1
    assert "the unit “B9”" in refused.stderr
    file.write_text(json.dumps(SENT))
    said = [CliRunner().invoke(app, ["take-event", str(file)]).stdout for _ in range(2)]
    settings.cache_clear()
    assert "is taken in." in said[0]
    assert "was taken in before" in said[1]
