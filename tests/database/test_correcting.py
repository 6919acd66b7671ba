"""A lead that was noted by mistake is put right: funnel, activity and neighbours follow."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.taking import Take, take
from core.activities.model import Activity
from core.activities.rules import Detail, Outcome
from core.impact.queries.checks import unfounded_results
from core.impact.queries.funnel import funnel
from core.journal.model import Outgoing
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.responses.actions.correcting import CorrectLead, correct_to_lost, correct_to_won
from core.responses.actions.leads import LoseLead, WinLead, lose_lead, win_lead
from core.responses.actions.responding import Respond, respond
from core.responses.queries import lead_of
from core.responses.rules import LeadStatus
from tests.conftest import NOW
from tests.making.activities import pool_of

LATER = NOW + timedelta(days=1)


@pytest.fixture
def lead(engine, do, ask, world):
    """The lead of an offer that Ann's customer accepted, still open."""
    activity_id = pool_of(engine, [3])[3]
    do(world.ann, take, Take(activity_id))
    do(world.ann, respond, Respond(activity_id, Outcome.ACCEPTED))
    return ask(world.ann, lead_of, activity_id=activity_id)


def won(ask, lead, engine):
    with Session(engine) as session:
        run_id = session.scalar(select(Activity.run_id).where(Activity.id == lead.activity_id))
    [row] = ask(SYSTEM, funnel, run_id=run_id, now=LATER)
    return row.tally.won


def test_a_lost_lead_was_won(lead, engine, do, ask, world):
    do(world.ann, lose_lead, LoseLead(lead.id, "Wrong line"))
    request = CorrectLead(lead.id, "It was another customer", Decimal(90))
    fact = do(world.ann, correct_to_won, request, now=LATER)

    now = ask(world.ann, lead_of, activity_id=lead.activity_id)
    assert (now.status, now.value, now.loss_reason) == (LeadStatus.WON, Decimal(90), None)
    assert (fact.was, now.closed_at) == (LeadStatus.LOST, LATER)
    assert won(ask, lead, engine) == 1
    assert ask(SYSTEM, unfounded_results) == 0
    with Session(engine) as session:
        assert session.get_one(Activity, lead.activity_id).detail is Detail.WON
        last = session.scalars(select(Outgoing).order_by(Outgoing.id.desc())).first()
    assert last.type == "LeadAndOpportunity/Updated"
    assert last.payload["status"] == "won"


def test_a_won_lead_was_lost(lead, engine, do, ask, world):
    do(world.ann, win_lead, WinLead(lead.id, Decimal(50)))
    assert won(ask, lead, engine) == 1

    do(world.ann, correct_to_lost, CorrectLead(lead.id, "Signed elsewhere"), now=LATER)

    now = ask(world.ann, lead_of, activity_id=lead.activity_id)
    assert (now.status, now.value, now.loss_reason) == (LeadStatus.LOST, None, "Signed elsewhere")
    assert won(ask, lead, engine) == 0
    assert ask(SYSTEM, unfounded_results) == 0


def test_only_what_was_decided_otherwise_by_its_owner_and_with_a_reason(lead, do, world):
    for action in (correct_to_won, correct_to_lost):
        with pytest.raises(Conflict, match="open already"):
            do(world.ann, action, CorrectLead(lead.id, "No"))
    do(world.ann, win_lead, WinLead(lead.id))
    with pytest.raises(Conflict, match="won already"):
        do(world.ann, correct_to_won, CorrectLead(lead.id, "No"))
    with pytest.raises(Conflict, match="changed meanwhile"):
        do(world.ann, correct_to_lost, CorrectLead(lead.id, "No", version=lead.version))
    for actor, refusal in ((world.ben, NotFound), (world.lea, NotAllowed), (world.mia, NotAllowed)):
        with pytest.raises(refusal):
            do(actor, correct_to_lost, CorrectLead(lead.id, "Mine"))
    for wrong in ({"reason": " "}, {"value": Decimal(-1)}):
        with pytest.raises(Invalid):
            CorrectLead(**({"lead_id": lead.id, "reason": "So"} | wrong))
