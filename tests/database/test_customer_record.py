"""One customer's record: who finds and reads it, and who gives the customer to whom."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import Role
from core.activities.actions.working import Cancel, cancel
from core.activities.model import Activity
from core.activities.queries.lists import of_customer
from core.activities.rules import Outcome
from core.campaigns.rules import Exclusion
from core.customers.actions import (
    AssignCustomer,
    ClearIndicator,
    SetIndicator,
    assign_customer,
    clear_indicator,
    set_indicator,
)
from core.customers.model import Consent, CustomerState
from core.customers.queries import consents, customers, indicators, trustees
from core.customers.rules import IndicatorKind, Medium, Origin
from core.journal.model import Entry
from core.people.model import Person
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.responses.actions.responding import Respond, respond
from core.responses.queries import answers_of
from core.runs.model import Candidate, Excluded
from core.runs.queries import obstacles, places
from core.runs.rules import Confirmation
from tests import world as bank
from tests.conftest import NOW
from tests.making.activities import pool_of, row
from tests.making.runs import planned_run

ANN, BEN, LEA, SAM, MIA = 1, 2, 3, 4, 6
DISTRESS = IndicatorKind.DISTRESS


@pytest.fixture
def arrange(engine):
    def carry_out(change):
        with Session(engine) as session, session.begin():
            change(session)

    return carry_out


def state(customer_id, **values):
    return update(CustomerState).where(CustomerState.customer_id == customer_id).values(**values)


class TestSearch:
    @pytest.fixture
    def find(self, ask, world):
        def numbers(who, text=""):
            part = ask(getattr(world, who), customers, text=text)
            assert part.total == len(part.rows)
            return [row.id for row in part.rows]

        return numbers

    def test_without_a_text_everybody_sees_whom_they_work_with(self, engine, find):
        pool_of(engine, [5, 12])

        assert find("ann") == [1, 2, 5]
        assert find("ben") == [5]
        assert find("lea") == [*bank.NORTH_CUSTOMERS]
        assert find("sam") == [12]
        assert find("mia") == find("tom") == []

    @pytest.mark.parametrize(
        ("who", "text", "found"),
        [
            ("ann", "customer 01", [1]),
            ("ann", "stomer 0", [1, 2]),
            ("ann", "customer 03", []),  # masked for Ann: no name can be tried out
            ("lea", "CUSTOMER 03", [3]),
            ("lea", "customer 11", []),
            ("mia", "customer", []),
            ("ann", "c3", [3]),
            ("ann", " C3 ", [3]),
            ("ann", "C11", []),
            ("mia", "C11", [11]),
            ("lea", "%", []),
        ],
    )
    def test_finds_names_that_can_be_read_and_whole_numbers(self, find, who, text, found):
        assert find(who, text) == found

    def test_what_is_nobodys_work_is_masked(self, ask, world):
        [found] = ask(world.ann, customers, text="C3").rows
        assert (found.customer_no, found.name) == ("••••C3", "C••• 0••• E•••")
        [found] = ask(world.ann, customers, text="C1").rows
        assert (found.customer_no, found.name) == ("C1", "Customer 01 Example")

    @pytest.mark.parametrize("who", ["eve", "ada"])
    def test_some_roles_may_not_look_at_all(self, find, who):
        with pytest.raises(NotAllowed):
            find(who)


@pytest.mark.parametrize("query", [consents, indicators, obstacles])
class TestWhoReads:
    @pytest.mark.parametrize("who", ["ann", "ben", "lea", "mia", "pia", "tom"])
    def test_those_who_see_customers_of_the_branch(self, ask, world, query, who):
        ask(getattr(world, who), query, customer_id=1)

    @pytest.mark.parametrize("who", ["ann", "lea"])
    def test_another_branch_does_not_exist(self, ask, world, query, who):
        for customer_id in (11, 99):
            with pytest.raises(NotFound):
                ask(getattr(world, who), query, customer_id=customer_id)

    @pytest.mark.parametrize("who", ["eve", "ada"])
    def test_some_roles_may_not_look_at_all(self, ask, world, query, who):
        with pytest.raises(NotAllowed):
            ask(getattr(world, who), query, customer_id=1)


def test_consents_tell_every_medium_with_date_and_origin(ask, world, arrange):
    def change(session):
        session.delete(session.get_one(Consent, (1, Medium.APP)))
        session.get_one(Consent, (1, Medium.SMS)).origin = Origin.INFERRED

    arrange(change)
    found = {each.medium: each for each in ask(world.ann, consents, customer_id=1)}

    assert tuple(found) == tuple(Medium)
    assert (found[Medium.APP].is_given, found[Medium.APP].since) == (False, None)
    assert (found[Medium.SMS].origin, found[Medium.SMS].since) == (Origin.INFERRED, NOW)


def test_indicators_tell_which_are_over(do, ask, world):
    do(world.ann, set_indicator, SetIndicator(1, DISTRESS, NOW + timedelta(days=1)))
    later = NOW + timedelta(days=2)
    retention = IndicatorKind.RETENTION_CANDIDATE
    do(world.mia, set_indicator, SetIndicator(1, retention, reference="run:7"), now=later)
    do(world.ann, set_indicator, SetIndicator(1, DISTRESS), now=later)
    do(world.ann, clear_indicator, ClearIndicator(1, DISTRESS), now=later)

    found = ask(world.ann, indicators, customer_id=1, now=later)
    assert [(each.kind, each.is_valid) for each in found] == [
        (DISTRESS, False),
        (retention, True),
        (DISTRESS, False),
    ]
    assert (found[0].cleared_at, found[1].reference) == (later, "run:7")


class TestPast:
    @pytest.fixture
    def work(self, engine, do, world):
        """Customer 1: refused Ann's call, cancelled by Ben, waiting in the pool."""
        said = pool_of(engine, [1, 11], held={1: ANN})
        do(world.ann, respond, Respond(said[1], Outcome.REFUSED, bank.REFUSED_OFFER, note="Rate"))
        gone = pool_of(engine, [1], held={1: BEN})
        do(world.ben, cancel, Cancel(gone[1], bank.WRONG_NUMBER))
        return said[1], gone[1], pool_of(engine, [1])[1]

    @pytest.mark.parametrize(
        ("who", "found"),
        [("ann", [2, 0]), ("ben", [2, 1]), ("lea", [2, 1, 0]), ("mia", [2, 1, 0]), ("sam", [])],
    )
    def test_everybody_sees_the_work_of_the_own_scope(self, ask, world, work, who, found):
        part = ask(getattr(world, who), of_customer, customer_id=1)
        assert [each.id for each in part.rows] == [work[n] for n in found]

    def test_answers_are_those_of_the_work_that_is_seen(self, ask, world, work):
        [said] = ask(world.ann, answers_of, customer_id=1)
        assert (said.outcome, said.note, said.who) == (Outcome.REFUSED, "Rate", "Ann Example")
        assert ask(world.ben, answers_of, customer_id=1) == []
        [masked] = ask(world.mia, answers_of, customer_id=1)
        assert masked.note == ""

    @pytest.mark.parametrize("query", [of_customer, answers_of])
    @pytest.mark.parametrize("who", ["eve", "ada"])
    def test_some_roles_may_not_look_at_all(self, ask, world, query, who):
        with pytest.raises(NotAllowed):
            ask(getattr(world, who), query, customer_id=1)


class TestHeldBack:
    def test_nothing_holds_back_whom_everybody_may_contact(self, ask, world):
        assert ask(world.ann, obstacles, customer_id=1) == []

    def test_each_obstacle_is_named_in_the_order_of_the_waterfall(
        self, do, ask, world, engine, arrange
    ):
        pool_of(engine, [1])
        do(world.ann, set_indicator, SetIndicator(1, DISTRESS))
        consent = sum(medium.bit for medium in Medium) & ~Medium.SMS.bit & ~Medium.APP.bit
        arrange(
            lambda session: session.execute(
                state(
                    1,
                    is_active=False,
                    do_not_contact=True,
                    consents=consent,
                    last_refusal_at=NOW - timedelta(days=3),
                )
            )
        )

        found = ask(world.ann, obstacles, customer_id=1)
        assert [each.reason for each in found] == [
            Exclusion.NOT_ACTIVE,
            Exclusion.DO_NOT_CONTACT,
            Exclusion.NO_CONSENT,
            Exclusion.DISTRESS,
            Exclusion.CONTACT_CAP,
            Exclusion.BUSY_ELSEWHERE,
        ]
        assert found[2].media == (Medium.SMS, Medium.APP)

    def test_a_mark_that_ran_out_holds_nobody_back(self, do, ask, world):
        do(world.ann, set_indicator, SetIndicator(1, DISTRESS, NOW + timedelta(days=1)))
        assert ask(world.ann, obstacles, customer_id=1, now=NOW + timedelta(days=2)) == []

    def test_run_by_run_and_never_the_arm(self, ask, world, arrange):
        def judge(session):
            kept, held = planned_run(session), planned_run(session)
            session.add(Excluded(run_id=kept, customer_id=1, reason=Exclusion.CAPACITY))
            session.add(Excluded(run_id=held, customer_id=2, reason=Exclusion.CAPACITY))
            session.add(
                Candidate(
                    run_id=held,
                    customer_id=1,
                    branch_id=bank.NORTH,
                    arm=0,
                    confirmation=Confirmation.CONFIRMED,
                )
            )

        arrange(judge)
        found = ask(world.mia, places, customer_id=1)
        assert [(each.reason, each.confirmation) for each in found] == [
            (None, Confirmation.CONFIRMED),
            (Exclusion.CAPACITY, None),
        ]
        assert not hasattr(found[0], "arm")
        assert ask(world.lea, places, customer_id=1) == []  # runs of the whole bank
        with pytest.raises(NotFound):
            ask(world.lea, places, customer_id=11)
        with pytest.raises(NotAllowed):
            ask(world.ann, places, customer_id=1)


class TestAssignCustomer:
    def test_gives_the_customer_to_somebody_of_the_branch(self, do, ask, world, engine):
        fact = do(world.lea, assign_customer, AssignCustomer(1, BEN, instead_of=ANN))

        assert row(engine, CustomerState, 1).manager_id == BEN
        assert fact.subjects == ("customer:1", f"person:{ANN}", f"person:{BEN}")
        with Session(engine) as session:
            [entry] = session.scalars(select(Entry))
        assert (entry.kind, entry.facts["person_id"]) == ("customer.assigned", BEN)

    def test_leaves_the_customer_to_the_branch(self, do, world, engine):
        do(world.lea, assign_customer, AssignCustomer(1, None, instead_of=ANN))
        assert row(engine, CustomerState, 1).manager_id is None

    def test_what_somebody_has_already_stays(self, do, world, engine):
        work = pool_of(engine, [1], held={1: ANN})
        do(world.lea, assign_customer, AssignCustomer(1, BEN, instead_of=ANN))
        assert row(engine, Activity, work[1]).person_id == ANN

    @pytest.mark.parametrize(
        ("person_id", "told"),
        [
            (SAM, "not of the customer's branch"),
            (MIA, "not of the customer's branch"),
            (99, "not of the customer's branch"),
            (LEA, "does not work activities"),
            (ANN, "stands already"),
        ],
    )
    def test_refuses_who_could_not_answer(self, do, world, engine, person_id, told):
        with pytest.raises(Invalid, match=told):
            do(world.lea, assign_customer, AssignCustomer(1, person_id, instead_of=ANN))
        assert row(engine, CustomerState, 1).manager_id == ANN

    def test_refuses_who_left(self, do, world, arrange):
        arrange(lambda session: setattr(session.get_one(Person, BEN), "is_active", False))
        with pytest.raises(Invalid, match="not active"):
            do(world.lea, assign_customer, AssignCustomer(1, BEN, instead_of=ANN))

    def test_refuses_to_override_a_change_that_was_not_seen(self, do, world):
        do(world.lea, assign_customer, AssignCustomer(1, None, instead_of=ANN))
        with pytest.raises(Conflict, match="meanwhile"):
            do(world.lea, assign_customer, AssignCustomer(1, BEN, instead_of=ANN))

    @pytest.mark.parametrize("who", ["ann", "mia", "pia", "eve", "ada", "tom"])
    def test_is_a_leads(self, do, ask, world, who):
        with pytest.raises(NotAllowed):
            do(getattr(world, who), assign_customer, AssignCustomer(1, BEN, instead_of=ANN))
        with pytest.raises(NotAllowed):
            ask(getattr(world, who), trustees, customer_id=1)

    def test_another_branch_does_not_exist_however_wide_the_scope_is(self, do, ask, world):
        wide = replace(world.lea.scope, unit_ids=(), bank_wide=True)
        both = replace(world.lea, roles=world.lea.roles | {Role.CAMPAIGN_MANAGER}, scope=wide)
        for actor in (world.lea, both):
            with pytest.raises(NotFound):
                do(actor, assign_customer, AssignCustomer(11, SAM, instead_of=None))
        assert ask(both, trustees, customer_id=11) == []

    def test_offers_the_agents_of_the_branch(self, ask, world, arrange):
        assert [each.id for each in ask(world.lea, trustees, customer_id=1)] == [ANN, BEN]
        arrange(lambda session: setattr(session.get_one(Person, BEN), "is_active", False))
        assert [each.id for each in ask(world.lea, trustees, customer_id=1)] == [ANN]
