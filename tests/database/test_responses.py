"""Answers and leads: a yes opens one, a no keeps its reason, and leads are won or lost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.activities.actions.working import NoteAttempt, note_attempt
from core.activities.model import Activity, Change
from core.activities.queries.history import attempts
from core.activities.rules import Detail, Outcome, Status
from core.customers.model import CustomerState, Holding, Indicator
from core.customers.rules import IndicatorKind
from core.journal.model import Outgoing
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.responses.actions.leads import LoseLead, WinLead, lose_lead, win_lead
from core.responses.actions.responding import Respond, respond
from core.responses.model import Lead, Response
from core.responses.queries import agreements, answer, lead_of, my_leads
from core.responses.rules import LeadStatus
from core.runs.model import Candidate
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import ADMINISTRATIVE, pool_of, row

ANN, BEN, SAM = 1, 2, 4
UP_SELL = 2


@pytest.fixture
def work(engine):
    """Ann has the activities of customers 1 to 4."""
    return pool_of(engine, range(1, 6), held=dict.fromkeys((1, 2, 3, 4), ANN))


@pytest.fixture
def upsell(engine):
    """An up-sell from the classic card, which customer 8 holds, to the gold one; Ann has it."""
    design = {"base_product_id": w.CARD, "product_id": w.GOLD}
    return pool_of(
        engine, [7, 8], held={7: ANN, 8: ANN}, design=design, campaign={"type_id": UP_SELL}
    )


class TestAccepted:
    def test_completes_the_activity_and_opens_a_lead(self, engine, world, do, work):
        fact = do(world.ann, respond, Respond(work[1], Outcome.ACCEPTED, note=" Send papers "))

        activity = row(engine, Activity, work[1])
        assert (activity.status, activity.detail) == (Status.COMPLETED, Detail.CONVERTED)
        assert (activity.is_completed, activity.closed_at) == (True, NOW)
        lead = row(engine, Lead, fact.lead.lead_id)
        assert (lead.activity_id, lead.run_id, lead.campaign_id) == (
            activity.id,
            activity.run_id,
            activity.campaign_id,
        )
        assert (lead.customer_id, lead.product_id, lead.person_id) == (1, w.SAVINGS, ANN)
        assert (lead.status, lead.opened_at) == (LeadStatus.OPEN, NOW)
        answered = row(engine, Response, work[1])
        assert (answered.outcome, answered.note) == (Outcome.ACCEPTED, "Send papers")

    def test_brings_candidate_and_customer_up_to_date(self, engine, world, do, work):
        do(world.ann, respond, Respond(work[1], Outcome.ACCEPTED))

        candidate = row(engine, Candidate, (row(engine, Activity, work[1]).run_id, 1))
        for moment in ("attempted_at", "reached_at", "responded_at", "converted_at"):
            assert getattr(candidate, moment) == NOW
        assert candidate.won_at is None
        state = row(engine, CustomerState, 1)
        assert (state.pending, state.last_contact_at, state.last_refusal_at) == (0, NOW, None)

    def test_tells_the_neighbours(self, engine, world, do, work):
        do(world.ann, respond, Respond(work[1], Outcome.ACCEPTED))

        with Session(engine) as session:
            told = dict(session.execute(select(Outgoing.type, Outgoing.payload)).all())
        assert set(told) == {"Execution/Updated", "LeadAndOpportunity/Created"}
        lead = told["LeadAndOpportunity/Created"]
        assert (lead["customer"], lead["campaign"], lead["product"]) == ("C1", "X", "savings")
        assert (lead["type"], lead["version"], lead["person"]) == ("Cross-sell", 1, "Ann Example")


class TestUpsell:
    def test_a_lead_carries_the_agreement(self, engine, world, do, ask, upsell):
        [agreement] = ask(world.ann, agreements, activity_id=upsell[8])
        fact = do(
            world.ann,
            respond,
            Respond(upsell[8], Outcome.ACCEPTED, agreement_no=agreement.agreement_no),
        )

        lead = row(engine, Lead, fact.lead.lead_id)
        assert (lead.agreement_no, lead.product_id) == ("A8-3", w.GOLD)

    @pytest.mark.parametrize("number", [None, " ", "A8-1", "A7-1", "nothing"])
    def test_is_refused_without_an_agreement_on_the_base_product(
        self, engine, world, do, upsell, number
    ):
        with pytest.raises(Invalid, match="agreement"):
            do(world.ann, respond, Respond(upsell[8], Outcome.ACCEPTED, agreement_no=number))
        assert row(engine, Activity, upsell[8]).status is Status.ASSIGNED

    def test_is_refused_with_an_agreement_that_is_closed(self, engine, world, do, ask, upsell):
        with Session(engine) as session, session.begin():
            session.execute(
                update(Holding)
                .where(Holding.agreement_no == "A8-3")
                .values(closed_on=NOW.date() - timedelta(days=1))
            )

        with pytest.raises(Invalid, match="no open agreement A8-3"):
            do(world.ann, respond, Respond(upsell[8], Outcome.ACCEPTED, agreement_no="A8-3"))
        assert ask(world.ann, agreements, activity_id=upsell[8]) == []

    def test_a_no_needs_no_agreement(self, engine, world, do, upsell):
        do(world.ann, respond, Respond(upsell[8], Outcome.REFUSED, w.REFUSED_OFFER))

        assert row(engine, Activity, upsell[8]).detail is Detail.UNSUCCESSFUL


class TestRefused:
    def test_keeps_the_reason_and_starts_the_quiet_period(self, engine, world, do, ask, work):
        do(world.ann, respond, Respond(work[1], Outcome.REFUSED, w.REFUSED_OFFER, "Has one"))

        activity = row(engine, Activity, work[1])
        assert (activity.status, activity.detail) == (Status.COMPLETED, Detail.UNSUCCESSFUL)
        assert activity.reason_id == w.REFUSED_OFFER
        state = row(engine, CustomerState, 1)
        assert (state.last_refusal_at, state.last_contact_at, state.pending) == (NOW, NOW, 0)
        candidate = row(engine, Candidate, (activity.run_id, 1))
        assert (candidate.responded_at, candidate.converted_at) == (NOW, None)
        assert ask(world.ann, answer, activity_id=work[1]).note == "Has one"
        assert ask(world.ann, lead_of, activity_id=work[1]) is None

    @pytest.mark.parametrize("reason", [None, w.ABORTED, 999])
    def test_needs_a_reason_that_is_offered(self, engine, world, do, work, reason):
        with pytest.raises(Invalid, match="reason"):
            do(world.ann, respond, Respond(work[1], Outcome.REFUSED, reason))
        assert row(engine, CustomerState, 1).last_refusal_at is None

    @pytest.mark.parametrize("others", [0, 1], ids=["alone", "another run marks him too"])
    def test_clears_the_indicator_of_its_run(self, engine, world, do, work, others):
        run_id, kind = row(engine, Activity, work[1]).run_id, IndicatorKind.CAMPAIGN_CANDIDATE
        with Session(engine) as session, session.begin():
            for reference in [f"run:{run_id}", "run:99"][: 1 + others]:
                session.add(
                    Indicator(customer_id=1, kind=kind, reference=reference, valid_from=NOW)
                )
            session.get_one(CustomerState, 1).indicators = kind.bit | IndicatorKind.DISTRESS.bit

        do(world.ann, respond, Respond(work[1], Outcome.REFUSED, w.REFUSED_OFFER))

        with Session(engine) as session:
            still = session.scalars(
                select(Indicator.reference).where(Indicator.cleared_at.is_(None))
            ).all()
            told = session.scalars(select(Outgoing.type)).all()
        assert still == ["run:99"][:others]
        left = row(engine, CustomerState, 1).indicators
        assert left == IndicatorKind.DISTRESS.bit | kind.bit * others
        assert "PartyRoutingProfile/IndicatorCleared" in told


class TestRespondIsRefused:
    def test_for_what_is_no_answer(self):
        with pytest.raises(Invalid, match="accepted or refused"):
            Respond(1, Outcome.CALL_BACK)

    def test_for_administrative_work(self, engine, world, do):
        work = pool_of(engine, [1], of=ADMINISTRATIVE, held={1: ANN})

        with pytest.raises(Invalid, match="completed as done"):
            do(world.ann, respond, Respond(work[1], Outcome.ACCEPTED))

    def test_to_a_colleague_and_to_a_lead(self, engine, world, do, work):
        with pytest.raises(NotFound):
            do(world.ben, respond, Respond(work[1], Outcome.ACCEPTED))
        with pytest.raises(NotAllowed):
            do(world.lea, respond, Respond(work[1], Outcome.ACCEPTED))
        with Session(engine) as session:
            assert session.scalars(select(Response)).all() == []

    def test_twice(self, world, do, work):
        do(world.ann, respond, Respond(work[1], Outcome.ACCEPTED, version=1))

        with pytest.raises(Conflict):
            do(world.ann, respond, Respond(work[1], Outcome.ACCEPTED, version=1))
        with pytest.raises(Invalid, match="Completed"):
            do(world.ann, respond, Respond(work[1], Outcome.ACCEPTED))


class TestLeads:
    @pytest.fixture
    def lead(self, world, do, work):
        return do(world.ann, respond, Respond(work[1], Outcome.ACCEPTED)).lead.lead_id

    def test_won_shows_on_the_activity_and_in_the_funnel(self, engine, world, do, work, lead):
        do(world.ann, win_lead, WinLead(lead, Decimal("125.50"), version=1))

        assert row(engine, Activity, work[1]).detail is Detail.WON
        closed = row(engine, Lead, lead)
        assert (closed.status, closed.value, closed.closed_at) == (
            LeadStatus.WON,
            Decimal("125.50"),
            NOW,
        )
        run_id = row(engine, Activity, work[1]).run_id
        assert row(engine, Candidate, (run_id, 1)).won_at == NOW
        last = changes(engine, work[1])[-1]
        assert (last.verb, last.from_detail, last.to_detail) == (
            "follow the lead",
            Detail.CONVERTED,
            Detail.WON,
        )
        with Session(engine) as session:
            assert "LeadAndOpportunity/Updated" in session.scalars(select(Outgoing.type)).all()

    def test_lost_keeps_the_reason(self, engine, world, do, work, lead):
        do(world.ann, lose_lead, LoseLead(lead, " Went to a competitor "))

        assert row(engine, Activity, work[1]).detail is Detail.LOST
        assert row(engine, Lead, lead).loss_reason == "Went to a competitor"
        run_id = row(engine, Activity, work[1]).run_id
        assert row(engine, Candidate, (run_id, 1)).won_at is None

    def test_closed_stays_closed(self, world, do, work, lead):
        do(world.ann, lose_lead, LoseLead(lead, "Too dear"))

        with pytest.raises(Conflict, match="lost already"):
            do(world.ann, win_lead, WinLead(lead))

    def test_refuses_what_changed_since_it_was_seen(self, world, do, work, lead):
        with pytest.raises(Conflict, match="changed meanwhile"):
            do(world.ann, win_lead, WinLead(lead, version=7))

    @pytest.mark.parametrize(("who", "refusal"), [("ben", NotFound), ("eve", NotAllowed)])
    def test_is_followed_by_its_owner(self, world, do, lead, who, refusal):
        with pytest.raises(refusal):
            do(getattr(world, who), win_lead, WinLead(lead))

    @pytest.mark.parametrize("value", ["-1", "NaN", "Infinity"])
    def test_refuses_an_amount_that_is_none(self, value):
        with pytest.raises(Invalid):
            WinLead(1, Decimal(value))

    def test_lost_needs_a_reason(self):
        with pytest.raises(Invalid, match="why"):
            LoseLead(1, " ")

    def test_are_listed_for_their_owner_only(self, world, do, ask, work, lead):
        do(world.ann, respond, Respond(work[2], Outcome.ACCEPTED))
        do(world.ann, win_lead, WinLead(lead, Decimal(100)))

        assert [one.activity_id for one in ask(world.ann, my_leads).rows] == [work[2]]
        assert ask(world.ann, my_leads, status=None).total == 2
        assert ask(world.ben, my_leads, status=None).total == 0
        assert ask(world.lea, lead_of, activity_id=work[1]).customer == "Customer 01 Example"
        assert ask(world.mia, lead_of, activity_id=work[1]).customer == "C••• 0••• E•••"
        assert ask(world.lou, lead_of, activity_id=work[1]) is None


def changes(engine, activity_id):
    with Session(engine) as session:
        return session.scalars(
            select(Change).where(Change.activity_id == activity_id).order_by(Change.id)
        ).all()


def test_what_was_noted_is_for_those_who_read_the_name(world, do, ask, upsell):
    agreed = Respond(upsell[8], Outcome.ACCEPTED, note="Mrs Example asks", agreement_no="A8-3")
    won = do(world.ann, respond, agreed)
    tried = NoteAttempt(upsell[7], Outcome.NOT_REACHED, w.NO_ANSWER, note="Mrs Example sleeps")
    do(world.ann, note_attempt, tried)
    do(world.ann, lose_lead, LoseLead(won.lead.lead_id, "Mrs Example moved"))

    def told(who):
        lead = ask(who, lead_of, activity_id=upsell[8])
        [attempt] = ask(who, attempts, activity_id=upsell[7])
        said = ask(who, answer, activity_id=upsell[8])
        return said.note, attempt.note, lead.loss_reason, lead.agreement_no

    noted = ("Mrs Example asks", "Mrs Example sleeps", "Mrs Example moved", "A8-3")
    assert told(world.ann) == told(world.lea) == noted
    assert told(world.mia) == told(world.tom) == ("", "", None, "••••-3")
