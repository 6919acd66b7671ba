"""My work, as an agent uses it."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.activities.actions.retries import SaveRetryRule, save_retry_rule
from core.activities.model import Activity, Attempt
from core.activities.rules import Detail, Outcome, Promise, RetryEnd, Status
from core.campaigns.model import Consumable, DesignConsumable, Holdout, HoldoutCustomer
from core.customers.model import CustomerState
from core.responses.model import Lead
from core.runs.model import Leak
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import ADMINISTRATIVE, SALES, pool_of, row

ANN, BEN = 1, 2


@pytest.fixture
def work(engine):
    """Ann has 1 and 2, Ben 3; the rest of North waits in the pool."""
    return pool_of(engine, held={1: ANN, 2: ANN, 3: BEN})


def labels(app):
    return [button.label for button in app.button]


def press(app, label):
    [button] = [each for each in app.button if each.label.startswith(label)]
    button.click().run()
    assert not app.exception
    return app


def test_lists_the_own_work_in_order_and_opens_it(open_page, world, work):
    app = open_page(world.ann, "my_work")

    lines = [each for each in labels(app) if "Customer" in each]
    assert lines == ["**Customer 01 Example**", "**Customer 02 Example**"]
    assert {each.label: each.value for each in app.metric}["Branch pool"] == "7"

    press(app, "**Customer 01")
    assert app.subheader[0].value == "Customer 01 Example"
    assert any("Two per cent" in each.value for each in app.info)


def test_takes_the_next_of_the_pool_and_opens_it(open_page, world, engine, work):
    app = press(open_page(world.ann, "my_work"), "Take next")

    assert app.success[0].value == "It is yours."
    assert app.subheader[0].value == "Customer 04 Example"
    assert row(engine, Activity, work[4]).person_id == ANN


def test_takes_one_of_the_pool(open_page, world, engine, work):
    app = open_page(world.ann, "my_work", view="Branch pool")
    app.button(key=f"take:{work[5]}").click().run()

    assert row(engine, Activity, work[5]).person_id == ANN
    assert app.subheader[0].value == "Customer 05 Example"


def test_tells_who_was_faster(open_page, world, engine, work):
    app = open_page(world.ann, "my_work", view="Branch pool")
    with Session(engine) as session, session.begin():
        activity = session.get_one(Activity, work[5])
        activity.status, activity.person_id = Status.ASSIGNED, BEN

    app.button(key=f"take:{work[5]}").click().run()

    assert app.warning[0].value == "Ben Example has taken it."


def test_an_empty_pool_says_so(open_page, world):
    app = open_page(world.ann, "my_work", view="Branch pool")
    assert "Nothing is waiting" in app.info[0].value

    press(app, "Take next")
    assert "Nothing is waiting" in app.warning[0].value


def test_a_yes_is_two_clicks_and_leads_on_to_the_next(open_page, world, engine, work):
    app = open_page(world.ann, "my_work", id=work[1])
    press(press(app, "Accepted"), "Save: the customer accepts")

    assert app.success[0].value == "Accepted: a lead is open."
    assert row(engine, Activity, work[1]).detail is Detail.CONVERTED
    assert app.subheader[0].value == "Customer 02 Example"


def test_a_no_is_two_clicks(open_page, world, engine, work):
    app = open_page(world.ann, "my_work", id=work[1])
    press(press(app, "Refused"), "Client refused offer")

    activity = row(engine, Activity, work[1])
    assert (activity.detail, activity.reason_id) == (Detail.UNSUCCESSFUL, w.REFUSED_OFFER)
    assert row(engine, CustomerState, 1).last_refusal_at == NOW


@pytest.mark.parametrize(
    ("label", "reached", "promise"),
    [("Call back", True, Promise.MINE_ONLY), ("Not reached", False, None)],
)
def test_an_attempt_is_two_clicks_and_goes_on_tomorrow(
    open_page, world, engine, work, label, reached, promise
):
    app = open_page(world.ann, "my_work", id=work[1])
    press(press(app, label), "Client didn't answer")

    activity = row(engine, Activity, work[1])
    assert activity.status is Status.IN_PROGRESS
    assert activity.next_action_at.isoformat() == "2026-03-03T10:00:00+00:00"
    assert (activity.contacted_at is not None) == reached
    assert activity.promise is promise


def test_anyone_may_keep_a_promise_of_this_afternoon(open_page, world, engine, work):
    app = press(open_page(world.ann, "my_work", id=work[1]), "Call back")
    press(press(app, "This afternoon"), "Anyone may call")
    press(app, "Client needs time")

    activity = row(engine, Activity, work[1])
    assert (activity.status, activity.promise) == (Status.UNASSIGNED, Promise.ANYONE)
    assert activity.next_action_at.isoformat() == "2026-03-02T14:00:00+00:00"
    assert app.subheader[0].value == "Customer 02 Example"

    app = open_page(world.ben, "my_work", view="Branch pool")
    assert any("call today at 14:00" in each.value for each in app.markdown)
    assert f"take:{work[1]}" not in [each.key for each in app.button]
    app = open_page(world.ben, "my_work", id=work[1])
    assert "It waits until 2 Mar 2026, 14:00" in app.info[0].value
    assert "Assign to me" not in labels(app)


def test_a_time_of_ones_own_is_judged_by_the_branch(open_page, world, engine, work):
    app = press(open_page(world.ann, "my_work", id=work[1]), "Call back")
    press(app, "Other time")
    app.datetime_input[0].set_value(datetime(2026, 3, 3, 20, 0)).run()  # noqa: DTZ001  on the wall
    press(app, "Client needs time")
    assert "The next possible moment is Wed 4 Mar 2026, 09:00." in app.warning[0].value
    assert row(engine, Activity, work[1]).status is Status.ASSIGNED

    app.datetime_input[0].set_value(datetime(2026, 3, 4, 9, 0)).run()  # noqa: DTZ001  on the wall
    press(app, "Client needs time")
    assert row(engine, Activity, work[1]).next_action_at.isoformat() == "2026-03-04T09:00:00+00:00"


def test_the_rule_is_foretold_and_applied(open_page, world, engine, do, work):
    rule = SaveRetryRule(w.REASONS, Outcome.NOT_REACHED, 240, 1, RetryEnd.CANCEL, w.NO_ANSWER)
    do(world.ada, save_retry_rule, rule)
    app = press(open_page(world.ann, "my_work", id=work[1]), "Not reached")
    assert any("Try 1 of 1, the last one" in each.value for each in app.caption)

    press(app, "Client didn't answer")
    assert row(engine, Activity, work[1]).status is Status.CANCELLED


def test_a_promise_is_moved_or_left_to_anyone(open_page, world, engine, work):
    for customer in (1, 2):
        app = press(open_page(world.ann, "my_work", id=work[customer]), "Call back")
        press(app, "Client needs time")

    app = press(open_page(world.ann, "my_work", id=work[1]), "Move the call")
    press(press(app, "In a week"), "Save: the call is moved")
    moved = row(engine, Activity, work[1])
    assert moved.next_action_at.isoformat() == "2026-03-09T10:00:00+00:00"

    app = press(open_page(world.ann, "my_work", id=work[2]), "Leave to anyone")
    press(app, "Anyone of the branch")
    assert row(engine, Activity, work[2]).status is Status.UNASSIGNED


def test_one_call_settles_what_else_is_open(open_page, world, engine, work):
    papers = pool_of(engine, [1], of=ADMINISTRATIVE, held={1: ANN})[1]
    second = pool_of(engine, [1])[1]
    app = open_page(world.ann, "my_work", id=work[1])
    assert any("can settle 2 more activities with" in each.value for each in app.caption)
    press(app, "Accepted")
    assert app.expander[0].label == "Settle 2 more activities in the same call"

    app.selectbox(key=f"also:{papers}").set_value(Outcome.DONE).run()
    app.selectbox(key=f"also:{second}").set_value(Outcome.CALL_BACK).run()
    press(app, "Save: the customer accepts")

    assert app.success[0].value == "Accepted: a lead is open. 2 more activities noted."
    assert row(engine, Activity, papers).is_completed
    taken = row(engine, Activity, second)
    assert (taken.person_id, taken.promise) == (ANN, Promise.MINE_ONLY)


def test_one_call_says_what_could_not_be_noted(open_page, world, engine, work):
    papers = pool_of(engine, [1], of=ADMINISTRATIVE, held={1: ANN})[1]
    app = press(open_page(world.ann, "my_work", id=work[1]), "Accepted")
    app.selectbox(key=f"also:{papers}").set_value(Outcome.DONE).run()
    with Session(engine) as session, session.begin():
        session.get_one(Activity, papers).version = 5
    press(app, "Save: the customer accepts")

    assert "One was not: It changed meanwhile" in app.success[0].value
    assert row(engine, Activity, work[1]).detail is Detail.CONVERTED


def test_the_channel_may_be_another_one(open_page, world, engine, work):
    app = press(open_page(world.ann, "my_work", id=work[1]), "Accepted")
    app.selectbox(key=f"channel:{work[1]}").set_value(app.selectbox[-1].options[1]).run()
    press(app, "Save: the customer accepts")

    with Session(engine) as session:
        assert session.query(Attempt).one().channel_id == w.VISIT


def test_the_keys_lead_through_the_own_list(open_page, world, work):
    app = press(open_page(world.ann, "my_work"), "Open the first")
    assert app.subheader[0].value == "Customer 01 Example"
    assert app.subheader[0].value == press(press(app, "Next"), "Previous").subheader[0].value
    assert press(press(app, "Next"), "Next").subheader[0].value == "Customer 01 Example"


def test_administrative_work_is_done_in_two_clicks(open_page, world, engine):
    work = pool_of(engine, [1], of=ADMINISTRATIVE, held={1: ANN})
    app = open_page(world.ann, "my_work", id=work[1])
    assert "Accepted" not in labels(app)

    press(press(app, "Done"), "Save: it is done")

    assert row(engine, Activity, work[1]).is_completed
    assert any("Nothing is open" in each.value for each in app.info)


def test_cancels_and_gives_back(open_page, world, engine, work):
    press(press(open_page(world.ann, "my_work", id=work[1]), "Cancel"), "Wrong phone number")
    press(press(open_page(world.ann, "my_work", id=work[2]), "Give back"), "Give it back")

    assert row(engine, Activity, work[1]).status is Status.CANCELLED
    assert row(engine, Activity, work[2]).status is Status.UNASSIGNED


def test_follows_the_lead(open_page, world, engine, work):
    app = open_page(world.ann, "my_work", id=work[1])
    press(press(app, "Accepted"), "Save: the customer accepts")

    app = open_page(world.ann, "my_work", id=work[1])
    app.number_input[0].set_value(250.0)
    press(app, "Won")

    assert row(engine, Activity, work[1]).detail is Detail.WON
    with Session(engine) as session:
        assert session.query(Lead).one().value == 250
    assert "The lead is won." in app.success[0].value


def test_gives_away_what_the_offer_comes_with(open_page, world, engine, work):
    with Session(engine) as session, session.begin():
        session.add(Consumable(id=1, name="Pen", unit_cost=3, stock=1))
        session.flush()
        session.add(DesignConsumable(design_id=1, consumable_id=1))
    for customer in (1, 2):
        app = open_page(world.ann, "my_work", id=work[customer])
        press(press(app, "Accepted"), "Save: the customer accepts")

    app = press(open_page(world.ann, "my_work", id=work[1]), "Give: Pen (1 left)")

    assert app.success[0].value == "Pen: given away, 0 left."
    assert any("Pen, given 2 Mar 2026" in each.value for each in app.caption)
    app = open_page(world.ann, "my_work", id=work[2])
    [button] = [each for each in app.button if each.label == "Give: Pen (none left)"]
    assert button.disabled


def test_what_changed_meanwhile_is_not_overridden(open_page, world, engine, work):
    app = open_page(world.ann, "my_work", id=work[1])
    with Session(engine) as session, session.begin():
        session.get_one(Activity, work[1]).version = 5
    press(press(app, "Refused"), "Client refused offer")

    assert "changed meanwhile" in app.warning[0].value
    assert row(engine, Activity, work[1]).status is Status.ASSIGNED


def test_hides_what_is_a_colleagues(open_page, world, work):
    for hidden in (work[3], work[12], 999):
        app = open_page(world.ann, "my_work", id=hidden)
        assert "no such activity" in app.warning[0].value
        assert not app.subheader


def test_closed_work_can_be_read_and_not_changed(open_page, world, engine, work):
    press(press(open_page(world.ann, "my_work", id=work[1]), "Cancel"), "Wrong phone number")

    app = open_page(world.ann, "my_work", view="Closed")
    assert list(app.dataframe[0].value["Customer"]) == ["Customer 01 Example"]
    app = open_page(world.ann, "my_work", id=work[1])
    assert not {"Accepted", "Cancel", "Assign to me"} & set(labels(app))


@pytest.mark.parametrize("who", ["tom", "mia", "eve"])
def test_is_not_open_to_those_who_do_not_work_activities(open_page, world, who):
    app = open_page(getattr(world, who), "my_work")
    assert "not open to your role" in app.warning[0].value


@pytest.mark.parametrize("of", [SALES, ADMINISTRATIVE])
def test_can_be_narrowed_to_one_type(open_page, world, engine, of):
    sales = pool_of(engine, [1], held={1: ANN})
    administrative = pool_of(engine, [2], of=ADMINISTRATIVE, held={2: ANN})
    app = open_page(world.ann, "my_work", type=of.value.capitalize())

    lines = [each for each in labels(app) if "Customer" in each]
    assert len(lines) == 1
    assert ("01" in lines[0]) == (of is SALES)
    assert sales
    assert administrative


def test_a_contact_with_who_is_held_out_needs_a_reason(open_page, world, engine, work):
    with Session(engine) as session, session.begin():
        session.add(
            Holdout(
                id=1,
                name="2026",
                share=500,
                key=1,
                population=15,
                starts_on=NOW.date(),
                created_at=NOW,
            )
        )
        session.flush()
        session.add(HoldoutCustomer(holdout_id=1, customer_id=2))
    app = open_page(world.ann, "my_work", id=work[2])
    press(app, "Accepted")
    assert any("left alone for now" in each.value for each in app.warning)

    press(app, "Save: the customer accepts")
    assert row(engine, Activity, work[2]).detail is None
    app.text_input(key=f"leak:{work[2]}").set_value("She came to the counter.").run()
    press(app, "Save: the customer accepts")

    assert row(engine, Activity, work[2]).detail is Detail.CONVERTED
    with Session(engine) as session:
        assert session.scalars(select(Leak.reason)).all() == ["She came to the counter."]
