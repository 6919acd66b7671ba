"""A2 Process internal upsell campaign: version 2, agreements, gifts, and version 1 left alone.

Version 1 was carried out months ago with two customers who held the base product: one bought and
holds the better product now, the other said no and has given the base product up.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.activities.actions.assignment import Assign, assign
from core.activities.actions.ending import ChangeRun, complete_run
from core.activities.actions.launch import Launch, launch
from core.activities.model import Activity, Attempt
from core.activities.rules import Outcome, Status
from core.campaigns.actions import (
    CampaignTerms,
    ChangeDesign,
    CreateCampaign,
    DraftDesign,
    SetStages,
    SubmitDesign,
    TakeUp,
    change_design,
    create_campaign,
    draft_design,
    set_stages,
    submit_design,
    take_up,
)
from core.campaigns.model import Consumable
from core.campaigns.queries import design
from core.campaigns.rules import Metric
from core.campaigns.terms import DesignTerms, StageTerms
from core.customers.model import CustomerState, Holding, Indicator
from core.gate.actions import ApproveDesign, approve_design
from core.impact.actions import AnalyseRun, SendFeedback, analyse_run, send_feedback
from core.impact.queries.feedback import feedback
from core.impact.queries.versions import versions_compared
from core.journal.model import Outgoing
from core.measures import Rate
from core.portfolio.actions import (
    AddEntry,
    CreatePlan,
    StartFromPlan,
    add_entry,
    create_plan,
    start_run_from_plan,
)
from core.portfolio.queries import plan_record
from core.refusals import Conflict, Invalid
from core.responses.actions.giving import Give, give
from core.responses.actions.leads import WinLead, win_lead
from core.responses.actions.responding import Respond, respond
from core.responses.model import Lead
from core.runs.actions.confirming import Confirm, confirm_candidates
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.model import Candidate, Excluded
from core.runs.queries import confirmations_wanted
from core.runs.rules import Confirmation, Exclusion
from core.segments.actions import DefineSegment, define_segment
from tests import world as w
from tests.conftest import NOW

YES, NO = Outcome.ACCEPTED, Outcome.REFUSED
UP_SELL = 2
THEN = NOW - timedelta(days=250)
START, END = THEN.date(), NOW.date() + timedelta(days=60)
WORKED = NOW + timedelta(days=3)
DECIDED = NOW + timedelta(days=20)
GIFT = 1


@dataclass(frozen=True)
class Case:
    """One story: from which product to which, who holds the first, and what they answer.

    `bought` and `left` took part in version 1; `answers` are the candidates of version 2.
    """

    base: int
    product: int
    unit: int
    agent: str  # relationship manager of all candidates
    bought: int
    left: int
    answers: dict[int, Outcome]
    won: set[int]

    @property
    def yes(self) -> list[int]:
        return [customer for customer, outcome in self.answers.items() if outcome is YES]

    @property
    def conversion(self) -> Rate:
        return Rate(len(self.won), len(self.answers))


AS_TOLD = Case(w.CARD, w.GOLD, w.NORTH, "ann", 3, 4, {1: YES, 2: NO}, {1})
TOLD_ANEW = Case(w.SAVINGS, w.INSURANCE, w.SOUTH, "sam", 14, 15, {11: YES, 12: NO, 13: YES}, {13})


@pytest.mark.parametrize("case", [AS_TOLD, TOLD_ANEW], ids=["as told", "told anew"])
def test_a2_process_internal_upsell_campaign(engine, do, ask, world, case):  # noqa: PLR0915  one story
    mia, agent = world.mia, getattr(world, case.agent)
    plan, entry, first = carried_out_once(engine, do, ask, world, case)
    before = [row for row in ask(mia, plan_record, plan_id=plan.plan_id) if row.version == 1]
    since_then(engine, case)
    second = next_version(engine, do, ask, world, first)

    # 1. Only those who hold the base product, and not the better one, are candidates.
    run_id = do(mia, start_run_from_plan, StartFromPlan(entry.entry_id)).run_id
    do(mia, select_candidates, SelectCandidates(run_id))
    chosen = rows(engine, select(Candidate).where(Candidate.run_id == run_id))
    assert {row.customer_id for row in chosen} == set(case.answers)
    left_out = rows(engine, select(Excluded).where(Excluded.run_id == run_id))
    assert {row.customer_id: row.reason for row in left_out}.items() >= {
        case.bought: Exclusion.HOLDS_PRODUCT,
        case.left: Exclusion.HOLDS_PRODUCT,
    }.items()

    # 2. All are confirmed by their manager, with the time.
    wanted = ask(agent, confirmations_wanted, run_id=run_id)
    assert {row.customer_id for row in wanted} == set(case.answers)
    accepted = Confirm(run_id, set(case.answers), accept=True)
    do(agent, confirm_candidates, accepted, now=NOW + timedelta(hours=1))
    chosen = rows(engine, select(Candidate).where(Candidate.run_id == run_id))
    assert {(row.confirmation, row.confirmer_id, row.confirmed_at) for row in chosen} == {
        (Confirmation.CONFIRMED, agent.person_id, NOW + timedelta(hours=1))
    }
    do(mia, launch, Launch(run_id), now=NOW + timedelta(hours=2))
    work = {
        row.customer_id: row
        for row in rows(engine, select(Activity).where(Activity.run_id == run_id))
    }
    assert {row.person_id for row in work.values()} == {agent.person_id}

    # 4. A lead without an agreement on the base product is refused, and nothing has happened.
    yes, [no] = case.yes, [id_ for id_, outcome in case.answers.items() if outcome is NO]
    for number in (None, f"A{no}", f"B{case.left}"):
        with pytest.raises(Invalid, match="agreement"):
            accept = Respond(work[yes[0]].id, YES, agreement_no=number)
            do(agent, respond, accept, now=WORKED)
    assert rows(engine, select(Lead).where(Lead.run_id == run_id)) == []
    [untouched] = rows(engine, select(Activity).where(Activity.id == work[yes[0]].id))
    assert untouched.status is Status.ASSIGNED

    # 3. A yes makes a lead with the better product, the agreement and the version.
    for customer in yes:
        accept = Respond(work[customer].id, YES, agreement_no=f"A{customer}")
        do(agent, respond, accept, now=WORKED)
    leads = {
        row.customer_id: row for row in rows(engine, select(Lead).where(Lead.run_id == run_id))
    }
    assert {id_: row.agreement_no for id_, row in leads.items()} == {id_: f"A{id_}" for id_ in yes}
    assert {(row.product_id, row.design_id) for row in leads.values()} == {
        (case.product, second.design_id)
    }
    told = [n.payload for n in rows(engine, select(Outgoing)) if n.type.startswith("LeadAndOpp")]
    opened = [each for each in told if each.get("version") == 2]
    assert {each["agreement_no"] for each in opened} == {f"A{id_}" for id_ in yes}

    # 5. A no makes no lead, keeps its reason and clears the mark.
    refuse = Respond(work[no].id, NO, w.REFUSED_OFFER, "Happy as it is")
    do(agent, respond, refuse, now=WORKED)
    [refused] = rows(engine, select(Activity).where(Activity.id == work[no].id))
    assert (refused.status, refused.reason_id) == (Status.COMPLETED, w.REFUSED_OFFER)
    [said] = rows(engine, select(Attempt).where(Attempt.activity_id == work[no].id))
    assert said.note == "Happy as it is"
    of_run = select(Indicator).where(Indicator.reference == f"run:{run_id}")
    marks = {row.customer_id: row.cleared_at for row in rows(engine, of_run)}
    assert marks[no] == WORKED
    assert no not in leads

    # 6. One gift in stock: it goes to one customer, and to no second.
    given = do(agent, give, Give(leads[yes[0]].id, GIFT), now=WORKED)
    assert given.left == 0
    assert [each.stock for each in rows(engine, select(Consumable))] == [0]
    for customer in yes:
        with pytest.raises((Conflict, Invalid), match=r"given this already|none left"):
            do(agent, give, Give(leads[customer].id, GIFT), now=WORKED)
    assert [each.stock for each in rows(engine, select(Consumable))] == [0]

    # 7. The analysis lists the leads; version 2's record moves and version 1's figures stay.
    for customer in case.won:
        do(agent, win_lead, WinLead(leads[customer].id), now=DECIDED)
    analysis = do(mia, analyse_run, AnalyseRun(run_id), now=DECIDED)
    assert (analysis.version, analysis.figures["funnel"]["converted"]) == (2, len(leads))
    one, two = ask(mia, plan_record, plan_id=plan.plan_id, now=DECIDED)
    assert [one] == before
    assert (one.version, one.result) == (1, Rate(1, 2))
    assert (two.version, two.result, two.figures) == (2, case.conversion, analysis.figures)
    [pair] = ask(world.eve, versions_compared, campaign_id=second.campaign_id, now=DECIDED)
    assert pair.before.treated.rate(Metric.CONVERSION) == Rate(1, 2)
    assert pair.after.treated.rate(Metric.CONVERSION) == case.conversion
    assert "no effect of what was changed" in pair.sentence
    assert {"Offer", "Given away", "Takes up"} <= {change.what for change in pair.changes}


def carried_out_once(engine, do, ask, world, case):
    """Plan the campaign, and carry version 1 out months ago; its feedback is sent to the design."""
    mia, agent = world.mia, getattr(world, case.agent)
    with Session(engine) as session, session.begin():
        # Customer 8 holds a card from the beginning; it is not part of this story.
        session.execute(delete(Holding).where(Holding.customer_id == 8))
        session.execute(
            update(CustomerState).where(CustomerState.customer_id == 8).values(products=1)
        )
        for customer in (case.bought, case.left):
            session.add(held(f"B{customer}", customer, case.base, days_ago=900))
            holds(session, customer, case.base)
    rule = {"field": "active", "is": "=", "value": True}
    audience = do(mia, define_segment, DefineSegment("active", "Active", rule), now=THEN)
    terms = CampaignTerms("Better", UP_SELL, case.unit, START, END)
    campaign = do(mia, create_campaign, CreateCampaign("BETTER", terms), now=THEN)
    draft = do(mia, draft_design, DraftDesign(campaign.campaign_id), now=THEN)
    said = DesignTerms(
        segment_id=audience.segment_id,
        base_product_id=case.base,
        product_id=case.product,
        offer="More for the same",
        goal=0.4,
        control_share=0,
    )
    got = do(mia, change_design, ChangeDesign(draft.design_id, draft.row_version, said), now=THEN)
    call = StageTerms(
        "Call", content_id=w.CALL, activity_subtype_id=1, reason_template_id=w.REASONS
    )
    got = do(mia, set_stages, SetStages(got.design_id, got.row_version, [call]), now=THEN)
    first = approved(do, world, got, now=THEN)
    plan = do(mia, create_plan, CreatePlan("P1", "The year", case.unit, START, END), now=THEN)
    add = AddEntry(
        plan.plan_id, campaign.campaign_id, case.unit, Metric.CONVERSION, 0.4, START, END
    )
    entry = do(mia, add_entry, add, now=THEN)

    until = START + timedelta(days=60)
    request = StartFromPlan(entry.entry_id, ends_on=until)
    run_id = do(mia, start_run_from_plan, request, now=THEN).run_id
    do(mia, select_candidates, SelectCandidates(run_id), now=THEN)
    do(mia, launch, Launch(run_id), now=THEN)
    [team_lead] = [world.lea] if case.unit == w.NORTH else [world.lou]
    work = {row.customer_id: row.id for row in rows(engine, select(Activity))}
    assert set(work) == {case.bought, case.left}
    taken = dict.fromkeys(work.values())
    assert do(team_lead, assign, Assign(taken, agent.person_id), now=THEN).moved == 2
    later = THEN + timedelta(days=5)
    accept = Respond(work[case.bought], YES, agreement_no=f"B{case.bought}")
    lead = do(agent, respond, accept, now=later).lead
    do(agent, win_lead, WinLead(lead.lead_id), now=later)
    do(agent, respond, Respond(work[case.left], NO, w.REFUSED_OFFER), now=later)
    ended = THEN + timedelta(days=61)
    do(mia, complete_run, ChangeRun(run_id), now=ended)
    analysis = do(mia, analyse_run, AnalyseRun(run_id, "It works."), now=ended)
    do(mia, send_feedback, SendFeedback(analysis.analysis_id, "Give a pen."), now=ended)
    return plan, entry, first


def since_then(engine, case):
    """One has bought, one has left, and the customers of version 2 hold the base product."""
    today = NOW.date()
    with Session(engine) as session, session.begin():
        session.execute(
            update(Holding)
            .where(Holding.agreement_no.in_([f"B{case.bought}", f"B{case.left}"]))
            .values(closed_on=today - timedelta(days=120))
        )
        for customer in (case.bought, case.left):
            session.get_one(CustomerState, customer).products = 1
        session.add(held("G1", case.bought, case.product, days_ago=120))
        holds(session, case.bought, case.product)
        manager = {w.NORTH: 1, w.SOUTH: 4}[case.unit]
        for customer in case.answers:
            session.add(held(f"A{customer}", customer, case.base, days_ago=100))
            holds(session, customer, case.base)
            session.get_one(CustomerState, customer).manager_id = manager
        session.add(Consumable(id=GIFT, name="Pen", unit_cost=Decimal("3.50"), stock=1))


def next_version(engine, do, ask, world, first):
    """Version 2 takes the feedback up: it gives a pen."""
    mia = world.mia
    seen = ask(mia, design, design_id=first.design_id)
    [row] = ask(world.eve, feedback).rows
    got = do(mia, take_up, TakeUp(seen.id, seen.row_version, row.id))
    assert (got.version, got.copied_from) == (2, 1)
    said = replace(seen.terms, offer="More for the same, and a pen", consumable_ids=(GIFT,))
    got = do(mia, change_design, ChangeDesign(got.design_id, got.row_version, said))
    second = approved(do, world, got)
    assert ask(world.eve, feedback).rows[0].taken_up[0].version == 2
    return second


def approved(do, world, got, *, now=NOW):
    asked = do(world.mia, submit_design, SubmitDesign(got.design_id, got.row_version), now=now)
    return do(world.pia, approve_design, ApproveDesign(asked.design_id, asked.row_version), now=now)


def held(number, customer, product, *, days_ago):
    return Holding(
        agreement_no=number,
        customer_id=customer,
        product_id=product,
        opened_on=NOW.date() - timedelta(days=days_ago),
    )


def holds(session, customer, product):
    """Set the product's bit, where it has one."""
    if product != w.INSURANCE:
        session.get_one(CustomerState, customer).products |= 1 << product - 1


def rows(engine, statement):
    with Session(engine, expire_on_commit=False) as session:
        return session.scalars(statement).all()
