"""What an analysis finds and proposes, until a later version takes it up."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.campaigns.actions import ChangeDesign, TakeUp, change_design, take_up
from core.campaigns.model import Design
from core.campaigns.queries import changes_between, design
from core.campaigns.rules import DesignStatus, Metric
from core.impact.actions import (
    AnalyseRun,
    FoldRuns,
    SendFeedback,
    analyse_run,
    fold_runs,
    send_feedback,
)
from core.impact.model import Analysis
from core.impact.queries.feedback import feedback, feedback_campaigns, feedback_sheet
from core.impact.queries.overlaps import compare_folded
from core.impact.queries.versions import version_results, versions_compared
from core.impact.rules import FeedbackState, Verdict
from core.impact.sentences import points
from core.impact.upkeep import keep_overlaps
from core.journal.model import Outgoing
from core.measures import Rate
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.runs.model import Candidate, Run
from core.windows import Window
from core.work import upkeep
from tests import world as w
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.campaigns import approved_design, draft_design, segment
from tests.making.results import candidates, crowd, finished_run
from tests.making.runs import planned_run

LATER = NOW + timedelta(days=1)
NORTHERN = {"field": "branch", "is": "=", "value": "B1"}


@pytest.fixture
def run_id(engine):
    """A run that helps in North and harms in South: 300 treated and 100 held out in each.

    Thirty of North were won, and all treated were met by phone.
    """
    with Session(engine) as session, session.begin():
        people = crowd(session, 800)
        made = finished_run(session, control_share=2500, design={"product_id": None})
        north, south = list(people[::2]), list(people[1::2])
        met = {"channel_id": w.CALL}
        steps = [6] * 30 + [3] * 270
        candidates(session, made, north[:300], steps=steps, outcomes=120, value=9, **met)
        candidates(session, made, north[300:], arm=0, outcomes=10, value=9)
        candidates(session, made, south[:300], steps=3, outcomes=10, value=9, **met)
        candidates(session, made, south[300:], arm=0, outcomes=40, value=9)
        segment(session, "northern", name="Northern", rule=NORTHERN)
    return made


@pytest.fixture
def analysed(do, world, run_id):
    return do(world.mia, analyse_run, AnalyseRun(run_id, "Go on in North."))


@pytest.fixture
def sent(do, world, analysed):
    return do(world.mia, send_feedback, SendFeedback(analysed.analysis_id, " North only. "))


class TestFindings:
    def test_says_what_worked_for_whom(self, ask, world, analysed):
        found = ask(world.eve, feedback_sheet, analysis_id=analysed.analysis_id).findings

        where, segments, channels = found.splits
        assert (where.label, segments.label, channels.label) == ("Branch", "Segment", "Channel")
        north, south = where.groups
        assert (north.treated, north.control) == (Rate(120, 300), Rate(10, 100))
        assert north.value == pytest.approx(0.3)
        assert north.low < 0.3 < north.high
        assert north.p_adjusted < 0.001
        assert [(group.label, group.says) for group in (north, south)] == [
            ("North", "gain"),
            ("South", "loss"),
        ]
        assert [group.label for group in segments.groups] == ["Northern"]
        [call] = channels.groups
        assert (call.label, call.control, call.value) == ("Phone call", None, None)
        assert call.treated == Rate(30, 600)

    def test_proposes_by_rule(self, ask, world, analysed):
        found = ask(world.eve, feedback_sheet, analysis_id=analysed.analysis_id).findings

        leave = "Leave out the branch South: the effect there is proven negative, "
        assert any(said.startswith(f"{leave}{points(-110 / 300)}") for said in found.suggestions)
        assert found.suggestions[-1].startswith("Offer more, choose others or aim lower: 5.0 %")

    def test_without_control_there_are_rates_only(self, engine, do, ask, world):
        with Session(engine) as session, session.begin():
            made = finished_run(session)
            candidates(session, made, crowd(session, 10), steps=[6] * 2 + [3] * 8)

        fact = do(world.mia, analyse_run, AnalyseRun(made))
        found = ask(world.eve, feedback_sheet, analysis_id=fact.analysis_id)

        assert {group.control for split in found.findings.splits for group in split.groups} == {
            None
        }
        assert found.findings.suggestions[0].startswith("Hold some customers out")
        assert found.sentence == "No impact can be given: no control group."

    def test_stays_when_a_figure_is_corrected_and_says_by_how_much(
        self, engine, do, ask, world, run_id, analysed
    ):
        with Session(engine) as session, session.begin():
            session.execute(
                update(Candidate)
                .where(Candidate.customer_id == 100_001 + 2 * 40)
                .values(won_at=NOW)
            )

        before = ask(world.eve, feedback_sheet, analysis_id=analysed.analysis_id)
        again = do(world.mia, analyse_run, AnalyseRun(run_id), now=LATER)
        old = ask(world.eve, feedback_sheet, analysis_id=analysed.analysis_id)
        new = ask(world.eve, feedback_sheet, analysis_id=again.analysis_id)

        assert (before.row.result, before.now) == (Rate(30, 600), Rate(31, 600))
        assert (before.moved, before.is_latest) == (True, True)
        assert (old.row.result, old.moved, old.is_latest, old.latest) == (
            Rate(30, 600),
            True,
            False,
            2,
        )
        assert (new.row.result, new.moved, new.is_latest) == (Rate(31, 600), False, True)


class TestSend:
    def test_puts_the_proposal_to_the_design(self, engine, ask, world, sent):
        [row] = ask(world.eve, feedback).rows

        assert (row.proposal, row.sent_at, row.state) == ("North only.", NOW, FeedbackState.SENT)
        with Session(engine) as session:
            told = session.execute(
                select(Outgoing.type, Outgoing.subject, Outgoing.payload).order_by(Outgoing.id)
            ).all()[-2:]
        assert [each[:2] for each in told] == [
            ("AnalysisFeedback/Updated", "run:RUN-1"),
            ("CustomerCampaignDesign/FeedbackCaptured", "design:X/1"),
        ]
        assert told[1].payload["proposal"] == "North only."
        assert sent.subjects == ("run:1", "design:1", "campaign:1")

    def test_goes_once(self, engine, do, world, sent):
        with pytest.raises(Conflict, match="Cycle 1 of run RUN-1 has been sent already"):
            do(world.mia, send_feedback, SendFeedback(sent.analysis_id, "South only."), now=LATER)

        with Session(engine) as session:
            assert session.get_one(Analysis, sent.analysis_id).proposal == "North only."

    def test_of_two_at_once_one_is_refused(self, do, world, analysed):
        ask = SendFeedback(analysed.analysis_id, "North only.")

        came = at_once(*[lambda: do(world.mia, send_feedback, ask)] * 2)

        assert sorted(isinstance(each, Conflict) for each in came) == [False, True]

    @pytest.mark.parametrize("proposal", ["", "  \n", "x" * 4_001])
    def test_says_something_of_bounded_length(self, proposal):
        with pytest.raises(Invalid):
            SendFeedback(1, proposal)

    def test_needs_the_right_and_the_scope(self, do, world, analysed):
        ask = SendFeedback(analysed.analysis_id, "North only.")
        for who in (world.eve, world.lea, world.pia):
            with pytest.raises(NotAllowed):
                do(who, send_feedback, ask)
        elsewhere = replace(world.mia, scope=world.lea.scope)
        with pytest.raises(NotFound):
            do(elsewhere, send_feedback, ask)
        with pytest.raises(NotFound):
            do(world.mia, send_feedback, SendFeedback(99, "North only."))


class TestTakeUp:
    def test_of_a_used_version_the_next_one_cites(self, do, ask, world, sent):
        seen = ask(world.mia, design, design_id=sent.design_id)

        fact = do(world.mia, take_up, TakeUp(seen.id, seen.row_version, sent.analysis_id))

        assert (fact.version, fact.copied_from, fact.run, fact.cycle) == (2, 1, "RUN-1", 1)
        after = ask(world.mia, design, design_id=fact.design_id)
        assert (after.cited.run, after.cited.cycle, after.cited.proposal) == (
            "RUN-1",
            1,
            "North only.",
        )
        assert after.terms == seen.terms
        assert ask(world.mia, design, design_id=seen.id).cited is None
        [row] = ask(world.eve, feedback, state=FeedbackState.TAKEN_UP).rows
        [cited] = row.taken_up
        assert (cited.version, cited.status) == (2, DesignStatus.DRAFT)
        [change] = changes_between(seen, after)
        assert (change.what, change.before) == ("Takes up", "none")
        assert change.after == "North only. (run RUN-1, cycle 1)"

    def test_a_draft_cites_and_cites_no_more(self, engine, do, ask, world, sent):
        draft = self.draft(engine)
        fact = do(world.mia, take_up, TakeUp(draft, 1, sent.analysis_id))
        assert (fact.design_id, fact.version, fact.copied_from) == (draft, 2, None)
        assert ask(world.mia, design, design_id=draft).cited.analysis_id == sent.analysis_id

        do(world.mia, take_up, TakeUp(draft, fact.row_version, None))

        assert ask(world.mia, design, design_id=draft).cited is None
        assert ask(world.eve, feedback, state=FeedbackState.SENT).total == 1

    def test_the_version_after_it_cites_nothing_of_its_own(self, engine, do, ask, world, sent):
        draft = self.draft(engine)
        do(world.mia, take_up, TakeUp(draft, 1, sent.analysis_id))
        with Session(engine) as session, session.begin():
            session.get_one(Design, draft).status = DesignStatus.APPROVED
        seen = ask(world.mia, design, design_id=draft)

        changed = ChangeDesign(draft, seen.row_version, replace(seen.terms, offer="Three per cent"))
        third = do(world.mia, change_design, changed)

        assert third.version == 3
        assert ask(world.mia, design, design_id=third.design_id).cited is None

    def test_is_refused_for_another_campaign(self, engine, do, world, sent):
        with Session(engine) as session, session.begin():
            other = draft_design(session)

        with pytest.raises(Invalid, match="is about “Campaign X”"):
            do(world.mia, take_up, TakeUp(other, 1, sent.analysis_id))
        assert self.cited(engine) == []

    def test_is_refused_before_it_was_sent(self, engine, do, world, analysed):
        with pytest.raises(Invalid, match="Cycle 1 of run RUN-1 has not been sent"):
            do(world.mia, take_up, TakeUp(self.draft(engine), 1, analysed.analysis_id))
        assert self.cited(engine) == []

    def test_is_refused_for_a_version_that_came_before(self, engine, do, world, sent):
        draft = self.draft(engine)
        with Session(engine) as session, session.begin():
            session.get_one(Design, sent.design_id).version = 5

        with pytest.raises(Invalid, match="analysed version 5: only a later version"):
            do(world.mia, take_up, TakeUp(draft, 1, sent.analysis_id))

    def test_is_refused_while_the_version_waits_or_has_changed(self, engine, do, world, sent):
        draft = self.draft(engine)
        with pytest.raises(Conflict, match="changed by somebody else"):
            do(world.mia, take_up, TakeUp(draft, 7, sent.analysis_id))
        with Session(engine) as session, session.begin():
            session.get_one(Design, draft).status = DesignStatus.SUBMITTED
        with pytest.raises(Invalid, match="waits for approval"):
            do(world.mia, take_up, TakeUp(draft, 2, sent.analysis_id))

    def test_needs_the_right_and_the_scope(self, engine, do, world, sent):
        ask = TakeUp(self.draft(engine), 1, sent.analysis_id)
        with pytest.raises(NotAllowed):
            do(world.eve, take_up, ask)
        elsewhere = replace(world.mia, scope=world.lea.scope)
        with pytest.raises(NotFound):
            do(elsewhere, take_up, ask)

    def draft(self, engine):
        with Session(engine) as session, session.begin():
            return draft_design(session, campaign_id=1)

    def cited(self, engine):
        with Session(engine) as session:
            found = select(Design.id).where(Design.cited_analysis_id.is_not(None))
            return session.scalars(found).all()


class TestList:
    @pytest.mark.parametrize(
        ("asked", "cycles"),
        [
            ({}, [2, 1]),
            ({"text": "campaign x"}, [2, 1]),
            ({"text": "RUN-1"}, [2, 1]),
            ({"text": "nothing"}, []),
            ({"campaign_id": 1}, [2, 1]),
            ({"campaign_id": 2}, []),
            ({"run_id": 1}, [2, 1]),
            ({"verdict": Verdict.MISSED}, [2, 1]),
            ({"verdict": Verdict.MET}, []),
            ({"state": FeedbackState.SENT}, [1]),
            ({"state": FeedbackState.KEPT}, [2]),
            ({"state": FeedbackState.TAKEN_UP}, []),
            ({"window": Window("cut off")}, [1, 2]),
        ],
    )
    def test_is_filtered(self, do, ask, world, run_id, sent, asked, cycles):
        do(world.mia, analyse_run, AnalyseRun(run_id), now=LATER)

        part = ask(world.eve, feedback, **asked)

        assert [row.cycle for row in part.rows] == cycles
        assert part.total == len(cycles)

    def test_names_the_campaigns_once(self, do, ask, world, run_id, sent):
        do(world.mia, analyse_run, AnalyseRun(run_id), now=LATER)

        assert ask(world.eve, feedback_campaigns) == [(1, "Campaign X")]

    def test_a_run_of_the_whole_bank_is_not_for_one_branch(self, ask, world, sent):
        assert ask(world.lea, feedback).total == 0
        with pytest.raises(NotFound):
            ask(world.lea, feedback_sheet, analysis_id=sent.analysis_id)
        with pytest.raises(NotAllowed):
            ask(world.ann, feedback)


class TestVersions:
    @pytest.fixture
    def second(self, engine, run_id):
        """Version 2, with another offer, was carried out after version 1: 12 of 60 were won."""
        with Session(engine) as session, session.begin():
            design_id = approved_design(
                session, campaign_id=1, offer="Three per cent", segment_id=1, product_id=None
            )
            made = planned_run(session, design_id, launched_at=NOW)
            candidates(session, made, range(100_001, 100_061), steps=[6] * 12 + [3] * 48)
        return design_id

    def test_stand_side_by_side(self, ask, world, second):
        first, later = ask(world.eve, version_results, campaign_id=1)

        assert (first.version, later.version) == (1, 2)
        assert first.treated.rate(Metric.CONVERSION) == Rate(30, 600)
        assert later.treated.rate(Metric.CONVERSION) == Rate(12, 60)
        assert first.only.report.comparisons
        assert later.only.report.refused is not None

    def test_are_compared_by_rates_and_say_so(self, ask, world, second):
        [pair] = ask(world.eve, versions_compared, campaign_id=1)

        assert [change.what for change in pair.changes][:1] == ["Offer"]
        assert pair.sentence == (
            "Conversion: version 2 20.0 % (12 of 60), version 1 5.0 % (30 of 600), +15.0 "
            "percentage points. These are rates only: the versions were carried out at different "
            "times and not randomised against each other, so the difference is no effect of what "
            "was changed."
        )

    def test_one_that_nobody_is_in_yet_is_not_compared(self, engine, ask, world, run_id):
        with Session(engine) as session, session.begin():
            planned_run(session, approved_design(session, campaign_id=1), launched_at=NOW)

        [pair] = ask(world.eve, versions_compared, campaign_id=1)

        assert pair.sentence.startswith("Version 2 has nobody to count conversion of yet")

    @pytest.mark.parametrize(
        ("first_of_second", "bought", "counted", "said"),
        [
            (400, 60, True, "2 runs together: about 90 conversions (59 to 114) that would not"),
            (400, -10, True, "2 runs together: no proven effect, +20 conversions ("),
            (200, 60, True, "2 runs, not added up: its runs had customers in common"),
            (400, 60, False, "2 runs, not added up: whether its runs had customers in common"),
        ],
    )
    def test_runs_of_one_are_added_up_where_nobody_was_in_two(
        self, engine, do, ask, world, first_of_second, bought, counted, said
    ):
        """300 treated and 100 held out in each; of the first 45 and 5 bought, or 30 more."""
        with Session(engine) as session, session.begin():
            people = crowd(session, 800)
            made = finished_run(session, control_share=2500)
            one = session.get_one(Run, made)
            columns = ("status", "starts_on", "ends_on", "launched_at", "finished_at")
            alike = {name: getattr(one, name) for name in columns}
            other = planned_run(session, one.design_id, outcomes_seen_at=NOW, **alike)
            candidates(session, made, people[:300], steps=3, outcomes=45, value=200)
            candidates(session, made, people[300:400], arm=0, outcomes=5, value=200)
            again = people[first_of_second : first_of_second + 300]
            candidates(session, other, again, steps=3, outcomes=15 + bought, value=200)
            candidates(session, other, people[700:], arm=0, outcomes=5, value=200)
        if counted:
            do(SYSTEM, fold_runs, FoldRuns())
            with upkeep(engine) as session:
                keep_overlaps(session, compare_folded(session))

        [version] = ask(world.eve, version_results, campaign_id=1)

        assert version.only is None
        assert version.effect.startswith(said)

    def test_are_of_the_own_units_only(self, ask, world, second):
        assert ask(world.lea, version_results, campaign_id=1) == []
        with pytest.raises(NotAllowed):
            ask(world.ann, version_results, campaign_id=1)
