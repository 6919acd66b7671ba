"""A4: an initiative becomes a campaign: looked into, set going, designed, agreed to, carried out.

Told twice, with other names, numbers and units, so that no step is fitted to one story.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.activities.actions.launch import Launch, launch
from core.campaigns.actions import (
    ChangeDesign,
    NotReady,
    SetStages,
    SubmitDesign,
    change_design,
    set_stages,
    submit_design,
)
from core.campaigns.model import Consumable, Design
from core.campaigns.queries import campaign as campaign_sheet
from core.campaigns.queries import design as design_sheet
from core.campaigns.rules import DesignStatus, Metric, Objective
from core.campaigns.terms import StageTerms
from core.gate.actions import ApproveDesign, approve_design
from core.journal.model import Entry, Outgoing
from core.market.actions.tasks import NoteTask, note_task
from core.market.queries.tasks import market_task
from core.market.rules import NoteKind
from core.portfolio.actions import CreatePlan, MakeBrief, create_plan
from core.portfolio.actions.directing import Direct, direct
from core.portfolio.actions.following import AskForDesign, CarryOut, ask_for_design, carry_out
from core.portfolio.actions.initiatives import TakeInitiative, take_initiative
from core.portfolio.queries import plan_entries
from core.portfolio.queries.directions import direction
from core.portfolio.queries.initiatives import initiatives
from core.portfolio.rules import DirectionKind, DirectionState
from core.refusals import Invalid, NotAllowed
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.model import Candidate
from core.runs.rules import Confirmation
from core.segments.actions import DefineSegment, define_segment
from tests import world as w
from tests.conftest import NOW

START, END = date(2026, 3, 2), date(2026, 6, 30)


@dataclass(frozen=True)
class Case:
    """One story: what the business wants, and what is designed for it."""

    reference: str
    wish: str
    measure: str
    change: float
    budget: Decimal
    unit: int
    rule: dict
    finding: str
    objective: Objective
    metric: Metric
    goal: float
    product: int
    selected: set


CASES = (
    Case(
        reference="BD-17",
        wish="Reduce churn among holders of a current account by 2 points",
        measure="churn",
        change=-2,
        budget=Decimal(12_000),
        unit=w.NORTH,
        rule={"holds": {"product": "current"}},
        finding="competitor rate offer",
        objective=Objective.RETENTION,
        metric=Metric.RESPONSE,
        goal=0.3,
        product=w.CURRENT,
        selected={1, 2, 3, 4, 5, 6, 7, 9, 10},
    ),
    Case(
        reference="2026/0042",
        wish="Sell 5 points more cards in the South",
        measure="card holders",
        change=5,
        budget=Decimal("800.50"),
        unit=w.SOUTH,
        rule={"lacks": {"product": "card"}},
        finding="a competitor gives its card away",
        objective=Objective.CROSS_SELL,
        metric=Metric.CONVERSION,
        goal=0.15,
        product=w.CARD,
        selected={11, 12, 13, 14, 15},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=["retention", "cross-sell"])
def test_an_initiative_becomes_a_campaign(  # noqa: PLR0915  a story of six steps
    engine, do, ask, arrange, world, case
):
    mia = world.mia
    gift = arrange(a_gift)
    segment = do(mia, define_segment, DefineSegment("wanted", "Wanted", case.rule))
    plan = do(mia, create_plan, CreatePlan("P1", "Spring", w.BANK, START, END))

    # 1. A plan entry and a market task appear, linked to it; the same event again makes nothing.
    wish = TakeInitiative(
        case.reference,
        case.wish,
        case.unit,
        START,
        END,
        segment_id=segment.segment_id,
        measure=case.measure,
        change=case.change,
        budget=case.budget,
    )
    taken = do(mia, take_initiative, wish)
    again = do(mia, take_initiative, replace(wish, name="The same once more"))
    assert (again.initiative_id, again.entry_id, again.is_new) == (
        taken.initiative_id,
        taken.entry_id,
        False,
    )
    [entry] = ask(world.eve, plan_entries, plan_id=plan.plan_id)
    assert (entry.campaign, entry.campaign_id, entry.goal) == (case.wish, None, None)
    assert (entry.initiative_id, entry.budget) == (taken.initiative_id, case.budget)
    [listed] = ask(world.eve, initiatives)
    assert (listed.task_id, listed.entry_id) == (taken.task_id, taken.entry_id)
    assert (listed.measure, listed.change, listed.segment) == (case.measure, case.change, "Wanted")

    # 2. References and the finding are kept with their time.
    notes = {
        NoteKind.RESEARCH: "A study of the trade",
        NoteKind.COMPETITOR: "The price list of Harbour Bank",
        NoteKind.SURVEY: "Our survey of spring",
        NoteKind.FINDING: case.finding,
    }
    for hours, (kind, text) in enumerate(notes.items(), start=1):
        noting = NoteTask(taken.task_id, kind, text)
        do(mia, note_task, noting, now=NOW + timedelta(hours=hours))
    kept = ask(world.eve, market_task, task_id=taken.task_id)
    assert {note.kind: note.text for note in kept.notes} == notes
    assert [note.noted_at for note in kept.notes] == [
        NOW + timedelta(hours=hours) for hours in (4, 3, 2, 1)
    ]

    # 3. A development schedule makes a direction item and asks for a design.
    schedule = Direct(
        kind=DirectionKind.DEVELOPMENT,
        name="Design the answer",
        initiative_id=taken.initiative_id,
        starts_on=START,
        ends_on=START + timedelta(days=20),
    )
    early = replace(schedule, kind=DirectionKind.EXECUTION, name="Carry it out")
    with pytest.raises(Invalid, match="no design to carry out yet"):
        do(mia, direct, early)
    item = do(mia, direct, schedule)
    planned = ask(world.eve, direction, direction_id=item.direction_id)
    assert (planned.state, planned.started_on, planned.ended_on) == (
        DirectionState.PLANNED,
        None,
        None,
    )
    assert planned.cause == f"Initiative: {case.wish}"
    with pytest.raises(Invalid, match="its type, description and metric"):
        do(mia, ask_for_design, AskForDesign(item.direction_id, item.version))
    wanted = MakeBrief(
        name="The answer",
        objective=case.objective,
        unit_id=case.unit,
        starts_on=START,
        ends_on=END,
        description="What we do about it",
        metric=case.metric,
        goal=case.goal,
    )
    asked = do(
        mia,
        ask_for_design,
        AskForDesign(item.direction_id, item.version, wanted),
        now=NOW + timedelta(days=2),
    )
    assert told(engine, "CustomerCampaignSpecification/Created")
    [entry] = ask(world.eve, plan_entries, plan_id=plan.plan_id)
    assert (entry.campaign_id, entry.metric, entry.goal) == (
        asked.campaign_id,
        case.metric,
        case.goal,
    )
    with pytest.raises(Invalid, match="no approved version yet"):
        do(mia, direct, early)

    # 4. The designer fills it in; without eligibility approval is refused.
    draft = ask(mia, design_sheet, design_id=asked.design_id)
    assert (draft.terms.metric, draft.terms.goal) == (case.metric, case.goal)
    assert draft.terms.segment_id == segment.segment_id
    terms = replace(
        draft.terms,
        product_id=case.product,
        product_use="Pays salaries and saves at once",
        offer="Half a point more",
        transfer_price=Decimal("12.50"),
        pricing_frame="At most half a point above the list",
        qualification_id=w.CERTIFIED,
        guide="Ask what the competitor offers.",
        consumable_ids=(gift,),
        control_share=0,
    )
    without = replace(terms, segment_id=None)
    written = do(mia, change_design, ChangeDesign(draft.id, draft.row_version, without))
    call = StageTerms(
        "Call", content_id=w.CALL, activity_subtype_id=1, reason_template_id=w.REASONS
    )
    staged = do(mia, set_stages, SetStages(draft.id, written.row_version, [call]))
    with pytest.raises(NotReady, match="Choose the audience"):
        do(mia, submit_design, SubmitDesign(draft.id, staged.row_version))
    written = do(mia, change_design, ChangeDesign(draft.id, staged.row_version, terms))
    submitted = do(mia, submit_design, SubmitDesign(draft.id, written.row_version))

    # 5. Approved by another person; the item has actual dates, an execution can be scheduled.
    approval = ApproveDesign(draft.id, submitted.row_version)
    with pytest.raises(NotAllowed):
        do(mia, approve_design, approval)
    do(world.pia, approve_design, approval, now=NOW + timedelta(days=9))
    frozen = ask(mia, design_sheet, design_id=draft.id).frozen["terms"]
    assert frozen["product_use"] == terms.product_use
    assert (Decimal(frozen["transfer_price"]), frozen["consumable_ids"]) == (
        terms.transfer_price,
        [gift],
    )
    done = ask(world.eve, direction, direction_id=item.direction_id)
    assert (done.started_on, done.ended_on) == (
        START + timedelta(days=2),
        START + timedelta(days=9),
    )
    assert (done.state, done.design_status) == (DirectionState.DONE, DesignStatus.APPROVED)
    later = NOW + timedelta(days=10)
    execution = do(mia, direct, early, now=later)
    carried = do(mia, carry_out, CarryOut(execution.direction_id, execution.version), now=later)
    do(mia, select_candidates, SelectCandidates(carried.run_id), now=later)
    launch_at = NOW + timedelta(days=11)
    confirm_all(engine)
    do(mia, launch, Launch(carried.run_id), now=launch_at)
    under_way = ask(world.eve, direction, direction_id=execution.direction_id, now=launch_at)
    assert (under_way.started_on, under_way.state) == (launch_at.date(), DirectionState.UNDER_WAY)
    with Session(engine) as session:
        assert set(session.scalars(select(Candidate.customer_id))) == case.selected

    # 6. Editing version 1 after a run used it makes version 2; version 1 stays as it was.
    first = ask(mia, design_sheet, design_id=draft.id)
    change = ChangeDesign(draft.id, first.row_version, replace(terms, offer="A whole point more"))
    second = do(mia, change_design, change)
    assert (second.version, second.copied_from) == (2, 1)
    assert ask(mia, design_sheet, design_id=draft.id).terms == first.terms
    versions = ask(mia, campaign_sheet, campaign_id=asked.campaign_id).designs
    assert [each.terms.consumable_ids for each in versions] == [(gift,), (gift,)]
    with Session(engine) as session:
        kinds = set(session.scalars(select(Entry.kind)))
        assert {"initiative.taken", "direction.created", "direction.changed"} <= kinds
        assert session.scalar(select(Design.version).where(Design.id == draft.id)) == 1


def a_gift(session):
    gift = Consumable(name="Umbrella", unit_cost=Decimal(8), stock=20)
    session.add(gift)
    session.flush()
    return gift.id


def confirm_all(engine):
    with Session(engine) as session, session.begin():
        session.execute(update(Candidate).values(confirmation=Confirmation.CONFIRMED))


def told(engine, type_):
    with Session(engine) as session:
        return session.scalars(select(Outgoing).where(Outgoing.type == type_)).all()
