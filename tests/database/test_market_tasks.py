from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.journal.model import Entry, Outgoing
from core.market.actions.tasks import (
    ConcludeTask,
    NoteTask,
    OpenTask,
    RefreshTask,
    conclude_task,
    note_task,
    open_task,
    refresh_task,
)
from core.market.model import Competitor, CompetitorMove
from core.market.queries.tasks import TaskState, market_task, market_tasks
from core.market.rules import MoveKind, NoteKind, TaskType
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from tests import world as w
from tests.conftest import NOW

ASK = OpenTask("Term deposits", TaskType.COMPETITORS, w.BANK, "Who pays more?")
LATER = NOW + timedelta(days=3)


@pytest.fixture
def task(do, world):
    return do(world.mia, open_task, ASK)


def told(engine):
    with Session(engine) as session:
        return session.execute(select(Outgoing.type, Outgoing.subject).order_by(Outgoing.id)).all()


class TestOpening:
    def test_is_listed_and_told(self, engine, task, ask, world):
        [row] = ask(world.eve, market_tasks).rows

        assert (row.code, row.name, row.type) == ("MT-1", "Term deposits", TaskType.COMPETITORS)
        assert (row.state, row.author, row.unit) == (TaskState.OPEN, "Mia Example", "The Bank")
        assert told(engine) == [("MarketTracking/Created", "market-task:MT-1")]

    def test_numbers_go_on_where_others_chose_codes(self, do, world):
        codes = [
            do(world.mia, open_task, replace(ASK, code=code)).task for code in ("", "MT-3", "", "")
        ]
        assert codes == ["MT-1", "MT-3", "MT-4", "MT-5"]

    def test_refuses_what_makes_no_sense(self, task, do, world):
        with pytest.raises(Invalid, match="needs a name"):
            replace(ASK, name=" ")
        with pytest.raises(Invalid, match="which is over"):
            do(world.mia, open_task, replace(ASK, due_on=NOW.date() - timedelta(days=1)))
        with pytest.raises(Conflict, match="MT-1 already"):
            do(world.mia, open_task, replace(ASK, code="MT-1"))
        with pytest.raises(NotFound):
            do(world.mia, open_task, replace(ASK, unit_id=99))

    def test_needs_the_right_and_the_scope(self, engine, do, world):
        with pytest.raises(NotAllowed, match="recording the market"):
            do(world.eve, open_task, ASK)
        with Session(engine) as session:
            assert session.scalars(select(Entry.kind)).all() == ["request.refused"]
        with pytest.raises(NotFound):
            do(replace(world.mia, scope=world.lou.scope), open_task, ASK)


class TestNoting:
    def test_keeps_references_and_findings_with_their_time(self, task, do, ask, world):
        for number, kind in enumerate(NoteKind):
            note = NoteTask(task.task_id, kind, f" the {kind} ", link="https://example.org/1")
            do(world.max, note_task, note, now=NOW + timedelta(hours=number))

        sheet = ask(world.eve, market_task, task_id=task.task_id, now=LATER)

        assert [note.kind for note in sheet.notes] == list(reversed(NoteKind))
        assert sheet.notes[0].text == "the finding"
        assert (sheet.notes[0].author, sheet.notes[0].link) == (
            "Max Example",
            "https://example.org/1",
        )
        assert sheet.notes[0].noted_at == sheet.refreshed_at == NOW + timedelta(hours=3)
        assert (sheet.references, sheet.findings) == (3, 1)

    def test_names_the_move_that_it_is_about(self, task, do, ask, arrange, world):
        def move(session):
            session.add(Competitor(id=1, name="Harbour Bank", spelling="harbourbank"))
            session.flush()
            session.add(
                CompetitorMove(
                    id=7,
                    source_no="7",
                    competitor_id=1,
                    moved_on=NOW.date(),
                    kind=MoveKind.RATE_CHANGE,
                    product_category="savings",
                    product_name="Fixed Year",
                    recorded_at=NOW,
                )
            )

        arrange(move)
        do(world.mia, note_task, NoteTask(task.task_id, NoteKind.COMPETITOR, "3.75 %", move_id=7))

        [note] = ask(world.eve, market_task, task_id=task.task_id).notes
        assert (note.move_id, note.move) == (7, "Harbour Bank: Fixed Year")
        with pytest.raises(NotFound, match="move"):
            do(world.mia, note_task, NoteTask(task.task_id, NoteKind.FINDING, "x", move_id=8))

    def test_refuses_a_note_without_words(self):
        with pytest.raises(Invalid, match="what the survey is"):
            NoteTask(1, NoteKind.SURVEY, "  ")


class TestRefreshing:
    def test_makes_the_least_fresh_stand_first(self, task, do, ask, world):
        other = do(world.mia, open_task, replace(ASK, name="Cards"), now=NOW + timedelta(hours=1))
        do(world.mia, refresh_task, RefreshTask(task.task_id), now=LATER)

        rows = ask(world.eve, market_tasks, now=LATER).rows

        assert [row.id for row in rows] == [other.task_id, task.task_id]
        assert rows[1].refreshed_at == LATER

    def test_is_due_when_its_day_is_over(self, do, ask, world):
        do(world.mia, open_task, replace(ASK, due_on=NOW.date()))

        assert ask(world.eve, market_tasks, state=TaskState.DUE).total == 0
        assert ask(world.eve, market_tasks, state=TaskState.DUE, now=LATER).total == 1


class TestConcluding:
    def test_ends_it_for_good(self, engine, task, do, ask, world):
        request = ConcludeTask(task.task_id, task.version, "Answer it")
        do(world.mia, conclude_task, request, now=LATER)

        sheet = ask(world.eve, market_task, task_id=task.task_id)
        assert (sheet.state, sheet.conclusion) == (TaskState.CONCLUDED, "Answer it")
        assert sheet.concluded_at == LATER
        assert told(engine)[-1] == ("MarketTracking/Updated", "market-task:MT-1")
        for action, again in (
            (conclude_task, request),
            (refresh_task, RefreshTask(task.task_id)),
            (note_task, NoteTask(task.task_id, NoteKind.FINDING, "More")),
        ):
            with pytest.raises(Conflict, match="concluded already"):
                do(world.mia, action, again)

    def test_refuses_one_who_has_not_seen_the_last_note(self, task, do, world):
        do(world.max, note_task, NoteTask(task.task_id, NoteKind.FINDING, "They pay more"))

        with pytest.raises(Conflict, match="look again"):
            do(world.mia, conclude_task, ConcludeTask(task.task_id, task.version, "Nothing"))
        with pytest.raises(Invalid):
            ConcludeTask(task.task_id, task.version, " ")


def test_tasks_of_other_units_do_not_exist(do, ask, world):
    of_south = replace(world.mia, scope=world.lou.scope)
    task = do(world.mia, open_task, replace(ASK, unit_id=w.NORTH))

    assert ask(world.lou, market_tasks).total == 0
    assert ask(world.lea, market_tasks).total == 1
    with pytest.raises(NotFound):
        ask(world.lou, market_task, task_id=task.task_id)
    with pytest.raises(NotFound):
        do(of_south, refresh_task, RefreshTask(task.task_id))
    with pytest.raises(NotAllowed):
        ask(world.ann, market_tasks)
