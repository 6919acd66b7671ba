"""How long a session lasts, what opens it, and how many guesses a password gets."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.customers.model import CustomerState
from core.people.actions.accounts import (
    GiveAccount,
    give_account,
)
from core.people.actions.roles import SetRoles, set_roles
from core.people.actions.sessions import (
    EndSession,
    OpenSession,
    ReplaceSession,
    end_session,
    open_session,
    replace_session,
)
from core.people.model import Credential
from core.people.queries import Limits, opened_since, person_by_email, visit
from core.people.rules import SignInSource
from core.people.upkeep import Lockout, begin_attempt, note_seen, redeem_ticket
from core.queues.actions.leaving import Leave, leave
from core.refusals import NotAllowed, NotFound
from core.work import upkeep
from tests.conftest import NOW

ANN, LEA = 1, 3
LIMITS = Limits(absolute=timedelta(hours=8), idle=timedelta(minutes=30))
LOCKOUT = Lockout(attempts=3, lasts=timedelta(minutes=15))
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def without_customers(arrange):
    """Ann may leave as she is: nobody has to take anything over."""
    cleared = update(CustomerState).values(manager_id=None)
    arrange(lambda session: session.execute(cleared))


@pytest.fixture
def opened(do):
    """A session of Ann with the ticket `t`; its number."""
    return do(SYSTEM, open_session, OpenSession(ANN, SignInSource.COMPANY, "t")).session_id


@pytest.fixture
def found(engine):
    """Look a session up: `found(now, session_id=...)`."""

    def look(now=NOW, **known):
        with Session(engine) as session:
            return visit(session, now=now, limits=LIMITS, **known)

    return look


@pytest.fixture
def attempt(engine):
    def begin(username="ann", now=NOW):
        with upkeep(engine) as session:
            return begin_attempt(session, username, lockout=LOCKOUT, now=now)

    return begin


@pytest.fixture
def account(do, world):
    do(world.ada, give_account, GiveAccount(ANN, "ann", "a first password"))


def redeem(engine, ticket, cookie, now=NOW):
    with upkeep(engine) as session:
        return redeem_ticket(session, ticket_hash=ticket, cookie_hash=cookie, now=now)


class TestVisit:
    def test_is_the_person_with_todays_roles(self, found, opened, world):
        seen = found(session_id=opened)

        assert seen.actor == world.ann
        assert seen.source is SignInSource.COMPANY
        assert not seen.must_change

    def test_ends_when_nobody_does_anything(self, engine, found, opened):
        assert found(NOW + 29 * MINUTE, session_id=opened)
        assert not found(NOW + 30 * MINUTE, session_id=opened)

        with upkeep(engine) as session:
            note_seen(session, opened, now=NOW + 29 * MINUTE)
        assert found(NOW + 58 * MINUTE, session_id=opened)

    def test_ends_in_the_evening_whatever_is_done(self, engine, found, opened):
        for now, lasts in ((NOW + timedelta(hours=7.9), True), (NOW + timedelta(hours=8), False)):
            with upkeep(engine) as session:
                note_seen(session, opened, now=now)
            assert bool(found(now, session_id=opened)) is lasts

    @pytest.mark.parametrize(
        "end",
        [
            pytest.param(lambda do, w, _: do(w.ada, set_roles, SetRoles(ANN, [])), id="roles"),
            pytest.param(lambda do, w, _: do(w.ada, leave, Leave(ANN, "left")), id="left"),
            pytest.param(lambda do, w, s: do(w.ann, end_session, EndSession(s)), id="signed out"),
        ],
    )
    def test_ends_at_once(self, do, found, opened, world, end):
        end(do, world, opened)

        assert found(session_id=opened) is None

    def test_nobody_is_known_by_nothing(self, found, opened):
        assert found() is None
        assert found(cookie_hash="t") is None
        assert found(session_id=opened + 1) is None


class TestTicket:
    def test_is_exchanged_once(self, engine, found, opened):
        assert found(session_id=opened).awaits_cookie
        assert redeem(engine, "t", "c") == opened
        assert redeem(engine, "t", "d") is None

        seen = found(cookie_hash="c")
        assert seen.session_id == opened
        assert not seen.awaits_cookie
        assert found(cookie_hash="d") is None

    def test_is_void_after_a_minute_and_after_the_session(self, do, engine, opened, world):
        assert redeem(engine, "t", "c", now=NOW + timedelta(seconds=60)) is None
        do(world.ann, end_session, EndSession(opened))
        assert redeem(engine, "t", "c") is None

    def test_a_browser_has_one_session(self, do, engine, found, opened):
        redeem(engine, "t", "old")
        second = do(SYSTEM, open_session, OpenSession(LEA, SignInSource.COMPANY, "u")).session_id

        do(SYSTEM, replace_session, ReplaceSession("old", second))

        assert found(session_id=opened) is None
        assert found(session_id=second)
        with pytest.raises(NotFound):
            do(SYSTEM, replace_session, ReplaceSession("old", second))

    def test_nobody_but_the_sign_in_replaces_sessions(self, do, world):
        with pytest.raises(NotAllowed):
            do(world.ada, replace_session, ReplaceSession("old", 1))


@pytest.mark.usefixtures("account")
class TestAttempts:
    def test_the_last_one_allowed_locks(self, attempt):
        assert [bool(attempt()) for _ in range(4)] == [True, True, True, False]
        assert attempt(now=NOW + 14 * MINUTE) is None

    def test_a_lock_that_has_run_out_starts_the_count_again(self, attempt):
        for _ in range(3):
            attempt()

        later = [attempt(now=NOW + 15 * MINUTE) for _ in range(4)]

        assert [each and each.failed_before for each in later] == [0, 1, 2, None]

    def test_the_right_password_clears_the_count(self, do, engine, attempt):
        for _ in range(3):
            seen = attempt()

        ask = OpenSession(ANN, SignInSource.PASSWORD, "t", seen.password_hash)
        do(SYSTEM, open_session, ask)

        assert attempt().failed_before == 0

    def test_unknown_and_disabled_people_get_none(self, do, attempt, world):
        assert attempt("nobody") is None
        assert attempt("") is None
        do(world.ada, leave, Leave(ANN, "left"))
        assert attempt() is None

    def test_many_guesses_at_once_are_still_few(self, engine, attempt):
        with ThreadPoolExecutor(8) as guessers:
            allowed = list(guessers.map(lambda _: attempt(), range(24)))

        assert sum(each is not None for each in allowed) == LOCKOUT.attempts
        with Session(engine) as session:
            assert session.get_one(Credential, ANN).failed_attempts == LOCKOUT.attempts


class TestCompanyAccount:
    def test_is_known_by_its_email_however_written(self, do, engine, world):
        with Session(engine) as session:
            assert person_by_email(session, " Ann@Bank.example ") == ANN
            assert person_by_email(session, "ann@elsewhere.example") is None
            assert person_by_email(session, "") is None
        do(world.ada, leave, Leave(ANN, "left"))
        with Session(engine) as session:
            assert person_by_email(session, "ann@bank.example") is None

    def test_one_sign_in_there_opens_one_session_here(self, engine, opened):
        with Session(engine) as session:
            assert opened_since(session, ANN, NOW)
            assert not opened_since(session, ANN, NOW + MINUTE)
            assert not opened_since(session, LEA, NOW)
