"""A finished campaign in a file, whose true effect we chose, gives that effect back."""

import csv
import json

import numpy as np
import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from cli import app
from core.settings import settings
from tests.making.results import crowd

ARMS = {"held out": 3000, "call": 4000, "letter": 5000}
REACH = {"held out": 0.0, "call": 0.4, "letter": 0.7}
GAIN = {"held out": 0.0, "call": 0.12, "letter": 0.0}  # of those reached
USUAL, WORTH = 0.05, 150.0
MAPPING = """
source = "simulation"
[fields]
customer = "no"
date = "on"
reached = "reached"
outcome = "bought"
value = "worth"
arm = "arm"
[campaign]
code = "SIM"
name = "Simulated"
[[arms]]
name = "held out"
values = "held out"
control = true
share = 0.25
[[arms]]
name = "call"
values = "call"
share = 0.3333
[[arms]]
name = "letter"
values = "letter"
share = 0.4167
"""


@pytest.fixture
def fairlead(database_url, monkeypatch):
    """Run a command of the operators' door and return what it printed."""
    monkeypatch.setenv("FAIRLEAD_DATABASE_URL", str(database_url))
    settings.cache_clear()

    def run(*words):
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert result.exit_code == 0, result.output
        return result.stdout

    yield run
    settings.cache_clear()


@pytest.fixture
def results(engine, tmp_path):
    """Two files: what came of twelve thousand customers, and what its columns mean."""
    with Session(engine) as session, session.begin():
        people = iter(crowd(session, sum(ARMS.values())))
    chance = np.random.default_rng(7)  # one of the 19 in 20 draws whose intervals hold the truth
    rows = []
    for arm, size in ARMS.items():
        reached = chance.random(size) < REACH[arm]
        bought = chance.random(size) < USUAL + GAIN[arm] * reached
        worth = np.where(bought, chance.normal(WORTH, 20, size).round(2), 0)
        rows += [
            {
                "no": f"N{next(people)}",
                "on": "2026-01-15",
                "reached": "yes" if r else "no",
                "bought": "yes" if b else "no",
                "worth": f"{w:.2f}",
                "arm": arm,
            }
            for r, b, w in zip(reached, bought, worth, strict=True)
        ]
    file, mapping = tmp_path / "results.csv", tmp_path / "results.toml"
    with file.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    mapping.write_text(MAPPING)
    return file, mapping, rows


def within(interval, truth):
    return interval["low"] <= truth <= interval["high"]


def test_the_known_effect_comes_back(fairlead, results):
    file, mapping, rows = results
    fairlead("import", "results", file, "--mapping", mapping)

    found = json.loads(fairlead("impact", "SIM", "--json"))
    split = json.loads(fairlead("funnel", "SIM", "--json", "--by", "arm"))

    arms = {arm["name"]: arm for arm in found["arms"]}
    for name, size in ARMS.items():
        own = [row for row in rows if row["arm"] == name]
        worth = [float(row["worth"]) for row in own]
        assert arms[name]["n"] == len(own) == size
        assert arms[name]["reached"] == sum(row["reached"] == "yes" for row in own)
        assert arms[name]["conversions"] == sum(row["bought"] == "yes" for row in own)
        assert arms[name]["rate"] == pytest.approx(arms[name]["conversions"] / size)
        assert arms[name]["mean"] == pytest.approx(np.mean(worth))
        assert arms[name]["variance"] == pytest.approx(np.var(worth, ddof=1))
    assert {row["group"]["arm"]: row["outcomes"] for row in split["rows"]} == {
        name: arm["conversions"] for name, arm in arms.items()
    }

    call, letter = found["comparisons"]
    for comparison in (call, letter):
        name = comparison["name"]
        truth = GAIN[name] * REACH[name]
        assert within(comparison["newcombe"], truth)
        assert within(comparison["per_reached"], GAIN[name])
        assert within(comparison["welch"]["interval"], truth * WORTH)
        assert within(comparison["incremental_conversions"], truth * ARMS[name])
        assert comparison["p"] <= comparison["p_adjusted"] <= 1
    assert call["p"] < 0.001
    assert call["sentence"].startswith("call: Treated customers converted more often")
    assert letter["sentence"].startswith("letter: No proven effect")
    assert found["sample_ratio"]["alarm"] is False
    assert found["evidence"]["grade"] == "randomised"


def test_the_same_without_its_control_group_is_refused(fairlead, results, tmp_path):
    _file, _mapping, rows = results
    treated = tmp_path / "treated.csv"
    with treated.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(row for row in rows if row["arm"] != "held out")
    plain = tmp_path / "plain.toml"
    plain.write_text(MAPPING.split("[[arms]]", maxsplit=1)[0].replace('arm = "arm"\n', ""))

    fairlead("import", "results", treated, "--mapping", plain)

    assert json.loads(fairlead("impact", "SIM", "--json")) == {"refused": "no control group"}
    [row] = json.loads(fairlead("funnel", "SIM", "--json"))["rows"]
    assert row["targeted"] == 9000
    assert row["outcome_rate"] == pytest.approx(row["outcomes"] / 9000)
