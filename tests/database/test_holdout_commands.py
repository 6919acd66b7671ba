"""Holdouts at the command line."""

import json

import pytest
from typer.testing import CliRunner

from cli import app
from core.settings import settings
from tests.conftest import NOW


@pytest.fixture
def fairlead(database_url, monkeypatch):
    """Run a command against the small bank: `fairlead("list")`."""
    monkeypatch.setenv("FAIRLEAD_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("cli.common.now", lambda: NOW)
    settings.cache_clear()
    yield lambda *given: CliRunner().invoke(app, ["holdout", *map(str, given)])
    settings.cache_clear()


@pytest.fixture
def held(fairlead, world):
    begun = fairlead("start", "2026", "--share", 50, "--until", "2026-12-31", "--json")
    return json.loads(begun.stdout)


def test_a_holdout_is_started_listed_and_ended(fairlead, held):
    [row] = json.loads(fairlead("list", "--json").stdout)
    said = fairlead("end", "2026").stdout

    assert (row["name"], row["share"], row["held"]) == ("2026", 5_000, held["held"])
    assert 0 < held["held"] < held["population"] == 15
    assert "50 %" in fairlead("list").stdout
    assert "“2026” ends with today." in said
    assert json.loads(fairlead("list", "--json").stdout)[0]["ends_on"] == NOW.date().isoformat()


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("start", "other", "--share", 5), "The holdout “2026” goes on: end it first"),
        (("start", "other", "--share", 60), "above 0 and goes up to 50 %"),
        (("start", "other", "--share", 5, "--until", "2020-01-01"), "choose a later one"),
        (("end", "other"), "There is no holdout “other”."),
    ],
)
def test_a_mistake_is_told_in_a_sentence(fairlead, given, why):
    refused = fairlead(*given)

    assert refused.exit_code == 1
    assert why in refused.stderr


@pytest.mark.usefixtures("held")
def test_the_total_has_its_reason(fairlead):
    why = "no campaign about a product began in the period"

    assert f"No total of all campaigns can be given: {why}." in fairlead("total").stdout
    told = json.loads(fairlead("total", "--json").stdout)
    assert (told["comparison"], told["refused"]) == (None, why)
