"""How many a rule would bring to a campaign, step by step, while it is being written."""

from dataclasses import dataclass, replace
from datetime import timedelta
from importlib import import_module

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, update
from sqlalchemy.orm import Session

from core.access import SYSTEM, Scope
from core.activities.model import Activity
from core.activities.rules import Status
from core.campaigns.actions.policy import (
    SetContactPolicy,
    SetSegmentTerms,
    set_contact_policy,
    set_segment_terms,
)
from core.campaigns.queries.previews import AudienceSteps, audience_steps
from core.customers.model import CustomerState, Indicator
from core.customers.rules import IndicatorKind, Medium
from core.refusals import NotAllowed
from core.segments.criteria import InvalidRule
from core.work import Reader, reading, rehearsing
from tests import world as bank
from tests.conftest import NOW
from tests.making.contacts import judged, pasts, prepare, remember, terms
from tests.making.runs import launched_run

NORTHERN = {"field": "branch", "is": "=", "value": "B1"}


def state(session, customer_id, **columns):
    session.execute(
        update(CustomerState).where(CustomerState.customer_id == customer_id).values(**columns)
    )


@pytest.fixture
def trouble(arrange):
    """One customer for each reason: left, left alone, distress, no phone, refused, contacted."""

    def carry_out(session):
        state(session, 1, is_active=False)
        state(session, 2, do_not_contact=True)
        state(session, 3, indicators=IndicatorKind.DISTRESS.bit)
        session.add(Indicator(customer_id=3, kind=IndicatorKind.DISTRESS, valid_from=NOW))
        state(session, 4, consents=Medium.EMAIL.bit)
        state(session, 5, last_refusal_at=NOW - timedelta(days=9))
        for days in (1, 2, 3):
            run = launched_run(session, [6], held={6: 1})
            session.execute(
                update(Activity)
                .where(Activity.id == run.activities[6])
                .values(
                    status=Status.COMPLETED,
                    is_completed=True,
                    closed_at=NOW,
                    contacted_at=NOW - timedelta(days=days),
                )
            )
        state(session, 6, last_contact_at=NOW - timedelta(days=1))
        state(session, 7, last_contact_at=NOW - timedelta(days=1))
        # What has run out leaves its bit behind.
        state(session, 8, indicators=IndicatorKind.DISTRESS.bit)

    arrange(carry_out)


@pytest.mark.usefixtures("trouble")
def test_every_step_is_part_of_the_one_before(ask, world):
    found = ask(world.mia, audience_steps, rule=NORTHERN, medium=Medium.PHONE)

    assert found == AudienceSteps(
        population=15, fitting=10, contactable=7, consenting=6, uncapped=4
    )


@pytest.mark.usefixtures("trouble")
def test_without_a_medium_everybody_consents(ask, world):
    found = ask(world.mia, audience_steps, rule=NORTHERN)

    assert (found.contactable, found.consenting, found.uncapped) == (7, 7, 5)


def test_counts_only_those_in_scope(ask, world):
    north = replace(world.mia, scope=Scope(unit_ids=(bank.NORTH,)))

    found = ask(north, audience_steps, rule={"all": []})

    assert (found.population, found.fitting) == (10, 10)


def test_finds_the_customers_of_many_branches_as_those_of_few(ask, world, monkeypatch):
    monkeypatch.setattr(import_module("core.people.queries.units"), "_A_FEW_UNITS", 0)

    assert ask(world.mia, audience_steps, rule=NORTHERN).fitting == 10


def test_asks_the_customers_in_one_statement(engine, world):
    said = []

    def note(*told):
        said.append(told[2])

    with reading(engine, world.mia, now=NOW) as view:
        event.listen(engine, "before_cursor_execute", note)
        audience_steps(view, rule=NORTHERN, medium=Medium.PHONE)
        event.remove(engine, "before_cursor_execute", note)

    assert len([each for each in said if "customer_state" in each]) == 1


def test_needs_the_right_and_a_rule(ask, world, engine):
    with pytest.raises(NotAllowed):
        ask(world.ann, audience_steps, rule=NORTHERN)
    with pytest.raises(InvalidRule, match="Did you mean"):
        ask(world.mia, audience_steps, rule={"holds": {"product": "saving"}})
    with Session(engine) as session:
        assert session.get_one(CustomerState, 1).is_active


SOME, NORTHERNERS = (1, 2, 3, 11, 12), range(1, 11)
MARKS = {
    "counts": {"valid_from": NOW, "valid_until": NOW + timedelta(days=1)},
    "has run out": {"valid_from": NOW - timedelta(days=9), "valid_until": NOW},
    "begins later": {"valid_from": NOW + timedelta(days=1)},
    "was cleared": {"valid_from": NOW - timedelta(days=9), "cleared_at": NOW},
}


@dataclass(frozen=True)
class Wishes:
    """What else is known of a customer; the bit of a mark stays, whatever came of the mark."""

    is_active: bool
    do_not_contact: bool
    mark: str | None
    consents: frozenset[Medium]

    def write(self, session, customer_id):
        bit = 0 if self.mark is None else IndicatorKind.DISTRESS.bit
        state(
            session,
            customer_id,
            is_active=self.is_active,
            do_not_contact=self.do_not_contact,
            indicators=bit,
            consents=sum(medium.bit for medium in self.consents),
        )
        session.execute(delete(Indicator).where(Indicator.customer_id == customer_id))
        if self.mark is not None:
            columns = {"customer_id": customer_id, "kind": IndicatorKind.DISTRESS}
            session.add(Indicator(**columns, **MARKS[self.mark]))

    def steps(self, medium, *, is_held):
        """Say at which steps the customer is still there."""
        contactable = self.is_active and not self.do_not_contact and self.mark != "counts"
        consenting = contactable and (medium is None or medium in self.consents)
        return (True, contactable, consenting, consenting and not is_held)


FREE = Wishes(True, False, None, frozenset(Medium))
wishes = st.one_of(
    st.just(FREE),  # nobody else comes as far as the policy
    st.builds(
        Wishes,
        st.booleans(),
        st.booleans(),
        st.sampled_from([None, *MARKS]),
        st.frozensets(st.sampled_from([Medium.PHONE, Medium.EMAIL])),
    ),
)


class TestJudging:
    @pytest.fixture
    def own_segments(self, arrange):
        return arrange(lambda session: prepare(session, SOME))

    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        past=st.lists(pasts, min_size=len(SOME), max_size=len(SOME)),
        wishes=st.lists(wishes, min_size=len(SOME), max_size=len(SOME)),
        of_bank=terms(1),
        own=st.lists(st.one_of(st.none(), terms(0)), min_size=2, max_size=2),
        medium=st.sampled_from([None, Medium.PHONE]),
    )
    def test_counts_whom_a_person_would_count(
        self, engine, world, own_segments, past, wishes, of_bank, own, medium
    ):
        """Step by step, of the bank and of one branch, of everybody and of a list."""
        pasts_of = dict(zip(SOME, past, strict=True))
        wishes_of = dict(zip(SOME, wishes, strict=True))
        held = {id_ for id_, each in pasts_of.items() if judged(each, of_bank, own).reason}
        steps_of = {
            id_: wishes_of.get(id_, FREE).steps(medium, is_held=id_ in held) for id_ in range(1, 16)
        }
        listed = {id_ for id_, each in pasts_of.items() if 0 in each.segments}
        north = replace(world.mia, scope=Scope(unit_ids=(bank.NORTH,)))
        with rehearsing(engine, SYSTEM, now=NOW) as work:
            remember(work.session, own_segments, pasts_of)
            for id_, each in wishes_of.items():
                each.write(work.session, id_)
            set_contact_policy(work, SetContactPolicy(of_bank, 1))
            pairs = [(s, t) for s, t in zip(own_segments, own, strict=True) if t is not None]
            for version, (segment_id, each) in enumerate(pairs, start=2):
                set_segment_terms(work, SetSegmentTerms(segment_id, each, version))

            for actor, scope in ((world.mia, range(1, 16)), (north, NORTHERNERS)):
                view = Reader(work.session, actor, NOW)
                for rule, meant in (({"all": []}, scope), ({"segment": "few"}, listed)):
                    found = audience_steps(view, rule=rule, medium=medium)
                    there = [steps_of[id_] for id_ in scope if id_ in meant]
                    expected = [sum(step) for step in zip(*there, strict=True)] or [0] * 4
                    assert found == AudienceSteps(len(scope), *expected)
