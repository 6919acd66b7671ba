"""A1 Execute internal campaign: from a plan's entry to the record of what its version reached."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.activities.actions.assignment import Assign, assign
from core.activities.actions.ending import ChangeRun, complete_run
from core.activities.actions.launch import Launch, launch
from core.activities.actions.working import NoteAttempt, note_attempt
from core.activities.model import Activity, Attempt
from core.activities.queries.batches import batch_refusals
from core.activities.queries.sheet import sheet
from core.campaigns.actions.approval import (
    SubmitDesign,
    submit_design,
)
from core.campaigns.actions.campaigns import CampaignTerms, CreateCampaign, create_campaign
from core.campaigns.actions.designs import (
    ChangeDesign,
    DraftDesign,
    SetStages,
    change_design,
    draft_design,
    set_stages,
)
from core.campaigns.model import Design
from core.campaigns.rules import Metric
from core.campaigns.terms import DesignTerms, StageTerms
from core.customers.model import Indicator
from core.gate.actions import ApproveDesign, approve_design
from core.impact.actions import AnalyseRun, SendFeedback, analyse_run, send_feedback
from core.impact.queries.feedback import feedback_sheet
from core.impact.queries.funnel import funnel
from core.impact.queries.runs import impact
from core.impact.rules import Reason
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
from core.refusals import Invalid
from core.responses.actions.correcting import CorrectLead, correct_to_won
from core.responses.actions.leads import LoseLead, WinLead, lose_lead, win_lead
from core.responses.actions.responding import Respond, respond
from core.responses.model import Lead
from core.runs.actions.confirming import Confirm, confirm_candidates
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.model import Candidate, Excluded, Run
from core.runs.queries import confirmations_wanted
from core.runs.rules import Confirmation, RunStatus
from core.segments.actions import DefineSegment, define_segment
from tests import world as w
from tests.acceptance.cases_a1 import (
    AS_TOLD,
    CALL_BACK,
    END,
    NO,
    NOT_REACHED,
    START,
    TOLD_ANEW,
    YES,
)
from tests.conftest import NOW

WORKED = NOW + timedelta(days=3)
DECIDED = NOW + timedelta(days=20)
ENDED = NOW + timedelta(days=40)


@pytest.mark.parametrize("case", [AS_TOLD, TOLD_ANEW], ids=["as told", "told anew"])
def test_a1_execute_internal_campaign(engine, do, ask, world, case):  # noqa: PLR0915  one story
    mia, agent, lead = world.mia, getattr(world, case.agent), getattr(world, case.lead)
    with Session(engine) as session, session.begin():
        case.prepare(session)
    campaign, design_id = approved_campaign(do, world, case)
    plan = do(mia, create_plan, CreatePlan("P1", "Spring", case.unit, START, END))
    entry = do(
        mia,
        add_entry,
        AddEntry(
            plan.plan_id,
            campaign.campaign_id,
            case.unit,
            Metric.CONVERSION,
            case.goal,
            START,
            END,
        ),
    )

    # 1. Starting from the plan makes a run; results can't be typed in.
    started = do(mia, start_run_from_plan, StartFromPlan(entry.entry_id, description="First wave"))
    [run] = rows(engine, Run)
    assert (run.design_id, run.unit_id, run.description) == (design_id, case.unit, "First wave")
    assert (run.starts_on, run.ends_on, run.initiated_at) == (START, END, NOW)
    assert (started.type, started.version) == ("Cross-sell", 1)
    [created] = told(engine, "CustomerCampaignProcedure/Created")
    assert created.payload["run"] == run.code
    with pytest.raises(TypeError):
        StartFromPlan(entry.entry_id, won=5)

    # 2. Selection proposes exactly those who fit, by the design's rule, and explains the others.
    do(mia, select_candidates, SelectCandidates(run.id))
    assert {row.customer_id for row in rows(engine, Candidate)} == case.fit
    assert {row.customer_id: row.reason for row in rows(engine, Excluded)} == case.excluded
    [design], [run] = rows(engine, Design), rows(engine, Run)
    assert run.frozen_rule == design.frozen["rule"]
    assert run.population == len(case.fit) + len(case.excluded)

    # 3. Confirmations are asked of the manager for the own customers, and of nobody else.
    wanted = ask(agent, confirmations_wanted, run_id=run.id)
    assert {row.customer_id for row in wanted} == case.managed
    assert ask(case.uncertified, confirmations_wanted, run_id=run.id) == []
    with pytest.raises(Invalid, match="wait for the confirmation"):
        do(mia, launch, Launch(run.id))

    # 4. The manager rejects some and accepts the rest.
    reject = Confirm(run.id, case.rejected, accept=False, reason="Moving abroad")
    do(agent, confirm_candidates, reject, now=NOW + timedelta(hours=1))
    do(agent, confirm_candidates, Confirm(run.id, case.managed - case.rejected, accept=True))
    rejected = [r for r in rows(engine, Candidate) if r.confirmation is Confirmation.REJECTED]
    assert {row.customer_id for row in rejected} == case.rejected
    assert {(r.confirmer_id, r.confirmed_at, r.rejection) for r in rejected} == {
        (agent.person_id, NOW + timedelta(hours=1), "Moving abroad")
    }
    assert told(engine, "CandidateSelection/Updated")[-1].payload["candidates"] == len(case.answers)

    # 5. Finalising marks the confirmed ones for conversations.
    do(mia, launch, Launch(run.id), now=NOW + timedelta(hours=2))
    marks = told(engine, "PartyRoutingProfile/IndicatorSet")
    assert {mark.subject for mark in marks} == {f"customer:C{id_}" for id_ in case.answers}
    assert all(mark.payload["campaign"] == "X" for mark in marks)
    assert all(mark.payload["valid_until"].startswith("2026-0") for mark in marks)

    # 6. Only the certified person gets the work, and sees the guide.
    activities = {row.customer_id: row.id for row in rows(engine, Activity)}
    assert set(activities) == set(case.answers)
    work = {id_: None for customer, id_ in activities.items() if customer not in case.managed}
    refused = do(lead, assign, Assign(work, case.uncertified.person_id))
    assert (refused.moved, refused.refused) == (0, len(work))
    reasons = {row.reason for row in ask(lead, batch_refusals, batch_id=refused.batch_id).rows}
    assert reasons == {'The person lacks the qualification "Savings advice".'}
    assert do(lead, assign, Assign(work, agent.person_id)).moved == len(work)
    for activity_id in activities.values():
        assert ask(agent, sheet, activity_id=activity_id).guide == "Ask what it is for."

    # 7. The answers are kept with result, time and notes; every yes is a lead.
    for customer, outcome in case.answers.items():
        answer(do, agent, activities[customer], outcome)
    attempts = {row.activity_id: row for row in rows(engine, Attempt)}
    for customer, outcome in case.answers.items():
        kept = attempts[activities[customer]]
        assert (kept.outcome, kept.at, kept.note) == (outcome, WORKED, f"said {outcome}")
    leads = {row.customer_id: row for row in rows(engine, Lead)}
    assert set(leads) == case.answered(YES)
    for row in leads.values():
        assert (row.campaign_id, row.design_id) == (campaign.campaign_id, design_id)
        assert (row.product_id, row.person_id) == (case.product, agent.person_id)
        assert row.opened_at == WORKED
    opened = told(engine, "LeadAndOpportunity/Created")
    assert {(n.payload["type"], n.payload["version"]) for n in opened} == {("Cross-sell", 1)}

    # 8. The funnel counts them.
    for customer, row in leads.items():
        if customer in case.won:
            do(agent, win_lead, WinLead(row.id), now=DECIDED)
        else:
            do(agent, lose_lead, LoseLead(row.id, "Went elsewhere"), now=DECIDED)
    [counted] = ask(mia, funnel, run_id=run.id, now=DECIDED)
    tally, confirmed = counted.tally, len(case.answers)
    reached = case.answered(YES, NO, CALL_BACK)
    assert (tally.targeted, tally.confirmed) == (len(case.fit), confirmed)
    assert (tally.assigned, tally.attempted) == (confirmed, confirmed)
    assert tally.rate(Metric.REACH) == Rate(len(reached), confirmed)
    assert tally.rate(Metric.RESPONSE) == Rate(len(leads), confirmed)
    assert tally.rate(Metric.CONVERSION) == Rate(len(case.won), confirmed)
    assert tally.responded == len(case.answered(YES, NO))
    by_channel = ask(mia, funnel, run_id=run.id, by=["channel"], now=DECIDED)
    assert {row.labels[0]: row.tally.attempted for row in by_channel}["Phone call"] == confirmed
    found = ask(world.eve, impact, run_id=run.id, now=DECIDED)
    assert found.report.refused is Reason.NO_CONTROL

    # 9. The analysis judges the goal and tells the design.
    analysis = do(mia, analyse_run, AnalyseRun(run.id, "As hoped."), now=DECIDED)
    assert (analysis.cycle, analysis.verdict) == (1, case.verdict)
    [capture] = told(engine, "CustomerCampaignDesign/PerformanceCaptured")
    assert (capture.payload["run"], capture.payload["version"]) == (run.code, 1)
    assert capture.payload["unit"] == {w.NORTH: "B1", w.SOUTH: "B2"}[case.unit]
    assert capture.payload["set_up"]["offer"] == "Two per cent"
    assert capture.payload["result"]["result"]["numerator"] == len(case.won)
    assert len(told(engine, "AnalysisFeedback/Created")) == 1
    do(mia, send_feedback, SendFeedback(analysis.analysis_id, "Hold some out."), now=DECIDED)
    [proposed] = told(engine, "CustomerCampaignDesign/FeedbackCaptured")
    assert (proposed.payload["cycle"], proposed.payload["proposal"]) == (1, "Hold some out.")

    # 10. Completing stamps the date and clears the marks; the plan's record shows the same.
    do(mia, complete_run, ChangeRun(run.id), now=ENDED)
    [run] = rows(engine, Run)
    assert (run.status, run.finished_at) == (RunStatus.COMPLETED, ENDED)
    ours = [row for row in rows(engine, Indicator) if row.reference == f"run:{run.id}"]
    assert len(ours) == confirmed
    assert all(row.cleared_at for row in ours)
    [record] = ask(mia, plan_record, plan_id=plan.plan_id, now=ENDED)
    assert (record.version, record.run, record.finished_at) == (1, run.code, ENDED)
    assert record.figures == analysis.figures
    assert record.result == Rate(len(case.won), confirmed)
    assert record.verdict is case.verdict

    # What was frozen stays when a lead is corrected; beside it stands how it is now.
    lost = next(row for customer, row in leads.items() if customer not in case.won)
    do(agent, correct_to_won, CorrectLead(lost.id, "Noted on the wrong customer"), now=ENDED)
    found = ask(world.eve, feedback_sheet, analysis_id=analysis.analysis_id, now=ENDED)
    assert found.row.result == Rate(len(case.won), confirmed)
    assert (found.moved, found.now) == (True, Rate(len(case.won) + 1, confirmed))
    assert ask(mia, plan_record, plan_id=plan.plan_id, now=ENDED) == [record]


def approved_campaign(do, world, case):
    """Design campaign X as Mia and approve its version 1 as Pia."""
    mia = world.mia
    segment = do(mia, define_segment, DefineSegment("audience", "Audience", case.rule))
    terms = CampaignTerms("Save more", 1, case.unit, START, END)
    campaign = do(mia, create_campaign, CreateCampaign("X", terms))
    draft = do(mia, draft_design, DraftDesign(campaign.campaign_id))
    design = DesignTerms(
        segment_id=segment.segment_id,
        product_id=case.product,
        qualification_id=w.CERTIFIED,
        offer="Two per cent",
        guide="Ask what it is for.",
        goal=case.goal,
        control_share=0,
    )
    written = do(mia, change_design, ChangeDesign(draft.design_id, draft.row_version, design))
    call = StageTerms(
        "Call", content_id=w.CALL, activity_subtype_id=1, reason_template_id=w.REASONS
    )
    staged = do(mia, set_stages, SetStages(written.design_id, written.row_version, [call]))
    asked = do(mia, submit_design, SubmitDesign(staged.design_id, staged.row_version))
    approved = do(world.pia, approve_design, ApproveDesign(asked.design_id, asked.row_version))
    return campaign, approved.design_id


def answer(do, agent, activity_id, outcome):
    """Carry out the contact: an answer closes the activity, anything else keeps it open."""
    note = f"said {outcome}"
    if outcome in {YES, NO}:
        reason = w.REFUSED_OFFER if outcome is NO else None
        request = Respond(activity_id, outcome, reason_id=reason, note=note)
        do(agent, respond, request, now=WORKED)
        return
    reason = {CALL_BACK: w.NEEDS_TIME, NOT_REACHED: w.NO_ANSWER}[outcome]
    do(agent, note_attempt, NoteAttempt(activity_id, outcome, reason, note=note), now=WORKED)


def rows(engine, table):
    with Session(engine, expire_on_commit=False) as session:
        return session.scalars(select(table)).all()


def told(engine, type_):
    with Session(engine) as session:
        statement = select(Outgoing).where(Outgoing.type == type_).order_by(Outgoing.id)
        return session.scalars(statement).all()


def test_a_plan_without_an_approved_version_starts_nothing(do, world):
    mia = world.mia
    plan = do(mia, create_plan, CreatePlan("P1", "Spring", w.NORTH, START, END))
    terms = CampaignTerms("Save more", 1, w.NORTH, START, END)
    campaign = do(mia, create_campaign, CreateCampaign("X", terms))
    add = AddEntry(plan.plan_id, campaign.campaign_id, w.NORTH, Metric.CONVERSION, 0.2, START, END)
    entry = do(mia, add_entry, add)
    do(mia, draft_design, DraftDesign(campaign.campaign_id))

    with pytest.raises(Invalid, match="no approved version"):
        do(mia, start_run_from_plan, StartFromPlan(entry.entry_id))
    with pytest.raises(Invalid, match="not within"):
        late = END + timedelta(days=1)
        do(mia, start_run_from_plan, StartFromPlan(entry.entry_id, ends_on=late))
    with pytest.raises(Invalid, match="before the start"):
        replace(add, ends_on=START - timedelta(days=1))
