"""How many a rule would bring to a campaign, step by step, while it is being written."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from core.access import Scope
from core.activities.model import Activity
from core.activities.rules import Status
from core.campaigns.queries.previews import AudienceSteps, audience_steps
from core.customers.model import CustomerState, Indicator
from core.customers.rules import IndicatorKind, Medium
from core.refusals import NotAllowed
from core.segments.criteria import InvalidRule
from core.work import reading
from tests import world as bank
from tests.conftest import NOW
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
