"""Runs at the command line: the same as on screen, for jobs and for size."""

import json

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from cli import app, common
from core.activities.model import Activity
from core.runs.model import Run
from core.runs.rules import RunStatus
from core.settings import settings
from tests.conftest import NOW
from tests.making.campaigns import approved_design
from tests.making.runs import planned_run


@pytest.fixture
def fairlead(database_url, monkeypatch):
    """Run a command against the small bank: `fairlead("run", "select", "RUN-1")`."""
    monkeypatch.setenv("FAIRLEAD_DATABASE_URL", str(database_url))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("cli.common.now", lambda: NOW)

    def run(*arguments):
        settings.cache_clear()
        result = CliRunner().invoke(app, list(arguments))
        settings.cache_clear()
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    assert common.now() == NOW
    return run


@pytest.fixture
def planned(engine):
    with Session(engine) as session, session.begin():
        design = approved_design(session, stages=[{}, {"name": "Later", "start_after_days": 1}])
        return planned_run(session, design)


def activities(engine):
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(Activity))


def test_select_shows_whom_which_rule_kept_out(fairlead, planned):
    said = fairlead("run", "select", "run-1")

    assert said.exit_code == 0
    assert "customers of the unit" in said.stdout
    assert "-2" in said.stdout
    assert "0 of them are held out, 2 wait for a confirmation." in said.stdout


def test_a_program_reads_what_was_selected(fairlead, planned):
    fact = json.loads(fairlead("run", "select", "RUN-1", "--json").stdout)

    assert (fact["population"], fact["candidates"]) == (15, 13)
    assert fact["excluded"]["not in the segment rule"] == 2


def test_launch_waits_for_confirmations_unless_told_otherwise(fairlead, planned, engine):
    fairlead("run", "select", "RUN-1")
    refused = fairlead("run", "launch", "RUN-1")
    assert refused.exit_code == 1
    assert "still wait for the confirmation" in refused.stderr
    assert activities(engine) == 0

    said = fairlead("run", "launch", "RUN-1", "--without-pending")

    assert said.exit_code == 0
    assert "RUN-1 is launched: 11 activities" in said.stdout
    assert activities(engine) == 11


def test_a_job_makes_what_has_fallen_due(fairlead, planned, engine, monkeypatch):
    fairlead("run", "select", "RUN-1")
    fact = json.loads(fairlead("run", "launch", "RUN-1", "--without-pending", "--json").stdout)
    assert fact["activities"] == 11
    assert "No stage of a launched run has fallen due" in fairlead("run", "work").stdout

    with Session(engine) as session, session.begin():
        session.get_one(Run, planned).starts_on = NOW.date().replace(month=2)
    assert "RUN-1: 11 activities" in fairlead("run", "work").stdout
    assert json.loads(fairlead("run", "work", "--json").stdout) == []
    assert activities(engine) == 22


def test_lists_runs_and_tells_why(fairlead, planned):
    fairlead("run", "select", "RUN-1")

    assert json.loads(fairlead("run", "list", "--json").stdout)[0]["candidates"] == 13
    assert "RUN-1" in fairlead("run", "list").stdout
    assert "C7 was kept out" in fairlead("run", "why", "RUN-1", "C7").stdout
    assert json.loads(fairlead("run", "why", "1", "C3", "--json").stdout)["is_candidate"]


@pytest.mark.parametrize("command", ["select", "launch"])
def test_an_unknown_run_is_refused(fairlead, command):
    refused = fairlead("run", command, "NONE")

    assert refused.exit_code == 1
    assert "There is no run NONE" in refused.stderr


def test_a_second_launch_is_refused(fairlead, planned, engine):
    fairlead("run", "select", "RUN-1")
    fairlead("run", "launch", "RUN-1", "--without-pending")

    refused = fairlead("run", "launch", "RUN-1", "--without-pending")

    assert refused.exit_code == 1
    assert "is launched by now" in refused.stderr
    with Session(engine) as session:
        assert session.get_one(Run, planned).status is RunStatus.LAUNCHED
