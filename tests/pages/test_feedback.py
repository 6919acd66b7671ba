import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.campaigns.model import Design
from core.campaigns.rules import DesignStatus
from core.impact.actions import AnalyseRun, SendFeedback, analyse_run, send_feedback
from core.impact.model import Analysis
from core.runs.model import Candidate
from tests.conftest import NOW
from tests.making.campaigns import approved_design
from tests.making.results import candidates, crowd, finished_run
from tests.making.runs import planned_run


@pytest.fixture
def run_id(installation):
    """A finished run that helps in North and harms in South."""
    with Session(installation) as session, session.begin():
        people = crowd(session, 800)
        made = finished_run(session, control_share=2500, design={"product_id": None})
        north, south = list(people[::2]), list(people[1::2])
        candidates(session, made, north[:300], steps=[6] * 30 + [3] * 270, outcomes=120)
        candidates(session, made, north[300:], arm=0, outcomes=10)
        candidates(session, made, south[:300], steps=3, outcomes=10)
        candidates(session, made, south[300:], arm=0, outcomes=40)
    return made


@pytest.fixture
def analysed(do, world, run_id):
    return do(world.mia, analyse_run, AnalyseRun(run_id, "Go on.")).analysis_id


@pytest.fixture
def sent(do, world, analysed):
    do(world.mia, send_feedback, SendFeedback(analysed, "North only."))
    return analysed


def texts(app):
    kinds = ("markdown", "caption", "info", "subheader", "title", "warning")
    return " ".join(str(each.value) for kind in kinds for each in app.get(kind))


def press(app, label):
    return next(each for each in app.button if each.label == label).click().run()


class TestList:
    def test_says_what_became_of_each(self, open_page, world, sent):
        app = open_page(world.eve, "feedback")

        [row] = app.dataframe[0].value.to_dict("records")
        assert (row["Campaign"], row["Cycle"], row["Reached"]) == (
            "Campaign X",
            1,
            "5.0 % (30 of 600)",
        )
        assert (row["Goal"], row["Proposal"]) == ("Missed", "Sent, not taken up")
        assert (row["What should change"], row["Taken up by"]) == ("North only.", "None yet")

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"goal": "Missed"}, 1),
            ({"goal": "Met"}, 0),
            ({"proposal": "Not sent"}, 0),
            ({"proposal": "Sent, not taken up", "find": "campaign"}, 1),
            ({"campaign": "Campaign X"}, 1),
        ],
    )
    def test_is_filtered_from_the_address(self, open_page, world, sent, asked, found):
        app = open_page(world.eve, "feedback", **asked)

        assert len(app.dataframe) == found
        assert bool(app.info) is not bool(found)

    def test_opens_the_one_that_is_chosen(self, open_page, choose, world, sent):
        app = open_page(world.eve, "feedback")
        choose(app, "feedback", 0)

        assert app.title[0].value == "Campaign X, version 1: cycle 1"

    def test_before_the_first_says_where_one_is_made(self, open_page, world):
        app = open_page(world.eve, "feedback")

        assert "A cycle is frozen on the Impact page" in app.info[0].value

    def test_is_not_for_agents(self, open_page, world, sent):
        assert not open_page(world.ann, "feedback").dataframe


class TestSheet:
    def test_says_what_worked_for_whom(self, open_page, world, analysed):
        app = open_page(world.eve, "feedback", id=analysed)

        said = texts(app)
        assert "A gain is proven in **1** and a loss in **1** of **2 groups**" in said
        assert "Leave out the branch South" in said
        assert "The live figure is the same as the frozen one." in said
        assert "No change has been put to the design yet." in said
        assert "Only version 1 was carried out" in said
        assert not app.text_area

    def test_says_that_a_figure_moved(self, open_page, world, installation, analysed):
        with Session(installation) as session, session.begin():
            one = session.scalars(select(Candidate).where(Candidate.won_at.is_not(None))).first()
            one.won_at = None

        app = open_page(world.eve, "feedback", id=analysed)

        assert app.warning[0].value == (
            "Frozen were 5.0 % (30 of 600); now it is 4.8 % (29 of 600), "
            "\N{MINUS SIGN}0.17 points. The frozen figures stay: freezing a new cycle takes the "
            "difference in."
        )

    def test_a_manager_sends_what_the_figures_ask_for(
        self, open_page, world, installation, analysed
    ):
        app = open_page(world.mia, "feedback", id=analysed)
        assert "Leave out the branch South" in app.text_area[0].value
        app.text_area[0].input("North only.")
        press(app, "Send to the design")

        assert app.success[0].value == "Sent to the design of X, version 1."
        assert "> North only." in texts(app)
        with Session(installation) as session:
            assert session.get_one(Analysis, analysed).sent_at == NOW

    def test_an_empty_proposal_is_refused_calmly(self, open_page, world, analysed):
        app = open_page(world.mia, "feedback", id=analysed)
        app.text_area[0].input(" ")
        press(app, "Send to the design")

        assert "the proposal is empty" in app.warning[0].value

    def test_the_next_version_begins_with_it(self, open_page, world, installation, sent):
        app = open_page(world.mia, "feedback", id=sent)
        press(app, "Begin version 2 with it")

        assert app.success[0].value == "Version 2 takes it up. Change what it proposes."
        assert app.title[0].value == "Campaign X: version 2"
        with Session(installation) as session:
            made = session.scalars(select(Design).order_by(Design.id.desc())).first()
            assert (made.version, made.cited_analysis_id) == (2, sent)

        app = open_page(world.eve, "feedback", id=sent)
        assert "Taken up by: Version 2 (draft)" in texts(app)

    def test_versions_stand_side_by_side(self, open_page, world, installation, sent):
        with Session(installation) as session, session.begin():
            second = approved_design(
                session, campaign_id=1, offer="More", segment_id=1, cited_analysis_id=sent
            )
            made = planned_run(session, second, launched_at=NOW)
            candidates(session, made, range(100_001, 100_061), steps=[6] * 12 + [3] * 48)

        app = open_page(world.eve, "feedback", id=sent)

        assert "Taken up by: Version 2" in texts(app)
        assert "no effect of what was changed" in texts(app)
        [changed] = [each.value for each in app.dataframe if "What" in each.value.columns]
        assert {"Control share", "Offer", "Takes up"} <= set(changed["What"])

    def test_one_that_does_not_exist_is_said_calmly(self, open_page, world):
        assert (
            "There is no such analysis" in open_page(world.eve, "feedback", id=9).warning[0].value
        )


class TestDesigner:
    @pytest.fixture
    def draft(self, installation, sent):
        with Session(installation) as session, session.begin():
            return approved_design(session, campaign_id=1, status=DesignStatus.DRAFT)

    def test_a_draft_takes_up_what_was_learned(self, open_page, world, installation, draft, sent):
        app = open_page(world.mia, "designer", id=draft)
        box = next(each for each in app.selectbox if each.label == "Takes up")
        assert box.options == ["Version 1, run RUN-1, cycle 1: North only."]
        box.select_index(0).run()
        press(app, "Save what is taken up")

        assert app.success[0].value == "Version 2 takes it up."
        with Session(installation) as session:
            assert session.get_one(Design, draft).cited_analysis_id == sent

    def test_the_first_version_has_nothing_to_learn_from(self, open_page, world, sent):
        app = open_page(world.mia, "designer", id=1)

        assert not [each for each in app.selectbox if each.label == "Takes up"]
