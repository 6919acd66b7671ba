"""What time alone brings: later stages, the end of runs, and no more work after it."""

import json
from dataclasses import replace
from datetime import timedelta
from threading import Event, active_count

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs
from typer.testing import CliRunner

import core.passing
from cli import app
from components import passing
from core.access import SYSTEM
from core.activities.actions.ending import ChangeRun, pause
from core.activities.actions.launch import Launch, MakeDueWork, launch, make_due_work
from core.activities.model import Activity
from core.activities.rules import Status
from core.database import alone
from core.distribution.model import Distribution
from core.distribution.rules import Way
from core.journal.model import Entry
from core.passing import Passed, pass_time
from core.refusals import Conflict, Invalid
from core.runs.actions.confirming import Confirm, confirm_candidates
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.model import Run, RunStage
from core.runs.rules import RunStatus
from core.service.model import ServiceCell
from core.settings import settings
from tests.conftest import NOW
from tests.making.campaigns import approved_design
from tests.making.distribution import way
from tests.making.runs import planned_run
from tests.world import SOUTH

DAY = timedelta(days=1)
LATER = [{}, {"name": "Reminder", "start_after_days": 7}, {"name": "Last", "start_after_days": 9}]


@pytest.fixture
def launched(engine, do, world):
    """A run of three stages, launched today, whose last day is that of the second stage."""
    with Session(engine) as session, session.begin():
        design_id = approved_design(session, stages=LATER)
        run_id = planned_run(session, design_id, ends_on=NOW.date() + 7 * DAY)
    do(world.mia, select_candidates, SelectCandidates(run_id))
    do(world.ann, confirm_candidates, Confirm(run_id, [1, 2], accept=True))
    do(world.mia, launch, Launch(run_id))
    return run_id


def look(engine, statement):
    with Session(engine) as session:
        return session.scalars(statement).all()


class TestTime:
    def test_makes_a_stage_when_its_day_has_come(self, launched, engine):
        before = pass_time(engine, now=NOW + 6 * DAY)
        assert replace(before, snapshots=()) == Passed(folded=(launched,), days=6)

        passed = pass_time(engine, now=NOW + 7 * DAY)

        [fact] = passed.made
        assert (fact.run, fact.stages, fact.activities) == ("RUN-1", ("Reminder",), 13)
        assert passed.ended == ()
        [entry] = look(engine, select(Entry).where(Entry.kind == "run.work-made"))
        assert entry.actor_id is None

    def test_again_finds_nothing_and_writes_nothing(self, launched, engine):
        pass_time(engine, now=NOW + 7 * DAY)
        entries = look(engine, select(Entry.id))

        assert pass_time(engine, now=NOW + 7 * DAY) == Passed()
        assert look(engine, select(Entry.id)) == entries

    def test_goes_on_when_one_thing_is_refused(self, launched, engine, monkeypatch):
        def refuse(_work, _request):
            raise Invalid("The calendar never opens.")

        monkeypatch.setattr(core.passing, "make_due_work", refuse)
        with capture_logs() as said:
            passed = pass_time(engine, now=NOW + 7 * DAY)

        assert passed.made == ()
        assert passed.folded == (launched,)
        assert [each["why"] for each in said] == ["The calendar never opens."]

    def test_tells_leads_of_what_is_late_and_folds_what_was_due(self, launched, engine):
        with Session(engine) as session, session.begin():
            session.execute(update(Activity).values(due_at=NOW))

        passed = pass_time(engine, now=NOW + DAY)

        [fact] = passed.told
        assert (fact.at_risk, fact.missed, passed.days) == (0, 13, 1)
        assert pass_time(engine, now=NOW + DAY) == Passed()
        assert sorted(look(engine, select(ServiceCell.missed))) == [5, 8]

    @pytest.mark.parametrize("is_paused", [False, True])
    def test_ends_a_run_with_its_last_day(self, launched, engine, do, world, is_paused):
        if is_paused:
            do(world.mia, pause, ChangeRun(launched))

        passed = pass_time(engine, now=NOW + 8 * DAY)

        [fact] = passed.ended
        assert (fact.run, fact.status, fact.aborted) == ("RUN-1", RunStatus.COMPLETED, 13)
        assert fact.reason == "the last day is over"
        assert passed.made == ()  # what fell due and was not made in time is not made any more
        assert set(look(engine, select(Activity.status))) == {Status.CANCELLED}
        [entry] = look(engine, select(Entry).where(Entry.kind == "run.ended"))
        assert entry.actor_id is None

    def test_leaves_what_is_paused_planned_or_imported(self, launched, engine, do, world):
        do(world.mia, pause, ChangeRun(launched))
        with Session(engine) as session, session.begin():
            design_id = session.get_one(Run, launched).design_id
            long_ago = {"starts_on": NOW.date() - 9 * DAY, "ends_on": NOW.date() - DAY}
            planned_run(session, design_id, **long_ago)
            imported = {"status": RunStatus.LAUNCHED, "is_imported": True}
            planned_run(session, design_id, **long_ago, **imported)

        passed = pass_time(engine, now=NOW + 7 * DAY)

        assert (passed.made, passed.ended) == ((), ())

    def test_a_person_who_was_quicker_is_not_disturbed(self, launched, engine, monkeypatch):
        """Between looking and doing somebody completed the run."""
        monkeypatch.setattr("core.passing.past_their_end", lambda _view: [launched, launched])

        assert len(pass_time(engine, now=NOW + 8 * DAY).ended) == 1

    def test_leaves_it_to_whoever_is_at_it(self, launched, engine):
        with alone(engine, "passing-time") as is_ours:
            assert is_ours
            assert pass_time(engine, now=NOW + 7 * DAY) == Passed(is_elsewhere=True)
        assert pass_time(engine, now=NOW + 7 * DAY).made


class TestHandingOut:
    def test_new_work_is_handed_out_at_once(self, launched, engine, arrange):
        arrange(lambda session: way(session, Way.ROUND_ROBIN))

        [fact] = pass_time(engine, now=NOW).given

        assert (fact.given, fact.cause) == (6, "time passed")
        assert pass_time(engine, now=NOW).given == ()
        waiting = select(Activity.branch_id).where(Activity.status == Status.UNASSIGNED)
        assert set(look(engine, waiting)) == {SOUTH}

    def test_what_a_later_stage_makes_too(self, launched, engine, arrange):
        arrange(lambda session: way(session, Way.LOAD))

        passed = pass_time(engine, now=NOW + 7 * DAY)

        assert passed.made[0].activities == 13
        assert passed.given[0].given == 12

    def test_a_pool_stays_one(self, launched, engine):
        assert pass_time(engine, now=NOW).given == ()
        assert look(engine, select(Entry).where(Entry.kind == "work.distributed")) == []

    def test_a_run_launched_by_command_is_handed_out(
        self, engine, arrange, database_url, monkeypatch
    ):
        monkeypatch.setenv("FAIRLEAD_DATABASE_URL", str(database_url))
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr("cli.common.now", lambda: NOW)
        settings.cache_clear()
        arrange(lambda session: way(session, Way.ROUND_ROBIN))
        arrange(planned_run)
        invoke = CliRunner().invoke
        assert invoke(app, ["run", "select", "RUN-1"]).exit_code == 0

        said = invoke(app, ["run", "launch", "RUN-1", "--without-pending"])

        settings.cache_clear()
        assert said.exit_code == 0
        assert "6 activities were handed out by rule." in said.stdout
        [cause] = look(engine, select(Distribution.cause))
        assert cause == "a run was launched"


class TestAfterTheLastDay:
    def test_no_work_is_made(self, launched, do, world):
        with pytest.raises(Conflict, match="last day of run RUN-1, 9 Mar 2026, is over"):
            do(world.mia, make_due_work, MakeDueWork(launched), now=NOW + 8 * DAY)

    def test_a_stage_beyond_it_is_never_made(self, launched, engine, do, world):
        fact = do(SYSTEM, make_due_work, MakeDueWork(launched), now=NOW + 7 * DAY)

        assert fact.stages == ("Reminder",)
        assert len(look(engine, select(RunStage.stage_id))) == 2

    def test_a_run_is_not_launched(self, engine, do, world):
        with Session(engine) as session, session.begin():
            run_id = planned_run(session, ends_on=NOW.date() + DAY)
        do(world.mia, select_candidates, SelectCandidates(run_id))

        late = Launch(run_id, without_pending=True)
        with pytest.raises(Invalid, match="last day of run RUN-1, 3 Mar 2026, is over"):
            do(world.mia, launch, late, now=NOW + 2 * DAY)
        assert do(world.mia, launch, late, now=NOW + DAY).activities == 11


class TestDoors:
    @pytest.fixture
    def later(self, database_url, monkeypatch):
        """The second stage's day, at the command line and in a server."""
        monkeypatch.setenv("FAIRLEAD_DATABASE_URL", str(database_url))
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr("cli.passing.now", lambda: NOW + 7 * DAY)
        monkeypatch.setattr("components.server.now", lambda: NOW + 7 * DAY)
        settings.cache_clear()
        yield
        settings.cache_clear()

    @pytest.mark.usefixtures("launched", "later")
    def test_at_the_command_line(self):
        said = CliRunner().invoke(app, ["tick"])

        assert said.exit_code == 0
        assert "RUN-1: 13 activities and 0 messages made." in said.stdout
        again = json.loads(CliRunner().invoke(app, ["tick", "--json"]).stdout)
        nothing = {
            name: []
            for name in ("made", "ended", "returned", "handed_over", "given", "told", "folded")
        } | {"snapshots": [], "threats": [], "directions": []}
        assert again == {**nothing, "days": 0, "is_elsewhere": False}
        assert "Nothing has fallen due." in CliRunner().invoke(app, ["tick"]).stdout

    @pytest.mark.usefixtures("later")
    def test_in_a_server_as_long_as_it_runs(self, engine, launched, monkeypatch):
        monkeypatch.setattr("components.server.engine", lambda: engine)
        seen = Event()

        monkeypatch.setattr("components.passing._log.info", lambda *_: seen.set())
        with passing.passing(every=0.01):
            assert seen.wait(30)

        assert len(look(engine, select(Activity.id))) == 26

    @pytest.mark.usefixtures("launched", "later")
    def test_in_a_server_soon_when_there_is_new_work(self, engine, monkeypatch):
        monkeypatch.setattr("components.server.engine", lambda: engine)
        seen = Event()

        monkeypatch.setattr("components.passing._log.info", lambda *_: seen.set())
        with passing.passing(every=3_600):
            passing.soon()
            assert seen.wait(30)

    def test_a_failure_is_logged_and_the_next_time_comes(self, monkeypatch, caplog):
        def broken():
            raise OSError("gone")

        monkeypatch.setattr("components.server.engine", broken)
        passing.once()

        assert "time could not pass" in caplog.text

    def test_can_be_left_to_the_command(self):
        before = active_count()
        with passing.passing(every=0):
            assert active_count() == before
