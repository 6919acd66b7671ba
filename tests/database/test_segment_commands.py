"""Segments at the command line."""

import json

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from cli import app
from core.segments.actions import DefineSegment, define_segment
from core.segments.model import Segment
from core.settings import settings


@pytest.fixture
def fairlead(database_url, monkeypatch):
    monkeypatch.setenv("FAIRLEAD_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    settings.cache_clear()
    yield lambda *given: CliRunner().invoke(app, ["segment", *map(str, given)])
    settings.cache_clear()


@pytest.fixture
def savers(do, world):
    rule = {"all": [{"holds": {"product": "savings"}}, {"consent": "phone"}]}
    return do(world.mia, define_segment, DefineSegment("savers", "Savers", rule)).segment_id


@pytest.mark.usefixtures("savers")
def test_a_segment_is_shown_snapped_and_listed(fairlead):
    assert "1 customers; version 1." in fairlead("show", "savers").stdout
    assert "1 segments over 15 customers" in fairlead("snapshot").stdout
    [line] = json.loads(fairlead("list", "--json").stdout)
    assert (line["code"], line["customers"]) == ("savers", 1)
    assert "Savers" in fairlead("list").stdout
    assert json.loads(fairlead("show", "savers", "--json").stdout)["members"] == 1
    assert json.loads(fairlead("snapshot", "--json").stdout)["segments"] == 1


@pytest.mark.usefixtures("savers")
def test_a_customer_is_told_why(fairlead):
    said = fairlead("why", "savers", "C1").stdout
    assert "C1 is not in the segment savers." in said
    assert "who hold the product Savings account" in said
    assert json.loads(fairlead("why", "savers", "C7", "--json").stdout)["is_inside"]


@pytest.mark.usefixtures("savers")
def test_what_cannot_be_counted_is_named(fairlead, arrange, do, world):
    do(world.mia, define_segment, DefineSegment("more", "More", {"segment": "savers"}))
    do(world.mia, define_segment, DefineSegment("all", "All", {"all": []}))
    arrange(
        lambda s: s.execute(update(Segment).where(Segment.code == "savers").values(is_retired=True))
    )

    done = fairlead("snapshot")

    assert "1 segments" in done.stdout
    assert "“More”" in done.stderr


def test_a_list_comes_from_a_file(fairlead, tmp_path):
    file = tmp_path / "vip.txt"
    file.write_text("C1\nC2\nnobody\n")

    done = fairlead("import", file, "--code", "vip", "--name", "VIP")

    assert "“VIP” has 2 customers." in done.stdout
    assert "nobody" in done.stderr


def test_what_is_not_there_is_refused(fairlead, tmp_path):
    broken = tmp_path / "broken.txt"
    broken.write_bytes(b"\xff\xfe\xfa")
    for given, words in (
        (("show", "gone"), "There is no segment gone"),
        (("why", "gone", "C1"), "There is no segment gone"),
        (("snapshot",), "Define one first"),
        (("import", tmp_path / "no.txt", "--code", "a", "--name", "A"), "can't be read"),
        (("import", broken, "--code", "a", "--name", "A"), "holds no list"),
    ):
        refused = fairlead(*given)
        assert refused.exit_code == 1
        assert words in refused.stderr
