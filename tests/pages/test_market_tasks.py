from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.market.actions.tasks import NoteTask, OpenTask, note_task, open_task
from core.market.model import MarketTask, TaskNote
from core.market.rules import NoteKind, TaskType
from tests import world as w
from tests.conftest import NOW
from tests.making import market as make


@pytest.fixture
def task(do, world):
    return do(world.mia, open_task, OpenTask("Term deposits", TaskType.COMPETITORS, w.BANK))


def pressed(app, label):
    next(each for each in app.button if each.label == label).click().run()
    assert not app.exception
    return app


def field(app, kind, label):
    return next(each for each in app.get(kind) if each.label == label)


def test_a_task_is_opened_and_noted_on(open_page, world, engine):
    app = open_page(world.mia, "market_tasks")
    assert "Nothing is watched like this" in app.info[0].value
    field(app, "text_input", "What is watched").input("Term deposits")
    pressed(app, "Open the task")
    with Session(engine) as session:
        task_id = session.scalar(select(MarketTask.id))

    app = open_page(world.mia, "market_tasks", id=task_id)
    field(app, "text_input", "Says").input("They pay more")
    pressed(app, "Note it")
    assert app.success[0].value == "The research is noted."
    assert field(app, "text_input", "Says").value == ""
    with Session(engine) as session:
        note = session.scalars(select(TaskNote)).one()
    assert (note.kind, note.text) == (NoteKind.RESEARCH, "They pay more")


def test_what_was_typed_stays_when_a_note_is_refused(open_page, task, world):
    app = open_page(world.mia, "market_tasks", id=task.task_id)
    field(app, "text_input", "Where it was read").input("The morning paper")
    pressed(app, "Note it")
    assert app.warning
    assert field(app, "text_input", "Where it was read").value == "The morning paper"


def test_a_note_is_about_a_recent_move(open_page, task, arrange, world, engine):
    def moved(session):
        harbour = make.competitor(session, "Harbour")
        make.move(session, harbour, NOW.date() - timedelta(days=9), new_value=2.5)
        return make.move(session, harbour, NOW.date(), new_value=3.5)

    move_id = arrange(moved)
    app = open_page(world.mia, "market_tasks", id=task.task_id)
    field(app, "text_input", "Says").input("They pay more")
    field(app, "selectbox", "About the move").select_index(0)
    pressed(app, "Note it")

    with Session(engine) as session:
        assert session.scalars(select(TaskNote.move_id)).one() == move_id


def test_a_task_is_refreshed_and_concluded(open_page, task, world, engine):
    app = open_page(world.mia, "market_tasks", id=task.task_id)
    pressed(app, "Nothing new: it still holds")
    assert app.success[0].value == "MT-1 is fresh again."
    field(app, "text_area", "What it comes to").input("Answer it")
    pressed(app, "Conclude the task")

    with Session(engine) as session:
        assert session.get_one(MarketTask, task.task_id).conclusion == "Answer it"
    assert not [each for each in app.button if each.label == "Note it"]


def test_a_note_made_meanwhile_is_not_overlooked(open_page, do, task, world):
    app = open_page(world.mia, "market_tasks", id=task.task_id)
    do(world.max, note_task, NoteTask(task.task_id, NoteKind.FINDING, "They pay more"))
    field(app, "text_area", "What it comes to").input("Nothing")
    pressed(app, "Conclude the task")

    assert "look again" in app.warning[0].value


def test_who_only_looks_is_offered_nothing_to_do(open_page, task, world):
    app = open_page(world.eve, "market_tasks", id=task.task_id)
    assert app.title[0].value == "Term deposits"
    assert [each.label for each in app.button] == ["Sign out"]
