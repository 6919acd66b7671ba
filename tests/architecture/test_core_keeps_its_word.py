"""What a reviewer would otherwise have to check by eye in every action and query."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "core").rglob("*.py"))
WHOLE = [*CORE, *(path for part in ("components", "cli") for path in (ROOT / part).rglob("*.py"))]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in WHOLE}
LONGEST_FILE = 250
CLOCK = (".now", ".utcnow", ".today", ".time")
END = (".commit", ".rollback", ".begin")
SWALLOWED = ("except Exception", "except:")
LATER = ("TODO", "FIXME", "XXX")
# The machinery that opens transactions, and that alone.
MAY_COMMIT = {"core/work.py"}
DRY_RUNS = {"try_out"}  # these say what would happen, and change nothing


def name(path):
    return path.relative_to(ROOT).as_posix()


def functions(path):
    return [
        node
        for node in TREES[path].body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def in_part(path, part):
    return path.name == f"{part}.py" or path.parent.name == part


ACTIONS = [
    pytest.param(node, id=f"{name(path)}:{node.name}")
    for path in CORE
    if in_part(path, "actions")
    for node in functions(path)
    if node.args.args and ast.unparse(node.args.args[0]) == "work: Work" and len(node.args.args) > 1
    if node.args.args[1].arg == "request"
]


def calls(tree):
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_core_neither_commits_nor_looks_at_the_clock_nor_prints():
    assert not [
        f"{name(path)} calls {call}"
        for path in CORE
        for call in calls(TREES[path])
        if call == "print"
        or call.endswith(CLOCK)
        or (call.endswith(END) and name(path) not in MAY_COMMIT)
    ]


@cache
def every():
    """Return what each function of core calls, by its name."""
    return {
        node.name: calls(node)
        for path in CORE
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.FunctionDef)
    }


def reached(called):
    """What these calls come to within core, followed all the way down."""
    seen, ahead = set(), set(called)
    while ahead:
        call = ahead.pop()
        seen.add(call)
        ahead |= every().get(call.split(".")[-1], set()) - seen
    return seen


@pytest.mark.parametrize("action", ACTIONS)
def test_action_is_authorized_recorded_and_explained(action):
    does = reached(calls(action))
    assert {"work.authorize", "work.authorize_move"} & does, "allow"
    assert "work.record" in does or action.name in DRY_RUNS, "record"
    assert ast.get_docstring(action), "explain"


def test_people_launch_through_the_gate_alone():
    """Screens hand an action on by its name, so it is whoever imports it that may launch."""
    imported = {
        name(path)
        for path in (*WHOLE, *(ROOT / "pages").glob("*.py"))
        for node in ast.walk(TREES.get(path) or ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and "launch" in {each.name for each in node.names}
    }
    assert imported == {"core/gate/actions.py"}


def test_files_are_short_enough_to_be_read():
    lengths = {name(path): len(path.read_text().splitlines()) for path in WHOLE}
    assert not {file: length for file, length in lengths.items() if length > LONGEST_FILE}


def test_nothing_is_swallowed_or_left_for_later():
    assert not [
        f"{name(path)} has {mark}"
        for path in CORE
        for mark in (*SWALLOWED, *LATER)
        if mark in path.read_text()
    ]


def test_what_threads_share_is_indexed_before_they_come():
    """An alias that a module keeps is made by `shared_alias`, or two first users may clash."""
    assert not [
        f"{name(path)}, line {node.lineno}"
        for path in CORE
        for node in TREES[path].body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "aliased"
    ]
