"""What the front page, the decisions and the operator's handbook say is so."""

import re
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

import core
from cli import app
from core.settings import Settings

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "decisions"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DECISIONS.glob("*.md"))]
RECORDS = sorted(DECISIONS.glob("0*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_decisions_are_numbered_without_a_gap_and_listed():
    said = (DECISIONS / "README.md").read_text(encoding="utf-8")
    for number, record in enumerate(RECORDS, start=1):
        title = record.read_text(encoding="utf-8").splitlines()[0].removeprefix(f"# {number}. ")
        assert record.name.startswith(f"{number:04}-")
        assert f"| {number} | [{title}]({record.name}) |" in said


def test_the_handbook_has_every_setting_with_what_holds_unless_it_is_set():
    said = (ROOT / "docs" / "guide" / "operator.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `FAIRLEAD_(\w+)` \|.*\| (.+) \|$", said, re.MULTILINE))
    for name, field in Settings.model_fields.items():
        told = rows[name.upper()].strip("`").lower()
        assert str(field.default).lower().endswith(told), name


def commands(of, *path):
    """Name every command with its options and its arguments, which nobody may leave unexplained."""
    for name, each in getattr(of, "commands", {}).items():
        yield from commands(each, *path, name)
    if not hasattr(of, "commands"):
        options = {name for part in of.params for name in part.opts if name.startswith("--")}
        assert not [part.name for part in of.params if not part.help], path
        yield " ".join(path), options


def test_the_handbook_has_every_command_with_its_options():
    said = (ROOT / "docs" / "guide" / "operator.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z -]+?)(?: [\[A-Z].*)?` \| (.*?) ?\| .+ \|$", said, re.MULTILINE)
    told = {name: set(re.findall(r"`(--[a-z-]+)`", options)) for name, options in rows}
    assert told == dict(commands(get_command(app)))


def test_the_order_of_imports_is_told_as_it_is_checked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (order,) = (each["layers"] for each in contracts if each.get("containers") == ["core"])
    assert " > ".join(order) in " ".join((core.__doc__ or "").split())
