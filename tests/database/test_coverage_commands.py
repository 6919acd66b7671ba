"""Coverage at the command line."""

import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli import app
from core.settings import settings
from tests.conftest import NOW
from tests.making.campaigns import segment
from tests.making.runs import launched_run


@pytest.fixture
def fairlead(database_url, monkeypatch):
    monkeypatch.setenv("FAIRLEAD_DATABASE_URL", str(database_url))
    # A console keeps the width that it was made with, and another test may have made it.
    monkeypatch.setattr("cli.common._out", Console(highlight=False, width=200))
    for module in ("cli.common", "cli.coverage"):
        monkeypatch.setattr(f"{module}.now", lambda: NOW)

    def run(*arguments):
        settings.cache_clear()
        result = CliRunner().invoke(app, ["coverage", *arguments])
        settings.cache_clear()
        return result

    return run


@pytest.fixture
def campaign(arrange):
    def rows(session):
        launched_run(session, range(1, 5), control=(5, 6))
        return segment(session, "everybody", rule={"all": []})

    return arrange(rows)


def test_coverage_is_counted_when_nobody_has(fairlead, campaign):
    said = fairlead().output
    [line] = [line for line in said.splitlines() if "Everybody" in line and "Savings" in line]
    assert [int(word) for word in line.split() if word.isdigit()] == [14, 0, 2, 4, 0, 0, 8]
    assert "3 Dec 2025 to 2 Mar 2026, as counted 2 Mar 2026, 09:00." in said


def test_a_program_reads_it(fairlead, campaign):
    told = json.loads(fairlead("--json", "--days", "30", "--anew").stdout)
    cells = {(cell["segment"], cell["product"]): cell["parts"] for cell in told["cells"]}
    assert cells["Everybody", "Savings account"]["open_gap"] == 8


def test_days_of_ones_own(fairlead, campaign):
    assert (
        "1 Jan 2026 to 31 Jan 2026"
        in fairlead("--first", "2026-01-01", "--last", "2026-01-31", "--aim", "keep").output
    )
    refused = fairlead("--first", "2026-01-01")
    assert refused.exit_code == 1
    assert "name both" in refused.output
