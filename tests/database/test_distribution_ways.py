"""How a branch wants its work, why somebody got it, and who got how much."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.assignment import Assign, assign
from core.activities.actions.taking import Take, take
from core.activities.actions.undoing import Undo, undo
from core.activities.actions.working import Release, release
from core.activities.model import Activity, Change
from core.activities.rules import Status
from core.campaigns.model import ActivitySubtype
from core.customers.model import CustomerState
from core.distribution.actions.distributing import Distribute, distribute
from core.distribution.actions.ways import SetBranchWay, set_branch_way
from core.distribution.queries.ledger import Tally, ledger, own_share
from core.distribution.queries.ways import branch_ways, distributions
from core.distribution.queries.why import why_me
from core.distribution.rules import Way
from core.journal.model import Entry
from core.measures import Rate
from core.people.model import Person
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.work import rehearsing
from tests import world as bank
from tests.conftest import NOW
from tests.making.activities import pool_of
from tests.making.distribution import agent, way

ANN, BEN, LEA, SAM = 1, 2, 3, 4
TODAY = NOW.date()
DAY = timedelta(days=1)


def change(arrange, of, *where, **values):
    arrange(lambda session: session.execute(update(of).where(*where).values(**values)))


class TestTheWayOfABranch:
    def test_a_lead_chooses_it_for_the_own_branch(self, engine, do, ask, world):
        fact = do(world.lea, set_branch_way, SetBranchWay(bank.NORTH, Way.LOAD))

        assert (fact.branch_id, fact.way) == (bank.NORTH, Way.LOAD)
        [row] = ask(world.lea, branch_ways)
        assert (row.branch, row.way, row.version) == ("North", Way.LOAD, 1)
        with Session(engine) as session:
            entry = session.scalars(select(Entry).where(Entry.kind == "branch.way-set")).one()
        assert entry.facts == {"branch_id": bank.NORTH, "way": "by load"}

    def test_and_changes_it(self, do, ask, world):
        do(world.lea, set_branch_way, SetBranchWay(bank.NORTH, Way.LOAD))
        do(world.lea, set_branch_way, SetBranchWay(bank.NORTH, Way.POOL, 1))

        [row] = ask(world.lea, branch_ways)
        assert (row.way, row.version) == (Way.POOL, 2)

    def test_an_administrator_chooses_it_everywhere(self, do, ask, world):
        do(world.ada, set_branch_way, SetBranchWay(bank.SOUTH, Way.ROUND_ROBIN))

        rows = [(row.branch, row.way, row.version) for row in ask(world.ada, branch_ways)]
        assert rows == [("North", Way.POOL, None), ("South", Way.ROUND_ROBIN, 1)]

    @pytest.mark.parametrize("branch_id", [bank.SOUTH, bank.CENTRE, 99])
    def test_not_elsewhere_nor_where_nobody_works(self, do, world, branch_id):
        with pytest.raises(Invalid, match="Choose a branch of your own"):
            do(world.lea, set_branch_way, SetBranchWay(branch_id, Way.LOAD))

    def test_not_what_it_is_already(self, do, world):
        with pytest.raises(Invalid, match="North has its work by this way already: branch pool"):
            do(world.lea, set_branch_way, SetBranchWay(bank.NORTH, Way.POOL))

    @pytest.mark.parametrize("seen", [None, 2])
    def test_not_over_a_change_that_was_not_seen(self, do, arrange, world, seen):
        arrange(lambda session: way(session, Way.LOAD))
        with pytest.raises(Conflict, match="How North wants its work changed meanwhile"):
            do(world.lea, set_branch_way, SetBranchWay(bank.NORTH, Way.ROUND_ROBIN, seen))

    @pytest.mark.parametrize("who", ["ann", "mia", "eve", "tom"])
    def test_nobody_else(self, do, ask, world, who):
        actor = getattr(world, who)
        with pytest.raises(NotAllowed):
            do(actor, set_branch_way, SetBranchWay(bank.NORTH, Way.LOAD))
        with pytest.raises(NotAllowed):
            ask(actor, branch_ways)

    def test_what_came_of_it_is_listed_for_the_own_branch(self, engine, do, arrange, ask, world):
        for branch_id in (bank.NORTH, bank.SOUTH):
            arrange(lambda session, id_=branch_id: way(session, Way.ROUND_ROBIN, id_))
        pool_of(engine, [3, 4, 11])
        fact = do(SYSTEM, distribute, Distribute())

        [row] = ask(world.lea, distributions)

        assert (row.id, row.at, row.people, row.given) == (fact.distribution_id, NOW, 2, 2)
        assert (row.cause, row.batch_id) == ("time passed", fact.batch_id)
        with pytest.raises(NotAllowed):
            ask(world.ann, distributions)


class TestWhyMe:
    @pytest.fixture
    def answer(self, ask, world):
        def sentences(activity_id, actor=None, now=NOW):
            return ask(actor or world.lea, why_me, activity_id=activity_id, now=now).sentences

        return sentences

    def test_tells_an_agent_nothing_of_colleagues(self, engine, do, arrange, ask, world):
        arrange(lambda session: way(session, Way.ROUND_ROBIN))
        change(arrange, Person, Person.id == BEN, daily_capacity=0)
        change(arrange, CustomerState, CustomerState.customer_id == 3, manager_id=BEN)
        arrange(lambda session: agent(session, 20))
        work = pool_of(engine, [3])
        do(SYSTEM, distribute, Distribute())

        answer = ask(world.ann, why_me, activity_id=work[3])

        assert [each.name for each in answer.people] == ["Ann Example"]
        assert answer.sentences[1] == (
            "The customer's own person, Ben Example, could not be given it then."
        )
        assert answer.sentences[-1] == (
            "2 other people were looked at; 1 of them could have taken it too."
        )
        said = " ".join(answer.sentences)
        assert "Agent 20" not in said
        assert "no room" not in said
        of_lead = ask(world.lea, why_me, activity_id=work[3])
        assert [each.name for each in of_lead.people] == ["Ann Example", "Ben Example", "Agent 20"]
        assert "Ben Example (no room: 0 open of 0 a day)" in of_lead.sentences[-1]

    def test_tells_an_agent_when_nobody_else_was_there(self, engine, do, arrange, ask, world):
        arrange(lambda session: way(session, Way.LOAD))
        change(arrange, Person, Person.id == BEN, is_active=False)
        work = pool_of(engine, [3])
        do(SYSTEM, distribute, Distribute())

        assert ask(world.ann, why_me, activity_id=work[3]).sentences[-1] == (
            "Nobody else was looked at."
        )

    def test_in_turn(self, engine, do, arrange, ask, world):
        arrange(lambda session: way(session, Way.ROUND_ROBIN))
        change(arrange, Person, Person.id == BEN, daily_capacity=0)
        arrange(lambda session: agent(session, 20))
        work = pool_of(engine, [3, 4], design={"qualification_id": bank.CERTIFIED})
        arrange(lambda session: agent(session, 21, certified=[bank.CERTIFIED]))
        do(SYSTEM, distribute, Distribute())

        answer = ask(world.lea, why_me, activity_id=work[3])

        assert answer.sentences == (
            (
                "Ann Example got it by rule at 2 Mar 2026, 09:00, because time passed. It stood at"
                " place 1 in the line of North, where what is due first comes first."
            ),
            (
                "North has its work handed out in turn, and it was turn 1 of that time. Ann Example"
                " waited at place 1 of 2 who could take it (last turn before: no turn yet)."
            ),
            "Could have taken it too: Agent 21.",
            (
                "Not asked: Ben Example (no room: 0 open of 0 a day); Agent 20 (lacks the"
                " qualification “Savings advice”)."
            ),
        )
        assert [(each.name, each.place, each.verdict) for each in answer.people[:2]] == [
            ("Ann Example", 1, "got it"),
            ("Ben Example", 2, "no room: 0 open of 0 a day"),
        ]

    def test_by_load(self, engine, do, arrange, answer):
        arrange(lambda session: way(session, Way.LOAD))
        pool_of(engine, [5], held={5: ANN})
        work = pool_of(engine, [3])
        do(SYSTEM, distribute, Distribute())

        said = answer(work[3])

        assert said[0].startswith("Ben Example got it by rule")
        assert said[1] == (
            "North has its work handed out by load: Ben Example had 0 open of 20 a day, and with"
            " what was handed out before it carried the least."
        )

    def test_an_own_customer(self, engine, do, arrange, answer, world):
        arrange(lambda session: way(session, Way.LOAD))
        work = pool_of(engine, [1])
        do(SYSTEM, distribute, Distribute())

        assert answer(work[1], world.ann)[1] == (
            "You had room, and whoever is responsible for the customer comes first:"
            " 0 open of 20 a day."
        )

    def test_an_own_person_who_did_not_get_it(self, engine, do, arrange, answer):
        arrange(lambda session: way(session, Way.LOAD))
        change(arrange, Person, Person.id == ANN, daily_capacity=1)
        change(arrange, CustomerState, CustomerState.customer_id == 3, manager_id=SAM)
        work = pool_of(engine, [1, 2, 3])
        do(SYSTEM, distribute, Distribute())

        assert answer(work[2])[1] == (
            "The customer's own person, Ann Example: had no room left after older work of other"
            " own customers."
        )
        assert answer(work[3])[1] == (
            "The customer's own person, Sam Example: does not work in this branch."
        )

    def test_one_who_gave_it_back(self, engine, do, arrange, answer, world):
        arrange(lambda session: way(session, Way.LOAD))
        work = pool_of(engine, [1])
        do(SYSTEM, distribute, Distribute())
        do(world.ann, release, Release(work[1], 2))
        do(SYSTEM, distribute, Distribute())

        said = answer(work[1])

        assert said[1] == "The customer's own person, Ann Example: gave it back before."
        assert said[-2:] == ("Nobody else could.", "Not asked: Ann Example (gave it back before).")

    def test_what_was_not_by_rule(self, engine, do, arrange, answer, world):
        work = pool_of(engine, [1, 3, 4], held={1: ANN})
        do(world.ben, take, Take(work[3]))
        do(world.lea, assign, Assign({work[4]: 1}, ANN))

        assert answer(work[1], world.ann) == (
            "It was made for you at 2 Mar 2026, 09:00, as the customer's own person.",
        )
        assert answer(work[3]) == (
            "Ben Example took it from the pool of North at 2 Mar 2026, 09:00.",
        )
        assert answer(work[4], world.ann) == ("Lea Example gave it to you at 2 Mar 2026, 09:00.",)

    def test_what_nobody_has(self, engine, arrange, answer, world):
        work = pool_of(engine, [3])
        assert answer(work[3]) == (
            "Nobody has it.",
            "North keeps a pool: whoever may take it can take it.",
        )
        arrange(lambda session: way(session, Way.ROUND_ROBIN))
        assert answer(work[3])[1] == (
            "North has its work handed out in turn: it waits for somebody who may take it."
        )
        change(arrange, Activity, next_action_at=NOW + DAY)
        assert answer(work[3], world.ann)[1] == (
            "The customer expects a contact at 3 Mar 2026, 09:00; it waits until then."
        )

    def test_what_a_lead_took_back(self, engine, do, arrange, answer, world):
        arrange(lambda session: way(session, Way.ROUND_ROBIN))
        work = pool_of(engine, [3])
        fact = do(SYSTEM, distribute, Distribute())
        do(world.lea, undo, Undo(fact.batch_id))

        assert answer(work[3], world.ann) == (
            "Nobody has it.",
            "It was handed out and taken back: it waits until somebody takes it or gives it out.",
        )

    @pytest.mark.parametrize("who", ["sam", "lou"])
    def test_nobody_of_another_branch_asks(self, engine, ask, world, who):
        work = pool_of(engine, [3])
        with pytest.raises(NotFound):
            ask(getattr(world, who), why_me, activity_id=work[3])


class TestTheLedger:
    WINDOW = {"first": TODAY, "last": TODAY}

    def test_says_who_was_given_what_by_whom(self, engine, do, arrange, ask, world):
        change(arrange, CustomerState, yearly_value=Decimal(100))
        change(arrange, ActivitySubtype, minutes=20)
        work = pool_of(engine, [1, 3, 4, 5], held={1: ANN})
        do(world.ben, take, Take(work[3]))
        do(world.lea, assign, Assign({work[4]: 1}, BEN))
        do(world.lea, assign, Assign({work[3]: 2}, ANN))
        do(world.ann, release, Release(work[1], 1))
        arrange(lambda session: way(session, Way.ROUND_ROBIN))
        do(SYSTEM, distribute, Distribute())  # Ann gets 3's, Ben gets back 1's

        rows = {row.name: row for row in ask(world.lea, ledger, **self.WINDOW)}

        ann, ben = rows["Ann Example"], rows["Ben Example"]
        assert ann.tally == Tally(2, 1, 0, 1, minutes=60, value=Decimal(300))
        assert ben.tally == Tally(1, 1, 1, 1, minutes=60, value=Decimal(300))
        assert "Lea Example" not in rows  # a lead is given nothing by rule
        assert (ann.count_share, ann.minutes_share) == (Rate(3, 6), Rate(60, 120))
        assert ben.value_share.value == 0.5

    def test_of_the_own_team_only(self, engine, do, ask, world):
        pool_of(engine, [1, 11], held={1: ANN, 11: SAM})

        assert [row.name for row in ask(world.lou, ledger, **self.WINDOW)] == [
            "Sam Example",
        ]

    def test_of_a_window(self, engine, ask, world):
        pool_of(engine, [1], held={1: ANN})
        for first, last in ((TODAY - DAY, TODAY - DAY), (TODAY + DAY, TODAY + DAY)):
            rows = ask(world.lea, ledger, first=first, last=last)
            assert {row.tally for row in rows} == {Tally()}

    @pytest.mark.parametrize("days", [-1, 366])
    def test_not_of_any_window(self, ask, world, days):
        for query in (ledger, own_share):
            with pytest.raises(Invalid, match="a window of 1 to 366 days"):
                ask(world.lea, query, first=TODAY, last=TODAY + days * DAY)

    def test_an_agent_sees_the_own_share_and_the_average(self, engine, ask, world):
        pool_of(engine, [1, 3, 4], held={1: ANN, 3: BEN, 4: BEN})

        share = ask(world.ann, own_share, **self.WINDOW)

        assert (share.mine.given, share.team.given, share.people) == (1, 3, 2)
        with pytest.raises(NotAllowed):
            ask(world.ann, ledger, **self.WINDOW)
        with pytest.raises(NotAllowed):
            ask(world.mia, own_share, **self.WINDOW)


people = st.none() | st.sampled_from([ANN, BEN, LEA, SAM])
steps = st.lists(
    st.tuples(
        st.sampled_from(["generate", "distribute", "assign to person", "assign to me", "release"]),
        people,  # who did it
        people,  # whose it was
        people,  # whose it is
        st.integers(-2, 2),  # days from today
        st.sampled_from(range(4)),  # which activity
    ),
    max_size=12,
)


@pytest.fixture
def four(engine, arrange):
    """Four activities without a history, of different difficulty and worth."""
    ids = list(pool_of(engine, [3, 4, 5, 6]).values())
    change(arrange, ActivitySubtype, ActivitySubtype.id == 2, minutes=25)
    change(arrange, Activity, Activity.id.in_(ids[2:]), subtype_id=2)
    for customer_id, value in zip([3, 4, 5, 6], WORTH, strict=True):
        change(arrange, CustomerState, CustomerState.customer_id == customer_id, yearly_value=value)
    arrange(lambda session: session.execute(delete(Change)))
    return ids


WORTH = [Decimal(10), None, Decimal("3.50"), Decimal(7)]
MINUTES = [15, 15, 25, 25]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(steps)
def test_the_ledger_is_the_history(engine, world, four, steps):
    """Each change after which work was another person's counts once at either end."""
    with rehearsing(engine, world.lea, now=NOW) as work:
        for verb, actor, before, after, day, which in steps:
            work.session.add(
                Change(
                    activity_id=four[which],
                    at=NOW + day * DAY,
                    actor_id=actor,
                    verb=verb,
                    to_status=Status.ASSIGNED if after else Status.UNASSIGNED,
                    from_person_id=before,
                    to_person_id=after,
                    to_branch_id=bank.NORTH,
                )
            )
        work.session.flush()
        rows = ledger(work, first=TODAY - DAY, last=TODAY + DAY)

    told = defaultdict(Tally)
    for verb, actor, before, after, day, which in steps:
        if abs(day) > 1 or before == after:
            continue
        if after is not None:
            size = {"minutes": MINUTES[which], "value": WORTH[which] or Decimal()}
            told[after] += Tally(**{_by(verb, actor, after): 1}, **size)
        if before is not None:
            told[before] += Tally(handed_away=1)
    assert {row.person_id: row.tally for row in rows} == {
        id_: told[id_] for id_ in {ANN, BEN} | ({LEA} & told.keys())
    }


def _by(verb, actor, after):
    if actor is None or verb in {"generate", "distribute"}:
        return "by_rule"
    return "taken" if actor == after else "by_lead"
