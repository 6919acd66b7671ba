"""Everybody works, leads move work about, a run is stopped and rules hand out: all at once.

It lasts some seconds; FAIRLEAD_TEST_SECONDS=60 makes it the whole minute.
"""

import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from core.access import SYSTEM, Actor, Role, Scope
from core.activities.actions.assignment import AssignMatching, SplitWork, assign_matching, split
from core.activities.actions.bulk import ReleaseMany, release_many
from core.activities.actions.ending import ChangeRun, stop_run
from core.activities.actions.launch import Launch, launch
from core.activities.actions.taking import TakeNext, take_next
from core.activities.actions.working import Cancel, NoteAttempt, Release, cancel, note_attempt
from core.activities.actions.working import release as give_back
from core.activities.model import Activity, Batch, Change
from core.activities.queries.filters import ActivityFilter
from core.activities.rules import ASSIGN, OPEN, PENDING, RELEASE, TAKE, Outcome, Promise, Status
from core.campaigns.rules import Priority
from core.customers.model import Consent, Customer, CustomerState
from core.customers.rules import CustomerKind, Medium
from core.database import connect
from core.distribution.actions.distributing import Distribute, distribute
from core.distribution.actions.ways import SetBranchWay, set_branch_way
from core.distribution.rules import DISTRIBUTE, Way
from core.impact.upkeep import fold
from core.people.model import Person, PersonRole
from core.people.rules import JobFunction
from core.refusals import Refusal
from core.responses.actions.responding import Respond, respond
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.model import Candidate, Run
from core.runs.rules import RunStatus
from core.work import changing, reading, upkeep
from data.integrity import examine
from tests import world as w
from tests.conftest import NOW
from tests.making.campaigns import approved_design
from tests.making.runs import planned_run

SECONDS = float(os.environ.get("FAIRLEAD_TEST_SECONDS", "4"))
WORKERS, LEADS, CUSTOMERS = 32, 4, 300
BRANCHES = {w.NORTH: w.TEAM_NORTH, w.SOUTH: w.TEAM_SOUTH}


@dataclass
class Told:
    """What everybody was told: the verbs that were carried out, and what was refused."""

    done: Counter = field(default_factory=Counter)
    refused: Counter = field(default_factory=Counter)
    broken: list[BaseException] = field(default_factory=list)


class Start(Barrier):
    """Everybody begins together; from then on time passes as it does on the wall."""

    def wait(self, timeout=None):
        super().wait(timeout)
        self.began = time.monotonic()

    def left(self):
        return self.began + SECONDS - time.monotonic()

    def now(self):
        return NOW + timedelta(seconds=time.monotonic() - self.began)


@pytest.fixture
def runs(engine, do, world):
    """Three launched runs over some hundred customers; South has its work handed out by rule."""
    with Session(engine) as session, session.begin():
        _customers(session)
        planned = [
            planned_run(
                session,
                approved_design(
                    session,
                    code=f"C{priority.code}",
                    campaign_columns={"priority": priority},
                    stages=[{}],
                    rule={"all": []},
                    product_id=None,
                    control_share=0,
                ),
            )
            for priority in (Priority.LOW, Priority.MEDIUM, Priority.HIGH)
        ]
    for run_id in planned:  # who has work of one campaign may have some of a more urgent one
        do(world.mia, select_candidates, SelectCandidates(run_id))
        do(world.mia, launch, Launch(run_id, without_pending=True))
    do(world.lou, set_branch_way, SetBranchWay(w.SOUTH, Way.ROUND_ROBIN))
    return planned


@pytest.fixture
def people(engine, world):
    """32 agents, half of them in each branch, and two leads for each."""
    with Session(engine) as session, session.begin():
        agents = [_person(session, n, Role.AGENT) for n in range(WORKERS)]
        leads = [_person(session, n, Role.TEAM_LEAD) for n in range(WORKERS, WORKERS + LEADS)]
    return agents, leads


def _person(session, n, role):
    unit_id = (w.NORTH, w.SOUTH)[n % 2]
    person = Person(
        staff_no=f"T{n}",
        name=f"Worker {n}",
        email=f"t{n}@bank.example",
        unit_id=unit_id,
        team_id=BRANCHES[unit_id],
        job_function=JobFunction.OTHER,
    )
    session.add(person)
    session.flush()
    session.add(PersonRole(person_id=person.id, role=role))
    scope = Scope(unit_ids=(unit_id,), team_id=BRANCHES[unit_id])
    return Actor(person.id, person.name, frozenset({role}), scope, unit_id=unit_id)


def _customers(session):
    ids = range(1000, 1000 + CUSTOMERS)
    session.add_all(
        Customer(
            id=id_,
            customer_no=f"C{id_}",
            kind=CustomerKind.PRIVATE,
            name=f"Customer {id_}",
            attributes={},
            created_at=NOW,
            updated_at=NOW,
        )
        for id_ in ids
    )
    session.flush()
    for id_ in ids:
        session.add(
            CustomerState(
                customer_id=id_,
                branch_id=(w.NORTH, w.SOUTH)[id_ % 2],
                born_on=date(1980, 1, 1),
                consents=sum(medium.bit for medium in Medium),
            )
        )
        session.add_all(
            Consent(customer_id=id_, medium=medium, is_given=True, since=NOW) for medium in Medium
        )


def agent_works(chance):
    """Take what is next, then do with it what the day brings; most of it goes back."""

    def once(do):
        taken = do(TAKE.verb, take_next, TakeNext())
        if taken is None:
            return
        match chance.randrange(8):
            case 0:
                do("respond", respond, Respond(taken.activity_id, Outcome.ACCEPTED))
            case 1:
                do("cancel", cancel, Cancel(taken.activity_id, w.WRONG_NUMBER))
            case 2:
                tried = NoteAttempt(taken.activity_id, Outcome.NOT_REACHED, w.NO_ANSWER)
                do("attempt", note_attempt, tried)
            case 3:
                at, whose = NOW + timedelta(hours=26), chance.choice(list(Promise))
                called = NoteAttempt(
                    taken.activity_id, Outcome.CALL_BACK, w.NEEDS_TIME, at, promise=whose
                )
                do("attempt", note_attempt, called)
            case _:
                do(RELEASE.verb, give_back, Release(taken.activity_id))

    return once


def lead_moves(chance, agents):
    """Hand somebody's work to somebody else, divide it, or put it back into the pool."""

    def once(do):
        holder, *others = chance.sample(agents, 4)
        held = ActivityFilter(person_id=holder.person_id)
        match chance.randrange(4):
            case 0:
                do(ASSIGN.verb, assign_matching, AssignMatching(held, others[0].person_id))
            case 1:
                parts = [(Activity.id % 2 == n, others[n].person_id) for n in range(2)]
                to = select(Activity.id, case(*parts).label("person_id"))
                do(ASSIGN.verb, split, SplitWork(held, to))
            case _:
                do(RELEASE.verb, release_many, ReleaseMany(held))

    return once


def at_work(engine, actor, once, start, told):
    """Return a thread that goes on until the time is over, as people do after a refusal."""

    def carry_out(name, action, request):
        try:
            with changing(engine, actor, now=start.now()) as work:
                fact = action(work, request)
        except Refusal as refusal:
            told.refused[type(refusal).__name__] += 1
            return None
        told.done[name] += getattr(fact, "moved", 1)
        return fact

    def until_it_is_over():
        start.wait()
        is_over = False
        try:
            while not is_over:  # once more at the end, however slow the machine was until then
                is_over = start.left() <= 0
                once(carry_out)
        except BaseException as error:  # noqa: BLE001  a thread has nobody to tell
            told.broken.append(error)

    return Thread(target=until_it_is_over)


def test_a_busy_minute_loses_nothing_and_gives_nothing_twice(
    engine, database_url, runs, people, world
):
    agents, leads = people
    *_going_on, stopped = runs
    with Session(engine) as session:
        made = set(session.scalars(select(Activity.id)))
    assert len(made) > 2 * CUSTOMERS

    start = Start(WORKERS + LEADS + 2)

    def time_brings(do):
        """Fold the figures, and stop a run when half of the time is over."""
        with upkeep(engine) as session:
            fold(session, now=start.now())
        if start.left() < SECONDS / 2:
            do("stop", stop_run, ChangeRun(stopped, "Enough."))

    chances = [random.Random(n) for n in range(WORKERS + LEADS)]  # noqa: S311  no secret
    everybody = [(agent, agent_works(chance)) for agent, chance in zip(agents, chances)]  # noqa: B905  chances of the leads remain
    for lead, chance in zip(leads, chances[WORKERS:], strict=True):
        of_branch = [each for each in agents if each.unit_id == lead.unit_id]
        everybody.append((lead, lead_moves(chance, of_branch)))
    everybody.append((world.mia, time_brings))
    everybody.append((SYSTEM, lambda do: do(DISTRIBUTE, distribute, Distribute())))
    told = [Told() for _ in everybody]
    server = connect(database_url)
    threads = [
        at_work(server, actor, once, start, told[n]) for n, (actor, once) in enumerate(everybody)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.dispose()

    assert [error for each in told for error in each.broken] == []
    done = sum((each.done for each in told), Counter())
    refused = sum((each.refused for each in told), Counter())
    print(engine.dialect.name, dict(done), dict(refused))  # noqa: T201  shown by -s
    assert done["stop"] == 1
    with Session(engine) as session:
        _nothing_is_lost(session, made, stopped)
        _told_as_done(session, done)
        _counted(session)
    with reading(engine, SYSTEM, now=NOW) as view:
        assert [each for each in examine(view) if each.violations] == []


def _nothing_is_lost(session, made, stopped):
    rows = session.scalars(select(Activity)).all()
    assert {each.id for each in rows} == made
    assert session.get_one(Run, stopped).status is RunStatus.STOPPED
    for each in rows:
        if each.status in OPEN:
            assert each.person_id is not None
        if each.status is Status.UNASSIGNED:
            assert each.person_id is None
        if each.status in PENDING:
            assert each.run_id != stopped
    # Whose it is changes hands one by one: each take and each hand-out begins where the last ended.
    holders = dict.fromkeys(made)
    for change in session.scalars(select(Change).order_by(Change.activity_id, Change.id)):
        assert change.from_person_id == holders[change.activity_id]
        if change.verb == TAKE.verb:
            assert (change.from_status, change.from_person_id) == (Status.UNASSIGNED, None)
            assert change.to_person_id == change.actor_id
        holders[change.activity_id] = change.to_person_id
    assert holders == {each.id: each.person_id for each in rows}


def _told_as_done(session, done):
    """What people were told was done is what the history has, and not one more."""

    def changes(verb):
        return session.scalar(select(func.count(Change.id)).where(Change.verb == verb))

    assert done[TAKE.verb] > 0
    assert changes(TAKE.verb) == done[TAKE.verb]
    assert changes(ASSIGN.verb) == done[ASSIGN.verb]
    assert changes(RELEASE.verb) == done[RELEASE.verb]
    assert changes(DISTRIBUTE) == session.scalar(
        select(func.coalesce(func.sum(Batch.moved), 0)).where(Batch.verb == DISTRIBUTE)
    )


def _counted(session):
    """Customers' states count their pending work; candidates know when they were first given."""
    pending = (
        select(Activity.customer_id, func.count().label("many"))
        .where(Activity.status.in_(PENDING))
        .group_by(Activity.customer_id)
        .subquery()
    )
    differ = (
        select(func.count())
        .select_from(CustomerState)
        .outerjoin(pending, pending.c.customer_id == CustomerState.customer_id)
        .where(CustomerState.pending != func.coalesce(pending.c.many, 0))
    )
    assert session.scalar(differ) == 0
    # Who came first is by the order of the history: whoever waits for a turn asked before that.
    first = (
        select(Activity.run_id, Activity.customer_id, func.min(Change.id).label("id"))
        .join(Change, Change.activity_id == Activity.id)
        .where(Change.to_person_id.is_not(None))
        .group_by(Activity.run_id, Activity.customer_id)
        .subquery()
    )
    theirs = and_(first.c.run_id == Candidate.run_id, first.c.customer_id == Candidate.customer_id)
    wrong = (
        select(func.count())
        .select_from(Candidate)
        .outerjoin(first, theirs)
        .outerjoin(Change, Change.id == first.c.id)
        .where(Candidate.assigned_at.is_distinct_from(Change.at))
    )
    assert session.scalar(wrong) == 0
