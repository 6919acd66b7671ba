from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM, Role, Scope
from core.customers.model import CustomerState
from core.journal.model import Entry
from core.people.actions.accounts import (
    AddPerson,
    EnablePerson,
    GiveAccount,
    add_person,
    enable_person,
    give_account,
)
from core.people.actions.passwords import (
    ChangePassword,
    ResetPassword,
    change_password,
    is_same,
    reset_password,
)
from core.people.actions.roles import SetRoles, set_roles
from core.people.actions.sessions import (
    EndSession,
    OpenSession,
    RefuseSignIn,
    end_session,
    open_session,
    refuse_sign_in,
)
from core.people.model import Credential, Person, WebSession
from core.people.queries import account_counts, actor_of, people
from core.people.rules import SignInSource
from core.queues.actions.leaving import Leave, leave
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from tests.conftest import NOW
from tests.world import BANK, NORTH, REGION, SOUTH, TEAM_NORTH, TEAM_SOUTH

ANN, LEA, ADA = 1, 3, 10
FIRST, SECOND = "a first password", "quite another one"
NEW = AddPerson(
    staff_no="S900",
    name="Nia New",
    email="Nia@bank.example",
    unit_id=NORTH,
    team_id=TEAM_NORTH,
    roles=(Role.AGENT,),
)


@pytest.fixture(autouse=True)
def without_customers(arrange):
    """Ann may leave as she is: nobody has to take anything over."""
    cleared = update(CustomerState).values(manager_id=None)
    arrange(lambda session: session.execute(cleared))


@pytest.fixture
def account(do, world):
    """Ann signs in as `ann` with the first password."""
    do(world.ada, give_account, GiveAccount(ANN, " Ann ", FIRST))


@pytest.fixture
def sign_in(do):
    """Open a session for somebody by company account; return its number."""

    def opened(person_id, ticket):
        ask = OpenSession(person_id, SignInSource.COMPANY, ticket)
        return do(SYSTEM, open_session, ask).session_id

    return opened


def credential_of(engine, person_id=ANN):
    with Session(engine) as session:
        return session.get_one(Credential, person_id)


def running(engine):
    with Session(engine) as session:
        return set(session.scalars(select(WebSession.id).where(WebSession.ended_at.is_(None))))


def entries(engine, kind):
    with Session(engine) as session:
        return session.scalars(select(Entry).where(Entry.kind == kind)).all()


class TestAddPerson:
    def test_takes_somebody_on(self, do, ask, world):
        fact = do(world.ada, add_person, NEW)

        [row] = ask(world.ada, people, text="nia@bank").rows
        assert (row.id, row.name, row.unit, row.team) == (
            fact.person_id,
            "Nia New",
            "North",
            "North team",
        )
        assert row.roles == (Role.AGENT,)
        assert row.username is None

    @pytest.mark.parametrize(
        "wrong",
        [{"name": " "}, {"staff_no": ""}, {"email": "nia"}, {"daily_capacity": -1}],
    )
    def test_refuses_requests_that_make_no_sense(self, wrong):
        with pytest.raises(Invalid):
            replace(NEW, **wrong)

    @pytest.mark.parametrize(
        ("wrong", "refusal"),
        [
            ({"team_id": TEAM_SOUTH}, Invalid),
            ({"unit_id": 99, "team_id": None}, Invalid),
            ({"staff_no": "S001"}, Conflict),
            ({"email": "ANN@bank.example"}, Conflict),
        ],
    )
    def test_refuses_what_does_not_fit_the_bank(self, do, world, wrong, refusal):
        with pytest.raises(refusal):
            do(world.ada, add_person, replace(NEW, **wrong))

    def test_needs_the_permission_and_the_scope(self, do, world):
        with pytest.raises(NotAllowed):
            do(world.mia, add_person, NEW)
        local = replace(world.ada, scope=Scope(unit_ids=(SOUTH,)))
        with pytest.raises(Invalid, match="your own scope"):
            do(local, add_person, NEW)


class TestGiveAccount:
    def test_asks_for_another_password_first(self, engine, account):
        credential = credential_of(engine)

        assert credential.username == "ann"
        assert credential.must_change
        assert is_same(FIRST, credential.password_hash)

    def test_no_password_nor_hash_is_in_the_journal(self, engine, account):
        [entry] = entries(engine, "account.given")

        assert entry.facts == {"person_id": ANN, "username": "ann"}

    def test_refuses_a_second_account_and_a_name_that_is_taken(self, do, world, account):
        with pytest.raises(Conflict, match="already signs in as ann"):
            do(world.ada, give_account, GiveAccount(ANN, "other", FIRST))
        with pytest.raises(Conflict, match="taken"):
            do(world.ada, give_account, GiveAccount(LEA, "ANN", FIRST))

    def test_refuses_a_weak_password_and_somebody_who_left(self, do, world):
        with pytest.raises(Invalid, match="fewer than 12"):
            do(world.ada, give_account, GiveAccount(ANN, "ann", "short"))
        do(world.ada, leave, Leave(ANN, "left"))
        with pytest.raises(Invalid, match="left"):
            do(world.ada, give_account, GiveAccount(ANN, "ann", FIRST))

    def test_needs_the_permission(self, do, world):
        with pytest.raises(NotAllowed):
            do(world.lea, give_account, GiveAccount(ANN, "ann", FIRST))


class TestSetRoles:
    def test_gives_exactly_these_and_ends_the_sessions(self, do, engine, world, sign_in):
        other = sign_in(LEA, "t1")
        sign_in(ANN, "t2")

        fact = do(world.ada, set_roles, SetRoles(ANN, [Role.TEAM_LEAD, Role.APPROVER]))

        with Session(engine) as session:
            assert actor_of(session, ANN).roles == {Role.TEAM_LEAD, Role.APPROVER}
        assert running(engine) == {other}
        assert (fact.before, fact.sessions_ended) == (("agent",), 1)

    def test_tells_when_somebody_else_was_faster(self, do, ask, world):
        [seen] = ask(world.ada, people, text="ann").rows
        do(world.ada, set_roles, SetRoles(ANN, [Role.TEAM_LEAD], seen.version))

        with pytest.raises(Conflict):
            do(world.ada, set_roles, SetRoles(ANN, [Role.APPROVER], seen.version))

    def test_nobody_takes_the_administrators_role_from_themselves(self, do, world):
        with pytest.raises(Invalid, match="themselves"):
            do(world.ada, set_roles, SetRoles(ADA, [Role.AGENT]))
        do(world.ada, set_roles, SetRoles(ADA, [Role.ADMINISTRATOR, Role.AUDITOR]))

    def test_refuses_what_changes_nothing(self, do, world):
        with pytest.raises(Invalid, match="already"):
            do(world.ada, set_roles, SetRoles(ANN, [Role.AGENT]))

    def test_needs_the_permission_and_the_scope(self, do, world):
        with pytest.raises(NotAllowed):
            do(world.tom, set_roles, SetRoles(ANN, [Role.ADMINISTRATOR]))
        local = replace(world.ada, scope=Scope(unit_ids=(SOUTH,)))
        with pytest.raises(NotFound):
            do(local, set_roles, SetRoles(ANN, [Role.ADMINISTRATOR]))


class TestEnable:
    def test_lets_in_again_who_was_shut_out(self, do, engine, world, sign_in):
        sign_in(ANN, "t1")
        do(world.ada, leave, Leave(ANN, "left the bank"))
        assert running(engine) == set()
        with Session(engine) as session, pytest.raises(NotFound):
            actor_of(session, ANN)
        with pytest.raises(NotFound):
            sign_in(ANN, "t2")

        do(world.ada, enable_person, EnablePerson(ANN))

        assert sign_in(ANN, "t3")

    def test_refuses_who_is_active(self, do, world):
        with pytest.raises(Invalid, match="is active"):
            do(world.ada, enable_person, EnablePerson(ANN))

    def test_needs_the_permission(self, do, world):
        with pytest.raises(NotAllowed):
            do(world.lea, enable_person, EnablePerson(ANN))


class TestPasswords:
    def test_the_first_is_changed_without_typing_it_again(self, do, engine, world, account):
        do(world.ann, change_password, ChangePassword(None, SECOND, SECOND))

        credential = credential_of(engine)
        assert not credential.must_change
        assert is_same(SECOND, credential.password_hash)

    def test_later_ones_only_by_who_knows_the_present_one(self, do, world, account):
        do(world.ann, change_password, ChangePassword(None, SECOND, SECOND))

        for present in (None, "", FIRST):
            with pytest.raises(Invalid, match="present password"):
                do(world.ann, change_password, ChangePassword(present, FIRST, FIRST))
        do(world.ann, change_password, ChangePassword(SECOND, FIRST, FIRST))

    def test_a_change_ends_all_other_sessions(self, do, engine, world, account, sign_in):
        here, _there = sign_in(ANN, "t1"), sign_in(ANN, "t2")

        fact = do(world.ann, change_password, ChangePassword(FIRST, SECOND, SECOND, here))

        assert running(engine) == {here}
        assert fact.sessions_ended == 1

    @pytest.mark.parametrize(
        ("new", "why"),
        [
            ("short", "fewer than 12 characters"),
            ("€" * 25, "longer than 72 bytes"),
            ("aaaaaaaaaaaaaaa", "different characters"),
            ("my-name-is-ann-1", "user name"),
            (FIRST, "present one"),
        ],
    )
    def test_refuses_weak_ones_and_the_same(self, do, world, account, new, why):
        with pytest.raises(Invalid, match=why):
            do(world.ann, change_password, ChangePassword(FIRST, new, new))

    def test_refuses_two_that_differ_and_people_without_one(self, do, world):
        with pytest.raises(Invalid, match="differ"):
            ChangePassword(FIRST, SECOND, FIRST)
        with pytest.raises(NotFound, match="company account"):
            do(world.lea, change_password, ChangePassword(FIRST, SECOND, SECOND))

    def test_a_reset_lifts_the_lock_and_ends_all_sessions(
        self, do, engine, world, account, sign_in
    ):
        sign_in(ANN, "t1")
        do(world.ann, change_password, ChangePassword(FIRST, SECOND, SECOND))

        do(world.ada, reset_password, ResetPassword(ANN, "given by the desk"))

        credential = credential_of(engine)
        assert credential.must_change
        assert credential.locked_until is None
        assert is_same("given by the desk", credential.password_hash)
        assert running(engine) == set()

    def test_a_reset_needs_permission_scope_and_an_account(self, do, world, account):
        with pytest.raises(NotAllowed):
            do(world.lea, reset_password, ResetPassword(ANN, SECOND))
        local = replace(world.ada, scope=Scope(unit_ids=(SOUTH,)))
        with pytest.raises(NotFound):
            do(local, reset_password, ResetPassword(ANN, SECOND))
        with pytest.raises(NotFound):
            do(world.ada, reset_password, ResetPassword(LEA, SECOND))


class TestSessions:
    def test_only_the_sign_in_itself_opens_sessions(self, do, world):
        for action, ask in (
            (open_session, OpenSession(ANN, SignInSource.COMPANY, "t")),
            (refuse_sign_in, RefuseSignIn(None)),
        ):
            with pytest.raises(NotAllowed):
                do(world.ada, action, ask)

    def test_ends_the_own_session_only(self, do, engine, world, sign_in):
        session_id = sign_in(ANN, "t1")

        with pytest.raises(NotFound):
            do(world.lea, end_session, EndSession(session_id))
        do(world.ann, end_session, EndSession(session_id))

        assert running(engine) == set()
        with pytest.raises(NotFound, match="already"):
            do(world.ann, end_session, EndSession(session_id))

    def test_a_wrong_sign_in_keeps_nothing_of_what_was_typed(self, do, engine):
        do(SYSTEM, refuse_sign_in, RefuseSignIn(None))

        [entry] = entries(engine, "session.refused")
        assert entry.facts == {"person_id": None, "is_locked": False}

    def test_a_password_changed_while_it_was_checked_opens_nothing(self, do, engine, account):
        seen = credential_of(engine).password_hash
        with Session(engine) as session, session.begin():
            session.get_one(Credential, ANN).password_hash = "another"

        with pytest.raises(Conflict):
            do(SYSTEM, open_session, OpenSession(ANN, SignInSource.PASSWORD, "t", seen))
        assert running(engine) == set()


class TestActor:
    def test_is_who_the_world_says(self, engine, world):
        with Session(engine) as session:
            for actor in world.actors.values():
                assert actor_of(session, actor.person_id) == actor

    def test_reaches_down_the_tree_unless_the_roles_are_of_the_branch(self, do, engine, world):
        with Session(engine) as session, session.begin():
            session.get_one(Person, LEA).unit_id = REGION
        with Session(engine) as session:
            assert actor_of(session, LEA).scope.unit_ids == (REGION, NORTH)  # and the team's

        do(world.ada, set_roles, SetRoles(LEA, [Role.TEAM_LEAD, Role.EXECUTIVE]))

        with Session(engine) as session:
            scope = actor_of(session, LEA).scope
        assert scope.unit_ids == (REGION, NORTH, SOUTH)
        assert not scope.bank_wide
        assert not scope.holds(BANK)


class TestPeople:
    def test_finds_by_role_unit_and_those_who_left(self, do, ask, world):
        def names(**filters):
            return {row.name.split()[0] for row in ask(world.ada, people, **filters).rows}

        assert names(role=Role.TEAM_LEAD) == {"Lea", "Lou"}
        assert names(unit_id=REGION) == {"Ann", "Ben", "Lea", "Sam", "Lou"}
        do(world.ada, leave, Leave(ANN, "left"))
        assert names(left=True) == {"Ann"}
        assert "Ann" not in names()
        assert names(text="100%") == set()

    @pytest.mark.parametrize(
        ("name", "searched"),
        [
            ("Žofie Řezníčková", "řezníČK"),
            ("ŽOFIE ŘEZNÍČKOVÁ", "žofie ř"),
            ("Jörg Müller-Großmann", "MÜLLER-groß"),
            ("Ülkü Öztürk", "ülkü öz"),
            ("Éva Ångström", "éva å"),
            ("ΝΙΚΟΣ Παππάς", "νικοσ"),
        ],
    )
    def test_finds_names_of_every_country_whatever_the_case(self, do, ask, world, name, searched):
        do(world.ada, add_person, replace(NEW, name=name))

        assert [row.name for row in ask(world.ada, people, text=searched).rows] == [name]

    def test_shows_a_lead_the_own_branch_only(self, ask, world):
        rows = ask(world.lea, people).rows

        assert {row.name.split()[0] for row in rows} == {"Ann", "Ben", "Lea"}

    def test_shows_a_lead_the_own_team_only(self, ask, world):
        other = replace(world.lea, scope=replace(world.lea.scope, team_id=TEAM_SOUTH))
        assert {row.name.split()[0] for row in ask(other, people).rows} == {"Sam", "Lou"}

        teamless = replace(world.lea, scope=replace(world.lea.scope, team_id=None))
        assert {row.name.split()[0] for row in ask(teamless, people).rows} == {"Ann", "Ben", "Lea"}

    def test_is_not_for_agents(self, ask, world):
        with pytest.raises(NotAllowed):
            ask(world.ann, people)


def test_accounts_that_need_somebody_are_counted(do, ask, engine, world, account):
    do(world.ada, set_roles, SetRoles(4, []))
    do(world.ada, give_account, GiveAccount(LEA, "lea", FIRST))
    do(world.lea, change_password, ChangePassword(None, SECOND, SECOND))
    with Session(engine) as session, session.begin():
        session.get_one(Credential, LEA).locked_until = NOW + timedelta(minutes=1)

    counts = ask(world.ada, account_counts)

    assert (counts.locked, counts.without_role, counts.waiting) == (1, 1, 1)
    with pytest.raises(NotAllowed):
        ask(world.lea, account_counts)
