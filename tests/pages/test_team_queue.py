"""The team queue, as a lead uses it."""

import pytest
import streamlit as st
from sqlalchemy.orm import Session

from core.activities.model import Activity
from core.activities.rules import Status
from tests import world as w
from tests.making.activities import ADMINISTRATIVE, pool_of, row

ANN, BEN, SAM = 1, 2, 4


@pytest.fixture
def work(engine):
    """Ann has 1 and 2, Ben 3, Sam 11; the rest waits in the pools of North and South."""
    return pool_of(engine, held={1: ANN, 2: ANN, 3: BEN, 11: SAM})


def press(app, label):
    [button] = [each for each in app.button if each.label.startswith(label)]
    button.click().run()
    assert not app.exception
    return app


def grid(app, column="Tries"):
    """Find the table that has this column."""
    [found] = [each.value for each in app.dataframe if column in each.value]
    return found


def to(app, name):
    [choice] = [each for each in app.selectbox if each.label == "To"]
    [option] = [each for each in choice.options if each.startswith(name)]
    choice.set_value(option).run()
    return app


def text(app):
    return [each.value for each in app.markdown]


def test_shows_who_carries_how_much(open_page, world, work):
    app = open_page(world.lea, "team_queue")

    figures = {each.label: each.value for each in app.metric}
    assert figures == {"Unassigned": "7", "Open": "3", "Due today": "0", "Overdue": "0"}
    assert any("3 open activities" in each and "3 people" in each for each in text(app))
    assert len(app.get("plotly_chart")) == 1
    assert len(grid(app)) == 10


def test_filters_come_from_the_address(open_page, world, work):
    app = open_page(world.lea, "team_queue", q="Customer 03")
    assert list(grid(app)["Customer"]) == ["Customer 03 Example"]

    app = open_page(world.lea, "team_queue", person="Ann Example", status="Assigned")
    assert list(grid(app)["Person"]) == ["Ann Example"] * 2


def test_the_rarer_filters_narrow_the_list(open_page, world, work):
    rows = grid(open_page(world.lea, "team_queue"))
    for label, column in (("Run", "Run"), ("Subtype", "Subtype"), ("Branch", "Branch")):
        [name] = set(rows[column])
        app = open_page(world.lea, "team_queue", **{column.lower(): name})
        [choice] = [each for each in app.selectbox if each.label == label]
        assert choice.value.name == name
        assert len(grid(app)) == 10


def test_what_was_handed_out_before_can_be_looked_up(open_page, world, choose, work):
    app = open_page(world.lea, "team_queue", status="Unassigned")
    choose(app, "queue", 0, 1)
    press(to(app, "Ben"), "Assign 2 activities")

    app = open_page(world.lea, "team_queue")
    assert list(grid(app, "Did not move")[["To", "Moved"]].iloc[0]) == ["Ben Example", 2]
    choose(app, "batches", 0)

    assert "batch" in app.query_params
    assert any("Everything moved." in each.value for each in app.success)


def test_assigns_the_chosen_rows(open_page, world, engine, choose, work):
    app = open_page(world.lea, "team_queue", status="Unassigned")
    choose(app, "queue", 0, 1)
    to(app, "Ben")
    assert "**2 activities** would move to Ben Example." in text(app)

    press(app, "Assign 2 activities")

    assert app.success[0].value == "2 activities moved to Ben Example."
    with Session(engine) as session:
        assert session.query(Activity).where(Activity.person_id == BEN).count() == 3
    assert any("Everything moved." in each.value for each in app.success)


def test_assigns_everything_that_matches_and_lists_what_did_not_move(
    open_page, world, engine, work
):
    app = to(open_page(world.lea, "team_queue"), "Ben")
    [which] = [each for each in app.button_group if each.label == "What"]
    which.set_value("All 10 that match").run()
    assert "**9 activities** would move to Ben Example." in text(app)
    assert any("The person already has it." in each for each in text(app))

    press(app, "Assign 9 activities")

    assert "9 activities moved to Ben Example; 1 did not" in app.success[0].value
    assert list(grid(app, "Why it did not move")["Why it did not move"]) == [
        "The person already has it."
    ]
    assert row(engine, Activity, work[1]).person_id == BEN
    assert row(engine, Activity, work[11]).person_id == SAM


def test_what_changed_meanwhile_is_listed(open_page, world, engine, choose, work):
    app = open_page(world.lea, "team_queue", status="Unassigned")
    choose(app, "queue", 0)
    with Session(engine) as session, session.begin():
        taken = session.get_one(Activity, work[4])
        taken.status, taken.person_id, taken.version = Status.ASSIGNED, ANN, 2
    st.cache_data.clear()  # as the journal's next entry does
    to(app, "Ben")

    assert any("It changed meanwhile" in each for each in text(app))
    [button] = [each for each in app.button if each.label.startswith("Assign 0")]
    assert button.disabled


def test_a_press_counts_although_fewer_can_move_by_then(open_page, world, engine, choose, work):
    app = open_page(world.lea, "team_queue", status="Unassigned")
    choose(app, "queue", 0, 1)
    to(app, "Ben")
    with Session(engine) as session, session.begin():
        taken = session.get_one(Activity, work[4])
        taken.status, taken.person_id, taken.version = Status.ASSIGNED, ANN, 2
    st.cache_data.clear()  # as the journal's next entry does

    press(app, "Assign 2 activities")

    assert app.success[0].value.startswith("1 activity moved to Ben Example; 1 did not")
    [why] = grid(app, "Why it did not move")["Why it did not move"]
    assert "It changed meanwhile" in why
    assert row(engine, Activity, work[5]).person_id == BEN


def test_a_missing_qualification_is_named_before_anything_moves(open_page, world, engine, choose):
    pool_of(engine, [1], design={"qualification_id": w.CERTIFIED})
    app = open_page(world.lea, "team_queue")
    choose(app, "queue", 0)
    to(app, "Ben")

    assert any('lacks the qualification "Savings advice"' in each for each in text(app))


def test_one_activity_shows_its_history_and_can_be_released(open_page, world, engine, choose, work):
    app = open_page(world.lea, "team_queue", person="Ben Example")
    choose(app, "queue", 0)
    assert list(grid(app, "What")["What"]) == ["Generate"]

    press(app, "Release into the pool")

    assert row(engine, Activity, work[3]).status is Status.UNASSIGNED


def test_one_activity_can_be_cancelled_with_a_reason(open_page, world, engine, choose, work):
    app = open_page(world.lea, "team_queue", person="Ben Example")
    choose(app, "queue", 0)
    press(app, "Wrong phone number")

    activity = row(engine, Activity, work[3])
    assert (activity.status, activity.reason_id) == (Status.CANCELLED, w.WRONG_NUMBER)


def test_an_empty_queue_says_so(open_page, world):
    app = open_page(world.lea, "team_queue")
    assert any("Nothing matches" in each.value for each in app.info)


def test_the_export_is_offered_to_a_lead_and_names_only_the_team(open_page, world, work):
    app = open_page(world.lea, "team_queue")
    assert set(grid(app)["Branch"]) == {"North"}


@pytest.mark.parametrize("who", ["ann", "mia", "eve", "ada"])
def test_is_not_open_to_others(open_page, world, who):
    app = open_page(getattr(world, who), "team_queue")
    assert "not open to your role" in app.warning[0].value


def test_administrative_work_is_handed_out_alike(open_page, world, engine, choose):
    work = pool_of(engine, [1, 2], of=ADMINISTRATIVE)
    app = open_page(world.lea, "team_queue", type="Administrative")
    choose(app, "queue", 0, 1)
    press(to(app, "Ann"), "Assign 2 activities")

    assert {row(engine, Activity, each).person_id for each in work.values()} == {ANN}
