"""The team queue, as a lead uses it."""

from datetime import date, timedelta

import pytest
import streamlit as st
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.assignment import Assign, AssignMatching, assign, assign_matching
from core.activities.actions.ending import ChangeRun, stop_run
from core.activities.actions.undoing import Undo, undo
from core.activities.actions.working import NoteAttempt, Release, note_attempt, release
from core.activities.model import Activity
from core.activities.queries.filters import ActivityFilter
from core.activities.rules import Outcome, Promise, Status
from core.customers.model import CustomerState
from core.people.model import Absence
from core.people.rules import AbsenceKind
from tests import world as w
from tests.conftest import NOW
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


def everything(app):
    [which] = [each for each in app.button_group if each.label == "Activities"]
    [option] = [each for each in which.options if each.startswith("All ")]
    which.set_value(option).run()
    return app


def verb(app, name):
    [what] = [each for each in app.button_group if each.label == "What"]
    what.set_value(name).run()
    assert not app.exception
    return app


def pick(app, label, value):
    [choice] = [each for each in app.selectbox if each.label == label]
    choice.set_value(value).run()
    return app


def text(app):
    return [each.value for each in app.markdown]


def test_shows_who_carries_how_much(open_page, world, work):
    app = open_page(world.lea, "team_queue")

    figures = {each.label: each.value for each in app.metric}
    assert figures == {
        "Unassigned": "7",
        "Open": "3",
        "Due today": "0",
        "Overdue": "0",
        "Done today": "0",
        "Away today": "0",
    }
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
    app = to(everything(open_page(world.lea, "team_queue")), "Ben")
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


def test_a_call_that_waits_in_the_pool_is_moved(open_page, world, engine, choose, do, work):
    soon = NOW.replace(day=3, hour=10)
    anyone = NoteAttempt(work[3], Outcome.CALL_BACK, w.NEEDS_TIME, soon, promise=Promise.ANYONE)
    do(world.ben, note_attempt, anyone)
    app = open_page(world.lea, "team_queue", status="Unassigned", q="03")
    choose(app, "queue", 0)

    press(press(app, "In a week"), "Save: the call is moved")

    moved = row(engine, Activity, work[3])
    assert (moved.status, moved.promise) == (Status.UNASSIGNED, Promise.ANYONE)
    assert moved.next_action_at == NOW.replace(day=9, hour=10)
    choose(app, "queue", 0)
    newest = grid(app, "What").iloc[0]
    assert newest["What"] == "Move the call"
    assert newest["Next action"] == "3 Mar 2026, 10:00 → 9 Mar 2026, 10:00"


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


class TestVerbs:
    def test_release(self, open_page, world, engine, work):
        app = verb(everything(open_page(world.lea, "team_queue", person="Ann Example")), "Release")
        assert "**2 activities** would go back to the branch pool." in text(app)

        press(app, "Release 2 activities")

        assert app.success[0].value == "2 activities went back to the branch pool."
        assert row(engine, Activity, work[1]).status is Status.UNASSIGNED

    def test_cancel_for_a_reason(self, open_page, world, engine, work):
        app = verb(everything(open_page(world.lea, "team_queue")), "Cancel")
        pick(app, "Reason", "Wrong phone number")
        assert "**3 activities** would be cancelled: Wrong phone number." in text(app)
        assert any("Nobody has it" in each for each in text(app))

        press(app, "Cancel 3 activities")

        assert app.success[0].value == "3 activities cancelled; 7 did not: see why below."
        assert row(engine, Activity, work[3]).reason_id == w.WRONG_NUMBER

    def test_cancelling_what_nobody_has_is_explained(self, open_page, world, work):
        app = everything(open_page(world.lea, "team_queue", status="Unassigned"))
        verb(app, "Cancel")
        assert any("only what somebody has" in each.value for each in app.caption)

    def test_due_on_a_day(self, open_page, world, engine, work):
        app = everything(open_page(world.lea, "team_queue", person="Ben Example"))
        verb(app, "Change due date")
        [day] = [each for each in app.date_input if each.label == "Due"]
        day.set_value(date(2026, 3, 5)).run()
        assert any("1 activity** would be due on 5 Mar 2026" in each for each in text(app))

        press(app, "Change due date of 1 activity")

        assert row(engine, Activity, work[3]).due_at == NOW.replace(day=5, hour=17)

    def test_due_by_working_days(self, open_page, world, engine, work):
        app = everything(open_page(world.lea, "team_queue", person="Ben Example"))
        verb(app, "Change due date")
        [how] = [each for each in app.button_group if each.label == "How"]
        how.set_value("By working days").run()
        [days] = app.number_input
        days.set_value(-20).run()
        assert any("It would be due before today" in each for each in text(app))
        days.set_value(0).run()
        assert not [each for each in app.button if each.label.startswith("Change due")]
        app.number_input[0].set_value(2).run()

        press(app, "Change due date of 1 activity")

        assert row(engine, Activity, work[3]).due_at.day == 18


class TestUndo:
    def test_a_batch_and_then_its_undo(self, open_page, world, engine, work):
        app = to(everything(open_page(world.lea, "team_queue")), "Ben")
        press(app, "Assign 9 activities")

        press(app, "Undo: put 9 activities back as before")
        assert app.success[0].value == "9 activities are as before."
        assert row(engine, Activity, work[1]).person_id == ANN

        press(app, "Undo: put 9 activities back as before")
        assert row(engine, Activity, work[1]).person_id == BEN

    def test_says_what_stays_and_who_touched_it(self, open_page, world, engine, do, work):
        fact = do(world.lea, assign, Assign({work[4]: 1, work[5]: 1}, BEN))
        do(world.ben, release, Release(work[4]))

        app = open_page(world.lea, "team_queue", batch=fact.batch_id)
        assert any("1 would stay: Ben Example has changed it since" in each for each in text(app))
        press(app, "Undo: put 1 activity back as before")

        assert app.success[0].value == "1 activity is as before; 1 stayed: see why below."
        assert list(grid(app, "Why it did not move")["Why it did not move"]) == [
            "Ben Example has changed it since."
        ]

    def test_is_offered_once_and_shows_who_did_it(self, open_page, world, do, work):
        fact = do(world.lea, assign, Assign({work[4]: 1}, BEN))
        do(world.lea, undo, Undo(fact.batch_id))

        app = open_page(world.lea, "team_queue", batch=fact.batch_id)

        assert not [each for each in app.button if each.label.startswith("Undo")]
        assert any("Undone by Lea Example on 2 Mar 2026" in each for each in text(app))
        press(app, "Show the undo")
        assert any("put 1 activity back" in each.label for each in app.button)

    def test_what_an_abort_ended_has_no_way_back(self, open_page, world, engine, do):
        work = pool_of(engine, [1, 2], held={1: ANN})
        run_id = row(engine, Activity, work[1]).run_id
        ended = do(world.mia, stop_run, ChangeRun(run_id, "It is over."))

        app = open_page(world.lea, "team_queue", batch=ended.batch_id)

        assert not [each for each in app.button if each.label.startswith("Undo")]

    def test_a_batch_of_the_system_is_listed(self, open_page, world, do, work):
        north = ActivityFilter(branch_id=w.NORTH, statuses=frozenset({Status.UNASSIGNED}))
        do(SYSTEM, assign_matching, AssignMatching(north, BEN))

        app = open_page(world.lea, "team_queue")

        assert list(grid(app, "Did not move")[["By", "To", "Moved"]].iloc[0]) == [
            "The system",
            "Ben Example",
            7,
        ]


def test_who_is_away_is_said_before_anything_is_handed_out(open_page, world, engine, choose, work):
    with Session(engine) as session, session.begin():
        session.add(
            Absence(
                person_id=BEN,
                kind=AbsenceKind.LEAVE,
                starts_on=NOW.date(),
                ends_on=NOW.date(),
                planned_at=NOW,
            )
        )
    app = open_page(world.lea, "team_queue", status="Unassigned")
    choose(app, "queue", 0)

    assert any("Away today: Ben Example." in each for each in text(app))
    [choice] = [each for each in app.selectbox if each.label == "To"]
    assert choice.options[-1] == "Ben Example (1 open of 20 a day, away today)"
    assert {each.label: each.value for each in app.metric}["Away today"] == "1"


def test_age_and_value_narrow_the_list(open_page, world, engine, work):
    with Session(engine) as session, session.begin():
        session.get_one(Activity, work[4]).created_at = NOW - timedelta(days=15)
        session.get_one(CustomerState, 5).yearly_value = 600

    assert len(grid(open_page(world.lea, "team_queue", age="14 days or more"))) == 1
    app = open_page(world.lea, "team_queue", value="€500 or more")
    assert list(grid(app)["Customer"]) == ["Customer 05 Example"]
