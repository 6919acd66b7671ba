"""What killed test runs leave behind goes; what belongs to a run that goes on stays."""

import json
import os
import subprocess
import sys

import pytest

from tests.databases import sweep


@pytest.fixture(scope="module")
def gone():
    """Return the number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


@pytest.mark.parametrize(
    ("users", "server", "stays"),
    [
        (["gone"], None, False),
        (["gone"], "gone", False),
        (["gone"], "self", False),  # the number of the server has gone to another process
        (["gone", "self"], None, True),
        ([], None, True),  # its run is tidying up
        (None, None, True),  # its run has only just begun
    ],
)
def test_servers_are_swept_when_nobody_uses_them(tmp_path, gone, users, server, stays):
    numbers = {"gone": gone, "self": os.getpid()}
    folder = tmp_path / "fairlead-postgresql-1"
    folder.mkdir()
    if users is not None:
        (folder / ".handle_pids.json").write_text(json.dumps([numbers[each] for each in users]))
    if server is not None:
        (folder / "postmaster.pid").write_text(f"{numbers[server]}\n{folder}\n")

    sweep([folder, tmp_path / "nowhere"])

    assert folder.exists() is stays
