"""What-if in the team queue, as a lead uses it."""

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.activities.model import Activity
from core.people.actions.absences import PlanAbsence, plan_absence
from core.people.rules import AbsenceKind
from core.work import changing
from tests.conftest import NOW
from tests.making.activities import pool_of, row

ANN, BEN = 1, 2
TODAY = NOW.date()


@pytest.fixture
def work(engine):
    """Ann has 1 to 6, Ben 7; the rest waits in the pools of North and South."""
    return pool_of(engine, held=dict.fromkeys(range(1, 7), ANN) | {7: BEN})


@pytest.fixture
def look(open_page, world):
    def opened(**query):
        app = open_page(world.lea, "team_queue", **query)
        return open_section(app)

    return opened


def open_section(app):
    app.session_state["whatif"] = True
    app.run()
    assert not app.exception, app.exception
    return app


def which(app, label):
    [choice] = [each for each in app.button_group if each.label == "Whose work"]
    choice.set_value(label).run()
    return app


def field(app, kind, label):
    [found] = [each for each in getattr(app, kind) if each.label == label]
    return found


def compared(app):
    """The table of queues, by person."""
    [found] = [each.value for each in app.dataframe if "Queue done" in each.value]
    return {line["Person"]: line for line in found.to_dict("records")}


def accept(app):
    [button] = [each for each in app.button if each.label.startswith("Accept")]
    return button


def text(app):
    return [each.value for each in app.markdown]


def test_is_closed_until_asked_for(open_page, world, work):
    app = open_page(world.lea, "team_queue")
    assert not [each for each in app.button if each.label.startswith("Accept")]


def test_opens_from_the_address(open_page, world, work):
    app = open_page(world.lea, "team_queue", whatif="true")
    assert accept(app).label == "Accept: move 4 activities"


def test_compares_everything_that_matches(look, work):
    app = look()
    queues = compared(app)
    assert queues["Ann Example"]["Activities"] == "6 → 5"
    # Ben would take the three of the pool anyway, as soon as he is free.
    assert queues["Ben Example"]["Activities"] == "4 → 5"
    assert list(queues) == ["Ann Example", "Ben Example", "Together"]
    assert any("By the end of Sun 8 Mar, overdue stays at **0**" in each for each in text(app))
    assert accept(app).label == "Accept: move 4 activities"
    assert len(app.get("plotly_chart")) == 2


def test_accepting_moves_and_shows_the_result(look, engine, work):
    app = look()
    accept(app).click().run()
    assert not app.exception
    assert app.success[0].value == "4 activities moved."
    assert "batch" in app.query_params
    held = [row(engine, Activity, each).person_id for each in list(work.values())[:10]]
    assert sorted(held) == [ANN] * 5 + [BEN] * 5


def test_what_changed_since_it_was_simulated_does_not_move(look, engine, work):
    app = look()
    with Session(engine) as session, session.begin():
        session.execute(update(Activity).values(version=Activity.version + 1))
    accept(app).click().run()
    assert app.success[0].value == "0 activities moved; 4 did not: see why below."


def test_one_persons_queue_goes_to_whom_the_lead_names(look, work):
    app = which(look(), "One person's")
    assert not [each for each in app.button if each.label.startswith("Accept")]
    whose = field(app, "selectbox", "Whose")
    whose.set_value(next(each for each in whose.options if each.startswith("Ann"))).run()
    to = field(app, "multiselect", "To")
    to.set_value([each for each in to.options if each.startswith("Lea")]).run()
    assert not app.exception
    assert compared(app)["Lea Example"]["Activities"] == "0 → 6"
    assert accept(app).label == "Accept: move 6 activities"


def test_the_team_is_levelled(look, work):
    app = which(look(), "The whole team's")
    assert compared(app)["Ann Example"]["Activities"] == "6 → 4"
    assert accept(app).label == "Accept: move 2 activities"
    assert any("5: They stay where they are." in each for each in text(app))


def test_chosen_rows_are_meant_first(look, choose, work, open_page, world):
    app = open_page(world.lea, "team_queue", person="Ann Example")
    choose(app, "queue", 0, 1, 2)
    app = open_section(app)
    assert accept(app).label == "Accept: move 2 activities"


def test_another_split_and_a_longer_look(look, work):
    app = look()
    [split] = [each for each in app.button_group if each.label == "Split"]
    split.set_value("In proportion to capacity").run()
    field(app, "selectbox", "Look ahead").set_value("4 weeks").run()
    field(app, "toggle", "With the branch pool").set_value(True).run()
    assert not app.exception
    assert any("By the end of Sun 29 Mar" in each for each in text(app))


def test_who_is_away_is_named_and_gets_nothing(look, engine, world, work):
    with changing(engine, world.lea, now=NOW) as change:
        plan_absence(change, PlanAbsence(ANN, AbsenceKind.LEAVE, TODAY, TODAY))
    app = look()
    # Her work goes into the pool as soon as the clock ticks, and so Ben would take it anyway.
    assert compared(app)["Ben Example"]["Activities"] == "10"
    assert any("no split gives them anything: Ann Example." in each.value for each in app.caption)


def test_the_ways_stand_side_by_side(look, work):
    [ways] = [each.value for each in look().dataframe if "Way" in each.value]
    assert list(ways["Way"]) == [
        "As things are",
        "Least loaded first",
        "In proportion to capacity",
        "Keep the relationship",
    ]
    assert list(ways["Overdue"]) == [0] * 4


def test_nothing_that_can_move_leaves_nothing_to_accept(look, work):
    app = which(look(), "One person's")
    whose = field(app, "selectbox", "Whose")
    whose.set_value(next(each for each in whose.options if each.startswith("Lea"))).run()
    assert any("Nothing of this is pending" in each.value for each in app.info)
