"""The sign-in in a real browser: what a stranger, a thief and a colleague in a hurry get to see."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from components.security import HEADERS
from components.sessions import COOKIE
from core.people.model import Credential, WebSession
from core.settings import settings
from tests.browser.serving import PASSWORD, served, settle

OWN = "four words nobody joins"
WRONG = "not the password at all"


@pytest.fixture
def stranger(new_context, watched):
    """Open pages of the small bank in a browser that nobody has signed in to."""

    def open_pages(bank, path="/"):
        return bank.open(watched(new_context().new_page()), path)

    return open_pages


@pytest.fixture
def credential(small):
    """Change somebody's credential for a test: `credential("sam", must_change=True)`."""

    def change(username, **columns):
        with Session(small.engine) as session, session.begin():
            row = session.scalars(select(Credential).where(Credential.username == username)).one()
            for name, value in columns.items():
                setattr(row, name, value)

    return change


def now():
    return datetime.now(settings().zone)


def fill(page, username, password):
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    return settle(page)


def title(page):
    return page.get_by_role("heading", level=1)


def cookie_of(page):
    return next((each for each in page.context.cookies() if each["name"] == COOKIE), None)


def await_cookie(page):
    page.wait_for_load_state("networkidle")
    for _ in range(50):
        if (cookie := cookie_of(page)) is not None:
            return cookie
        page.wait_for_timeout(100)
    raise AssertionError("the sign-in left no cookie")


def test_leads_to_the_page_and_filters_of_the_address_and_survives_reloading(stranger, small):
    page = stranger(small, "/people?q=lea")
    expect(title(page)).to_have_text("Sign in")

    fill(page, "ada", PASSWORD)

    expect(title(page)).to_have_text("People")
    expect(page.get_by_label("Search", exact=True)).to_have_value("lea")
    expect(page.get_by_text("1 person")).to_be_visible()
    assert page.url.endswith("/people?q=lea")
    cookie = await_cookie(page)
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert COOKIE not in page.evaluate("document.cookie")

    page.reload()
    settle(page)
    expect(title(page)).to_have_text("People")
    expect(page.get_by_label("Search", exact=True)).to_have_value("lea")


@pytest.mark.parametrize(
    ("username", "password"),
    [("ann", WRONG), ("nobody", PASSWORD), ("ann", "x" * 100), ("lou", PASSWORD)],
    ids=["wrong", "unknown", "far too long", "locked"],
)
def test_says_the_same_to_everybody_it_does_not_let_in(
    stranger, small, credential, username, password
):
    credential("lou", locked_until=now() + timedelta(minutes=10), failed_attempts=5)
    page = stranger(small)

    fill(page, username, password)

    expect(page.get_by_role("alert")).to_contain_text(
        "the user name or the password is wrong, or the account is locked for a while"
    )
    expect(title(page)).to_have_text("Sign in")
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    assert cookie_of(page) is None


def test_asks_for_a_password_of_ones_own_first(stranger, small, credential):
    credential("sam", must_change=True)
    page = stranger(small)
    fill(page, "sam", PASSWORD)
    expect(title(page)).to_have_text("Choose your password")
    expect(page.get_by_role("link", name="My account")).to_have_count(0)

    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_label("New password once more").fill("short")
    page.get_by_role("button", name="Change the password").click()
    settle(page)
    expect(page.get_by_role("alert")).to_contain_text("fewer than 12 characters")

    page.get_by_label("New password", exact=True).fill(OWN)
    page.get_by_label("New password once more").fill(OWN)
    page.get_by_role("button", name="Change the password").click()
    settle(page)
    expect(title(page)).to_contain_text("Sam")

    again = stranger(small)
    fill(again, "sam", PASSWORD)
    expect(title(again)).to_have_text("Sign in")
    fill(again, "sam", OWN)
    expect(title(again)).to_contain_text("Sam")


def test_signing_out_ends_every_tab_and_makes_the_cookie_worthless(
    stranger, small, new_context, watched
):
    page = stranger(small)
    fill(page, "tom", PASSWORD)
    expect(title(page)).to_contain_text("Tom")
    stolen = await_cookie(page)
    other = small.open(watched(page.context.new_page()), "/people")
    expect(title(other)).to_have_text("People")

    page.get_by_role("button", name="Sign out").click()
    settle(page)
    expect(title(page)).to_have_text("Sign in")

    other.get_by_label("Search", exact=True).fill("ann")
    other.keyboard.press("Enter")
    expect(title(other)).to_have_text("Sign in")
    page.reload()
    settle(page)
    expect(title(page)).to_have_text("Sign in")

    thief = new_context()
    thief.add_cookies([stolen])
    seen = small.open(watched(thief.new_page()), "/people")
    expect(title(seen)).to_have_text("Sign in")
    expect(seen.get_by_text("Ann Example")).to_have_count(0)


def test_a_session_ended_elsewhere_ends_on_the_next_click(as_person, small):
    page = as_person("ada", "/people", bank=small)
    with Session(small.engine) as session, session.begin():
        for row in session.scalars(select(WebSession).where(WebSession.person_id == 10)):
            row.ended_at, row.end_reason = now(), "roles changed"

    page.get_by_label("Search", exact=True).fill("ann")
    page.keyboard.press("Enter")

    expect(title(page)).to_have_text("Sign in")


def test_a_page_of_another_role_is_refused_in_plain_words(as_person, small):
    page = as_person("ann", "/people", bank=small)

    expect(page.get_by_role("alert")).to_contain_text(
        "People is not open to your role (agent). Somebody who administers people can change that."
    )
    expect(page.get_by_role("navigation")).not_to_contain_text("People")
    expect(page.get_by_text("Lea Example")).to_have_count(0)


def test_a_server_that_has_just_started_shows_strangers_nothing(stranger, small, tmp_path):
    with served(str(small.engine.url), tmp_path, is_new=True) as fresh:
        page = stranger(fresh, "/people")

        expect(title(page)).to_have_text("Sign in")
        expect(page).to_have_title("Sign in · Fairlead")
        expect(page.get_by_role("navigation")).to_have_count(0)
        expect(page.get_by_text("Ann Example")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/people", "/_stcore/health", "/ready", "/nowhere.txt"])
def test_every_answer_carries_the_headers(small, context, path):
    assert HEADERS.items() <= context.request.get(small.url + path).headers.items()


def test_no_script_of_a_stranger_runs(small, page):
    small.open(page)

    ran = page.evaluate(
        """() => {
          const script = document.createElement('script')
          script.textContent = 'window.smuggled = true'
          document.body.append(script)
          return window.smuggled === true
        }"""
    )

    assert not ran
