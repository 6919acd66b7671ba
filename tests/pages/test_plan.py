from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from components import words
from core.campaigns.rules import Metric
from core.journal.model import Entry
from core.portfolio.actions import AddEntry, CreatePlan, add_entry, create_plan
from core.portfolio.model import Direction, Initiative, Plan, PlanEntry
from core.runs.model import Run
from tests import world as bank
from tests.making.campaigns import approved_design, campaign

SPRING = CreatePlan("2026-H1", "First half of 2026", bank.BANK, date(2026, 1, 1), date(2026, 6, 30))


@pytest.fixture
def plan_id(do, world):
    return do(world.mia, create_plan, SPRING).plan_id


@pytest.fixture
def entry_id(do, world, engine, plan_id):
    with Session(engine) as session, session.begin():
        campaign_id = campaign(session, "X")
        approved_design(session, campaign_id=campaign_id)
    request = AddEntry(
        plan_id,
        campaign_id,
        bank.NORTH,
        Metric.CONVERSION,
        0.2,
        date(2026, 3, 2),
        date(2026, 5, 1),
    )
    return do(world.mia, add_entry, request).entry_id


def pressed(app, label):
    next(each for each in app.button if each.label == label).click().run()
    assert not app.exception
    assert not app.error
    return app


def field(app, kind, label):
    return next(each for each in app.get(kind) if each.label == label)


def test_the_first_plan_is_made_where_the_list_would_be(open_page, world, engine):
    app = open_page(world.mia, "plan")
    assert "There is no plan yet" in app.info[0].value

    field(app, "text_input", "Code").input("2026-H1")
    field(app, "text_input", "Name").input("First half")
    pressed(app, "Make the plan")

    assert app.success[0].value == "Plan 2026-H1 is made. Add its campaigns next."
    assert app.selectbox(key="plan").value.code == "2026-H1"
    with Session(engine) as session:
        assert session.scalars(select(Plan.name)).all() == ["First half"]


def test_another_plan_is_shown_as_soon_as_it_is_made(open_page, world, plan_id):
    app = open_page(world.mia, "plan", plan="First half of 2026 (2026-H1)")
    assert app.selectbox(key="plan").value.plan_id == plan_id

    field(app, "text_input", "Code").input("2026-H2")
    field(app, "text_input", "Name").input("Second half")
    pressed(app, "Make the plan")

    assert app.success[0].value == "Plan 2026-H2 is made. Add its campaigns next."
    assert app.selectbox(key="plan").value.code == "2026-H2"
    app.selectbox(key="plan").select_index(1).run()
    assert app.selectbox(key="plan").value.plan_id == plan_id


def test_a_plan_without_a_code_is_refused_in_words(open_page, world):
    app = open_page(world.mia, "plan")

    pressed(app, "Make the plan")

    assert app.warning[0].value == "A plan needs a code and a name."


def test_a_campaign_is_added_with_its_goal(open_page, world, engine, plan_id):
    with Session(engine) as session, session.begin():
        campaign(session, "X")
    app = open_page(world.mia, "plan")

    field(app, "number_input", "Goal (%)").set_value(20.0)
    pressed(app, "Add to the plan")

    assert app.success[0].value == "X is in plan 2026-H1."
    assert list(app.dataframe[0].value["Campaign"]) == ["Campaign X"]
    with Session(engine) as session:
        [entry] = session.scalars(select(PlanEntry))
    assert (entry.goal, entry.metric) == (0.2, Metric.CONVERSION)

    pressed(app, "Add to the plan")
    assert "already" in app.warning[0].value


def test_a_campaign_that_is_entered_twice_is_committed_once(
    open_page, do, world, engine, arrange, plan_id
):
    arrange(lambda session: approved_design(session, frozen={"forecast": {"cost": "400.00"}}))
    days = (date(2026, 3, 2), date(2026, 5, 1))
    for unit_id in (bank.NORTH, bank.SOUTH):
        do(world.mia, add_entry, AddEntry(plan_id, 1, unit_id, Metric.CONVERSION, 0.2, *days))

    app = open_page(world.eve, "plan")

    assert app.metric[1].value == words.money(Decimal(400), short=True)
    assert list(app.dataframe[0].value["Committed for"]) == ["2 entries together"] * 2


def test_an_entry_starts_a_run(open_page, world, engine, entry_id, plan_id, choose):
    app = open_page(world.mia, "plan")
    assert "1 campaign" in app.markdown[0].value
    choose(app, f"entries{plan_id}", 0)
    assert "not been started yet" in app.info[0].value

    pressed(app, "Start the run")

    with Session(engine) as session:
        [run] = session.scalars(select(Run))
        assert run.plan_entry_id == entry_id
        assert run.unit_id == bank.NORTH
        assert session.scalars(select(Entry.kind)).all()[-1] == "run.started"


def test_a_click_on_a_campaign_chooses_it(open_page, click, world, entry_id, plan_id):
    app = open_page(world.mia, "plan")
    assert not app.info
    click(app, "calendar", customdata=["from", "until", 0])
    assert "not been started yet" in app.info[0].value


@pytest.mark.parametrize("who", ["eve", "pia"])
def test_others_read_it_only(open_page, world, entry_id, plan_id, choose, who):
    app = open_page(getattr(world, who), "plan")
    choose(app, f"entries{plan_id}", 0)

    assert list(app.dataframe[0].value["How it stands"]) == ["Not started"]
    assert {each.label for each in app.button} == {"Sign out"}


def test_an_agent_does_not_open_it(open_page, world, plan_id):
    app = open_page(world.ann, "plan")

    assert "not open to your role" in app.warning[0].value


def test_an_initiative_is_taken_up_once_and_set_going(open_page, world, engine, plan_id):
    for times in (1, 2):
        app = open_page(world.mia, "plan")
        field(app, "text_input", "What is wanted").input("Less churn")
        field(app, "text_input", "Reference").input("BD-1")
        pressed(app, "Take it up")
        said = app.success[0].value
        assert ("taken up before" in said) == (times == 2)
    with Session(engine) as session:
        assert session.scalars(select(Initiative.name)).all() == ["Less churn"]
    assert "1 campaign" in app.markdown[0].value
    assert "without a design yet" in app.markdown[0].value
    pressed(app, "Set it going")
    with Session(engine) as session:
        item = session.scalars(select(Direction)).one()
    assert (item.name, item.initiative_id) == ("Less churn", 1)


def test_the_money_of_a_plan_is_summed_up(open_page, do, world, plan_id, entry_id):
    add = AddEntry(
        plan_id,
        1,
        bank.SOUTH,
        Metric.CONVERSION,
        0.2,
        date(2026, 3, 2),
        date(2026, 5, 1),
        budget=Decimal(4_500),
    )
    do(world.mia, add_entry, add)

    app = open_page(world.eve, "plan")

    assert [(each.label, each.value) for each in app.metric] == [
        ("Planned", "€4,500"),
        ("Committed", words.NONE),
        ("Spent", words.NONE),
    ]
    entries = app.dataframe[0].value
    left = dict(zip(entries["Unit"], entries["Left (EUR)"], strict=True))
    assert left["South"] == 4_500


def test_an_entry_gets_another_goal(open_page, choose, world, engine, plan_id, entry_id):
    app = open_page(world.mia, "plan")
    choose(app, f"entries{plan_id}", 0)
    field(app, "number_input", "Its goal (%)").set_value(30.0)
    pressed(app, "Change the entry")

    with Session(engine) as session:
        assert session.get_one(PlanEntry, entry_id).goal == 0.3
