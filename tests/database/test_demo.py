"""The demo bank: whole, always the same, and with effects that are really there."""

import io
import secrets
from datetime import date, datetime, timedelta
from importlib import import_module

import pypdfium2
import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from components.reports.content import Stamp
from components.reports.paper import as_pdf
from components.reports.run import of_run
from components.reports.sheets import of_run as sheets_of_run
from components.reports.workbook import as_xlsx
from core.access import SYSTEM, Role
from core.activities.model import Activity, Batch
from core.activities.rules import Status
from core.calendars.model import WorkCalendar
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import DesignStatus, Priority
from core.customers.model import Customer, CustomerState, Holding
from core.database import connect
from core.distribution.model import BranchWay
from core.distribution.rules import Way
from core.impact.plain import report_plain
from core.impact.queries.feedback import feedback, feedback_sheet
from core.impact.queries.funnel import run_named
from core.impact.queries.portfolio import portfolio
from core.impact.queries.runs import impact
from core.impact.queries.whole import whole
from core.impact.rules import FeedbackState, Grade
from core.journal.model import Entry
from core.market.model import CompetitorMove
from core.market.queries import comparisons, following, ladder, moves
from core.market.rules import ThreatStatus
from core.people.model import Absence, Credential, Person, PersonRole, Unit
from core.people.rules import UnitKind
from core.portfolio.queries.assessments import assessment, assessments
from core.portfolio.queries.briefs import brief_of
from core.portfolio.queries.budgets import plan_budget
from core.portfolio.queries.directions import directions
from core.portfolio.queries.drill import runs_behind
from core.portfolio.queries.initiatives import initiatives
from core.portfolio.queries.threats import threats
from core.portfolio.rules import DirectionState, Standing
from core.refusals import Conflict
from core.runs.events import RunLaunched
from core.runs.model import Candidate, Run, WaterfallStep
from core.runs.queries.holdouts import holdouts
from core.runs.rules import CONTROL_ARM, Confirmation, Exclusion, RunStatus
from core.schema import METADATA
from core.segments.model import Segment, SegmentVersion
from core.segments.queries import segment as segment_sheet
from core.segments.queries import trend
from core.service.model import ServiceLevel
from core.truth.queries import runs as truths
from core.windows import Window
from core.work import Reader, reading
from data import demo
from data.demo.holding_out import SHARE
from data.demo.runs import FINISHED, at_work
from data.integrity import RULES, SOUND, examine
from data.migrations import upgrade
from tests.conftest import NOW, ZONE
from tests.databases import administer, named

CUSTOMERS = 2_000


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def bank(request, tmp_path_factory):
    """One demo bank for all tests here; what a test breaks it has to take back."""
    folder = tmp_path_factory.mktemp("demo")
    url, server, name = f"sqlite:///{folder / 'demo.db'}", None, f"demo_{secrets.token_hex(6)}"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql_url")
        administer(server, f"CREATE DATABASE {name}")
        url = named(server, name)
    engine = connect(url)
    upgrade(engine)
    demo.build(engine, customers=CUSTOMERS, seed=3, now=NOW, bank_name="Test Bank")
    yield engine
    engine.dispose()
    if server is not None:
        administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def looked_at(engine, query, **filters):
    with reading(engine, SYSTEM, now=NOW) as view:
        return query(view, **filters)


def count(engine, model, *conditions):
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(model).where(*conditions))


def test_everything_in_it_is_consistent(bank):
    findings = looked_at(bank, examine)
    assert [finding for finding in findings if finding.violations] == []
    assert [finding.rule for finding in findings] == list(RULES)


def test_it_has_the_people_that_were_promised(bank):
    assert count(bank, Customer) == CUSTOMERS
    assert count(bank, Unit, Unit.kind == UnitKind.BRANCH) == 12
    assert count(bank, Unit, Unit.kind == UnitKind.REGION) == 3
    assert count(bank, Person) == 90
    assert count(bank, WorkCalendar) == 2
    assert count(bank, ServiceLevel) == len(Priority)
    with Session(bank) as session:
        roles = session.execute(
            select(Credential.username, PersonRole.role).join(
                PersonRole, PersonRole.person_id == Credential.person_id
            )
        ).all()
    assert {role for _, role in roles} == set(Role)
    assert {username for username, _ in roles} == {each.username for each in demo.ACCOUNTS}


def test_a_few_branches_have_their_work_handed_out(bank):
    for way in (Way.ROUND_ROBIN, Way.LOAD):
        assert count(bank, BranchWay, BranchWay.way == way) == 2
    assert count(bank, BranchWay) == 4


def test_one_person_is_away_and_another_will_be(bank):
    with Session(bank) as session:
        away, planned = session.scalars(select(Absence).order_by(Absence.starts_on)).all()
        handed_over = session.scalars(select(Batch).where(Batch.absence_id == away.id)).one()
    assert away.handed_over_at is not None
    assert handed_over.moved > 0
    assert (planned.handed_over_at, planned.deputy_id) == (None, None)


def test_its_campaigns_are_at_every_point_of_their_lives(bank):
    with Session(bank) as session:
        states = {
            (code, status)
            for code, status in session.execute(
                select(Campaign.code, Run.status)
                .join(Design, Design.campaign_id == Campaign.id)
                .join(Run, Run.design_id == Design.id)
            )
        }
        designs = dict(
            session.execute(
                select(Campaign.code, Design.status).join(Design, Design.campaign_id == Campaign.id)
            ).all()
        )
    assert {status for code, status in states if code == "SAVE"} == {
        RunStatus.COMPLETED,
        RunStatus.SELECTED,
    }
    for finished in ("HOME", "GOLD"):
        assert {status for code, status in states if code == finished} == {RunStatus.COMPLETED}
    assert ("INVEST", RunStatus.LAUNCHED) in states
    assert ("INVEST", RunStatus.SELECTED) in states
    assert ("KYC", RunStatus.LAUNCHED) in states
    assert designs["DEPOSIT"] is DesignStatus.DRAFT
    assert designs["FAMILY"] is DesignStatus.SUBMITTED


def test_work_is_open_in_every_branch_of_the_first_region(bank):
    with Session(bank) as session:
        pool = set(
            session.scalars(select(Activity.branch_id).where(Activity.status == Status.UNASSIGNED))
        )
        branches = session.scalars(
            select(Unit.id).where(Unit.kind == UnitKind.BRANCH).order_by(Unit.id).limit(4)
        ).all()
    assert pool >= set(branches)
    for status in (Status.ASSIGNED, Status.IN_PROGRESS):
        assert count(bank, Activity, Activity.status == status)
    pending = Activity.status.in_([Status.UNASSIGNED, Status.ASSIGNED, Status.IN_PROGRESS])
    today = NOW.replace(hour=0)
    for due in (
        Activity.due_at < today,
        Activity.due_at.between(today, today + timedelta(days=1)),
        Activity.due_at > today + timedelta(days=1),
        Activity.next_action_at.is_not(None),
    ):
        assert count(bank, Activity, pending, due)


@pytest.mark.parametrize("username", ["agent", "agent2"])
def test_candidates_wait_to_be_confirmed_in_the_branches_of_both_agents(bank, username):
    with Session(bank) as session:
        branch_id = session.scalars(
            select(Person.unit_id)
            .join(Credential, Credential.person_id == Person.id)
            .where(Credential.username == username)
        ).one()
    waits = Candidate.confirmation == Confirmation.PENDING
    assert count(bank, Candidate, waits, Candidate.branch_id == branch_id)


@pytest.mark.parametrize("spec", [spec for spec in FINISHED if spec.campaign != "KYC"])
def test_the_planted_effect_is_found_again(bank, spec):
    is_control = (Candidate.arm == CONTROL_ARM).label("is_control")
    with Session(bank) as session:
        run_id = session.scalars(select(Run.id).where(Run.code == f"{spec.campaign}-1")).one()
        groups = {
            held_out: (buyers / customers, customers)
            for held_out, buyers, customers in session.execute(
                select(is_control, func.count(Candidate.outcome_at), func.count())
                .where(
                    Candidate.run_id == run_id,
                    Candidate.confirmation == Confirmation.CONFIRMED,
                )
                .group_by(is_control)
            )
        }
    for is_held_out, truth in ((False, spec.treated_rate), (True, spec.base_rate)):
        rate, customers = groups[is_held_out]
        assert rate == pytest.approx(truth, abs=0.012 + 0.5 / customers)  # half a customer
    found = looked_at(bank, impact, run_id=run_id)
    (comparison,) = found.report.comparisons
    assert comparison.difference.interval.holds(spec.truth)
    treated = comparison.treated.tally.targeted
    assert comparison.conversions.interval.holds(spec.truth * treated)
    with Session(bank) as session:
        worth = session.scalars(
            select(Design.value_per_conversion)
            .join(Run, Run.design_id == Design.id)
            .where(Run.id == run_id)
        ).one()
    assert comparison.value.interval.holds(spec.truth * treated * float(worth))
    assert spec.truth or found.sentence.startswith("No proven effect: ")


def test_those_who_were_left_alone_give_back_what_was_planted_in_all(bank):
    """Of everybody else, as many were persuaded as the runs came to."""
    found = looked_at(bank, portfolio)
    control, others = found.comparison.control.tally, found.comparison.treated.tally
    with Session(bank) as session:
        worked = dict(
            session.execute(
                select(Run.code, func.count())
                .join(Candidate, Candidate.run_id == Run.id)
                .where(
                    Run.launched_at.is_not(None),
                    Candidate.arm != CONTROL_ARM,
                    Candidate.confirmation == Confirmation.CONFIRMED,
                )
                .group_by(Run.code)
            ).all()
        )
        spared = session.scalars(
            select(WaterfallStep.customers)
            .join(Run, Run.id == WaterfallStep.run_id)
            .where(Run.code == "SAVE-1", WaterfallStep.reason == Exclusion.HOLDOUT)
        ).one()
    done = sum(spec.truth * worked.get(f"{spec.campaign}-1", 0) for spec in FINISHED)
    going = max(spec.truth for spec in at_work(3)) * sum(
        many for run, many in worked.items() if run.startswith("INVEST")
    )
    effect = found.comparison.difference

    assert found.grade is Grade.RANDOMISED
    assert effect.interval.holds(done / others.targeted)
    assert effect.interval.holds((done + going) / others.targeted)
    [row] = looked_at(bank, holdouts)
    assert (row.held, row.population) == (control.targeted, control.targeted + others.targeted)
    assert row.held == pytest.approx(row.population * SHARE / 10_000, rel=0.2)
    assert (row.leaked, row.goes_on, spared > 0) == (0, True, True)


@pytest.mark.parametrize("spec", [spec for spec in FINISHED if spec.campaign != "KYC"])
def test_the_planted_false_reports_are_found_and_no_other(bank, spec):
    run_id = looked_at(bank, run_named, run=f"{spec.campaign}-1")
    found = looked_at(bank, truths.truth, run_id=run_id)
    check = found.check
    assert check.no_opening == check.taken_out == round(spec.false_reports * check.stands)
    assert bool(check.no_opening) is bool(spec.false_reports)
    assert check.open == 0
    assert bool(found.looked.asked) is bool(spec.false_reports)


@pytest.mark.parametrize("spec", [spec for spec in FINISHED if spec.campaign != "KYC"])
def test_the_files_of_a_run_hold_the_planted_effect(bank, spec):
    run_id = looked_at(bank, run_named, run=f"{spec.campaign}-1")
    found = looked_at(bank, whole, run_id=run_id)
    document = of_run(found, Stamp("Test Bank", NOW, "Ann Example"))
    paper = " ".join(
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(as_pdf(document))
    )
    assert found.run.sentence in " ".join(paper.split())
    assert ("No proven effect" in paper) is (not found.run.best.difference.proven)
    sheet = load_workbook(io.BytesIO(as_xlsx(document, list(sheets_of_run(found)))))["Effects"]
    head, *rows = sheet.iter_rows(values_only=True)
    [effect] = [
        row
        for row in (dict(zip(head, each, strict=True)) for each in rows)
        if row["Figure"] == "Per customer assigned"
    ]
    assert effect["From (95 %)"] <= spec.truth <= effect["To (95 %)"]
    told = report_plain(found.run.report)["comparisons"][0]
    assert effect["Value"] == pytest.approx(told["difference"])


def test_nothing_is_dated_after_now(bank):
    today = NOW.date()
    with Session(bank) as session:
        assert session.scalar(select(func.max(Holding.opened_on))) <= today
        assert session.scalar(select(func.max(Candidate.won_at))) <= NOW
        assert session.scalar(select(func.max(Activity.closed_at))) <= NOW
        assert session.scalar(select(func.max(CustomerState.last_contact_at))) <= NOW


def test_its_segments_have_a_year_behind_them(bank):
    with Session(bank) as session:
        segments = session.scalars(select(Segment)).all()
        kept = session.scalars(select(SegmentVersion.segment_id)).all()
    assert sorted(kept) == sorted(segment.id for segment in segments)
    for segment in segments:
        days = looked_at(bank, trend, segment_id=segment.id)
        sheet = looked_at(bank, segment_sheet, segment_id=segment.id)
        assert days[-1].taken_on == NOW.date()
        assert days[-1].customers == sheet.members
        assert (len(days) == 53) is (sheet.changed_at < NOW - timedelta(weeks=52))
        assert days[0].taken_on >= sheet.changed_at.date()
        for day in days:
            assert day.converted <= day.reached <= day.customers
            assert day.rated <= day.customers


def test_a_database_in_use_is_refused(bank):
    with pytest.raises(Conflict, match="customers already"):
        demo.build(bank, customers=CUSTOMERS, seed=3, now=NOW, bank_name="Test Bank")


def test_what_is_added_later_gets_numbers_of_its_own(bank):
    with Session(bank) as session:
        customer = Customer(customer_no="NEW", name="New", created_at=NOW, updated_at=NOW)
        session.add(customer)
        session.flush()
        assert customer.id > CUSTOMERS


def _rows(engine, table):
    with engine.connect() as connection:
        return sorted(connection.execute(select(METADATA.tables[table])).all(), key=str)


def test_the_same_seed_gives_the_same_bank(tmp_path):
    banks = []
    for number, seed in enumerate((3, 3, 4)):
        engine = connect(f"sqlite:///{tmp_path / str(number)}.db")
        upgrade(engine)
        demo.build(engine, customers=500, seed=seed, now=NOW, bank_name="Test Bank")
        banks.append(engine)
    one, again, other = banks
    for table in ("person", "customer", "customer_state", "holding", "activity", "candidate"):
        assert _rows(one, table) == _rows(again, table)
        assert _rows(one, table) != _rows(other, table)
    for engine in banks:
        engine.dispose()


def test_a_bank_of_any_size_is_built_part_by_part(tmp_path, monkeypatch):
    """However many customers there are, no more than a cohort of them is in the memory."""
    monkeypatch.setattr(import_module("data.demo.build"), "COHORT", 200)
    engine = connect(f"sqlite:///{tmp_path / 'demo.db'}")
    upgrade(engine)
    demo.build(engine, customers=500, seed=3, now=NOW, bank_name="Test Bank")
    assert count(engine, Customer) == count(engine, CustomerState) == 500
    assert not [finding for finding in looked_at(engine, examine) if finding.violations]
    with Session(engine) as session:
        told = session.scalars(select(Entry).where(Entry.kind == RunLaunched.kind)).all()
        made = dict(
            session.execute(select(Activity.run_id, func.count()).group_by(Activity.run_id)).all()
        )
    assert {entry.facts["run_id"]: entry.facts["activities"] for entry in told} == made
    engine.dispose()


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 1, 1, 0, 30, tzinfo=ZONE),  # a holiday, before work
        datetime(2026, 3, 29, 12, 0, tzinfo=ZONE),  # the clocks go forward, a Sunday
        datetime(2028, 2, 29, 23, 59, tzinfo=ZONE),
    ],
)
def test_it_can_be_built_on_any_day(tmp_path, now):
    engine = connect(f"sqlite:///{tmp_path / 'demo.db'}")
    upgrade(engine)
    built = demo.build(engine, customers=500, seed=1, now=now, bank_name="Test Bank")
    assert built.activities > 1_000
    with reading(engine, SYSTEM, now=now) as view:
        assert not [finding for finding in examine(view) if finding.violations]
    engine.dispose()
    assert isinstance(now.date(), date)


# One contradiction each: what is done to the database, and the rule that has to notice.
BREACHES = {
    "waterfall and candidates add up to the population": (
        "UPDATE waterfall_step SET customers = customers + 1 WHERE run_id = 2 AND reason = 1"
    ),
    "arms are as the hash says": (
        "UPDATE candidate SET arm = 0 WHERE run_id = 2 AND arm = 1 AND confirmation = 3"
    ),
    "no work for customers held out": (
        "UPDATE candidate SET arm = 0, assigned_at = NULL WHERE run_id = 2 AND customer_id ="
        " (SELECT min(customer_id) FROM activity WHERE run_id = 2)"
    ),
    "each stage made as much work as it says": "UPDATE run_stage SET made = made + 1",
    "each history leads to how the activity is": (
        "UPDATE activity_change SET to_person_id = NULL WHERE verb = 'assign to me'"
    ),
    "activities have the attempts they count": (
        "DELETE FROM attempt WHERE id = (SELECT min(id) FROM attempt)"
    ),
    "the funnel has the attempts of the activities": (
        "UPDATE candidate SET attempts = attempts + 1 WHERE run_id = 2"
    ),
    "the funnel has the answers and leads there are": (
        "DELETE FROM response WHERE activity_id = (SELECT min(activity_id) FROM response)"
    ),
    "nobody skips a step of the funnel": (
        "UPDATE candidate SET reached_at = NULL WHERE won_at IS NOT NULL"
    ),
    "folded figures are those of the candidates": (
        "UPDATE run_cell SET won = won + 1 WHERE run_id = 2"
    ),
    "folded due days are those of the activities": "UPDATE service_cell SET met = met + 1",
    "what a version takes up was sent to an earlier one": (
        "UPDATE design SET cited_analysis_id = 99 WHERE cited_analysis_id IS NOT NULL"
    ),
    "customers' states are as their sources say": (
        "UPDATE customer_state SET pending = pending + 1 WHERE customer_id = 1"
    ),
    "what neighbours were told is in the journal": (
        "DELETE FROM journal_entry WHERE id = (SELECT min(entry_id) FROM outbox)"
    ),
}
UNGUARDED = {  # what the database itself would refuse, were it not told to look away
    "every reference leads somewhere": "DELETE FROM team",
}


def red(engine, *statements, of=RULES):
    """Break something, tell which rules of these notice, and take it back."""
    with Session(engine) as session:
        for statement in statements:
            session.execute(text(statement))
        view = Reader(session, SYSTEM, NOW)
        found = {rule for rule in of if RULES[rule](view)}
        session.rollback()
    return found


@pytest.mark.parametrize("rule", BREACHES)
def test_a_contradiction_is_noticed(bank, rule):
    assert red(bank, BREACHES[rule], of=[rule])


@pytest.mark.parametrize(
    ("statement", "rules"),
    [
        ("DELETE FROM activity_change WHERE activity_id = 1", set()),
        (
            "UPDATE activity SET branch_id = 1 WHERE id = 1",
            {"folded due days are those of the activities"},
        ),
        ("UPDATE activity_change SET from_status = 0 WHERE verb = 'generate'", set()),
        ("UPDATE activity_change SET from_person_id = 1 WHERE verb = 'assign to me'", set()),
        ("UPDATE activity SET reason_id = 1 WHERE status = 0 AND reason_id IS NULL", set()),
        (
            (
                "UPDATE activity_change SET to_reason_id = 1 WHERE id IN"
                " (SELECT min(id) FROM activity_change GROUP BY activity_id HAVING count(*) > 1)"
            ),
            set(),
        ),
    ],
)
def test_a_history_that_was_tampered_with_is_noticed(bank, statement, rules):
    assert red(bank, statement) == {"each history leads to how the activity is", *rules}


@pytest.mark.parametrize("rule", UNGUARDED)
def test_what_the_database_let_pass_is_noticed(bank, rule):
    look_away = {
        "sqlite": "PRAGMA defer_foreign_keys = ON",
        "postgresql": "SET LOCAL session_replication_role = replica",
    }[bank.dialect.name]
    assert red(bank, look_away, UNGUARDED[rule], of=[rule])


def test_damage_of_the_database_is_noticed(bank):
    statements = {
        "sqlite": (
            "PRAGMA ignore_check_constraints = ON",
            "UPDATE customer_state SET pending = -1 WHERE customer_id = 1",
            "PRAGMA ignore_check_constraints = OFF",
        ),
        "postgresql": (
            (
                "UPDATE pg_index SET indisvalid = false"
                " WHERE indexrelid = 'ix_activity_pool'::regclass"
            ),
        ),
    }[bank.dialect.name]
    assert SOUND in red(bank, *statements)


def test_its_competitors_follow_the_central_bank_and_lie_around_our_rates(bank):
    for what in looked_at(bank, comparisons)[:4]:
        rungs = looked_at(bank, ladder, category=what.category, side=what.side)
        assert any(rung.is_ours for rung in rungs)
        assert sum(not rung.is_ours for rung in rungs) >= 5
    followed = looked_at(bank, following, category="mortgages")
    assert sum(row.is_same for row in followed) > len(followed) / 2
    assert looked_at(bank, moves, window=Window(), is_plausible=False).total == 1
    assert count(bank, CompetitorMove, CompetitorMove.recorded_at > NOW) == 0


def test_its_portfolio_was_assessed_and_set_going(bank):
    found = looked_at(bank, assessments)
    assert [row.name for row in found] == ["Review of the autumn", "Review of the third quarter"]
    first = looked_at(bank, assessment, assessment_id=found[1].id)
    assert {judged.standing for judged in first.campaigns} >= {Standing.NO_DATA}
    assert [cited.said for cited in first.cited] == [
        "Competitor rate offer: half a point above ours on term deposits."
    ]
    for judged in first.campaigns:
        rows = looked_at(bank, runs_behind, finding_id=judged.id)
        assert sum(row.denominator for row in rows) == (judged.denominator or 0)
    assert {row.state for row in looked_at(bank, directions)} >= {
        DirectionState.PLANNED,
        DirectionState.OVERDUE,
    }
    [wish] = looked_at(bank, initiatives)
    assert (wish.measure, wish.change) == ("churn", -2)
    budget = looked_at(bank, plan_budget, plan_id=wish.plan_id)
    assert any(row.spent for row in budget)
    assert any(row.committed for row in budget)


def test_its_analyses_say_what_worked_and_one_was_taken_up(bank):
    found = {row.run: row for row in looked_at(bank, feedback).rows}

    assert {run: row.state for run, row in found.items()} == {
        "SAVE-1": FeedbackState.KEPT,
        "HOME-1": FeedbackState.SENT,
        "GOLD-1": FeedbackState.TAKEN_UP,
    }
    [cited] = found["GOLD-1"].taken_up
    assert (cited.version, cited.status) == (2, DesignStatus.DRAFT)
    for row in found.values():
        splits = looked_at(bank, feedback_sheet, analysis_id=row.id).findings.splits
        assert [split.label for split in splits] == ["Region", "Segment", "Channel"]
        assert len(splits[0].groups) == 3


def test_an_opportunity_has_its_measured_answer(bank):
    [row] = looked_at(bank, threats, window=Window(), status=ThreatStatus.ANSWERED).rows
    effect = row.effect
    assert row.campaign == "Save from the first pay day"
    assert effect.low < effect.difference < effect.high
    brief = looked_at(bank, brief_of, campaign_id=row.campaign_id)
    assert (brief.text, brief.threat_id) == (row.name, row.id)
