"""Reported conversions held against the holdings, on both databases."""

import io
import json
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdfium2 import PdfDocument
from sqlalchemy import delete, update
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from cli import app
from components.reports import sheets
from components.reports.content import Stamp
from components.reports.paper import as_pdf
from components.reports.run import of_run
from components.reports.workbook import as_xlsx
from core.access import SYSTEM
from core.campaigns.model import Campaign, CampaignType
from core.campaigns.rules import Metric, Objective
from core.customers.model import Holding
from core.impact.estimates import Effect
from core.impact.queries.whole import whole
from core.impact.rules import Absent, Reason
from core.refusals import NotAllowed, NotFound
from core.responses.rules import LeadStatus
from core.runs.model import Candidate, Run
from core.runs.rules import RunStatus
from core.settings import settings as bank
from core.truth.estimates import Score
from core.truth.queries.findings import conversions
from core.truth.queries.runs import restated, truth, truths
from core.truth.rules import Check, Standing
from core.truth.sentences import score_says
from core.windows import Window
from core.work import reading
from tests import world as w
from tests.conftest import NOW, ZONE
from tests.making.results import candidates, crowd, finished_run
from tests.making.truth import ago, answered, day, held, known_until, reported


@pytest.fixture
def people(arrange):
    def make(session):
        known_until(session)
        return crowd(session, 60)

    return arrange(make)


@pytest.fixture
def run_id(arrange, people):
    return arrange(finished_run)


@pytest.fixture
def standings(ask, world):
    """What became of each customer's report, by customer."""

    def look(run_id, actor=world.mia, **filters):
        rows = ask(actor, conversions, run_id=run_id, **filters).rows
        return {row.customer_id: row.standing for row in rows}

    return look


class TestTheWindow:
    @pytest.mark.parametrize(
        ("opened", "standing"),
        [
            (51, Standing.NO_OPENING),  # the day before the contact
            (50, Standing.STANDS),
            (45, Standing.STANDS),
            (15, Standing.STANDS),  # thirty days after it was reported
            (14, Standing.NO_OPENING),
        ],
    )
    def test_runs_from_the_contact_until_days_after_the_report(
        self, arrange, ask, world, run_id, people, opened, standing
    ):
        arrange(lambda session: reported(session, run_id, people[:1]))
        arrange(lambda session: held(session, people[:1], day(opened)))

        [row] = ask(world.mia, conversions, run_id=run_id).rows

        assert row.standing is standing
        assert row.opened_on == (day(opened) if standing is Standing.STANDS else None)
        assert row.until == day(15)

    def test_another_product_does_not_count(self, arrange, standings, run_id, people):
        arrange(lambda session: reported(session, run_id, people[:1]))
        arrange(lambda session: held(session, people[:1], day(45), product=w.CARD))

        assert standings(run_id) == {people[0]: Standing.NO_OPENING}

    @pytest.mark.parametrize(
        ("won", "known", "standing"),
        [
            (30, 0, Standing.NO_OPENING),
            (29, 0, Standing.OPEN),  # its window ends tomorrow
            (45, 15, Standing.NO_OPENING),
            (45, 16, Standing.OPEN),  # openings of its last day are not known yet
        ],
    )
    def test_what_may_still_be_opened_is_not_false(
        self, arrange, standings, run_id, people, won, known, standing
    ):
        def make(session):
            session.execute(delete(Holding))
            known_until(session, day(known))
            reported(session, run_id, people[:1], won=won)

        arrange(make)

        assert standings(run_id) == {people[0]: standing}

    def test_days_are_those_of_the_bank(self, arrange, standings, run_id, people):
        """At half past midnight in summer it is still yesterday in UTC."""
        summer = datetime(2025, 7, 10, 0, 30, tzinfo=ZONE)
        moments = dict.fromkeys(("attempted_at", "reached_at", "converted_at", "won_at"), summer)

        def make(session):
            candidates(session, run_id, list(people[:4]), steps=4, **moments)
            for customer, opened in zip(people, (9, 10), strict=False):
                held(session, [customer], date(2025, 7, opened))
            held(session, [people[2]], date(2025, 8, 9))  # the last of thirty days
            held(session, [people[3]], date(2025, 8, 10))

        arrange(make)

        assert list(standings(run_id).values()) == [
            Standing.NO_OPENING,
            Standing.STANDS,
            Standing.STANDS,
            Standing.NO_OPENING,
        ]


class TestDuplicates:
    @pytest.fixture
    def second(self, arrange, run_id):
        return arrange(finished_run)

    def test_an_opening_counts_once_for_the_earliest_contact(
        self, arrange, standings, run_id, second, people
    ):
        def make(session):
            reported(session, run_id, people[:1], contact=48)
            reported(session, second, people[:1], contact=50, won=40)
            held(session, people[:1], day(44))

        arrange(make)

        assert standings(second) == {people[0]: Standing.STANDS}
        assert standings(run_id) == {people[0]: Standing.DUPLICATE}

    def test_two_openings_stand_for_two_reports(self, arrange, standings, run_id, second, people):
        def make(session):
            for run in (run_id, second):
                reported(session, run, people[:1])
            held(session, [people[0]] * 2, day(44))

        arrange(make)

        assert {**standings(run_id), **standings(second)} == {people[0]: Standing.STANDS}

    def test_a_later_report_takes_the_opening_that_the_earlier_left(
        self, arrange, standings, run_id, second, people
    ):
        def make(session):
            third = finished_run(session)
            for run, contact in ((run_id, 60), (second, 50), (third, 49)):
                reported(session, run, people[:1], contact=contact)
            held(session, people[:1], day(55))
            held(session, people[:1], day(46))
            return third

        third = arrange(make)

        assert standings(run_id) == {people[0]: Standing.STANDS}
        assert standings(second) == {people[0]: Standing.STANDS}
        assert standings(third) == {people[0]: Standing.DUPLICATE}

    def test_an_earlier_report_outside_its_window_takes_nothing(
        self, arrange, standings, run_id, second, people
    ):
        def make(session):
            reported(session, run_id, people[:1], contact=200, won=190)
            reported(session, second, people[:1])
            held(session, people[:1], day(45))

        arrange(make)

        assert standings(run_id) == {people[0]: Standing.NO_OPENING}
        assert standings(second) == {people[0]: Standing.STANDS}

    def test_other_branches_claims_count_though_they_are_not_seen(
        self, arrange, standings, ask, world, run_id, second, people
    ):
        def make(session):
            reported(session, run_id, people[:1], contact=60, branch_id=w.SOUTH)
            reported(session, second, people[:1], branch_id=w.NORTH)
            held(session, people[:1], day(44))

        arrange(make)

        assert standings(second, actor=world.lea) == {people[0]: Standing.DUPLICATE}
        with pytest.raises(NotFound):
            ask(world.lea, truth, run_id=run_id)

    def test_further_leads_of_a_customer_count_once(self, arrange, ask, world, people):
        def make(session):
            stages = [{}, {"name": "Later", "start_after_days": 1}]
            made = finished_run(session, design={"stages": stages})
            reported(session, made, people[:3])
            held(session, people[:3], day(45))
            answered(session, made, people[:2], ago(50), lead=LeadStatus.WON)
            answered(session, made, people[:1], ago(49), lead=LeadStatus.WON, stage=1)
            answered(session, made, people[1:2], ago(49), lead=LeadStatus.LOST, stage=1)
            return made

        found = ask(world.mia, truth, run_id=arrange(make))

        assert (found.check, found.repeats) == (Check(stands=3), 1)


class TestKeeping:
    """Where customers are to be kept, the product has to be held until the window's end."""

    @pytest.fixture
    def run_id(self, arrange, people):
        def make(session):
            made = finished_run(session)
            session.execute(update(CampaignType).values(objective=Objective.RETENTION))
            return made

        return arrange(make)

    @pytest.mark.parametrize(
        ("opened", "closed", "standing"),
        [
            (900, None, Standing.STANDS),
            (900, 14, Standing.STANDS),
            (900, 15, Standing.NO_OPENING),  # gone on the last day of its window
            (900, 60, Standing.NO_OPENING),  # gone before the contact
            (45, None, Standing.NO_OPENING),  # a new one was not kept
        ],
    )
    def test_what_was_kept(self, arrange, standings, run_id, people, opened, closed, standing):
        def make(session):
            reported(session, run_id, people[:1])
            closed_on = None if closed is None else day(closed)
            held(session, people[:1], day(opened), closed_on=closed_on)

        arrange(make)

        assert standings(run_id) == {people[0]: standing}

    def test_is_open_while_its_window_runs(self, arrange, standings, run_id, people):
        def make(session):
            reported(session, run_id, people[:2], won=10)
            held(session, people[:1], day(900))
            held(session, people[1:2], day(900), closed_on=day(3))

        arrange(make)

        assert standings(run_id) == {people[0]: Standing.OPEN, people[1]: Standing.NO_OPENING}

    def test_counts_once_within_a_window_and_again_after_it(
        self, arrange, standings, run_id, people
    ):
        def make(session):
            again = [finished_run(session), finished_run(session)]
            session.execute(update(Campaign).values(type_id=1))
            reported(session, run_id, people[:1], contact=200, won=190)
            reported(session, again[0], people[:1], contact=180, won=170)
            reported(session, again[1], people[:1])
            held(session, people[:1], day(900))
            return again

        second, third = arrange(make)

        assert standings(run_id) == {people[0]: Standing.STANDS}
        assert standings(second) == {people[0]: Standing.DUPLICATE}
        assert standings(third) == {people[0]: Standing.STANDS}


class TestWhatIsReported:
    def test_a_yes_without_a_sale_claims_nothing(self, arrange, standings, run_id, people):
        arrange(lambda session: reported(session, run_id, people[:2], won=None))

        assert standings(run_id) == {}

    def test_under_the_metric_response_a_yes_does_unless_its_lead_was_lost(
        self, arrange, ask, world, people
    ):
        def make(session):
            made = finished_run(session, design={"metric": Metric.RESPONSE})
            reported(session, made, people[:4], won=None)
            answered(session, made, people[:1], ago(50), lead=LeadStatus.LOST)
            answered(session, made, people[1:2], ago(50), lead=LeadStatus.OPEN)
            held(session, people[2:3], day(45))
            return made

        found = ask(world.mia, truth, run_id=arrange(make))

        assert found.check == Check(stands=1, no_opening=2)
        assert (found.reported.numerator, found.restated.numerator) == (4, 2)
        assert found.funnel.converted == 2

    def test_the_held_out_report_nothing(self, arrange, standings, run_id, people):
        arrange(lambda session: reported(session, run_id, people[:1], arm=0, is_imported=True))

        assert standings(run_id) == {}

    def test_a_corrected_lead_is_no_longer_a_report(self, arrange, ask, world, run_id, people):
        arrange(lambda session: reported(session, run_id, people[:2]))
        before = ask(world.mia, truth, run_id=run_id).check
        arrange(
            lambda session: session.execute(
                update(Candidate).where(Candidate.customer_id == people[0]).values(won_at=None)
            )
        )

        assert before == Check(no_opening=2)
        assert ask(world.mia, truth, run_id=run_id).check == Check(no_opening=1)


class TestTheResult:
    @pytest.fixture
    def run_id(self, arrange, people):
        """Forty treated of whom 30 are reported, 24 of them truly; 3 of the 20 held out bought."""

        def make(session):
            made = finished_run(session, control_share=3333)
            reported(session, made, people[:30])
            candidates(session, made, list(people[30:40]), steps=3)
            candidates(session, made, list(people[40:60]), arm=0, outcomes=3)
            held(session, people[:24], day(45))
            session.execute(
                update(Candidate)
                .where(Candidate.customer_id.in_(people[:24]))
                .values(outcome_at=ago(45))
            )
            return made

        return arrange(make)

    def test_is_restated_beside_what_was_reported(self, ask, world, run_id):
        found = ask(world.mia, truth, run_id=run_id)

        assert found.check == Check(stands=24, no_opening=6)
        assert (found.reported.numerator, found.reported.denominator) == (30, 40)
        assert (found.restated.numerator, found.restated.denominator) == (24, 40)
        assert (found.impact.treated.won, found.funnel.won) == (30, 24)
        assert found.score.value == 0.8
        assert 0.62 < found.score.interval.low < 0.8 < found.score.interval.high < 0.91
        assert found.sentence == (
            "Reported 30, stands 24. Of the rest, 6 are not in the holdings. "
            "The rate is 60.0 % instead of 75.0 %."
        )

    def test_the_measured_effect_is_not_fooled(self, ask, world, run_id):
        found = ask(world.mia, truth, run_id=run_id)

        assert isinstance(found.believed, Effect)
        assert found.believed.value == pytest.approx(30 / 40 - 3 / 20)
        assert found.measured.value == pytest.approx(24 / 40 - 3 / 20)

    def test_too_few_checked_give_no_score(self, ask, world, arrange, run_id, people):
        arrange(
            lambda session: session.execute(
                update(Candidate).where(Candidate.customer_id < people[1]).values(won_at=None)
            )
        )

        found = ask(world.mia, truth, run_id=run_id)

        assert found.check.score.denominator == 29
        assert found.score == Absent(Reason.TOO_FEW)

    def test_each_sees_the_own_units(self, ask, world, run_id):
        found = ask(world.lea, truth, run_id=run_id)

        assert [branch.branch for branch in found.branches] == ["North"]
        assert found.check == Check(stands=12, no_opening=3)

    def test_names_are_shown_as_far_as_sight_goes(self, ask, world, run_id):
        def seen(actor):
            row = ask(actor, conversions, run_id=run_id).rows[0]
            return row.customer_no, row.name

        number, name = seen(world.lea)
        assert name.startswith("Crowd")
        masked_number, masked_name = seen(world.mia)
        assert masked_name.startswith("C•••")
        assert masked_number == f"••••{number[-2:]}"
        assert seen(world.eve) == (None, None)

    def test_an_agent_may_not_look(self, ask, world, run_id):
        for query in (truth, conversions):
            with pytest.raises(NotAllowed):
                ask(world.ann, query, run_id=run_id)
        with pytest.raises(NotAllowed):
            ask(world.ann, truths, window=Window())

    def test_runs_are_listed_with_the_same_figures(self, ask, world, arrange, run_id):
        arrange(lambda session: finished_run(session, design={"product_id": None}))

        found = ask(world.eve, truths, window=Window())

        assert found.total == 1
        [row] = found.rows
        assert row.check == ask(world.eve, truth, run_id=run_id).check

    def test_the_command_line_says_the_same(self, ask, world, run_id, database_url, monkeypatch):
        monkeypatch.setenv("FAIRLEAD_DATABASE_URL", str(database_url))
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr("cli.common.now", lambda: NOW)
        bank.cache_clear()

        plain = CliRunner().invoke(app, ["truth", str(run_id)])
        told = json.loads(CliRunner().invoke(app, ["truth", str(run_id), "--json"]).stdout)
        bank.cache_clear()

        found = ask(world.mia, truth, run_id=run_id)
        assert found.sentence in plain.stdout
        assert "80.0 % of what was checked stands" in plain.stdout
        assert told["sentence"] == found.sentence
        assert told["conversions"]["restated"] == found.check.restated
        assert told["restated"]["rate"] == found.restated.value
        assert told["restated"]["difference"]["value"] == found.measured.value
        assert sum(branch["stands"] for branch in told["branches"]) == found.check.stands

    @pytest.mark.parametrize("who", ["mia", "lea"])
    def test_the_report_of_its_impact_says_the_same(self, ask, world, run_id, who):
        actor = getattr(world, who)
        found, check = (ask(actor, query, run_id=run_id) for query in (whole, restated))
        document = of_run(found, Stamp("Test Bank", NOW, "Ann Example"), check)
        with PdfDocument(as_pdf(document)) as pages:
            texts = [page.get_textpage().get_text_range() for page in pages]
        said = " ".join(" ".join(texts).split())
        file = io.BytesIO(as_xlsx(document, list(sheets.of_run(found, check))))
        book = load_workbook(file)
        before, after = rows_of(book["Truth check"])
        branches = rows_of(book["Truth check by branch"])

        assert check.sentence in said
        assert score_says(check.score, check.check) in said
        assert "held against the holdings" in said
        for row, rate in ((before, check.reported), (after, check.restated)):
            assert (row["Conversions"], row["Of"]) == (rate.numerator, rate.denominator)
            assert row["Rate"] == rate.value
        assert before["Difference"] == pytest.approx(check.believed.value)
        assert after["Difference"] == pytest.approx(check.measured.value)
        assert [
            (row["Branch"], row["Stands"], row["Not held"], row["Score"]) for row in branches
        ] == [
            (
                branch.branch,
                branch.check.stands,
                branch.check.no_opening,
                branch.score.value if isinstance(branch.score, Score) else None,
            )
            for branch in check.branches
        ]
        assert all(branch.branch in said for branch in check.branches)
        assert "Too few" in said  # no branch has thirty that were checked

    def test_where_nothing_is_checked_a_report_is_silent(self, arrange, ask, world, people):
        made = arrange(lambda session: finished_run(session, design={"product_id": None}))
        arrange(lambda session: candidates(session, made, list(people[:30]), steps=2))
        found, check = (ask(world.mia, query, run_id=made) for query in (whole, restated))
        document = of_run(found, Stamp("Test Bank", NOW, "Ann Example"), check)
        assert "Truth check" not in [part.heading for part in document.parts]
        assert "Truth check" not in [each.name for each in sheets.of_run(found, check)]


def rows_of(sheet):
    """Read a sheet as one dictionary for each row."""
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


class TestWhatCannotBeChecked:
    @pytest.mark.parametrize(
        ("design", "columns", "reason"),
        [
            ({"product_id": None}, {}, Reason.UNNAMED_PRODUCT),
            ({}, {"is_imported": True}, Reason.ELSEWHERE),
        ],
    )
    def test_says_why(self, arrange, ask, world, people, design, columns, reason):
        def make(session):
            made = finished_run(session, design=design)
            session.execute(update(Run).values(**{"is_imported": False, **columns}))
            reported(session, made, people[:2])
            return made

        found = ask(world.mia, truth, run_id=arrange(make))

        assert found.refused is reason
        assert found.score == found.extrapolated == found.believed == Absent(reason)
        assert found.sentence == f"Reports can't be checked: {reason}."

    def test_nothing_reported_is_said(self, arrange, ask, world, run_id, people):
        arrange(lambda session: candidates(session, run_id, list(people[:5]), steps=1))

        found = ask(world.mia, truth, run_id=run_id)

        assert found.sentence == "Nothing has been reported as sold yet."
        assert found.score == Absent(Reason.NONE_CHECKED)
        assert found.believed == found.measured == Absent(Reason.NO_CONTROL)

    def test_everybody_converted_gives_no_effect_and_no_doubt(self, arrange, ask, world, people):
        def make(session):
            made = finished_run(session, control_share=5000)
            reported(session, made, people[:40], outcome_at=ago(45))
            candidates(session, made, list(people[40:]), arm=0, outcomes=20)
            held(session, people[:40], day(45))
            return made

        found = ask(world.mia, truth, run_id=arrange(make))

        assert found.check == Check(stands=40)
        assert found.score.value == 1 == pytest.approx(found.score.interval.high)
        assert found.believed.value == found.measured.value == 0
        assert found.believed.test == Absent(Reason.ALL_CONVERTED)

    def test_a_run_that_was_stopped_at_once_keeps_its_counts_and_has_no_effect(
        self, arrange, ask, world, people
    ):
        def make(session):
            made = finished_run(session, control_share=5000)
            run = session.get_one(Run, made)
            run.status, run.finished_at = RunStatus.STOPPED, run.launched_at + timedelta(hours=9)
            reported(session, made, people[:40])
            candidates(session, made, list(people[40:]), arm=0)
            return made

        found = ask(world.mia, truth, run_id=arrange(make))

        assert found.check == Check(no_opening=40)
        assert found.believed == found.measured == Absent(Reason.STOPPED_EARLY)

    def test_without_any_holding_nothing_is_false(self, arrange, standings, run_id, people):
        def make(session):
            session.execute(delete(Holding))
            reported(session, run_id, people[:1])

        arrange(make)

        assert standings(run_id) == {people[0]: Standing.OPEN}


report = st.tuples(st.integers(1, 120), st.integers(0, 20), st.booleans())
openings = st.lists(st.integers(1, 150), max_size=3)
customers = st.lists(st.tuples(st.lists(report, min_size=1, max_size=3), openings), max_size=6)


def by_hand(reports, opened):
    """Give openings away by hand; return how many reports stand, and what became of each."""
    left = sorted(opened, reverse=True)  # days ago, the earliest first
    found = {}
    for run, (contact, after, _) in sorted(reports.items(), key=lambda r: (-r[1][0], r[0])):
        due = contact - after - 30
        fit = [each for each in left if contact >= each >= due]
        if fit:
            left.remove(fit[0])
            found[run] = Standing.STANDS
        elif any(contact >= each >= due for each in opened):
            found[run] = Standing.DUPLICATE
        else:
            found[run] = Standing.OPEN if due < 0 else Standing.NO_OPENING
    return found


class TestAlways:
    @pytest.fixture
    def runs(self, arrange, people):
        return arrange(lambda session: [finished_run(session) for _ in range(3)])

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(everybody=customers)
    def test_the_parts_add_up_and_no_opening_counts_twice(
        self, engine, world, people, runs, everybody
    ):
        expected = {run: [] for run in runs}
        with Session(engine) as session, session.begin():
            session.execute(delete(Candidate))
            session.execute(delete(Holding))
            known_until(session)
            for customer, (reports, opened) in zip(people, everybody, strict=False):
                named = dict(zip(runs, reports, strict=False))
                for run, (contact, after, _) in named.items():
                    won = max(contact - after, 0)
                    reported(session, run, [customer], contact=contact, won=won)
                    named[run] = (contact, contact - won, _)
                for days in opened:
                    held(session, [customer], day(days))
                for run, standing in by_hand(named, opened).items():
                    expected[run].append(standing)

        for run in runs:
            if not expected[run]:
                continue
            with reading(engine, SYSTEM, now=NOW) as view:
                found = truth(view, run_id=run)
                rows = conversions(view, run_id=run).rows
            assert sorted(row.standing for row in rows) == sorted(expected[run])
            check = found.check
            assert check.reported == len(expected[run]) == found.reported.numerator
            assert check.stands + check.open + check.taken_out == check.reported
            assert check.restated <= check.reported
            assert found.restated.numerator == check.restated
