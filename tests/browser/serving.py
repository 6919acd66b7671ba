"""A bank of its own, served on a free port, and signing in to it without the form."""

import os
import secrets
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context, set_forkserver_preload
from multiprocessing.process import BaseProcess
from pathlib import Path

import bcrypt
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from components.sessions import COOKIE, digest
from core.database import connect
from core.people.model import Credential, WebSession
from core.people.rules import SignInSource
from core.settings import settings
from data import demo, reference
from data.migrations import upgrade
from tests import world

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = demo.PASSWORD
SEED = 7
# Loading what a server needs takes seconds and every bank has a server of its own.
_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
set_forkserver_preload(["tests.browser.loaded", __name__])
_GLANCE = 50  # milliseconds: to look at every frame keeps a processor busy with drawing
_PATIENCE = 180  # seconds until a server that does not answer has failed
FLAGS = (
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)
# Connected, not running, nothing stale, no skeleton, every list that is to be seen with its rows,
# and staying that way for a moment: right after a click a page still says that it is not running.
_SETTLED = """() => {
  const app = document.querySelector('[data-testid=stApp]')
  const drawn = list => {
    const table = list.querySelector('table[aria-rowcount]')
    return table && (table.ariaRowCount < 2 || table.querySelector('tbody tr'))
  }
  const settled = app
    && app.dataset.testConnectionState === 'CONNECTED'
    && app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-stale=true],[data-testid=stSkeleton]')
    && [...document.querySelectorAll('[data-testid=stDataFrame]')]
      .every(list => !list.checkVisibility() || list.offsetWidth < 50 || drawn(list))
  const now = performance.now()
  if (!settled) { window.__settled = null; return false }
  window.__settled ??= now
  return now - window.__settled > 250
}"""


@dataclass(frozen=True)
class Bank:
    """A running server, the database behind it, and what it logs."""

    url: str
    engine: Engine
    log: Path

    def sign_in(self, context: BrowserContext, who: str | int) -> None:
        """Give a browser the row and the cookie that the form would have given it.

        :param who: a user name, or the number of somebody who has none
        """
        value = secrets.token_urlsafe(32)
        now = datetime.now(settings().zone)
        with Session(self.engine) as session, session.begin():
            person_id = who if isinstance(who, int) else _holder(session, who)
            row = WebSession(
                person_id=person_id,
                source=SignInSource.PASSWORD,
                cookie_hash=digest(value),
                opened_at=now,
                seen_at=now,
            )
            session.add(row)
        context.add_cookies(
            [
                {
                    "name": COOKIE,
                    "value": value,
                    "url": self.url,
                    "httpOnly": True,
                    "sameSite": "Lax",
                }
            ]
        )

    def open(self, page: Page, path: str = "/") -> Page:
        page.goto(self.url + path)
        settle(page)
        return page


def settle(page: Page, *, timeout: float = 30_000) -> Page:
    """Wait until the page has finished what was asked of it."""
    page.evaluate("window.__settled = null")
    page.wait_for_function(_SETTLED, timeout=timeout, polling=_GLANCE)
    return page


def small_bank(folder: Path) -> str:
    """Write the bank of `tests.world`, as of now, with a password for everybody."""
    url = f"sqlite:///{folder / 'small.db'}"
    now = datetime.now(settings().zone)
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    engine = connect(url)
    upgrade(engine)
    with Session(engine) as session, session.begin():
        world.build(session, now=now)
        session.add_all(
            Credential(
                person_id=id_,
                username=first,
                password_hash=hashed,
                must_change=False,
                changed_at=now,
            )
            for id_, first, *_ in world.PEOPLE
        )
    engine.dispose()
    return url


def demo_bank(folder: Path, *, customers: int = 2_000) -> str:
    """Write the demo bank of a fixed seed."""
    url = f"sqlite:///{folder / 'demo.db'}"
    engine = connect(url)
    upgrade(engine)
    with Session(engine) as session, session.begin():
        reference.lay_down(session, bank_name=settings().bank_name)
    demo.build(
        engine,
        customers=customers,
        seed=SEED,
        now=datetime.now(settings().zone),
        bank_name=settings().bank_name,
    )
    engine.dispose()
    return url


@contextmanager
def served(
    url: str, folder: Path, *, port: int | None = None, is_new: bool = False, **variables: str
) -> Iterator[Bank]:
    """Serve a database until the block ends.

    :param port: one of `free_port()`, where others have to know it before
    :param is_new: let the server load everything itself, as where nothing has run before
    :param variables: further settings of the server, such as `FAIRLEAD_IDLE_MINUTES="1"`
    """
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    log = folder / f"server-{port}.log"
    variables |= {
        "FAIRLEAD_DATABASE_URL": url,
        "FAIRLEAD_SECRETS_PATH": str(folder),
        "FAIRLEAD_LOG_LEVEL": "INFO",
    }
    server = get_context("spawn" if is_new else _METHOD).Process(
        target=_serve, args=(port, variables, log)
    )
    log.touch()
    server.start()
    engine = connect(url)
    try:
        _await_ready(address, server, log)
        yield Bank(address, engine, log)
    finally:
        engine.dispose()
        server.terminate()
        server.join(10)
        if server.is_alive():
            server.kill()
            server.join()


def _serve(port: int, variables: dict[str, str], log: Path) -> None:
    """Be `streamlit run` in a process of its own."""
    with log.open("a", encoding="utf-8") as output:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(output.fileno(), stream.fileno())
    os.environ.update(variables)
    os.chdir(ROOT)
    from streamlit.web import cli  # noqa: PLC0415  only in the process of a server

    cli.main(["run", "app.py", f"--server.port={port}"])


def copy_of(url: str, folder: Path) -> str:
    """Copy a bank that nobody is using, so that its copy may be changed."""
    folder.mkdir(parents=True, exist_ok=True)
    file = shutil.copy(url.removeprefix("sqlite:///"), folder)
    return f"sqlite:///{file}"


def _holder(session: Session, username: str) -> int:
    return session.scalars(
        select(Credential.person_id).where(Credential.username == username)
    ).one()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _await_ready(address: str, server: BaseProcess, log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.is_alive():
        try:
            with urllib.request.urlopen(f"{address}/ready", timeout=2) as answer:  # noqa: S310  ours
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"The server did not get ready.\n{log.read_text(encoding='utf-8')}")
