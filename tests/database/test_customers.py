"""What may be seen of a customer, and what may be noted about one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Role
from core.activities.actions.opting import SetConsent, set_consent
from core.customers.actions import (
    ClearIndicator,
    SetIndicator,
    clear_indicator,
    set_indicator,
)
from core.customers.model import Consent, CustomerState
from core.customers.queries import attributes, contact_facts, products
from core.customers.rules import IndicatorKind, Medium
from core.journal.model import Entry, Outgoing
from core.refusals import Invalid, NotAllowed, NotFound
from tests.conftest import NOW
from tests.making.activities import pool_of

DISTRESS = IndicatorKind.DISTRESS


def state(engine, customer_id):
    with Session(engine) as session:
        return session.get_one(CustomerState, customer_id)


class TestContactFacts:
    def test_a_person_sees_the_customers_they_answer_for(self, ask, world):
        facts = ask(world.ann, contact_facts, customer_id=1)

        assert (facts.name, facts.customer_no) == ("Customer 01 Example", "C1")
        assert (facts.branch, facts.responsible, facts.age) == ("North", "Ann Example", 65)
        assert facts.allowed == tuple(Medium)
        assert [held.product for held in facts.agreements] == ["Current account"]
        assert facts.agreements[0].agreement_no == "A1-1"
        assert facts.updated_at == NOW

    @pytest.mark.parametrize(
        ("who", "customer_id"), [("ann", 3), ("ben", 1), ("mia", 1), ("tom", 1)]
    )
    def test_others_are_masked(self, ask, world, who, customer_id):
        facts = ask(getattr(world, who), contact_facts, customer_id=customer_id)

        assert "Customer" not in facts.name
        assert facts.pin.startswith("••••")
        assert (facts.email, facts.phone) == (None, None)
        assert facts.agreements[0].agreement_no.startswith("••••")

    def test_a_lead_sees_the_own_branch(self, ask, world):
        assert ask(world.lea, contact_facts, customer_id=3).name == "Customer 03 Example"

    @pytest.mark.parametrize("who", ["ann", "lea"])
    def test_another_role_shows_no_more_names(self, ask, world, engine, who):
        pool_of(engine)
        actor = getattr(world, who)
        wide = replace(actor.scope, unit_ids=(), bank_wide=True)
        both = replace(actor, roles=actor.roles | {Role.CAMPAIGN_MANAGER}, scope=wide)

        assert ask(both, contact_facts, customer_id=3).name == "Customer 03 Example"
        assert ask(both, contact_facts, customer_id=11).name == "C••• 1••• E•••"

    @pytest.mark.parametrize("who", ["ann", "lea"])
    def test_another_branch_does_not_exist(self, ask, world, who):
        for customer_id in (11, 99):
            with pytest.raises(NotFound):
                ask(getattr(world, who), contact_facts, customer_id=customer_id)

    @pytest.mark.parametrize("who", ["eve", "ada"])
    def test_some_roles_may_not_look_at_all(self, ask, world, who):
        with pytest.raises(NotAllowed):
            ask(getattr(world, who), contact_facts, customer_id=1)


class TestConsent:
    def test_is_noted_and_seen_by_selection_at_once(self, do, ask, world, engine):
        do(world.ann, set_consent, SetConsent(1, Medium.PHONE, is_given=False))

        assert not state(engine, 1).consents & Medium.PHONE.bit
        assert Medium.PHONE not in ask(world.ann, contact_facts, customer_id=1).allowed
        with Session(engine) as session:
            [entry] = session.scalars(select(Entry))
            assert (entry.kind, entry.facts["medium"]) == ("consent.changed", "phone")
            assert "Example" not in str(entry.facts)

    def test_can_be_given_for_the_first_time(self, do, world, engine):
        with Session(engine) as session, session.begin():
            session.delete(session.get_one(Consent, (1, Medium.APP)))

        do(world.lea, set_consent, SetConsent(1, Medium.APP, is_given=True))

        assert state(engine, 1).consents & Medium.APP.bit

    def test_refuses_what_stands_already(self, do, world):
        with pytest.raises(Invalid, match="is given already"):
            do(world.ann, set_consent, SetConsent(1, Medium.PHONE, is_given=True))

    def test_refuses_other_branches_and_other_roles(self, do, world):
        with pytest.raises(NotFound):
            do(world.ann, set_consent, SetConsent(11, Medium.PHONE, is_given=False))
        with pytest.raises(NotAllowed):
            do(world.eve, set_consent, SetConsent(1, Medium.PHONE, is_given=False))


class TestIndicator:
    def test_is_set_and_cleared_and_neighbours_are_told(self, do, ask, world, engine):
        until = NOW + timedelta(days=5)
        do(world.ann, set_indicator, SetIndicator(1, DISTRESS, until))
        assert state(engine, 1).indicators == DISTRESS.bit
        assert ask(world.ann, contact_facts, customer_id=1).in_distress

        do(world.ann, clear_indicator, ClearIndicator(1, DISTRESS))

        assert state(engine, 1).indicators == 0
        with Session(engine) as session:
            sent = session.scalars(select(Outgoing).order_by(Outgoing.id)).all()
            assert [m.type for m in sent] == ["PartyRoutingProfile/Updated"] * 2
            assert [m.payload["state"] for m in sent] == ["set", "cleared"]
            assert sent[0].payload["validUntil"] == until.isoformat()

    def test_of_two_marks_the_other_keeps_the_bit(self, do, world, engine):
        for reference in ("run:1", "run:2"):
            do(world.mia, set_indicator, SetIndicator(1, DISTRESS, reference=reference))

        do(world.mia, clear_indicator, ClearIndicator(1, DISTRESS, "run:1"))

        assert state(engine, 1).indicators == DISTRESS.bit

    def test_refusals(self, do, world):
        with pytest.raises(Invalid, match="in the future"):
            do(world.ann, set_indicator, SetIndicator(1, DISTRESS, NOW))
        with pytest.raises(Invalid, match="no distress indicator"):
            do(world.ann, clear_indicator, ClearIndicator(1, DISTRESS))
        with pytest.raises(NotFound):
            do(world.ann, set_indicator, SetIndicator(11, DISTRESS))
        with pytest.raises(NotAllowed):
            do(world.ada, set_indicator, SetIndicator(1, DISTRESS))


def test_everybody_may_know_the_products(ask, world):
    assert [p.code for p in ask(world.eve, products)][:2] == ["card", "current"]
    assert ask(world.mia, attributes) == []
