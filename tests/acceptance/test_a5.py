"""A5: a portfolio is judged at a cut-off, concluded on, and what follows is set going.

Told twice, with other numbers, goals and metrics, so that no step is fitted to one story.
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.activities.actions.taking import Take, take
from core.activities.rules import Outcome
from core.campaigns.model import Design
from core.campaigns.rules import Metric
from core.journal.model import Entry, Outgoing
from core.market.actions.tasks import NoteTask, OpenTask, note_task, open_task
from core.market.queries.tasks import market_task
from core.market.rules import NoteKind, TaskType
from core.measures import Rate
from core.portfolio.actions import AddEntry, CreatePlan, add_entry, create_plan
from core.portfolio.actions.assessing import Assess, Conclude, assess
from core.portfolio.actions.directing import Direct, direct
from core.portfolio.queries.assessments import assessment, assessments
from core.portfolio.queries.directions import directions
from core.portfolio.queries.drill import branches_behind, customers_behind, runs_behind
from core.portfolio.queries.past import as_it_was
from core.portfolio.rules import DirectionKind, DirectionState, Standing, Verb
from core.refusals import Invalid, NotAllowed
from core.responses.actions.correcting import CorrectLead, correct_to_won
from core.responses.actions.leads import LoseLead, lose_lead
from core.responses.actions.responding import Respond, respond
from core.responses.model import Lead
from core.segments.actions import ListSegment, list_segment
from tests import world as w
from tests.conftest import NOW
from tests.making.campaigns import approved_design
from tests.making.results import MOMENTS, candidates, crowd
from tests.making.runs import launched_run, planned_run

START, END = NOW.date(), NOW.date() + timedelta(days=90)
REVIEW = NOW + timedelta(days=30)


@dataclass(frozen=True)
class Case:
    """One story: goals and results of X and Y, two segments, and who of them was ever selected."""

    goal_x: float
    goal_y: float
    x: Rate
    y: Rate
    missed_by: float
    covered: Rate  # selected of the first segment
    untouched: int  # customers of the second
    corrected: float  # by how much Y misses once a lead is corrected


CASES = (
    Case(0.2, 0.1, Rate(40, 200), Rate(12, 400), 7, Rate(600, 1000), 500, 6.75),
    Case(0.5, 0.8, Rate(31, 50), Rate(18, 40), 35, Rate(90, 120), 77, 32.5),
)


@dataclass(frozen=True)
class Story:
    plan_id: int
    x: int
    y: int
    z: int
    s1: int
    s2: int
    lead_id: int


@pytest.fixture(params=CASES, ids=["as-told", "told-anew"])
def case(request):
    return request.param


@pytest.fixture
def story(engine, do, arrange, world, case):
    """Three campaigns in a plan, two of them carried out, and two lists of customers."""
    ids = arrange(lambda session: crowd(session, case.covered.denominator + case.untouched))
    members = {"s1": ids[: case.covered.denominator], "s2": ids[case.covered.denominator :]}
    x, y, z, activity_id = arrange(lambda session: carried_out(session, case, members["s1"]))
    do(world.ann, take, Take(activity_id))
    do(world.ann, respond, Respond(activity_id, Outcome.ACCEPTED))
    with Session(engine) as session:
        lead_id = session.scalar(select(Lead.id))
    do(world.ann, lose_lead, LoseLead(lead_id, "Noted on the wrong line"))
    plan = do(world.mia, create_plan, CreatePlan("P1", "Spring", w.BANK, START, END)).plan_id
    for campaign_id, goal in ((x, case.goal_x), (y, case.goal_y), (z, 0.3)):
        add = AddEntry(plan, campaign_id, w.BANK, Metric.CONVERSION, goal, START, END)
        do(world.mia, add_entry, add)
    lists = [
        do(world.mia, list_segment, ListSegment(code, code.upper(), [f"N{id_}" for id_ in of]))
        for code, of in members.items()
    ]
    return Story(plan, x, y, z, lists[0].segment_id, lists[1].segment_id, lead_id)


def carried_out(session, case, customers):
    """Let X and Y be carried out; of Y one customer's work is real, all else are rows."""
    x = approved_design(session, code="X")
    run_x = planned_run(session, x, launched_at=NOW, selected_at=NOW)
    candidates(session, run_x, customers[: case.x.denominator], steps=won(case.x))
    y = launched_run(session, [3], design={"code": "Y"})
    others = Rate(case.y.numerator, case.y.denominator - 1)
    candidates(session, y.run_id, customers[: others.denominator], steps=won(others))
    # Whoever was only held out was selected too.
    most = max(case.x.denominator, others.denominator)
    candidates(session, run_x, customers[most : case.covered.numerator], arm=0)
    z = approved_design(session, code="Z")
    campaigns = [session.get_one(Design, id_).campaign_id for id_ in (x, y.design_id, z)]
    return *campaigns, y.activities[3]


def won(rate):
    return [len(MOMENTS)] * rate.numerator + [1] * (rate.denominator - rate.numerator)


def test_a_portfolio_is_judged_and_set_going(engine, do, ask, world, case, story):  # noqa: PLR0915
    mia = world.mia
    task = do(mia, open_task, OpenTask("Term deposits", TaskType.COMPETITORS, w.BANK))
    do(mia, note_task, NoteTask(task.task_id, NoteKind.FINDING, "They pay half a point more"))
    review = Assess(
        plan_id=story.plan_id,
        segment_ids=(story.s1, story.s2),
        cited=(task.task_id,),
        conclusions=(
            Conclude(Verb.AMEND, "Offer more", campaign_id=story.y),
            Conclude(Verb.EXPAND, "Nobody ever asked them", segment_id=story.s2),
        ),
    )

    # 7. Without the right it is refused and journaled.
    for actor in (world.eve, world.pia, world.lea, world.tom):
        with pytest.raises(NotAllowed, match="assessing and directing the portfolio"):
            do(actor, assess, review, now=REVIEW)
    assert journaled(engine, "request.refused") == 4
    assert journaled(engine, "assessment.made") == 0

    # 1. Met, missed by so many points, no data; coverage; time, author and cut-off.
    made = do(mia, assess, review, now=REVIEW)
    first = ask(world.eve, assessment, assessment_id=made.assessment_id, now=REVIEW)
    assert (first.made_at, first.cut_off_at, first.author) == (REVIEW, REVIEW, "Mia Example")
    x, y, z = first.campaigns
    assert (x.standing, x.actual, x.goal) == (Standing.MET, case.x, case.goal_x)
    assert (y.standing, y.actual, y.goal) == (Standing.MISSED, case.y, case.goal_y)
    assert y.missed_by == pytest.approx(case.missed_by)
    assert (z.standing, z.actual, z.version) == (Standing.NO_DATA, None, 1)
    s1, s2 = first.segments
    assert s1.coverage == case.covered
    assert s2.coverage == Rate(0, case.untouched)
    assert [notice.type for notice in notices(engine, "PerformanceAssessment/Created")] == [
        "PerformanceAssessment/Created"
    ]

    # 2. Every figure drills down to rows and equals their sum.
    for judged in (x, y):
        rows = ask(world.eve, runs_behind, finding_id=judged.id)
        assert {row.branch for row in rows} == {"North", "South"}
        assert Rate(sum(r.numerator for r in rows), sum(r.denominator for r in rows)) == (
            judged.actual
        )
        for counted in (True, False):
            asked = {"finding_id": judged.id, "counted": counted, "now": REVIEW}
            behind = ask(mia, customers_behind, **asked)
            total = judged.numerator if counted else judged.denominator
            assert behind.total == total
    for covered in (s1, s2):
        rows = ask(world.eve, branches_behind, finding_id=covered.id)
        assert sum(row.customers for row in rows) == covered.customers
        assert sum(row.selected for row in rows) == covered.selected

    # 3. A market task refreshed in the same review is cited.
    [cited] = first.cited
    assert (cited.code, cited.said) == (task.task, "They pay half a point more")
    assert cited.refreshed_at == REVIEW
    assert ask(mia, market_task, task_id=task.task_id).refreshed_at == REVIEW

    # 4. and 5. What is concluded becomes direction, linked back.
    assert [(each.verb, each.subject) for each in first.conclusions] == [
        (Verb.AMEND, "Campaign Y"),
        (Verb.EXPAND, "S2"),
    ]
    days = {"starts_on": REVIEW.date(), "ends_on": END}
    for kind, conclusion in zip(
        (DirectionKind.DEVELOPMENT, DirectionKind.EXECUTION), first.conclusions, strict=True
    ):
        request = Direct(kind=kind, name=conclusion.text, conclusion_id=conclusion.id, **days)
        do(mia, direct, request, now=REVIEW)
    amended, expanded = ask(world.eve, directions, assessment_id=first.id, now=REVIEW)
    assert (amended.kind, amended.campaign_id) == (DirectionKind.DEVELOPMENT, story.y)
    assert (expanded.kind, expanded.segment_id) == (DirectionKind.EXECUTION, story.s2)
    for item, conclusion in ((amended, first.conclusions[0]), (expanded, first.conclusions[1])):
        assert (item.conclusion_id, item.state) == (conclusion.id, DirectionState.PLANNED)
        assert (item.starts_on, item.ends_on) == (REVIEW.date(), END)
    assert len(notices(engine, "CampaignDirection/Created")) == 2

    # 6. After a corrected lead a new assessment shows the new figure, the old one the old.
    correction = CorrectLead(story.lead_id, "It was signed after all")
    do(world.ann, correct_to_won, correction, now=REVIEW + timedelta(days=1))
    later = do(mia, assess, review, now=REVIEW + timedelta(days=2))
    new = ask(world.eve, assessment, assessment_id=later.assessment_id).campaigns[1]
    old = ask(world.eve, assessment, assessment_id=first.id).campaigns[1]
    assert old == y
    assert new.actual == Rate(case.y.numerator + 1, case.y.denominator)
    assert new.missed_by == pytest.approx(case.corrected)
    third = REVIEW + timedelta(days=3)
    counted = ask(mia, as_it_was, plan_id=story.plan_id, cut_off_at=REVIEW, now=third)
    earlier = Assess(plan_id=story.plan_id, then=counted, conclusions=NOTHING)
    then = do(mia, assess, earlier, now=third)
    assert ask(mia, assessment, assessment_id=then.assessment_id).campaigns[1].actual == case.y
    assert [row.id for row in ask(world.eve, assessments)] == [
        then.assessment_id,
        later.assessment_id,
        first.id,
    ]


NOTHING = (Conclude(Verb.NONE, "All as it should be"),)


def test_an_empty_plan_is_not_assessed(do, ask, world):
    plan = do(world.mia, create_plan, CreatePlan("P2", "Summer", w.BANK, START, END))

    with pytest.raises(Invalid, match=r"Plan P2 has no campaign yet.*nothing to assess"):
        do(world.mia, assess, Assess(plan_id=plan.plan_id, conclusions=NOTHING))
    assert ask(world.eve, assessments) == []


def journaled(engine, kind):
    with Session(engine) as session:
        return len(session.scalars(select(Entry.id).where(Entry.kind == kind)).all())


def notices(engine, type_):
    with Session(engine) as session:
        return session.scalars(select(Outgoing).where(Outgoing.type == type_)).all()
