"""The monitor, as a lead, a manager and a wall see it."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.activities.model import Activity
from core.activities.rules import Status
from core.people.model import WebSession
from tests.conftest import NOW
from tests.making.activities import pool_of

ANN, BEN, SAM = 1, 2, 4
DAY = timedelta(days=1)


@pytest.fixture
def work(engine):
    """Ann has 1 and 2, one of them late, Ben 3, Sam 11; Ann closed 4 an hour ago."""
    made = pool_of(engine, held={1: ANN, 2: ANN, 3: BEN, 11: SAM, 4: ANN})
    with Session(engine) as session, session.begin():
        for customer, values in (
            (1, {"due_at": NOW - DAY}),
            (
                4,
                {
                    "status": Status.COMPLETED,
                    "is_completed": True,
                    "closed_at": NOW - timedelta(minutes=9),
                },
            ),
        ):
            session.execute(update(Activity).where(Activity.id == made[customer]).values(**values))
    return made


def figures(app):
    return {each.label: each.value for each in app.metric}


def grid(app):
    [found] = [each.value for each in app.dataframe if "Pace" in each.value]
    return found


def test_a_lead_sees_the_team_by_run_and_by_person(open_page, world, work):
    app = open_page(world.lea, "monitor")

    assert figures(app) == {
        "Unassigned": "6",
        "Open": "3",
        "Overdue": "1",
        "Closed today": "1",
        "Reached": "0",
        "Converted": "0",
    }
    assert any(each.value == "0 more due today" for each in app.caption)
    assert list(grid(app)["Run"]) == ["RUN-1"]
    assert list(grid(app)["Pace"]) == ["Behind"]
    app = open_page(world.lea, "monitor", by="Person")
    assert list(grid(app)["Person"]) == ["Branch pool", "Ann Example", "Ben Example"]
    assert list(grid(app)["Closed today"]) == [0, 1, 0]
    assert any("refreshed by itself" in each.value for each in app.caption)
    assert not app.selectbox


def test_a_manager_sees_branches_and_chooses_one_for_its_people(open_page, world, work):
    app = open_page(world.mia, "monitor", by="Branch")
    assert list(grid(app)["Branch"]) == ["North", "South"]
    assert list(grid(app)["Overdue"]) == [1, 0]

    app = open_page(world.mia, "monitor", by="Person")
    assert any("Choose a branch" in each.value for each in app.info)
    app = open_page(world.mia, "monitor", by="Person", branch="South")
    assert list(grid(app)["Person"]) == ["Branch pool", "Sam Example"]


def test_a_row_leads_to_the_work_behind_it(open_page, world, choose, work):
    app = choose(open_page(world.lea, "monitor", by="Person"), "monitor_person", 1)
    [link] = [each.proto for each in app.get("page_link")]
    assert link.page == "team_queue"
    assert "Ann" in link.query_string


def test_an_executive_sees_no_people(open_page, world, work):
    app = open_page(world.eve, "monitor")
    [switch] = app.button_group
    assert switch.options == ["Run", "Branch", "Team"]


def test_the_wall_has_figures_and_nothing_to_press(open_page, world, work):
    app = open_page(world.mia, "monitor", wall="1")

    shown = figures(app)
    assert (shown["Unassigned"], shown["North"], shown["South"]) == ("10", "9", "5")
    assert not app.dataframe
    assert not app.toggle
    assert not app.button_group
    said = " ".join(each.value for each in (*app.caption, *app.markdown))
    assert "Ann" not in said
    assert "Customer" not in said


@pytest.mark.parametrize("by", ["Run", "Branch", "Team", "Person"])
def test_what_was_done_in_time_is_told_apart_alike(open_page, world, work, by):
    app = open_page(world.lea, "monitor", by=by, timely="true")
    assert "were done in time" in " ".join(each.value for each in app.markdown)


def test_nothing_under_way_is_said(open_page, world):
    app = open_page(world.lea, "monitor")
    assert any("No run is under way" in each.value for each in app.info)


def test_looking_again_does_not_keep_a_session_alive(open_page, world, engine, work):
    app = open_page(world.lea, "monitor")
    with Session(engine) as session, session.begin():
        session.execute(update(WebSession).values(ended_at=NOW, end_reason="signed out"))
    app.run()
    assert not app.metric


@pytest.mark.parametrize("who", ["ann", "ada"])
def test_is_not_open_to(open_page, world, who):
    app = open_page(getattr(world, who), "monitor")
    assert "not open to your role" in app.warning[0].value
