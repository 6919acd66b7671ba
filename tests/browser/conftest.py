"""Chromium before the running product: two banks, everybody's sign-in, and no silent errors.

`demo` is the demo bank, `small` the bank of `tests.world` for what has to come out to the figure.
"""

import fcntl
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import chromium
from tests.browser.hand import Hand
from tests.browser.serving import FLAGS, copy_of, demo_bank, served, settle, small_bank

HERE = Path(__file__).parent
PATIENCE = 20_000  # milliseconds for what is waited for; what is there is found at once
expect.set_options(timeout=PATIENCE)
# What a browser may complain about, and why.
ALLOWED = (
    # Streamlit's client looks for its server below the page's own address first.
    re.compile(r"/_stcore/(health|host-config).*404|404.*/_stcore/(health|host-config)"),
)


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def base_url():
    """Each bank has an address of its own."""
    return


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return browser_type_launch_args | {"executable_path": chromium.find(), "args": list(FLAGS)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return browser_context_args | {
        "viewport": {"width": 1280, "height": 900},
        "locale": "en-GB",
        "timezone_id": "Europe/London",
        "reduced_motion": "reduce",
        "color_scheme": "light",
        "service_workers": "block",
    }


@pytest.fixture(scope="session")
def demo(tmp_path_factory, worker_id):
    """The demo bank for all tests of a worker: each finds what those before it have done.

    It is written once; every worker serves a copy.
    """
    folder, ours = tmp_path_factory.mktemp("demo"), tmp_path_factory.getbasetemp()
    everybodys = (ours if worker_id == "master" else ours.parent) / "demo-bank"
    everybodys.mkdir(exist_ok=True)
    with (everybodys / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (written := everybodys / "url").exists():
            written.write_text(demo_bank(everybodys))
    with served(copy_of(written.read_text(), folder), folder) as bank:
        yield bank


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The small bank for the tests of one module: nobody else has done anything in it."""
    folder = tmp_path_factory.mktemp("small")
    with served(small_bank(folder), folder) as bank:
        yield bank


@pytest.fixture
def watched():
    """Watch pages: what the browser complains about fails the test that caused it."""
    complaints = []

    def watch(page):
        page.set_default_timeout(PATIENCE)
        page.on(
            "console",
            lambda said: (
                complaints.append(f"{said.text} ({(said.location or {}).get('url')})")
                if said.type == "error"
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield watch
    unexpected = [said for said in complaints if not any(each.search(said) for each in ALLOWED)]
    assert not unexpected, unexpected


@pytest.fixture
def as_person(new_context, watched, request):
    """Open a page as somebody: `as_person("lead", "/team_queue")`, or in another bank.

    Everybody has a browser of their own.
    """
    visited = {}

    def open_as(username, path="/", *, bank=None, scheme="light", size=None):
        bank = bank or request.getfixturevalue("demo")
        visited.setdefault(bank.log, bank.log.stat().st_size)
        context = new_context()
        bank.sign_in(context, username)
        page = watched(context.new_page())
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if size is not None:
            page.set_viewport_size(size)
        return bank.open(page, path)

    yield open_as
    for log, before in visited.items():
        with log.open(encoding="utf-8") as lines:
            lines.seek(before)
            said = lines.read()
        assert "defect" not in said, said
        assert "Traceback" not in said, said


@pytest.fixture
def wait_run():
    return settle


@pytest.fixture
def hand(as_person, bank):
    """Open a page of a module's `bank` as somebody and get a hand on it.

    Each person keeps one browser.
    """
    hands = {}

    def of(who, path="/"):
        if who not in hands:
            hands[who] = Hand(as_person(who, path, bank=bank))
        else:
            bank.open(hands[who].page, path)
        return hands[who]

    return of
