"""Signing in with an account of the company, at a real provider of OpenID Connect."""

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from components.sessions import COOKIE, digest
from core.people.model import WebSession
from core.people.rules import SignInSource
from tests.browser.serving import PASSWORD, free_port, served, settle, small_bank
from tests.browser.test_sign_in import await_cookie, fill, title

LEA = 3
PATIENCE = 60  # seconds until a provider that does not answer has failed
ACCOUNTS = (
    {"sub": "lea", "email": "Lea@bank.example", "email_verified": True},
    {"sub": "stranger", "email": "stranger@elsewhere.example", "email_verified": True},
    {"sub": "pretender", "email": "lea@bank.example", "email_verified": False},
)
SECRETS = """
[auth]
redirect_uri = "{bank}/oauth2callback"
client_id = "fairlead"
client_secret = "known to both"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    """Serve the accounts of the company."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    log = tmp_path_factory.mktemp("provider") / "provider.log"
    claims = [f"--user-claims={json.dumps(account)}" for account in ACCOUNTS]
    command = [sys.executable, "-m", "oidc_provider_mock", f"--port={port}", *claims]
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + PATIENCE
            while not answers(f"{address}/jwks"):
                assert time.monotonic() < until, log.read_text(encoding="utf-8")
                time.sleep(0.2)
            yield address
        finally:
            server.terminate()
            server.wait(10)


def answers(address):
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310  ours
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="module")
def bank(provider, tmp_path_factory):
    """The small bank, whose people may sign in with their company account."""
    folder, port = tmp_path_factory.mktemp("company"), free_port()
    secrets = SECRETS.format(bank=f"http://127.0.0.1:{port}", provider=provider)
    (folder / "secrets.toml").write_text(secrets, encoding="utf-8")
    with served(small_bank(folder), folder, port=port) as bank:
        yield bank


@pytest.fixture
def page(new_context, watched, bank):
    context = new_context()
    # The provider's own pages are styled by a file from elsewhere, which tests do without.
    context.route(
        re.compile("^https://"), lambda route: route.fulfill(content_type="text/css", body="")
    )
    return bank.open(watched(context.new_page()))


@pytest.fixture(autouse=True)
def nobody_signed_in(bank):
    with Session(bank.engine) as session, session.begin():
        session.query(WebSession).delete()


def come_as(page, bank, account):
    """Go to the company's own sign-in and come back from it as somebody."""
    page.get_by_role("button", name="Sign in with your company account").click()
    page.get_by_placeholder("sub").fill(account)
    page.get_by_role("button", name="Authorize", exact=True).click()
    page.wait_for_url(f"{bank.url}/**")
    return settle(page)


def rows(bank):
    with Session(bank.engine) as session:
        return session.scalars(select(WebSession)).all()


def test_opens_the_same_session_with_the_same_roles(page, bank):
    come_as(page, bank, "lea")

    expect(title(page)).to_contain_text("Lea Example")
    expect(page.get_by_text("team lead")).to_be_visible()
    expect(page.get_by_role("link", name="Runs")).to_be_visible()
    cookie = await_cookie(page)
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == (COOKIE, True, "Lax")
    [row] = rows(bank)
    assert (row.person_id, row.source) == (LEA, SignInSource.COMPANY)
    assert row.cookie_hash == digest(cookie["value"])

    page.reload()
    settle(page)
    expect(title(page)).to_contain_text("Lea Example")
    assert len(rows(bank)) == 1


@pytest.mark.parametrize("account", ["stranger", "pretender"], ids=["unknown", "unverified"])
def test_refuses_calmly_who_is_nobody_here(page, bank, account):
    come_as(page, bank, account)

    expect(title(page)).to_have_text("Sign in")
    expect(page.get_by_role("alert")).to_contain_text("nobody here has its e-mail address")
    assert rows(bank) == []
    assert "Traceback" not in bank.log.read_text(encoding="utf-8")

    fill(page, "ann", PASSWORD)
    expect(title(page)).to_contain_text("Ann Example")
    assert [row.source for row in rows(bank)] == [SignInSource.PASSWORD]


def test_signing_out_ends_it_here_and_there(page, bank):
    come_as(page, bank, "lea")
    await_cookie(page)

    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()
    page.wait_for_url(f"{bank.url}/**")
    settle(page)
    expect(title(page)).to_have_text("Sign in")

    [row] = rows(bank)
    assert (row.end_reason, row.ended_at is None) == ("signed out", False)
    bank.open(page)
    expect(title(page)).to_have_text("Sign in")
    names = {each["name"] for each in page.context.cookies()}
    assert not names & {"_streamlit_user", "_streamlit_user_tokens"}
    assert len(rows(bank)) == 1
