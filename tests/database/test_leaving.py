"""Somebody leaves the bank or their branch: everything that they had is somebody's afterwards."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.access import Role
from core.activities.actions.assignment import Assign, assign
from core.activities.model import Activity
from core.activities.rules import PENDING, Promise, Status
from core.customers.model import CustomerState
from core.journal.model import Entry, Outgoing, Subject
from core.people.actions.absences import PlanAbsence, plan_absence
from core.people.actions.accounts import EnablePerson, enable_person
from core.people.actions.roles import SetRoles, set_roles
from core.people.model import Absence, Person, PersonRole, WebSession
from core.people.rules import AbsenceKind, SignInSource
from core.queues.actions.leaving import Leave, MovePerson, leave, move_person
from core.queues.queries.leavers import preview_leaving
from core.refusals import Invalid, NotAllowed, NotFound
from core.runs.model import Candidate
from core.runs.rules import Confirmation, RunStatus
from tests import world as w
from tests.conftest import NOW
from tests.making.absences import DAY, away, back
from tests.making.activities import pool_of, row
from tests.making.runs import planned_run

ANN, BEN, LEA, SAM, ADA = 1, 2, 3, 4, 10
TODAY = NOW.date()
GONE = Leave(ANN, "found another job", BEN)
TO_SOUTH = MovePerson(ANN, w.SOUTH, w.TEAM_SOUTH, BEN)


@pytest.fixture
def work(engine):
    """Ann has 1, 2 and 3; the rest waits in the pools. She manages the customers 1 and 2."""
    return pool_of(engine, held={1: ANN, 2: ANN, 3: ANN})


@pytest.fixture
def asked(arrange):
    """Let a run wait for Ann's confirmations of 1 and 2, and for Sam's of 11; return its id."""

    def rows(session):
        run_id = planned_run(session, status=RunStatus.SELECTED, selected_at=NOW)
        for customer_id, branch_id, confirmer_id in (
            (1, w.NORTH, ANN),
            (2, w.NORTH, ANN),
            (11, w.SOUTH, SAM),
        ):
            session.add(
                Candidate(
                    run_id=run_id,
                    customer_id=customer_id,
                    branch_id=branch_id,
                    arm=1,
                    confirmation=Confirmation.PENDING,
                    confirmer_id=confirmer_id,
                )
            )
        return run_id

    return arrange(rows)


@pytest.fixture
def change(arrange):
    def of(table, id_, **values):
        arrange(
            lambda session: session.execute(update(table).where(table.id == id_).values(values))
        )

    return of


@pytest.fixture
def signed_in(arrange):
    arrange(
        lambda session: session.add(
            WebSession(
                person_id=ANN,
                source=SignInSource.PASSWORD,
                cookie_hash="a",
                opened_at=NOW,
                seen_at=NOW,
            )
        )
    )


def has_nothing(engine, person_id):
    """Tell whether nothing waits for this person any more."""
    with Session(engine) as session:
        counts = (
            select(func.count())
            .select_from(Activity)
            .where(Activity.person_id == person_id, Activity.status.in_(PENDING)),
            select(func.count())
            .select_from(CustomerState)
            .where(CustomerState.manager_id == person_id),
            select(func.count())
            .select_from(Candidate)
            .where(
                Candidate.confirmer_id == person_id,
                Candidate.confirmation == Confirmation.PENDING,
            ),
            select(func.count())
            .select_from(Absence)
            .where(
                (Absence.person_id == person_id) | (Absence.deputy_id == person_id),
                Absence.cancelled_at.is_(None),
            ),
        )
        return [session.scalar(each) for each in counts] == [0, 0, 0, 0]


def absence(do, world, person_id, deputy_id=None, starts=3):
    days = TODAY + starts * DAY
    return do(
        world.lea, plan_absence, PlanAbsence(person_id, AbsenceKind.LEAVE, days, days, deputy_id)
    ).absence_id


class TestLeaving:
    @pytest.mark.usefixtures("signed_in")
    def test_gives_everything_to_the_successor(self, do, world, work, asked, engine):
        standing_in = absence(do, world, LEA, ANN)
        own = absence(do, world, ANN, BEN)

        fact = do(world.ada, leave, GONE)

        assert (fact.moved, fact.to_pool) == (3, 0)
        assert (fact.customer_ids, fact.cleared_ids) == ((1, 2), ())
        assert (fact.confirmations, fact.waived) == (2, 0)
        assert (fact.absences_cancelled, fact.sessions_ended) == (1, 1)
        assert fact.stood_in_for == ("Lea Example, 5 Mar 2026",)
        assert has_nothing(engine, ANN)
        assert not row(engine, Person, ANN).is_active
        assert {row(engine, Activity, work[each]).person_id for each in (1, 2, 3)} == {BEN}
        assert {row(engine, CustomerState, each).manager_id for each in (1, 2)} == {BEN}
        assert row(engine, Candidate, (asked, 1)).confirmer_id == BEN
        assert row(engine, Candidate, (asked, 11)).confirmer_id == SAM
        assert row(engine, Absence, standing_in).deputy_id is None
        assert row(engine, Absence, own).cancelled_at == NOW

    def test_leaves_everything_to_the_branch_without_one(self, do, world, work, asked, engine):
        fact = do(world.ada, leave, Leave(ANN, "left"))

        assert (fact.moved, fact.to_pool, fact.successor_id) == (3, 3, None)
        assert (fact.customer_ids, fact.cleared_ids) == ((), (1, 2))
        assert (fact.confirmations, fact.waived) == (0, 2)
        assert has_nothing(engine, ANN)
        assert row(engine, Activity, work[1]).status is Status.UNASSIGNED
        waived = row(engine, Candidate, (asked, 1))
        assert (waived.confirmation, waived.confirmed_at) == (Confirmation.CONFIRMED, NOW)

    def test_judges_the_work_row_by_row(self, do, world, work, engine):
        advice = pool_of(engine, [5], held={5: ANN}, design={"qualification_id": w.CERTIFIED})
        fact = do(world.ada, leave, GONE)
        assert (fact.moved, fact.to_pool) == (4, 1)
        assert row(engine, Activity, advice[5]).person_id is None

    def test_takes_promises_for_later_too(self, do, world, work, engine, change):
        later = {"next_action_at": NOW + 30 * DAY, "promise": Promise.MINE_ONLY}
        change(Activity, work[1], **later)
        do(world.ada, leave, Leave(ANN, "left"))
        assert row(engine, Activity, work[1]).promise is Promise.ANYONE

    def test_gives_customers_of_other_branches_to_their_branch(self, do, world, arrange, engine):
        south = update(CustomerState).where(CustomerState.customer_id == 11).values(manager_id=ANN)
        arrange(lambda session: session.execute(south))
        fact = do(world.ada, leave, GONE)
        assert (fact.customer_ids, fact.cleared_ids) == ((1, 2), (11,))

    def test_gives_customers_only_to_who_may_manage_them(self, do, world, work, asked, engine):
        """A team lead works activities, but is nobody's relationship manager."""
        fact = do(world.ada, leave, Leave(ANN, "left", LEA))
        assert (fact.moved, fact.to_pool) == (3, 0)
        assert (fact.cleared_ids, fact.waived) == ((1, 2), 2)

    def test_tells_journal_customers_and_neighbours(self, do, world, work, asked, engine):
        do(world.ada, leave, GONE)
        with Session(engine) as session:
            entry = session.scalars(select(Entry).where(Entry.kind == "person.left")).one()
            names = set(session.scalars(select(Subject.name).where(Subject.entry_id == entry.id)))
            told = session.execute(
                select(Outgoing.type, Outgoing.payload).where(Outgoing.entry_id == entry.id)
            ).all()
        assert entry.actor_id == ADA
        assert {"person:1", "person:2", "customer:1", "customer:2"} <= names
        kinds = sorted(each.type for each in told)
        assert kinds == ["CustomerRelationshipManagement/ConfirmationWanted"] * 2 + [
            "Execution/Updated"
        ]
        assert {each.payload.get("person") for each in told} == {"S002", None}

    def test_of_who_is_away_leaves_the_work_where_it_is(self, do, world, work, engine):
        gone = away(do, world.lea, ANN, BEN)
        do(world.ada, leave, Leave(ANN, "left", LEA))
        called_off = row(engine, Absence, gone.absence_id)
        assert (called_off.cancelled_at, called_off.returned_at) == (NOW, NOW)
        assert row(engine, Activity, work[1]).person_id == BEN

    def test_of_a_deputy_lets_the_work_come_back_to_its_owner(self, do, world, work, engine):
        gone = away(do, world.lea, ANN, BEN)
        do(world.ada, leave, Leave(BEN, "left", LEA))
        assert row(engine, Activity, work[1]).person_id == LEA
        assert back(do, gone.absence_id).moved == 3
        assert row(engine, Activity, work[1]).person_id == ANN

    def test_can_be_followed_by_coming_back_with_nothing(self, do, world, work, engine):
        do(world.ada, leave, GONE)
        do(world.ada, enable_person, EnablePerson(ANN))
        assert has_nothing(engine, ANN)

    def test_is_for_administrators_in_their_units(self, do, world):
        for actor in (world.lea, world.ann, world.mia):
            with pytest.raises(NotAllowed, match="administering people"):
                do(actor, leave, GONE)
        with pytest.raises(NotFound, match="no such person in your scope"):
            do(world.ada, leave, Leave(99, "left"))

    @pytest.mark.parametrize(
        ("request_", "because"),
        [
            (Leave(ADA, "left"), "Nobody shuts themselves out"),
            (Leave(ANN, "left", ANN), "can't take over from themselves"),
            (Leave(ANN, "left", SAM), "not of the branch of Ann Example"),
            (Leave(ANN, "left", 99), "not of the branch of Ann Example"),
        ],
    )
    def test_is_refused(self, do, world, request_, because):
        with pytest.raises(Invalid, match=because):
            do(world.ada, leave, request_)

    def test_needs_a_reason(self):
        with pytest.raises(Invalid, match="Say why"):
            Leave(ANN, "  ")

    @pytest.mark.parametrize("how", ["left", "idle", "away"])
    def test_needs_a_successor_who_is_there_and_works(self, do, world, change, arrange, how):
        if how == "left":
            change(Person, BEN, is_active=False)
        elif how == "idle":
            other = update(PersonRole).where(PersonRole.person_id == BEN)
            arrange(lambda session: session.execute(other.values(role=Role.APPROVER)))
        else:
            absence(do, world, BEN, starts=0)
        because = {"left": "has left", "idle": "does not work activities", "away": "away today"}
        with pytest.raises(Invalid, match=f"Ben Example.*{because[how]}"):
            do(world.ada, leave, GONE)

    def test_is_done_once(self, do, world):
        do(world.ada, leave, GONE)
        with pytest.raises(Invalid, match="has left already"):
            do(world.ada, leave, GONE)


class TestLosingTheRole:
    """Somebody stays, and may not work activities any more: a lead hands the work on before."""

    @pytest.mark.parametrize("roles", [[], [Role.EXECUTIVE]])
    def test_is_refused_while_work_is_open(self, do, world, work, roles, engine):
        with pytest.raises(Invalid, match="Ann Example has 3 open activities, for which") as said:
            do(world.ada, set_roles, SetRoles(ANN, roles))
        assert "have a team lead give the work to others" in str(said.value)
        assert row(engine, Activity, work[1]).person_id == ANN

        do(world.lea, assign, Assign({work[n]: None for n in (1, 2, 3)}, LEA))
        do(world.ada, set_roles, SetRoles(ANN, roles))

    def test_is_refused_while_confirmations_wait(self, do, world, asked):
        with pytest.raises(Invalid, match="2 confirmations to give, for which these roles"):
            do(world.ada, set_roles, SetRoles(ANN, [Role.TEAM_LEAD]))

    def test_says_of_one_that_it_is_one(self, do, world, engine):
        pool_of(engine, [4], held={4: BEN})
        with pytest.raises(Invalid, match="Ben Example has 1 open activity, for which"):
            do(world.ada, set_roles, SetRoles(BEN, []))

    @pytest.mark.usefixtures("work")
    def test_is_nothing_to_who_works_on_in_another_role(self, do, world):
        do(world.ada, set_roles, SetRoles(ANN, [Role.AGENT, Role.APPROVER]))
        do(world.ada, set_roles, SetRoles(ANN, [Role.TEAM_LEAD]))


class TestMoving:
    @pytest.mark.usefixtures("signed_in")
    def test_leaves_everything_in_the_old_branch(self, do, world, work, asked, engine):
        standing_in = absence(do, world, LEA, ANN)
        own = absence(do, world, ANN, BEN)

        fact = do(world.ada, move_person, TO_SOUTH)

        assert (fact.moved, fact.customer_ids, fact.confirmations) == (3, (1, 2), 2)
        assert (fact.from_unit_id, fact.to_unit_id, fact.sessions_ended) == (w.NORTH, w.SOUTH, 1)
        person = row(engine, Person, ANN)
        assert (person.unit_id, person.team_id, person.is_active) == (w.SOUTH, w.TEAM_SOUTH, True)
        assert row(engine, Absence, standing_in).deputy_id is None
        kept = row(engine, Absence, own)
        assert (kept.cancelled_at, kept.deputy_id) == (None, None)
        assert row(engine, Activity, work[1]).person_id == BEN

    def test_to_another_team_of_the_branch_keeps_the_work(self, do, world, work, engine):
        fact = do(world.ada, move_person, MovePerson(ANN, w.NORTH, None))
        assert (fact.moved, fact.batch_id) == (0, None)
        assert row(engine, Person, ANN).team_id is None
        assert row(engine, Activity, work[1]).person_id == ANN

    @pytest.mark.parametrize(
        ("request_", "because"),
        [
            (MovePerson(ANN, w.NORTH, w.TEAM_NORTH), "is there already"),
            (MovePerson(ANN, w.SOUTH, w.TEAM_NORTH), "team belongs to another unit"),
            (MovePerson(ANN, 99), "Choose a unit of your own scope"),
            (MovePerson(ANN, w.SOUTH, None, SAM), "not of the branch of Ann Example"),
        ],
    )
    def test_is_refused(self, do, world, request_, because):
        with pytest.raises(Invalid, match=because):
            do(world.ada, move_person, request_)

    def test_is_refused_for_who_has_left_and_to_others(self, do, world, change):
        with pytest.raises(NotAllowed):
            do(world.lea, move_person, TO_SOUTH)
        change(Person, ANN, is_active=False)
        with pytest.raises(Invalid, match="Ann Example has left"):
            do(world.ada, move_person, TO_SOUTH)


class TestForeseeing:
    @pytest.mark.parametrize("successor_id", [BEN, LEA, None])
    def test_says_what_then_happens(self, do, ask, world, work, asked, engine, successor_id):
        pool_of(engine, [5], held={5: ANN}, design={"qualification_id": w.CERTIFIED})
        absence(do, world, LEA, ANN)
        seen = ask(world.ada, preview_leaving, person_id=ANN, successor_id=successor_id)
        fact = do(world.ada, leave, Leave(ANN, "left", successor_id))

        assert (seen.work.activities, seen.work.to_pool) == (fact.moved, fact.to_pool)
        assert seen.customers == len(fact.customer_ids) + len(fact.cleared_ids)
        assert seen.customers_to_successor == len(fact.customer_ids)
        assert (seen.confirmations, seen.confirmations_to_successor) == (2, fact.confirmations)
        assert seen.stands_in_for == fact.stood_in_for
        if successor_id:
            [against] = seen.work.against
            assert against.objection == 'The person lacks the qualification "Savings advice".'
            assert (seen.work.load.before, seen.work.load.after) == (0, 3)

    def test_says_when_there_is_nothing(self, ask, world):
        seen = ask(world.ada, preview_leaving, person_id=BEN)
        assert (seen.work.activities, seen.customers, seen.confirmations) == (0, 0, 0)

    def test_is_for_administrators(self, ask, world):
        with pytest.raises(NotAllowed):
            ask(world.lea, preview_leaving, person_id=ANN)
        with pytest.raises(NotFound):
            ask(world.ada, preview_leaving, person_id=99)


def test_nothing_is_lost(do, world, engine):
    """Whoever leaves: as much waits in the bank afterwards as before."""
    pool_of(engine, held={1: ANN, 2: ANN, 3: BEN, 4: LEA, 11: SAM})
    for person_id, successor_id in ((ANN, BEN), (BEN, LEA), (SAM, None), (LEA, None)):
        do(world.ada, leave, Leave(person_id, "left", successor_id), now=NOW + timedelta(hours=1))
        with Session(engine) as session:
            pending = session.scalar(
                select(func.count()).select_from(Activity).where(Activity.status.in_(PENDING))
            )
        assert pending == 15
        assert has_nothing(engine, person_id)
