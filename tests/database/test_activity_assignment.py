"""Handing out work: what qualifies moves, the rest comes back row by row with its reason."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM, Role
from core.activities.actions.assignment import (
    Assign,
    AssignMatching,
    SplitWork,
    assign,
    assign_matching,
    split,
)
from core.activities.actions.taking import Take, take
from core.activities.actions.working import (
    Cancel,
    NoteAttempt,
    Release,
    cancel,
    note_attempt,
    release,
)
from core.activities.model import Activity, Attempt, Batch, Change
from core.activities.queries.asked import ToPerson
from core.activities.queries.batches import batch, batch_moves, batch_refusals, batches
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.foreseeing import foresee
from core.activities.queries.lists import count_team, team_list
from core.activities.queries.receivers import colleagues
from core.activities.rules import Outcome, Status
from core.customers.model import CustomerState
from core.journal.model import Entry, Outgoing
from core.people.model import Person, PersonQualification
from core.refusals import Invalid, NotAllowed, NotFound
from core.runs.model import Candidate
from core.runs.rules import CONTROL_ARM, RunStatus
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import ADMINISTRATIVE, SALES, pool_of, row

ANN, BEN, LEA, SAM, LOU, MIA = range(1, 7)


@pytest.fixture(params=[SALES, ADMINISTRATIVE], ids=["sales", "administrative"])
def work(request, engine):
    return pool_of(engine, of=request.param, held={1: ANN, 2: ANN, 3: BEN, 11: SAM})


def move(engine, person_id, **columns):
    with Session(engine) as session, session.begin():
        session.execute(update(Person).where(Person.id == person_id).values(columns))


def refusals(ask, actor, fact):
    return {
        each.id: each.reason for each in ask(actor, batch_refusals, batch_id=fact.batch_id).rows
    }


class TestAssign:
    def test_another_role_gives_no_say_in_other_teams_work(self, world, do, ask, work):
        wide = replace(world.lea.scope, unit_ids=(), bank_wide=True)
        roles = world.lea.roles | {Role.CAMPAIGN_MANAGER}
        both = replace(world.lea, roles=roles, scope=wide)

        fact = do(both, assign, Assign({work[4]: 1, work[12]: 1}, BEN))

        assert refusals(ask, both, fact) == {work[12]: "There is no such activity."}
        with pytest.raises(NotAllowed):
            do(both, cancel, Cancel(work[11], w.WRONG_NUMBER))
        assert do(both, assign_matching, AssignMatching(ActivityFilter(), SAM)).refused == 10

    def test_moves_one(self, engine, world, do, ask, work):
        fact = do(world.lea, assign, Assign({work[4]: 1}, BEN))

        assert (fact.moved, fact.refused) == (1, 0)
        activity = row(engine, Activity, work[4])
        assert (activity.status, activity.person_id) == (Status.ASSIGNED, BEN)
        assert activity.version == 2
        assert row(engine, Candidate, (activity.run_id, 4)).assigned_at == NOW

    def test_moves_what_qualifies_and_lists_the_rest(self, engine, world, do, ask, work):
        do(world.ann, cancel, Cancel(work[2], w.WRONG_NUMBER))
        do(world.ben, take, Take(work[5]))

        chosen = {work[1]: 1, work[2]: 2, work[3]: 1, work[4]: 1, work[5]: 1, work[11]: 1, 999: 1}
        fact = do(world.lea, assign, Assign(chosen, BEN))

        assert (fact.moved, fact.refused) == (2, 5)
        assert refusals(ask, world.lea, fact) == {
            work[2]: "The activity is closed.",
            work[3]: "The person already has it.",
            work[5]: "The person already has it.",
            work[11]: "There is no such activity.",
            999: "There is no such activity.",
        }
        assert {row(engine, Activity, work[n]).person_id for n in (1, 4)} == {BEN}
        assert row(engine, Activity, work[11]).person_id == SAM

    def test_refuses_what_changed_since_it_was_seen(self, world, do, ask, work):
        do(world.ann, take, Take(work[5]))

        fact = do(world.lea, assign, Assign({work[4]: 1, work[5]: 1}, BEN))

        assert refusals(ask, world.lea, fact) == {
            work[5]: "It changed meanwhile; look at it again."
        }

    def test_without_a_version_nothing_is_compared(self, world, do, work):
        do(world.ann, take, Take(work[5]))

        assert do(world.lea, assign, Assign({work[5]: None}, BEN)).moved == 1

    def test_refuses_a_person_of_another_branch_in_plain_words(self, engine, world, do, ask, work):
        fact = do(world.lea, assign, Assign({work[4]: 1}, SAM))

        assert refusals(ask, world.lea, fact) == {
            work[4]: "The person is not of the responsible branch."
        }
        assert row(engine, Activity, work[4]).status is Status.UNASSIGNED

    def test_two_persons_of_different_branches_are_refused(self, engine, world, do, ask, work):
        """Ann went to South and kept her work of North; who leads her now does not lead North."""
        move(engine, ANN, unit_id=w.SOUTH, team_id=w.TEAM_SOUTH)

        fact = do(world.lou, assign, Assign({work[1]: 1}, BEN))

        assert refusals(ask, world.lou, fact) == {
            work[1]: "The two persons are of different branches."
        }

    @pytest.mark.parametrize("team_id", [w.TEAM_NORTH, w.TEAM_SOUTH])
    def test_who_left_stands_in_nobodys_way(self, engine, world, do, ask, work, team_id):
        """Ann went to South: the lead of North sees what she left, and hands it on or takes it."""
        begun = NoteAttempt(work[1], Outcome.NOT_REACHED, w.NO_ANSWER)
        do(world.ann, note_attempt, begun)
        move(engine, ANN, unit_id=w.SOUTH, team_id=team_id)

        rows = ask(world.lea, team_list, matching=ActivityFilter()).rows
        listed = {each.id: each.customer for each in rows}
        assert {work[1], work[2]} <= set(listed)
        assert listed[work[1]] == "Customer 01 Example"
        fact = do(world.lea, assign, Assign({work[1]: 2}, BEN))
        do(world.lea, release, Release(work[2]))

        assert (fact.moved, fact.refused) == (1, 0)
        kept = row(engine, Activity, work[1])
        assert (kept.person_id, kept.status, kept.attempts) == (BEN, Status.ASSIGNED, 1)
        assert row(engine, Activity, work[2]).status is Status.UNASSIGNED

    def test_a_stranger_who_left_is_not_shown(self, engine, world, ask, work):
        """Sam never was of North: that he moves shows nobody there his work of South."""
        move(engine, SAM, unit_id=w.CENTRE, team_id=None)

        def seen(actor):
            return {each.id for each in ask(actor, team_list, matching=ActivityFilter()).rows}

        assert work[11] not in seen(world.lea)
        assert work[11] in seen(world.lou)

    def test_the_pool_of_a_paused_run_waits(self, engine, world, do, ask):
        work = pool_of(engine, held={1: ANN}, status=RunStatus.PAUSED)

        fact = do(world.lea, assign, Assign({work[1]: 1, work[4]: 1}, BEN))

        assert (fact.moved, fact.refused) == (1, 1)
        assert refusals(ask, world.lea, fact) == {
            work[4]: "The run is paused; its work waits until it goes on."
        }

    def test_names_the_missing_qualification(self, engine, world, do, ask):
        work = pool_of(engine, [1, 2], design={"qualification_id": w.CERTIFIED})

        fact = do(world.lea, assign, Assign(dict.fromkeys(work.values(), 1), BEN))

        assert set(refusals(ask, world.lea, fact).values()) == {
            'The person lacks the qualification "Savings advice".'
        }
        assert do(world.lea, assign, Assign(dict.fromkeys(work.values(), 1), ANN)).moved == 2

    @pytest.mark.parametrize(("days", "moved"), [(-1, 0), (0, 1)])
    def test_a_qualification_runs_out(self, engine, world, do, days, moved):
        work = pool_of(engine, [1], design={"qualification_id": w.CERTIFIED})
        with Session(engine) as session, session.begin():
            held = session.get_one(PersonQualification, (ANN, w.CERTIFIED))
            held.valid_until = NOW.date() + timedelta(days=days)

        assert do(world.lea, assign, Assign({work[1]: 1}, ANN)).moved == moved

    def test_refuses_people_who_left_or_do_not_work_activities(self, engine, world, do, ask, work):
        with Session(engine) as session, session.begin():
            session.get_one(Person, BEN).is_active = False

        left = do(world.lea, assign, Assign({work[4]: 1}, BEN))
        leads = do(world.lea, assign, Assign({work[4]: 1}, MIA))

        assert refusals(ask, world.lea, left) == {work[4]: "The person is not active."}
        assert refusals(ask, world.lea, leads) == {work[4]: "The person does not work activities."}
        with pytest.raises(NotFound, match="no such person"):
            do(world.lea, assign, Assign({work[4]: 1}, 999))

    def test_never_of_a_customer_held_out(self, engine, world, do, ask, work):
        with Session(engine) as session, session.begin():
            session.execute(
                update(Candidate).where(Candidate.customer_id == 4).values(arm=CONTROL_ARM)
            )

        fact = do(world.lea, assign, Assign({work[4]: 1}, BEN))

        assert refusals(ask, world.lea, fact) == {
            work[4]: "The customer is not to be contacted in this run."
        }

    def test_keeps_attempts_and_the_promise(self, engine, world, do, work):
        later = NOW + timedelta(days=1)
        do(world.ann, note_attempt, NoteAttempt(work[1], Outcome.CALL_BACK, w.NEEDS_TIME, later))

        do(world.lea, assign, Assign({work[1]: 2}, BEN))

        activity = row(engine, Activity, work[1])
        assert (activity.status, activity.reason_id) == (Status.ASSIGNED, None)
        assert (activity.attempts, activity.next_action_at) == (1, later)
        with Session(engine) as session:
            assert len(session.scalars(select(Attempt)).all()) == 1
            last = session.scalars(select(Change).order_by(Change.id.desc()).limit(1)).one()
        assert (last.from_status, last.to_status) == (Status.IN_PROGRESS, Status.ASSIGNED)
        assert (last.from_reason_id, last.to_reason_id) == (w.NEEDS_TIME, None)
        assert (last.from_person_id, last.to_person_id, last.actor_id) == (ANN, BEN, LEA)
        assert row(engine, CustomerState, 1).pending == 1

    def test_is_one_fact_and_one_notice_however_many(self, engine, world, do, work):
        fact = do(world.lea, assign, Assign({work[n]: 1 for n in (4, 5, 6)}, BEN))

        with Session(engine) as session:
            [entry] = session.scalars(select(Entry)).all()
            [notice] = session.scalars(select(Outgoing)).all()
        assert (entry.kind, entry.facts["moved"]) == ("activities.assigned", 3)
        assert notice.payload == {"batch_id": fact.batch_id, "person_id": BEN, "moved": 3}

    @pytest.mark.parametrize("who", ["ann", "mia", "eve", "ada", "tom"])
    def test_only_a_team_lead_assigns_to_others(self, engine, world, do, ask, work, who):
        for action, asked in (
            (assign, Assign({work[4]: 1}, BEN)),
            (assign_matching, AssignMatching(ActivityFilter(), BEN)),
        ):
            with pytest.raises(NotAllowed):
                do(getattr(world, who), action, asked)
        with pytest.raises(NotAllowed):
            ask(getattr(world, who), foresee, asked={work[4]: 1}, what=ToPerson(BEN))

        assert row(engine, Activity, work[4]).status is Status.UNASSIGNED
        with Session(engine) as session:
            assert set(session.scalars(select(Entry.kind))) == {"request.refused"}

    def test_needs_a_choice(self):
        with pytest.raises(Invalid, match="at least one"):
            Assign({}, BEN)


class TestAssignMatching:
    def test_moves_everything_that_matches(self, engine, world, do, work):
        unassigned = ActivityFilter(statuses=frozenset({Status.UNASSIGNED}))
        waiting = 7  # of North's ten

        fact = do(world.lea, assign_matching, AssignMatching(unassigned, BEN))

        assert (fact.moved, fact.refused) == (waiting, 0)
        with Session(engine) as session:
            of_ben = session.scalars(select(Activity.customer_id).where(Activity.person_id == BEN))
            assert sorted(of_ben) == [3, 4, 5, 6, 7, 8, 9, 10]

    def test_lists_what_matches_and_does_not_qualify(self, world, do, ask, work):
        fact = do(world.lea, assign_matching, AssignMatching(ActivityFilter(), BEN))

        assert (fact.moved, fact.refused) == (9, 1)
        assert refusals(ask, world.lea, fact) == {work[3]: "The person already has it."}

    def test_moves_nothing_of_another_branch(self, engine, world, do, work):
        elsewhere = ActivityFilter(branch_id=w.SOUTH)

        assert do(world.lea, assign_matching, AssignMatching(elsewhere, BEN)).moved == 0
        assert row(engine, Activity, work[12]).status is Status.UNASSIGNED

    def test_refuses_what_changed_since_the_lead_looked(self, world, do, ask, work):
        do(world.ann, take, Take(work[4]), now=NOW + timedelta(minutes=1))

        asked = AssignMatching(ActivityFilter(), BEN, seen_at=NOW)
        fact = do(world.lea, assign_matching, asked, now=NOW + timedelta(minutes=2))

        assert fact.moved == 8
        reasons = refusals(ask, world.lea, fact)
        assert reasons[work[4]] == "It changed meanwhile; look at it again."

    def test_writes_one_change_for_each(self, engine, world, do, work):
        fact = do(world.lea, assign_matching, AssignMatching(ActivityFilter(), BEN))

        with Session(engine) as session:
            changes = session.scalars(select(Change).where(Change.batch_id == fact.batch_id)).all()
            stored = session.get_one(Batch, fact.batch_id)
        assert len(changes) == len({each.activity_id for each in changes}) == fact.moved
        assert (stored.moved, stored.refused, stored.person_id) == (9, 1, BEN)
        from_ann = [each.activity_id for each in changes if each.from_person_id == ANN]
        assert sorted(from_ann) == sorted([work[1], work[2]])

    def test_can_name_closed_work_which_then_is_refused(self, world, do, ask, work):
        do(world.ann, cancel, Cancel(work[1], w.WRONG_NUMBER))

        closed = ActivityFilter(statuses=frozenset({Status.CANCELLED}))
        fact = do(world.lea, assign_matching, AssignMatching(closed, BEN))

        assert refusals(ask, world.lea, fact) == {work[1]: "The activity is closed."}


class TestPreview:
    @pytest.mark.parametrize("person_id", [ANN, BEN, SAM, LEA])
    @pytest.mark.parametrize("by", ["filter", "ids"])
    def test_says_what_the_assignment_then_does(self, world, do, ask, work, person_id, by):
        do(world.ann, cancel, Cancel(work[2], w.WRONG_NUMBER))
        asked = ActivityFilter() if by == "filter" else dict.fromkeys([*work.values(), 999], 1)

        foreseen = ask(world.lea, foresee, asked=asked, what=ToPerson(person_id))

        if by == "filter":
            fact = do(world.lea, assign_matching, AssignMatching(asked, person_id))
        else:
            fact = do(world.lea, assign, Assign(asked, person_id))
        refused = {each.objection: each.count for each in foreseen.against}
        assert foreseen.moving == fact.moved
        assert sum(each.count for each in foreseen.gains) == fact.moved
        assert sum(refused.values()) == fact.refused
        counted = {}
        for reason in refusals(ask, world.lea, fact).values():
            counted[reason] = counted.get(reason, 0) + 1
        assert counted == refused


class TestResults:
    def test_are_the_requesters_own(self, world, do, ask, work):
        fact = do(world.lea, assign, Assign({work[3]: 1, work[11]: 1}, BEN))

        [mine] = ask(world.lea, batches).rows
        assert (mine.id, mine.person, mine.moved, mine.refused) == (
            fact.batch_id,
            "Ben Example",
            0,
            2,
        )
        assert ask(world.lea, batch, batch_id=fact.batch_id).refused == 2
        assert ask(world.lou, batches).total == 0
        assert ask(world.lou, batch_refusals, batch_id=fact.batch_id).total == 0
        with pytest.raises(NotFound):
            ask(world.lou, batch, batch_id=fact.batch_id)

    def test_hold_what_others_did_with_the_branchs_work(self, world, do, ask, work):
        """A deputy and the system: the lead of the branch sees it, a lead elsewhere does not."""
        north = AssignMatching(ActivityFilter(branch_id=w.NORTH), BEN)
        system = do(SYSTEM, assign_matching, north)
        persons = {work[2]: ANN, work[12]: SAM}
        both = do(SYSTEM, split, SplitWork(dict.fromkeys(persons), persons))

        [listed] = ask(world.lea, batches).rows
        assert (listed.id, listed.who, listed.moved) == (system.batch_id, None, 9)
        assert ask(world.lea, batch, batch_id=system.batch_id).person == "Ben Example"
        assert ask(world.lea, batch_refusals, batch_id=system.batch_id).total == 1
        assert ask(world.lea, batch_moves, batch_id=system.batch_id).total == 9
        assert both.moved == 2
        assert ask(world.lou, batches).total == 0
        assert ask(world.lou, batch_moves, batch_id=system.batch_id).total == 0

    def test_say_row_by_row_what_moved(self, world, do, ask, work):
        fact = do(world.lea, assign, Assign({work[1]: 1, work[4]: 1}, BEN))

        first, last = ask(world.lea, batch_moves, batch_id=fact.batch_id).rows
        assert (first.id, first.customer) == (work[1], "Customer 01 Example")
        assert (first.from_person, first.to_person) == ("Ann Example", "Ben Example")
        assert (last.from_status, last.to_status) == (Status.UNASSIGNED, Status.ASSIGNED)
        assert (last.from_person, last.from_due_at) == (None, None)

    def test_say_nothing_of_what_is_out_of_scope(self, world, do, ask, work):
        fact = do(world.lea, assign, Assign({work[3]: 1, work[11]: 1}, BEN))

        rows = {
            each.id: each for each in ask(world.lea, batch_refusals, batch_id=fact.batch_id).rows
        }
        assert rows[work[3]].customer == "Customer 03 Example"
        assert (rows[work[11]].customer, rows[work[11]].campaign) == (None, None)

    def test_colleagues_come_with_load_and_qualifications(self, world, ask, work):
        lea, ben, ann = ask(world.lea, colleagues)

        assert (lea.name, lea.open) == ("Lea Example", 0)
        assert (ben.name, ben.open, ben.qualifications) == ("Ben Example", 1, ())
        assert (ann.name, ann.open, ann.qualifications) == ("Ann Example", 2, ("Savings advice",))

    def test_lists_and_counts_agree_with_what_moves(self, world, ask, work):
        everything = ActivityFilter()
        assert ask(world.lea, count_team, matching=everything) == 10
        assert ask(world.lea, team_list, matching=everything).total == 10
