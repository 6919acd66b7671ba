"""The sign-in as people meet it, through the shell, and the route that hands out the cookie."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from streamlit.testing.v1 import AppTest

from components import server
from components.http import COOKIE_PATH, ROUTES
from components.security import HEADERS, MIDDLEWARE
from components.sessions import COOKIE
from core.journal.model import Entry
from core.people.actions.accounts import GiveAccount, give_account
from core.people.actions.roles import SetRoles, set_roles
from core.people.model import Credential, WebSession
from core.settings import settings
from tests.conftest import NOW

SHELL = Path(__file__).parents[2] / "components" / "shell.py"
FIRST, SECOND = "a first password", "quite another one"


@pytest.fixture
def shell(installation, do, world):
    """The product before anybody has signed in; Ann has an account and must change it."""
    do(world.ada, give_account, GiveAccount(1, "ann", FIRST))
    return AppTest.from_file(SHELL, default_timeout=60).run()


class Client:
    """Speaks to our own addresses and keeps their cookies."""

    def __init__(self, *more):
        routes = [*ROUTES, *more]
        served = httpx.ASGITransport(Starlette(routes=routes, middleware=MIDDLEWARE))
        self.http = httpx.AsyncClient(transport=served, base_url="http://bank")

    def __call__(self, method, address, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(self.http.request(method, address, headers=named))


@pytest.fixture
def client(installation):
    return Client()


def sign_in(app, username="ann", password=FIRST):
    app.text_input(key="sign_in_username").input(username)
    app.text_input(key="sign_in_password").input(password)
    app.button[0].click().run()
    assert not app.exception
    return app


def title(app):
    return app.title[0].value


def kinds(engine):
    with Session(engine) as session:
        return list(session.scalars(select(Entry.kind).order_by(Entry.id)))


class TestForm:
    def test_shows_nothing_but_itself_to_strangers(self, shell):
        shell.switch_page("../pages/people.py").run()

        assert title(shell) == "Sign in"
        assert not shell.dataframe
        assert not shell.sidebar.children

    def test_asks_for_another_password_before_anything_else(self, shell, engine):
        sign_in(shell)
        assert title(shell) == "Choose your password"

        shell.switch_page("../pages/account.py").run()
        assert title(shell) == "Choose your password"
        for field in shell.text_input:
            field.input(SECOND)
        shell.button[0].click().run()

        assert title(shell) == "My account"
        assert "password.changed" in kinds(engine)

    @pytest.mark.parametrize(
        ("username", "password"),
        [
            ("ann", "wrong wrong wrong"),
            ("ann", ""),
            ("ann", FIRST + "x" * 80),
            ("nobody", FIRST),
            ("", ""),
        ],
    )
    def test_says_the_same_whatever_is_wrong(self, shell, engine, username, password):
        sign_in(shell, username, password)

        assert shell.warning[0].value.startswith("That did not work")
        assert title(shell) == "Sign in"
        assert kinds(engine)[-1] == "session.refused"
        with Session(engine) as session:
            assert session.scalars(select(WebSession)).all() == []

    def test_locks_after_five_even_for_the_right_password(self, shell, monkeypatch):
        for _ in range(5):
            sign_in(shell, password="wrong wrong wrong")

        sign_in(shell)
        assert shell.warning[0].value.startswith("That did not work")

        monkeypatch.setattr(server, "now", lambda: NOW + timedelta(minutes=16))
        sign_in(shell)
        assert title(shell) == "Choose your password"

    def test_leads_to_the_page_and_the_filters_of_the_address(self, installation, do, world):
        do(world.ada, give_account, GiveAccount(10, "ada", FIRST))
        with Session(installation) as session, session.begin():
            session.get_one(Credential, 10).must_change = False
        app = AppTest.from_file(SHELL, default_timeout=60)
        app.query_params["q"] = "lea"
        app.switch_page("../pages/people.py").run()

        sign_in(app, "ada")

        assert title(app) == "People"
        assert list(app.dataframe[0].value["Name"]) == ["Lea Example"]

    def test_leaves_nothing_of_the_authenticator_behind(self, shell):
        sign_in(shell)

        for left in ("authentication_status", "username", "name", "email", "roles"):
            assert left not in shell.session_state


class TestOwnPassword:
    """An open screen is no better place to guess passwords than the sign-in."""

    @pytest.fixture
    def account(self, open_page, do, world, installation):
        do(world.ada, give_account, GiveAccount(1, "ann", FIRST))
        with Session(installation) as session, session.begin():
            session.get_one(Credential, 1).must_change = False
        return open_page(world.ann, "account")

    @staticmethod
    def change(app, present, new):
        for field, text in zip(app.text_input, (present, new, new), strict=True):
            field.input(text)
        next(each for each in app.button if each.label == "Change the password").click().run()
        assert not app.exception

    def test_wrong_guesses_lock_the_account(self, account, engine):
        for _ in range(5):
            self.change(account, "wrong wrong wrong", SECOND)
            assert "present password is not right" in account.warning[0].value

        self.change(account, FIRST, SECOND)

        assert "locked for now" in account.warning[0].value
        assert "password.changed" not in kinds(engine)
        stranger = sign_in(AppTest.from_file(SHELL, default_timeout=60).run())
        assert stranger.warning[0].value.startswith("That did not work")

    def test_wrong_guesses_stand_in_the_journal(self, account, engine):
        for _ in range(5):
            self.change(account, "wrong wrong wrong", SECOND)

        with Session(engine) as session:
            refused = list(
                session.scalars(
                    select(Entry.facts).where(Entry.kind == "session.refused").order_by(Entry.id)
                )
            )
        assert [facts["person_id"] for facts in refused] == [1] * 5
        assert [facts["is_locked"] for facts in refused] == [False] * 4 + [True]

    def test_the_right_password_is_no_guess_however_weak_the_new_one(self, account, engine):
        for _ in range(6):
            self.change(account, FIRST, "short")
            assert "fewer than 12 characters" in account.warning[0].value

        self.change(account, FIRST, SECOND)

        assert "password.changed" in kinds(engine)


class TestSession:
    def test_a_change_of_roles_ends_it_on_the_next_click(self, open_page, do, world):
        app = open_page(world.ann, "account")
        do(world.ada, set_roles, SetRoles(1, []))

        app.run()

        assert title(app) == "Sign in"

    def test_ends_when_nobody_does_anything(self, open_page, world, monkeypatch):
        app = open_page(world.ann, "account")
        monkeypatch.setattr(server, "now", lambda: NOW + timedelta(minutes=31))

        app.run()

        assert title(app) == "Sign in"

    def test_a_click_keeps_it_alive(self, open_page, world, monkeypatch):
        app = open_page(world.ann, "account")
        for minutes in (20, 40, 60):
            monkeypatch.setattr(server, "now", lambda m=minutes: NOW + timedelta(minutes=m))
            app.run()
            assert title(app) == "My account"

    def test_signing_out_ends_every_tab(self, open_page, world, engine):
        one = open_page(world.ann, "account")
        other = open_page(world.ann, "account")
        other.session_state["session_id"] = one.session_state["session_id"]

        next(each for each in one.button if each.label == "Sign out").click().run()
        other.run()

        assert title(one) == title(other) == "Sign in"
        assert kinds(engine)[-1] == "session.ended"


class TestCookie:
    @pytest.fixture
    def ticket(self, shell):
        sign_in(shell)
        return shell.session_state["ticket"]

    def test_is_handed_out_once_where_no_script_can_read_it(self, client, ticket, engine):
        answer = client("POST", COOKIE_PATH, x_ticket=ticket)

        assert answer.status_code == 204
        given = answer.headers["set-cookie"]
        for word in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=28800"):
            assert word in given
        assert "Secure" not in given
        again = client("POST", COOKIE_PATH, x_ticket=ticket)
        assert (again.status_code, "set-cookie" in again.headers) == (403, False)
        with Session(engine) as session:
            [row] = session.scalars(select(WebSession))
        assert client.http.cookies[COOKIE] not in {row.cookie_hash, row.ticket_hash}

    def test_is_secure_when_the_settings_say_so(self, client, ticket, monkeypatch):
        monkeypatch.setenv("FAIRLEAD_COOKIE_SECURE", "1")
        settings.cache_clear()

        given = client("POST", COOKIE_PATH, x_ticket=ticket).headers["set-cookie"]

        assert "Secure" in given

    @pytest.mark.parametrize(
        "headers", [{}, {"x_ticket": ""}, {"x_ticket": "guessed"}], ids=["none", "empty", "wrong"]
    )
    def test_is_refused_without_a_ticket(self, client, ticket, headers):
        assert client("POST", COOKIE_PATH, **headers).status_code == 403

    def test_is_refused_to_other_sites(self, client, ticket):
        headers = {"x_ticket": ticket, "sec_fetch_site": "cross-site"}
        assert client("POST", COOKIE_PATH, **headers).status_code == 403
        assert client("DELETE", COOKIE_PATH, **headers).status_code == 403

    def test_is_taken_away(self, client):
        answer = client("DELETE", COOKIE_PATH)

        assert answer.status_code == 204
        assert "Max-Age=0" in answer.headers["set-cookie"]

    def test_a_second_sign_in_of_the_browser_ends_the_first(
        self, client, ticket, engine, installation
    ):
        client("POST", COOKIE_PATH, x_ticket=ticket)
        second = sign_in(AppTest.from_file(SHELL, default_timeout=60).run())

        client("POST", COOKIE_PATH, x_ticket=second.session_state["ticket"])

        with Session(engine) as session:
            reasons = list(session.scalars(select(WebSession.end_reason).order_by(WebSession.id)))
        assert reasons == ["signed in again in the same browser", None]


@pytest.mark.parametrize(
    ("behind_tls", "given"), [("1", "a=b; Path=/; Secure"), ("0", "a=b; Path=/")]
)
def test_cookies_of_others_travel_by_tls_too(monkeypatch, installation, behind_tls, given):
    monkeypatch.setenv("FAIRLEAD_COOKIE_SECURE", behind_tls)
    settings.cache_clear()

    def theirs(_request):
        return Response(headers={"set-cookie": "a=b; Path=/"})

    client = Client(Route("/theirs", theirs))

    assert client("GET", "/theirs").headers["set-cookie"] == given


def test_every_answer_carries_the_security_headers(client):
    for answer in (client("GET", "/ready"), client("GET", "/nowhere")):
        assert HEADERS.items() <= dict(answer.headers).items()
    assert client("GET", "/ready").json() == {"status": "ready"}
    assert "unsafe-inline" not in HEADERS["content-security-policy"].split("style-src")[0]
    assert "unsafe-eval" not in HEADERS["content-security-policy"]
