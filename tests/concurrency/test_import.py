"""An import that dies leaves nothing half done, and two at once are one after the other."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.access import SYSTEM
from core.customers.queries.checking import state_differences
from core.refusals import Conflict
from tests.making.files import CUSTOMERS, HEADER, Importing, contents

ROWS = 3_000
SCRIPT = Path(__file__).with_name("killed_import.py")
LINES = HEADER + "".join(f"N{number},Nora,B1,1,smith\n" for number in range(ROWS))


def test_killed_before_its_commit_it_leaves_nothing_and_the_next_try_works(
    engine, world, tmp_path, ask
):
    files = Importing(engine, world.ada, tmp_path)
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(CUSTOMERS)
    before = contents(engine)
    command = [
        sys.executable,
        str(SCRIPT),
        engine.url.render_as_string(hide_password=False),
        str(files.file(LINES)),
        str(mapping),
    ]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=SCRIPT.parents[2],
        env={"PYTHONPATH": str(SCRIPT.parents[2])},
    ) as dying:
        assert dying.stdout.readline() == f"{ROWS} written\n"
        dying.kill()

    assert contents(engine) == before
    assert files.take(LINES).created == ROWS
    assert ask(SYSTEM, state_differences).total == 0


@pytest.mark.parametrize("_round", range(3))
def test_of_two_imports_of_one_file_the_second_finds_everything_unchanged(
    engine, world, tmp_path, _round
):
    outcomes, start = [], threading.Barrier(2)

    def attempt(name):
        folder = tmp_path / name
        folder.mkdir()
        start.wait()
        try:
            fact = Importing(engine, world.ada, folder).take(LINES)
            outcomes.append((fact.created, fact.unchanged))
        except Conflict as conflict:
            outcomes.append(conflict)

    both = [threading.Thread(target=attempt, args=(name,)) for name in ("one", "two")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert sorted(outcomes) == [(0, ROWS), (ROWS, 0)]
