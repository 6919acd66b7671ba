"""The exceptions inbox: what is there, its rows, and the button that puts it right."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from components.exceptions import TOLD
from core.access import SYSTEM
from core.activities.model import Activity, Message
from core.activities.rules import MessageStatus, Promise, Status
from core.customers.model import CustomerState
from core.people.model import Person
from core.queues.rules import Trouble
from core.service.actions.escalating import Escalate, escalate
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import pool_of, row

ANN, BEN, SAM = 1, 2, 4
DAY = timedelta(days=1)


@pytest.fixture
def work(engine):
    """Ann has 1 and 2, Ben 3, Sam 11; the rest waits in the pools."""
    return pool_of(engine, held={1: ANN, 2: ANN, 3: BEN, 11: SAM})


@pytest.fixture
def change(engine):
    def carry_out(table, *where, **values):
        with Session(engine) as session, session.begin():
            session.execute(update(table).where(*where).values(**values))

    return carry_out


def text(app):
    return " ".join(each.value for each in (*app.markdown, *app.caption))


def press(app, label):
    [button] = [each for each in app.button if each.label.startswith(label)]
    button.click().run()
    assert not app.exception
    return app


def test_each_kind_is_a_line_that_opens_its_rows(open_page, world, change, work):
    change(CustomerState, CustomerState.customer_id == 4, do_not_contact=True)

    app = open_page(world.lea, "exceptions")
    assert "**1** activity is no longer allowed by its customer" in text(app)
    assert not app.subheader
    [show] = [each for each in app.button if each.key == "show:unwelcome"]
    show.click().run()

    assert app.query_params["kind"] == "unwelcome"
    assert app.subheader[0].value == "Work that its customer does not allow any more"
    assert list(app.dataframe[0].value["Customer"]) == ["Customer 04 Example"]


def test_what_helps_is_said_to_whoever_may_do_it(world):
    waiting, uncovered = TOLD[Trouble.UNASSIGNED], TOLD[Trouble.NO_CALENDAR]

    assert waiting.because(world.lea).endswith("Hand them out.")
    assert waiting.because(world.mia).endswith("The lead of the branch can hand them out.")
    assert uncovered.because(world.ada).endswith("Set a calendar.")
    assert uncovered.because(world.lea).endswith("An administrator can set a calendar.")


def test_unwelcome_work_is_ended(open_page, world, engine, change, choose, work):
    change(CustomerState, CustomerState.customer_id == 4, do_not_contact=True)
    app = open_page(world.lea, "exceptions", kind="unwelcome")
    choose(app, "trouble_work", 0)
    press(app, "End the work (1 chosen)")

    assert app.success[0].value == "1 activity ended."
    assert row(engine, Activity, work[4]).status is Status.CANCELLED


def test_what_a_leaver_holds_goes_to_the_pool_or_to_somebody(
    open_page, world, engine, change, choose, work
):
    change(Person, Person.id == ANN, is_active=False)
    app = open_page(world.lea, "exceptions", kind="inactive_holder")
    choose(app, "trouble_work", 0)
    press(app, "Put into the pool (1 chosen)")
    assert row(engine, Activity, work[1]).status is Status.UNASSIGNED

    app = open_page(world.lea, "exceptions", kind="inactive_holder")
    choose(app, "trouble_work", 0)
    [to] = [each for each in app.selectbox if each.label == "To"]
    to.set_value(next(each for each in to.options if each.startswith("Ben"))).run()
    press(app, "Assign 1 activity")
    assert row(engine, Activity, work[2]).person_id == BEN


def test_missed_work_is_noted(open_page, world, do, change, choose, work):
    change(Activity, Activity.id == work[1], due_at=NOW - DAY)
    do(SYSTEM, escalate, Escalate())
    app = choose(open_page(world.lea, "exceptions", kind="missed"), "missed", 0)
    press(app, "Note as seen (1 chosen)")
    assert app.success[0].value == "1 alarm noted."


def test_promises_at_risk_are_listed(open_page, world, change, work):
    change(
        Activity,
        Activity.id == work[2],
        next_action_at=NOW.replace(hour=22),
        promise=Promise.MINE_ONLY,
    )
    app = open_page(world.lea, "exceptions", kind="promises")
    assert list(app.dataframe[0].value["Promised by"]) == ["Ann Example"]


def test_a_manager_chooses_a_branch_first(open_page, world, change, choose, work):
    change(CustomerState, CustomerState.customer_id.in_([4, 11]), do_not_contact=True)
    app = open_page(world.mia, "exceptions", kind="unwelcome")
    assert list(app.dataframe[0].value["Branch"]) == ["North", "South"]
    assert "Choose a branch" in text(app)

    choose(app, "trouble_branches", 1)
    assert list(app.dataframe[1].value["Customer"]) == ["C••• 1••• E•••"]


def test_late_messages_are_withdrawn(open_page, world, engine, change, choose, work):
    with Session(engine) as session, session.begin():
        activity = session.get_one(Activity, work[1])
        session.add(
            Message(
                run_id=activity.run_id,
                stage_id=activity.stage_id,
                customer_id=1,
                channel_id=w.EMAIL,
                status=MessageStatus.QUEUED,
                subject="An offer",
                body="Good day",
                send_on=(NOW - DAY).date(),
                created_at=NOW,
            )
        )
    app = choose(open_page(world.mia, "exceptions", kind="late_messages"), "late_messages", 0)
    press(app, "Withdraw 1 message")
    assert app.success[0].value == "1 message will not go out."


def test_runs_off_pace_are_listed(open_page, world, change, work):
    change(Activity, Activity.id == work[1], due_at=NOW - DAY)
    app = open_page(world.mia, "exceptions", kind="off_pace")
    assert list(app.dataframe[0].value["Run"]) == ["RUN-1"]


def test_an_administrator_sees_units_without_a_calendar(open_page, world, work):
    app = open_page(world.ada, "exceptions", kind="no_calendar")
    assert list(app.dataframe[0].value["Unit"]) == ["North", "South", "The Bank"]


@pytest.mark.parametrize("trouble", Trouble, ids=str)
def test_a_kind_that_there_is_none_of_stays_closed(open_page, world, trouble):
    app = open_page(world.lea, "exceptions", kind=trouble.name.lower())
    assert not app.subheader or trouble is Trouble.NO_CALENDAR


@pytest.mark.parametrize("who", ["ann", "pia", "eve", "tom"])
def test_is_not_open_to(open_page, world, who):
    app = open_page(getattr(world, who), "exceptions")
    assert "not open to your role" in app.warning[0].value
