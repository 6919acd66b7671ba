from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.campaigns.model import Campaign, Design
from core.campaigns.rules import Metric
from core.market.actions.tasks import OpenTask, open_task
from core.market.actions.threats import NoteThreat, note_threat
from core.market.rules import ConclusionKind, TaskType
from core.periods import last_moment
from core.portfolio.actions import AddEntry, CreatePlan, add_entry, create_plan
from core.portfolio.actions.assessing import Assess, Conclude, assess
from core.portfolio.actions.directing import Direct, direct
from core.portfolio.model import AssessedCampaign, Assessment, Conclusion, Direction, Plan
from core.portfolio.rules import DirectionKind, Verb
from core.runs.model import Candidate, Run
from tests import world as w
from tests.conftest import NOW
from tests.making.campaigns import approved_design, segment
from tests.making.results import candidates, crowd
from tests.making.runs import planned_run

START, END = NOW.date(), NOW.date() + timedelta(days=60)


def carried_out(session):
    design_id = approved_design(session)
    run_id = planned_run(session, design_id, launched_at=NOW, selected_at=NOW)
    candidates(session, run_id, crowd(session, 40), steps=[6] * 2 + [1] * 38)
    approved_design(session, code="Z")
    return segment(session, "everybody", rule={"field": "active", "is": "=", "value": True})


@pytest.fixture
def plan(do, arrange, world):
    """A plan of one campaign that misses its goal and one that nobody carried out."""
    arrange(carried_out)
    plan_id = do(world.mia, create_plan, CreatePlan("P1", "Spring", w.BANK, START, END)).plan_id
    for campaign_id in (1, 2):
        add = AddEntry(plan_id, campaign_id, w.BANK, Metric.CONVERSION, 0.2, START, END)
        do(world.mia, add_entry, add)
    return plan_id


@pytest.fixture
def made(do, plan, world):
    conclusions = (Conclude(Verb.AMEND, "Offer more", campaign_id=1),)
    return do(world.mia, assess, Assess(plan_id=plan, conclusions=conclusions))


@pytest.fixture
def item(do, made, world):
    request = Direct(
        kind=DirectionKind.DEVELOPMENT,
        name="Offer more",
        starts_on=START,
        ends_on=END,
        conclusion_id=made.conclusion_ids[0],
    )
    return do(world.mia, direct, request)


def pressed(app, label):
    next(each for each in app.button if each.label == label).click().run()
    assert not app.exception
    return app


def field(app, kind, label):
    return next(each for each in app.get(kind) if each.label == label)


def said(app):
    return " ".join(each.value for each in [*app.markdown, *app.caption, *app.subheader])


def test_an_assessment_is_made_and_read(open_page, do, plan, world, engine):
    do(world.mia, open_task, OpenTask("Term deposits", TaskType.COMPETITORS, w.BANK))
    app = open_page(world.mia, "assessments", view="New assessment")
    field(app, "text_input", "Why, and how").input("Offer more").run()
    pressed(app, "Freeze the assessment")

    with Session(engine) as session:
        kept = session.scalars(select(Assessment)).one()
        conclusion = session.scalars(select(Conclusion)).one()
    assert (kept.plan_id, kept.name) == (plan, "Spring, 2 Mar 2026")
    assert (conclusion.verb, conclusion.campaign_id) == (Verb.AMEND, 1)
    app = open_page(world.eve, "assessments", id=kept.id)
    assert app.title[0].value == "Spring, 2 Mar 2026"
    assert [metric.value for metric in app.metric] == ["0", "1", "1"]
    assert not [each for each in app.expander if each.label == "Set it going"]


def test_what_makes_no_sense_is_explained_and_nothing_is_kept(open_page, plan, world, engine):
    app = open_page(world.mia, "assessments", view="New assessment")
    pressed(app, "Freeze the assessment")

    assert "tells nobody what to do" in app.warning[0].value
    with Session(engine) as session:
        assert session.scalars(select(Assessment.id)).all() == []


class TestAnEarlierDay:
    """One of two was won the day before yesterday; the plan began a week ago."""

    @pytest.fixture
    def form(self, open_page, arrange, plan, world):
        def earlier(session):
            week, first = NOW - timedelta(days=7), NOW - timedelta(days=2)
            session.execute(update(Plan).values(starts_on=week.date()))
            session.execute(update(Run).values(launched_at=week))
            session.execute(update(Candidate).values(confirmed_at=week))
            won = select(Candidate.customer_id).where(Candidate.won_at.is_not(None)).limit(1)
            before = update(Candidate).where(Candidate.customer_id.in_(won))
            session.execute(before.values(won_at=first))

        arrange(earlier)
        return open_page(world.mia, "assessments", view="New assessment")

    def test_is_counted_and_frozen_as_it_was(self, form, world, engine):
        assert "2 of 40" in form.dataframe[0].value["So far"][0]
        yesterday = (NOW - timedelta(days=1)).date()
        field(form, "date_input", "As of the end of").set_value(yesterday).run()
        assert not form.exception
        assert "1 of 40" in form.dataframe[0].value["So far"][0]
        field(form, "text_input", "Why, and how").input("Offer more").run()
        pressed(form, "Freeze the assessment")

        with Session(engine) as session:
            kept = session.scalars(select(Assessment)).one()
            figures = session.scalars(select(AssessedCampaign)).first()
        assert kept.cut_off_at == last_moment(yesterday, NOW.tzinfo)
        assert kept.name == "Spring, 1 Mar 2026"
        assert (figures.numerator, figures.denominator) == (1, 40)

    def test_is_none_to_come_and_none_before_the_plan(self, form):
        day = field(form, "date_input", "As of the end of")

        assert (day.min, day.max) == ((NOW - timedelta(days=7)).date(), NOW.date())

    def test_of_a_unit_may_be_any(self, form):
        field(form, "selectbox", "Of").select_index(1).run()

        assert field(form, "date_input", "As of the end of").min < date(2020, 1, 1)

    def test_leaves_what_was_written_below(self, form):
        field(form, "text_input", "Why, and how").input("Offer more").run()
        yesterday = (NOW - timedelta(days=1)).date()
        field(form, "date_input", "As of the end of").set_value(yesterday).run()

        assert field(form, "text_input", "Why, and how").value == "Offer more"


def test_an_empty_plan_is_explained(open_page, do, world):
    do(world.mia, create_plan, CreatePlan("P2", "Summer", w.BANK, START, END))
    app = open_page(world.mia, "assessments", view="New assessment")

    assert any("nothing to assess" in each.value for each in app.warning)


def test_a_figure_leads_to_its_runs_branches_and_customers(open_page, choose, made, world):
    app = open_page(world.mia, "assessments", id=made.assessment_id)
    choose(app, "assessed_campaigns", 0)

    assert "They add up to 2 of 40." in said(app)
    assert "Missed by 15 points" in said(app)
    assert list(app.dataframe[0].value["Against the goal"]) == ["Missed by 15 points", "No data"]
    assert [grid.value["Name"][0] for grid in app.dataframe if "Won" in grid.value]
    assert "**2 customers**" in said(app)
    assert "Frozen are the figures: 2 of 40." in said(app)
    field(app, "button_group", "Customers").set_value("All they are counted out of").run()
    assert "**40 customers**" in said(app)

    app = open_page(world.eve, "assessments", id=made.assessment_id)
    choose(app, "assessed_campaigns", 0)
    assert "They add up to 2 of 40." in said(app)
    assert not [grid for grid in app.dataframe if "Won" in grid.value]


def test_a_click_on_a_figure_leads_to_its_runs(open_page, click, made, world):
    app = open_page(world.mia, "assessments", id=made.assessment_id)
    assert "They add up to" not in said(app)
    click(app, "goals", customdata=[0])
    assert "They add up to 2 of 40." in said(app)


def test_what_was_chosen_last_is_shown_be_it_in_the_figure_or_in_the_list(
    open_page, click, choose, made, world
):
    app = open_page(world.mia, "assessments", id=made.assessment_id)
    click(app, "goals", customdata=[0])  # it stays clicked
    choose(app, "assessed_campaigns", 1)
    assert "They add up to" not in said(app)
    assert "No run carried it out by then." in [each.value for each in app.info]
    click(app, "goals")
    click(app, "goals", customdata=[0])
    assert "They add up to 2 of 40." in said(app)


def test_a_conclusion_is_set_going(open_page, made, world, engine):
    app = open_page(world.mia, "assessments", id=made.assessment_id)
    pressed(app, "Set it going")

    with Session(engine) as session:
        kept = session.scalars(select(Direction)).one()
    assert (kept.name, kept.conclusion_id) == ("Offer more", made.conclusion_ids[0])


def test_what_a_threat_calls_for_is_set_going(open_page, do, world, engine):
    page = partial(open_page, view="Directions")
    assert not [each for each in page(world.mia, "assessments").button if "going" in each.label]
    noted = [
        do(world.mia, note_threat, NoteThreat(kind, name, w.BANK, w.CURRENT))
        for kind, name in (
            (ConclusionKind.THREAT, "Dearer loans"),
            (ConclusionKind.OPPORTUNITY, "Many move house"),
        )
    ]
    app = page(world.mia, "assessments")
    cause = field(app, "selectbox", "Because of")
    assert len(cause.options) == 2
    cause.select("Many move house (The Bank)").run()
    pressed(app, "Set it going")

    with Session(engine) as session:
        kept = session.scalars(select(Direction)).one()
    assert (kept.name, kept.threat_id) == ("Many move house", noted[1].threat_id)
    assert "Many move house" in [each.value for each in app.subheader]
    assert not [each for each in page(world.eve, "assessments").button if "going" in each.label]


def test_a_click_on_an_item_opens_it_on_the_board(open_page, click, item, made, world):
    for page in ({"view": "Directions"}, {"id": made.assessment_id}):
        app = open_page(world.mia, "assessments", **page)
        assert "Spring, 2 Mar 2026: amend" not in said(app)
        key = "board" if "view" in page else "from_assessment"
        click(app, key, customdata=["from", "until", 0])
        assert "Spring, 2 Mar 2026: amend" in said(app)
        assert not app.exception


def test_the_next_version_is_asked_for_from_the_board(open_page, item, world, engine):
    app = open_page(world.mia, "assessments", view="Directions", item=item.direction_id)
    assert "Spring, 2 Mar 2026: amend" in said(app)
    pressed(app, "Begin the next version")

    with Session(engine) as session:
        assert session.scalars(select(Design.version).where(Design.campaign_id == 1)).all() == [
            1,
            2,
        ]


def test_an_item_is_moved_and_dropped_with_a_reason(open_page, item, world, engine):
    page = partial(open_page, view="Directions", item=item.direction_id)
    app = pressed(page(world.mia, "assessments"), "Move the days")
    assert "Say why the days move" in app.warning[0].value
    field(app, "text_input", "Why not").input("No money")
    pressed(app, "Drop it")

    with Session(engine) as session:
        assert session.get_one(Direction, item.direction_id).dropped_at is not None
    app = page(world.eve, "assessments")
    assert not [each for each in app.button if each.label == "Drop it"]


def test_a_run_is_started_for_a_segment_that_nobody_asked(open_page, do, plan, world, engine):
    with Session(engine) as session:
        segment_id = session.scalar(select(Design.segment_id).where(Design.id == 1))
    review = Assess(
        plan_id=plan,
        segment_ids=(segment_id,),
        conclusions=(Conclude(Verb.EXPAND, "Ask them", segment_id=segment_id),),
    )
    [conclusion] = do(world.mia, assess, review).conclusion_ids
    request = Direct(
        kind=DirectionKind.EXECUTION,
        name="Ask them",
        starts_on=START,
        ends_on=END,
        conclusion_id=conclusion,
    )
    made = do(world.mia, direct, request)
    app = open_page(world.mia, "assessments", view="Directions", item=made.direction_id)
    pressed(app, "Start the run")

    with Session(engine) as session:
        assert session.get_one(Direction, made.direction_id).run_id is not None
        assert len(session.scalars(select(Run.id)).all()) == 2
        assert len(session.scalars(select(Campaign.id)).all()) == 2


def test_nothing_assessed_says_so(open_page, world):
    app = open_page(world.mia, "assessments")
    assert "Nothing was assessed yet. Make the first one." in app.info[0].value
    app = open_page(world.mia, "assessments", view="Directions")
    assert "Nothing is set going like this" in app.info[0].value
