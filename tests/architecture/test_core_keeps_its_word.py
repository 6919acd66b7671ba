"""What a reviewer would otherwise have to check by eye in every action and query."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "core").rglob("*.py"))
WHOLE = [*CORE, *(path for part in ("components", "cli") for path in (ROOT / part).rglob("*.py"))]
LONGEST_FILE = 250
# The machinery that opens transactions, and that alone.
MAY_COMMIT = {"core/work.py"}
DRY_RUNS = {"try_out"}  # these say what would happen, and change nothing


def name(path):
    return path.relative_to(ROOT).as_posix()


def functions(path):
    return [
        node
        for node in ast.parse(path.read_text()).body
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


@pytest.mark.parametrize("path", CORE, ids=name)
def test_core_neither_commits_nor_looks_at_the_clock_nor_prints(path):
    for call in calls(ast.parse(path.read_text())):
        assert not call.endswith((".now", ".utcnow", ".today", ".time"))
        assert call != "print"
        if name(path) not in MAY_COMMIT:
            assert not call.endswith((".commit", ".rollback", ".begin"))


EVERY = {
    node.name: calls(node)
    for path in CORE
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.FunctionDef)
}


def reached(called):
    """What these calls come to within core, followed all the way down."""
    seen, ahead = set(), set(called)
    while ahead:
        call = ahead.pop()
        seen.add(call)
        ahead |= EVERY.get(call.split(".")[-1], set()) - seen
    return seen


@pytest.mark.parametrize("action", ACTIONS)
def test_action_is_authorized_recorded_and_explained(action):
    does = reached(calls(action))
    assert {"work.authorize", "work.authorize_move"} & does, "allow"
    assert "work.record" in does or action.name in DRY_RUNS, "record"
    assert ast.get_docstring(action), "explain"


def test_people_launch_through_the_gate_alone():
    launched = {name(path) for path in WHOLE if "launch" in calls(ast.parse(path.read_text()))}
    assert launched == {"core/gate/actions.py"}


@pytest.mark.parametrize("path", WHOLE, ids=name)
def test_file_is_short_enough_to_be_read(path):
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", CORE, ids=name)
def test_nothing_is_swallowed_or_left_for_later(path):
    text = path.read_text()
    assert "except Exception" not in text
    assert "except:" not in text
    for mark in ("TODO", "FIXME", "XXX"):
        assert mark not in text


@pytest.mark.parametrize("path", CORE, ids=name)
def test_what_threads_share_is_indexed_before_they_come(path):
    """An alias that a module keeps is made by `shared_alias`, or two first users may clash."""
    made = [
        node.value.func.id
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
    ]

    assert "aliased" not in made
