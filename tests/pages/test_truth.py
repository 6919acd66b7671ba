"""The page on what was reported and what stands of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.responses.rules import LeadStatus
from core.runs.model import Candidate
from core.truth.actions import AskForReview, ask_for_review
from core.truth.model import Review
from core.truth.rules import Finding
from core.work import changing
from tests.conftest import NOW
from tests.making.results import candidates, crowd, finished_run
from tests.making.truth import TODAY, ago, answered, held, known_until, reported


@pytest.fixture
def run_id(installation):
    """Eighty sales of which eight have no opening, and forty held out of whom four bought."""
    with Session(installation) as session, session.begin():
        people = crowd(session, 120)
        made = finished_run(session, control_share=3333)
        known_until(session)
        reported(session, made, people[:80])
        session.execute(
            update(Candidate)
            .where(Candidate.customer_id.in_(people[8:80]))
            .values(outcome_at=ago(45))
        )
        candidates(session, made, list(people[80:]), arm=0, outcomes=4)
        held(session, people[8:80], TODAY - timedelta(days=45))
        answered(session, made, people[:80], ago(50), lead=LeadStatus.WON)
    return made


@pytest.fixture
def asked(installation, world, run_id):
    with changing(installation, world.mia, now=NOW) as work:
        ask_for_review(work, AskForReview(run_id, 6))


def texts(app):
    kinds = ("markdown", "caption", "info", "subheader", "success", "warning")
    return " ".join(str(each.value) for kind in kinds for each in app.get(kind))


def figures(app):
    return {tile.label: tile.value for tile in app.metric}


def press(app, label):
    next(each for each in app.button if each.label == label).click().run()
    return app


def lists(app, column):
    return [each.value for each in app.dataframe if column in each.value.columns]


class TestEveryRun:
    def test_an_executive_reads_scores(self, open_page, world, run_id):
        app = open_page(world.eve, "truth")

        [runs] = lists(app, "Score")
        assert runs["Reported"].tolist() == [80]
        assert runs["Not held"].tolist() == [8]
        assert runs["Score"].tolist() == [90.0]
        assert "To look at in your branch" not in texts(app)

    def test_without_a_run_it_says_so(self, open_page, world):
        app = open_page(world.mia, "truth")

        assert "No run about a product has been launched yet." in texts(app)

    def test_choosing_one_opens_it(self, open_page, choose, world, run_id):
        app = open_page(world.eve, "truth")
        choose(app, "truths", 0)

        assert "Reported 80, stands 72." in texts(app)

    def test_an_agent_is_sent_away(self, open_page, world, run_id):
        app = open_page(world.ann, "truth")

        assert not app.dataframe


class TestOneRun:
    def test_shows_what_was_reported_beside_what_stands(self, open_page, world, run_id):
        app = open_page(world.mia, "truth", run=run_id)

        assert figures(app) == {
            "Reported": "80",
            "Stands": "72",
            "Still open": "0",
            "Not held": "8",
            "Counted before": "0",
            "Found false": "0",
        }
        assert "90.0 % of what was checked stands" in texts(app)
        [compared] = lists(app, "Figures")
        assert compared["Conversions"].tolist() == [80, 72]
        assert compared["Effect (points)"].tolist() == [90.0, 80.0]

    def test_lists_what_does_not_stand_with_the_reason(self, open_page, world, run_id):
        app = open_page(world.mia, "truth", run=run_id)

        [found] = lists(app, "Because")
        assert len(found) == 8
        assert found["Because"].str.startswith("Nothing in the holdings until").all()
        assert found["Name"].str.contains("•").all()
        assert set(found["Reported by"]) == {"Ann Example"}

    def test_shows_an_executive_no_names(self, open_page, world, run_id):
        app = open_page(world.eve, "truth", run=run_id, stand="true")

        [found] = lists(app, "Because")
        assert len(found) == 50
        assert not {"Name", "Customer"} & set(found.columns)
        assert found["Reported by"].isna().all()
        assert not [each for each in app.button if each.label == "Ask the leads to look"]

    def test_a_manager_asks_the_leads(self, open_page, world, run_id, installation):
        app = open_page(world.mia, "truth", run=run_id)
        app.number_input[0].set_value(5)
        press(app, "Ask the leads to look")

        assert "10 conversions to be looked at, in 2 branches." in texts(app)
        with Session(installation) as session:
            assert len(session.scalars(select(Review)).all()) == 10

    def test_the_impact_says_it_in_a_line(self, open_page, world, run_id):
        app = open_page(world.eve, "impact", run=run_id)

        assert "Reported 80, stands 72." in texts(app)

    def test_a_run_without_a_product_says_why(self, open_page, world, installation):
        with Session(installation) as session, session.begin():
            made = finished_run(session, design={"product_id": None})
            candidates(session, made, [1, 2], steps=6)

        app = open_page(world.mia, "truth", run=made)

        assert "the design names no product to look for" in texts(app)
        assert not app.metric


class TestLooking:
    def test_a_lead_keeps_what_was_found(self, open_page, choose, world, asked, installation):
        app = open_page(world.lea, "truth")
        [wanted] = lists(app, "Asked")
        assert len(wanted) == 6
        assert wanted["Name"].str.startswith("Crowd").all()

        choose(app, "reviews", 0)
        app.radio[0].set_value(Finding.FALSE)
        app.text_input[-1].input("Nobody asked for it.")
        press(app, "Keep the finding")

        assert "Kept as false." in texts(app)
        with Session(installation) as session:
            [found] = session.scalars(select(Review).where(Review.finding == Finding.FALSE))
        assert (found.note, found.found_by) == ("Nobody asked for it.", world.lea.person_id)

    def test_false_needs_a_note(self, open_page, choose, world, asked):
        app = open_page(world.lea, "truth")
        choose(app, "reviews", 0)
        app.radio[0].set_value(Finding.FALSE)
        press(app, "Keep the finding")

        assert "Say in a note why the sale is false." in texts(app)

    def test_nothing_to_look_at(self, open_page, world, run_id):
        app = open_page(world.lea, "truth")

        assert "Nothing is to be looked at." in texts(app)

    def test_home_says_how_many_wait(self, open_page, world, asked):
        app = open_page(world.lea, "home")

        links = {each.proto.label: each.proto.page for each in app.get("page_link")}
        assert links["**6** reported sales of your branch are to be looked at"] == "truth"
