"""Pages look through `fetch`, change through `submit`, and know nothing of SQL or the session."""

import ast
from pathlib import Path

import pytest

from components.navigation import SCREENS
from core.access import GRANTS, Permission, Role

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "pages").glob("*.py"))
SCRIPTS = [*PAGES, *sorted((ROOT / "components").rglob("*.py"))]
ALLOWED = {"streamlit", "components", "core", "datetime", "decimal"}
LONGEST_PAGE = 120
LOOK = "components/look.py"  # the one place for colours, and for the one rule of style


def name(path):
    return path.relative_to(ROOT).as_posix()


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_page_imports_only_screens_and_business(page):
    modules = list(imported(ast.parse(page.read_text())))
    assert {module.split(".")[0] for module in modules} <= ALLOWED
    assert not {"core.database", "core.work"} & set(modules)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_page_is_short_and_says_what_it_answers(page):
    text = page.read_text()
    assert len(text.splitlines()) <= LONGEST_PAGE
    assert ast.get_docstring(ast.parse(text))
    assert "heading(" in text


def test_nothing_typed_by_people_becomes_html():
    assert not [
        f"{name(script)} has {means}"
        for script in SCRIPTS
        for means in ("unsafe_allow_html", "unsafe_allow_javascript", "st.html")
        if means in script.read_text() and (means, name(script)) != ("st.html", LOOK)
    ]


def test_colours_stand_in_one_place():
    assert not [
        f"{name(script)}, line {node.lineno}: {node.value}"
        for script in SCRIPTS
        if name(script) != LOOK
        for node in ast.walk(ast.parse(script.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and ((node.value.startswith("#") and len(node.value) in {4, 7}) or "rgb(" in node.value)
    ]


def test_every_page_is_in_the_menu_of_pages_and_the_other_way_round():
    assert {screen.file for screen in SCREENS} == set(PAGES)
    assert len({screen.name for screen in SCREENS}) == len(SCREENS)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_every_page_asks_for_a_permission_that_some_role_has(screen):
    granted = frozenset().union(*GRANTS.values(), {Permission.OWN_ACCOUNT})
    assert screen.needs
    assert screen.needs <= granted


@pytest.mark.parametrize("role", Role, ids=str)
def test_every_role_has_pages_besides_home(role):
    assert any(screen.needs & GRANTS[role] for screen in SCREENS if screen.on_menu)
