"""Signing in with an account of the company: who that is here, and how often it counts."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from components import server, sign_in
from core.people.model import WebSession
from core.people.rules import SignInSource
from tests.conftest import NOW
from tests.pages.conftest import SHELL

MINUTE = timedelta(minutes=1)


@pytest.fixture
def come_back(installation, monkeypatch):
    """Come back from the company's sign-in as somebody, some time ago."""
    monkeypatch.setattr(sign_in, "company_account", lambda: True)
    left = []
    monkeypatch.setattr(sign_in.st, "logout", lambda: left.append(True))

    def come(email, *, ago=MINUTE, **more):
        claims = {"is_logged_in": True, "email": email, "iat": (NOW - ago).timestamp()} | more
        monkeypatch.setattr(sign_in.st, "user", claims)
        app = AppTest.from_file(SHELL, default_timeout=60).run()
        assert not app.exception
        return app

    come.left = left
    return come


def rows(engine):
    with Session(engine) as session:
        return session.scalars(select(WebSession)).all()


def test_ends_in_a_session_like_any_other(come_back, engine):
    app = come_back("LEA@bank.example")

    assert "Lea Example" in app.title[0].value
    [row] = rows(engine)
    assert (row.person_id, row.source) == (3, SignInSource.COMPANY)


def test_people_unknown_here_are_told_so(come_back, engine):
    app = come_back("stranger@bank.example")

    assert "nobody here has its e-mail address" in app.warning[0].value
    assert rows(engine) == []


@pytest.mark.parametrize(("checked", "opened"), [(True, 1), (False, 0), ("false", 0)])
def test_an_address_that_nobody_checked_is_nobodys(come_back, engine, checked, opened):
    come_back("lea@bank.example", email_verified=checked)

    assert len(rows(engine)) == opened


def test_an_old_sign_in_there_opens_nothing_here(come_back, engine):
    app = come_back("lea@bank.example", ago=6 * MINUTE)

    assert app.title[0].value == "Sign in"
    assert any("company account" in button.label for button in app.button)
    assert rows(engine) == []


def test_one_sign_in_there_opens_one_session_here(come_back, engine, monkeypatch):
    come_back("lea@bank.example")
    monkeypatch.setattr(server, "now", lambda: NOW + MINUTE)

    again = come_back("lea@bank.example")

    assert again.title[0].value == "Sign in"
    assert len(rows(engine)) == 1


def test_signing_out_here_signs_out_there(come_back):
    app = come_back("lea@bank.example")

    next(button for button in app.button if button.label == "Sign out").click().run()

    assert app.title[0].value == "Sign in"
    assert come_back.left == [True]


def test_has_no_password_to_change_here(come_back):
    app = come_back("lea@bank.example")

    app.switch_page("../pages/account.py").run()

    assert "its password is changed there" in app.info[0].value
    assert not app.text_input
