"""The results of a finished campaign become a closed run, measured like any other."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.model import Activity
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import DesignStatus
from core.customers.model import CustomerState
from core.impact.model import Analysis
from core.impact.queries.funnel import funnel, run_named
from core.impact.queries.runs import impact
from core.impact.rules import Verdict
from core.intake.actions.reverting import Revert, revert
from core.intake.rules import IntakeKind
from core.refusals import Invalid
from core.runs.model import Candidate, Run, RunArm
from core.runs.rules import RunStatus
from tests.conftest import NOW
from tests.making.activities import pool_of
from tests.making.files import Importing, contents

MAPPING = """
source = "an agency"
[fields]
customer = "who"
date = "day"
channel = "how"
reached = "reached"
outcome = "bought"
value = "spent"
arm = "group"
[campaign]
code = "LETTERS"
name = "Two letters"
[[arms]]
name = "nothing"
values = "0"
control = true
share = 0.5
[[arms]]
name = "long letter"
values = ["L", "long"]
[[arms]]
name = "short letter"
values = "S"
"""
HEADER = "who,day,how,reached,bought,spent,group\n"
LINES = """C1,2025-05-01,Email,yes,yes,10.50,L
C2,2025-05-02,Email,yes,no,0,long
C3,2025-05-03,Phone call,no,no,0,S
C4,2025-05-04,,no,yes,3,0
C5,2025-05-05,,no,no,0,0
"""
UNTOUCHED = ("intake", "intake_row", "journal_entry", "journal_subject")


@pytest.fixture
def files(engine, world, tmp_path):
    return Importing(engine, world.ada, tmp_path)


def take(files, lines=LINES, mapping=MAPPING, **more):
    return files.take(HEADER + lines, mapping, IntakeKind.RESULTS, **more)


def counts(fact):
    return fact.created, fact.updated, fact.unchanged, fact.rejected


def candidates(engine):
    with Session(engine) as session:
        rows = session.scalars(select(Candidate).order_by(Candidate.customer_id)).all()
    return {row.customer_id: row for row in rows}


def test_makes_a_closed_run_of_an_approved_design(files, engine):
    assert counts(take(files)) == (5, 0, 0, 0)

    with Session(engine) as session:
        run = session.scalars(select(Run)).one()
        design = session.get_one(Design, run.design_id)
        campaign = session.get_one(Campaign, design.campaign_id)
        arms = session.execute(select(RunArm.arm, RunArm.name, RunArm.share)).all()
    assert (run.code, run.status, run.is_imported) == ("LETTERS", RunStatus.COMPLETED, True)
    assert (run.population, run.control_share) == (5, 4000)
    assert (design.version, design.status) == (1, DesignStatus.APPROVED)
    assert (campaign.starts_on, campaign.ends_on) == (date(2025, 5, 1), date(2025, 5, 5))
    assert set(arms) == {(0, "nothing", 5000), (1, "long letter", None), (2, "short letter", None)}


def test_sets_the_moments_that_the_file_tells(files, engine):
    take(files)
    found = candidates(engine)

    moments = ("assigned_at", "attempted_at", "reached_at", "responded_at", "won_at", "outcome_at")
    told = {
        id_: [getattr(row, moment) is not None for moment in moments] for id_, row in found.items()
    }
    assert told == {
        1: [True, True, True, True, True, True],
        2: [True, True, True, True, False, False],
        3: [True, True, False, False, False, False],
        4: [False, False, False, False, False, True],  # held out: only ever has an outcome
        5: [False, False, False, False, False, False],
    }
    assert [row.arm for row in found.values()] == [1, 1, 2, 0, 0]
    assert str(found[1].outcome_value) == "10.5"
    assert found[1].reached_at.date() == date(2025, 5, 1)


def test_an_outcome_without_contact_is_not_the_campaigns(files, engine):
    take(files, LINES.replace("no,no,0,S", "no,yes,7,S"))
    bought = candidates(engine)[3]
    assert (bought.outcome_at is not None, bought.won_at, bought.converted_at) == (True, None, None)


def test_again_it_is_unchanged_and_a_correction_is_an_update(files, engine, do, world):
    take(files)
    assert counts(take(files)) == (0, 0, 5, 0)
    fact = take(files, LINES.replace("no,no,0,S", "yes,yes,7,S"))
    assert counts(fact) == (0, 1, 4, 0)
    assert candidates(engine)[3].won_at is not None

    do(world.ada, revert, Revert(fact.intake_id))
    assert candidates(engine)[3].won_at is None


def test_is_measured_arm_against_control(files, ask):
    take(files)
    run_id = ask(SYSTEM, run_named, run="LETTERS")
    [row] = ask(SYSTEM, funnel, run_id=run_id)
    assert (row.tally.targeted, row.tally.reached, row.tally.converted) == (3, 2, 1)

    report = ask(SYSTEM, impact, run_id=run_id).report
    assert report.refused is None
    assert len(report.comparisons) == 2  # each letter with no letter


def test_without_arms_everybody_is_in_the_one_treated_arm(files, engine):
    mapping = MAPPING[: MAPPING.index("[[arms]]")].replace('arm = "group"\n', "")
    take(files, mapping=mapping)

    assert {row.arm for row in candidates(engine).values()} == {1}
    with Session(engine) as session:
        assert session.execute(select(RunArm.arm, RunArm.name)).all() == [(1, "treated")]


def test_undone_it_leaves_nothing_behind(files, engine, do, world):
    before = contents(engine, without=UNTOUCHED)
    fact = take(files)

    assert do(world.ada, revert, Revert(fact.intake_id)).fact.deleted == 5
    assert contents(engine, without=UNTOUCHED) == before


def test_stays_when_it_was_analysed_since(files, engine, do, world):
    fact = take(files)
    with Session(engine) as session, session.begin():
        run_id = session.scalars(select(Run.id)).one()
        session.add(
            Analysis(
                run_id=run_id, cycle=1, cut_off_at=NOW, figures={}, verdict=Verdict.OPEN, at=NOW
            )
        )

    reversal = do(world.ada, revert, Revert(fact.intake_id))

    assert reversal.fact.kept == 5
    assert {one.reason for one in reversal.kept} == {"its run is used by the analysis"}
    assert len(candidates(engine)) == 5


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ("C99,2025-05-01,,no,no,0,0", "customer", "there is no customer C99"),
        ("C6,2025-05-01,Pigeon,no,no,0,0", "channel", "there is no channel Pigeon"),
        ("C6,2025-05-01,,no,no,0,X", "arm", "there is no arm X"),
        ("C6,2025-05-01,,no,no,0,", "arm", "is empty, so the customer's group is unknown"),
        ("C6,,,no,no,0,0", "date", "is empty"),
        ("C6,2025-05-01,,no,,0,0", "outcome", "is empty"),
        ("C1,2025-05-01,,no,no,0,0", "customer", "stands in the file twice, first in row 1"),
    ],
)
def test_rejects_a_row_with_its_reason(files, line, field, reason):
    fact = take(files, f"{LINES}{line}\n", keep_good_rows=True)

    assert counts(fact) == (5, 0, 0, 1)
    [rejection] = files.rejected
    assert (rejection.row, rejection.field, rejection.reason) == (6, field, reason)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"is_imported": False}, "was carried out here"),
        ({"code": "OTHER"}, "There is a campaign LETTERS already"),
    ],
)
def test_refuses_a_code_that_means_another_campaign(files, engine, change, told):
    take(files)
    with Session(engine) as session, session.begin():
        session.execute(update(Run).values(**change))
    with pytest.raises(Invalid, match=told):
        take(files)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('product = "moon"\n', "product moon isn't there"),
        ('unit = "U9"\n', "unit U9 isn't there"),
        ("starts_on = 2025-06-01\nends_on = 2025-05-01\n", "before it starts"),
    ],
)
def test_refuses_a_campaign_that_makes_no_sense(files, engine, more, told):
    before = contents(engine)
    with pytest.raises(Invalid, match=told):
        take(files, mapping=MAPPING.replace('name = "Two letters"\n', f'name = "Two"\n{more}'))
    assert contents(engine) == before


def test_arms_keep_their_meaning(files):
    take(files)
    with pytest.raises(Invalid, match="was imported as long letter and can't be tall letter"):
        take(files, mapping=MAPPING.replace("long letter", "tall letter"))


def last_contacts(engine):
    with Session(engine) as session:
        rows = session.execute(
            select(CustomerState.customer_id, CustomerState.last_contact_at).where(
                CustomerState.last_contact_at.is_not(None)
            )
        )
        return {id_: at.astimezone(NOW.tzinfo).isoformat()[:13] for id_, at in rows}


def contacted(engine, customer_id, at):
    """Let a customer have been reached by work of ours."""
    work = pool_of(engine, [customer_id])
    with Session(engine) as session, session.begin():
        session.get_one(Activity, work[customer_id]).contacted_at = at
        session.get_one(CustomerState, customer_id).last_contact_at = at


class TestLastContacts:
    def test_those_who_were_reached_were_contacted_then(self, files, engine):
        take(files)
        assert last_contacts(engine) == {1: "2025-05-01T12", 2: "2025-05-02T12"}

    def test_the_newest_wins(self, files, engine):
        contacted(engine, 1, NOW)
        contacted(engine, 2, NOW - timedelta(days=400))
        take(files)

        assert last_contacts(engine) == {1: "2026-03-02T09", 2: "2025-05-02T12"}

    def test_a_correction_moves_them_either_way(self, files, engine):
        contacted(engine, 2, NOW - timedelta(days=400))
        take(files)
        take(
            files,
            LINES.replace("C1,2025-05-01", "C1,2025-05-09").replace("Email,yes,no", "Email,no,no"),
        )

        assert last_contacts(engine) == {1: "2025-05-09T12", 2: "2025-01-26T09"}

    def test_undone_they_go_back_to_what_is_known_otherwise(self, files, engine, do, world):
        contacted(engine, 2, NOW - timedelta(days=400))
        fact = take(files)
        contacted(engine, 1, NOW)
        do(world.ada, revert, Revert(fact.intake_id))

        assert last_contacts(engine) == {1: "2026-03-02T09", 2: "2025-01-26T09"}

    def test_two_files_are_undone_in_any_order(self, files, engine, do, world):
        first = take(files)
        second = take(
            files,
            LINES.replace("2025-05-01", "2025-06-01"),
            MAPPING.replace("LETTERS", "AGAIN"),
        )
        do(world.ada, revert, Revert(first.intake_id))
        assert last_contacts(engine) == {1: "2025-06-01T12", 2: "2025-05-02T12"}
        do(world.ada, revert, Revert(second.intake_id))
        assert last_contacts(engine) == {}
