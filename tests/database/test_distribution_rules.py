"""Random branches: what is decided in SQL is what the rules say, one activity after the other."""

from collections import Counter
from datetime import timedelta
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.model import Activity, Change
from core.activities.rules import Status
from core.campaigns.rules import ActivityType, Priority
from core.customers.model import CustomerState
from core.distribution.actions.distributing import Distribute, distribute
from core.distribution.model import Allocation, BranchWay, DistributionPerson
from core.distribution.queries.checks import decisions_not_carried_out, decisions_that_differ
from core.distribution.rules import AllocationRule, Way
from core.people.model import Person
from core.work import rehearsing
from tests import world as bank
from tests.conftest import NOW
from tests.making.distribution import agent, qualification
from tests.making.runs import launched_run

QUALIFICATIONS = (None, bank.CERTIFIED, 2)
FIRST = 100  # the ids of the people of an example

people = st.lists(
    st.fixed_dictionaries(
        {
            "capacity": st.integers(0, 4),
            "open": st.integers(0, 2),
            "certified": st.sets(st.sampled_from(QUALIFICATIONS[1:])),
        }
    ),
    min_size=1,
    max_size=4,
)
work_of = st.lists(
    st.fixed_dictionaries(
        {
            "customer": st.sampled_from(bank.NORTH_CUSTOMERS),
            "needs": st.sampled_from(range(3)),
            "due": st.integers(-2, 2),
            "own": st.none() | st.integers(0, 4),
            "returned_by": st.none() | st.none() | st.integers(0, 3),
        }
    ),
    max_size=16,
    unique_by=lambda each: (each["customer"], each["needs"]),
)
several = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)


@pytest.fixture
def runs(engine):
    """A run for each qualification, with candidates and without work."""
    with Session(engine) as session, session.begin():
        qualification(session, QUALIFICATIONS[2])
        made = [
            launched_run(session, design={"qualification_id": needed}) for needed in QUALIFICATIONS
        ]
        session.execute(delete(Change))
        session.execute(delete(Activity))
        session.execute(update(Person).values(is_active=False))
    return made


class Branch:
    """North as an example wants it, in a transaction that is undone."""

    def __init__(self, work, runs, way, everybody, waiting):
        self.session = work.session
        self.runs = runs
        self.spare = iter([(run, each) for run in runs for each in bank.SOUTH_CUSTOMERS])
        self.session.add(BranchWay(branch_id=bank.NORTH, way=way))
        self.people = [self.hire(number, each) for number, each in enumerate(everybody)]
        self.work = {self.wait(each): each for each in waiting}

    def hire(self, number, person):
        id_ = agent(
            self.session,
            FIRST + number,
            certified=person["certified"],
            daily_capacity=person["capacity"],
        )
        for _ in range(person["open"]):
            self.add(*next(self.spare), status=Status.ASSIGNED, person_id=id_)
        return id_

    def wait(self, waiting):
        own, giver = self.somebody(waiting["own"]), self.somebody(waiting["returned_by"])
        self.session.execute(
            update(CustomerState)
            .where(CustomerState.customer_id == waiting["customer"])
            .values(manager_id=own)
        )
        id_ = self.add(
            self.runs[waiting["needs"]],
            waiting["customer"],
            due_at=NOW + timedelta(days=waiting["due"]),
            version=1 if giver is None else 3,
        )
        if giver is not None:
            self.give_back(id_, giver)
        return id_

    def give_back(self, activity_id, giver):
        self.session.add(
            Change(
                activity_id=activity_id,
                at=NOW,
                actor_id=giver,
                verb="release",
                from_status=Status.ASSIGNED,
                to_status=Status.UNASSIGNED,
                from_person_id=giver,
                from_branch_id=bank.NORTH,
                to_branch_id=bank.NORTH,
            )
        )
        self.session.flush()

    def somebody(self, number):
        known = number is not None and number < len(self.people)
        return self.people[number] if known else None

    def add(self, run, customer_id, *, status=Status.UNASSIGNED, due_at=NOW, **columns):
        row = Activity(
            run_id=run.run_id,
            stage_id=run.stage_id,
            campaign_id=run.campaign_id,
            customer_id=customer_id,
            type=ActivityType.SALES,
            subtype_id=1,
            priority=Priority.MEDIUM,
            status=status,
            branch_id=bank.NORTH,
            activity_on=NOW.date(),
            ends_on=NOW.date(),
            due_at=due_at,
            created_at=NOW,
            **columns,
        )
        self.session.add(row)
        self.session.flush()
        return row.id

    def finish_everything(self):
        self.session.execute(
            update(Activity)
            .where(Activity.status == Status.ASSIGNED)
            .values(status=Status.CANCELLED, closed_at=NOW)
        )

    def decided(self):
        rows = self.session.scalars(select(Allocation))
        return {row.activity_id: row for row in rows}


@several
@given(st.sampled_from([Way.ROUND_ROBIN, Way.LOAD]), people, work_of)
def test_what_is_decided_is_what_the_rules_say(engine, runs, way, everybody, waiting):
    with rehearsing(engine, SYSTEM, now=NOW) as work:
        branch = Branch(work, runs, way, everybody, waiting)

        fact = distribute(work, Distribute())

        decided = branch.decided()
        assert (fact.given, fact.left) == (len(decided), len(waiting) - len(decided))
        assert decisions_that_differ(work) == decisions_not_carried_out(work) == 0
        asked = {row.person_id: row for row in work.session.scalars(select(DistributionPerson))}
        got = Counter(row.person_id for row in decided.values())
        for id_, person in zip(branch.people, everybody, strict=True):
            assert got[id_] <= max(person["capacity"] - person["open"], 0)
        for id_, row in decided.items():
            needed = QUALIFICATIONS[branch.work[id_]["needs"]]
            assert needed is None or needed in everybody[row.person_id - FIRST]["certified"]
            assert row.person_id != row.returned_by_id
        for id_, each in branch.work.items():
            if id_ not in decided:
                assert_nobody_could(branch, everybody, each, got, asked)
                assert_nothing_younger(branch, decided, each)


def assert_nobody_could(branch, everybody, left, got, asked):
    for number, (id_, person) in enumerate(zip(branch.people, everybody, strict=True)):
        needed = QUALIFICATIONS[left["needs"]]
        fits = needed is None or needed in person["certified"]
        gave_it_back = left["returned_by"] == number
        assert not fits or gave_it_back or got[id_] >= person["capacity"] - person["open"]


def assert_nothing_younger(branch, decided, left):
    """What is due first comes first, but for customers with a person of their own."""
    for id_, row in decided.items():
        other = branch.work[id_]
        same = (other["needs"], branch.somebody(other["returned_by"])) == (
            left["needs"],
            branch.somebody(left["returned_by"]),
        )
        if same and row.rule is not AllocationRule.KEEP:
            assert other["due"] <= left["due"]


@several
@given(st.integers(1, 4), st.lists(st.integers(0, 4), min_size=2, max_size=6))
def test_shares_in_turn_differ_by_one_at_most(engine, runs, many, parts):
    """However the work comes in, equal people have had equally many turns at any time."""
    equal = [{"capacity": 30, "open": 0, "certified": set()}] * many
    with rehearsing(engine, SYSTEM, now=NOW) as work:
        branch = Branch(work, runs, Way.ROUND_ROBIN, equal, [])
        customers = iter(bank.NORTH_CUSTOMERS)
        for part in parts:
            for customer_id in islice(customers, part):
                branch.add(runs[0], customer_id)
            distribute(work, Distribute())
            branch.finish_everything()

            got = Counter(dict.fromkeys(branch.people, 0))
            got.update(row.person_id for row in branch.decided().values())
            assert max(got.values()) - min(got.values()) <= 1
        assert decisions_that_differ(work) == 0
