"""An up-sell walked by hand: what version 1 taught, agreements, a gift, and the two side by side.

Version 1 was carried out last year in South: customer 13 bought the Gold card, 14 has given the
Classic card up. Sam answers for customers 11 and 12, who hold a Classic card each.
"""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.campaigns.model import Campaign, Consumable, Design, Stage
from core.campaigns.rules import DesignStatus
from core.customers.model import CustomerState, Holding
from core.impact.actions import AnalyseRun, SendFeedback, analyse_run, send_feedback
from core.runs.model import Candidate, Run, RunArm
from core.runs.rules import TREATED_ARM, Confirmation, RunStatus
from core.segments.model import Segment
from core.segments.rules import SegmentKind
from core.settings import settings
from core.work import changing
from tests import world as w

CAMPAIGN = "From Classic to Gold"
UP_SELL, MIA, PIA, SAM = 2, 6, 8, 4
BOUGHT, LEFT = 13, 14


@pytest.fixture
def bank(small):
    """The small bank after version 1, of which was learned that a gift may help."""
    prepare(small)
    return small


def test_an_up_sell_by_hand(hand):
    take_up(hand("mia", "/feedback?find=Classic"))
    approve(hand("pia", "/approvals"))
    run_address = start(hand("mia", "/runs"))
    confirm(hand("sam", "/confirmations"))
    launch(hand("mia", run_address))
    work(hand("sam", "/my_work"))
    give(hand("sam", "/my_work?view=Leads"))
    judge(hand("mia", run_address))


def take_up(mia):
    mia.tick(CAMPAIGN)
    mia.expect_text("Give them something to hold.")
    mia.press("Begin version 2 with it")
    mia.expect_said("Version 2 takes it up.")
    mia.expect_title(f"{CAMPAIGN}: version 2")

    mia.pick("Gifts & costs")
    mia.choose("Given away with it", "Pen")
    mia.page.keyboard.press("Escape")
    mia.press("Save gifts and costs")
    mia.expect_said("Gifts and costs are saved.")
    mia.pick("Review")
    mia.press("Ask for approval")
    mia.expect_said("Approval is asked for. Somebody else decides.")


def approve(pia):
    pia.tick(CAMPAIGN)
    pia.tab("What changed")
    assert {"Given away", "Takes up"} <= {row.get("What") for row in pia.every_row()}
    pia.press("Approve")
    pia.expect_said("is approved")


def start(mia):
    mia.unfold("Start a run")
    mia.choose("Design", CAMPAIGN)
    mia.fill("Description", "Gold by phone in South")
    mia.press("Start the run")
    mia.expect_said("Select its candidates next.")
    mia.press("Select candidates")
    mia.expect_said("2 candidates of 5 customers selected.")
    for number in (BOUGHT, LEFT):
        mia.fill("Why is a customer in or out?", f"C{number}")
        mia.expect_said("already holds the product, or lacks the base product")
    return mia.page.url[mia.page.url.index("/run") :]


def confirm(sam):
    sam.expect_text("2 customers")
    sam.tick_all()
    sam.press("Contact 2")
    sam.expect_said("2 customers confirmed.")


def launch(mia):
    mia.press("Launch")
    mia.expect_said("Launched: 2 activities")


def work(sam):
    sam.press("Customer 11")
    sam.press("Accepted")
    # There is no yes without an agreement, and this is the only one.
    agreement = sam.page.get_by_role("combobox", name="Agreement that the up-sell starts from")
    expect(agreement).to_have_value("Classic card A11")
    sam.press("Save: the customer accepts")
    sam.expect_said("a lead is open")
    sam.press("List")
    sam.press("Customer 12")
    sam.press("Refused")
    sam.press("Client refused offer")
    sam.expect_said("Refused")


def give(sam):
    [lead] = [row for row in sam.every_row() if "Customer 11" in " ".join(row.values())]
    assert "Gold card" in lead.values()
    sam.tick("Customer 11")
    sam.expect_text("from agreement A11")
    sam.press("Give: Pen (1 left)")
    sam.expect_said("Pen: given away, 0 left.")
    expect(sam.page.get_by_role("button", name="Give: Pen")).to_have_count(0)
    sam.expect_text("Pen, given")
    sam.press("Won")
    sam.expect_said("The lead is won.")


def judge(mia):
    mia.follow("Impact")
    mia.unfold("Freeze a cycle and tell the design")
    mia.press("Analyse and freeze")
    mia.expect_said("Cycle 1 is frozen: the goal is met.")
    mia.expect_title(f"{CAMPAIGN}, version 2: cycle 1")
    mia.expect_text("so the difference is no effect of what was changed")
    versions = {
        row["Version"]: row for row in mia.every_row() if row.get("Against its own held out")
    }
    assert versions["1"]["Reached"] == "Conversion: 50.0 % (1 of 2)"
    assert versions["2"]["Reached"] == "Conversion: 50.0 % (1 of 2)"
    changed = {row["What"] for row in mia.every_row() if row.get("This version")}
    assert changed == {"Given away", "Takes up"}


def prepare(bank):
    """Write version 1 with what came of it, and let its analysis go to the design."""
    now = datetime.now(settings().zone)
    then, today = now - timedelta(days=200), now.date()
    with Session(bank.engine) as session, session.begin():
        campaign = _campaign(session, now)
        design = _version_1(session, campaign, then)
        run_id = _run(session, design, then)
        _holdings(session, today)
        session.add(Consumable(id=1, name="Pen", unit_cost=Decimal("3.50"), stock=1))
    with changing(bank.engine, SYSTEM, now=now) as work:
        analysis_id = analyse_run(work, AnalyseRun(run_id)).analysis_id
    with changing(bank.engine, SYSTEM, now=now) as work:
        send_feedback(work, SendFeedback(analysis_id, "Give them something to hold."))


def _campaign(session, now):
    campaign = Campaign(
        code="GOLD",
        name=CAMPAIGN,
        type_id=UP_SELL,
        starts_on=now.date() - timedelta(days=220),
        ends_on=now.date() + timedelta(days=60),
        owner_id=MIA,
        unit_id=w.SOUTH,
        created_at=now,
    )
    session.add(campaign)
    session.flush()
    return campaign


def _version_1(session, campaign, then):
    rule = {"field": "active", "is": "=", "value": True}
    segment = Segment(
        code="active",
        name="Everybody active",
        kind=SegmentKind.DYNAMIC,
        rule=rule,
        author_id=MIA,
        changed_at=then,
    )
    session.add(segment)
    session.flush()
    design = Design(
        campaign_id=campaign.id,
        version=1,
        status=DesignStatus.APPROVED,
        segment_id=segment.id,
        base_product_id=w.CARD,
        product_id=w.GOLD,
        offer="A year without a fee",
        goal=0.4,
        control_share=0,
        author_id=MIA,
        created_at=then,
        submitted_at=then,
        approver_id=PIA,
        decided_at=then,
        frozen={"rule": rule},
    )
    session.add(design)
    session.flush()
    session.add(
        Stage(
            design_id=design.id,
            position=1,
            name="Call",
            content_id=w.CALL,
            activity_subtype_id=1,
            reason_template_id=w.REASONS,
        )
    )
    return design


def _run(session, design, then):
    run = Run(
        code="GOLD-1",
        design_id=design.id,
        unit_id=w.SOUTH,
        status=RunStatus.COMPLETED,
        starts_on=then.date(),
        ends_on=then.date() + timedelta(days=60),
        initiated_at=then,
        arm_key=1,
        control_share=0,
        population=5,
        selected_at=then,
        launched_at=then,
        finished_at=then + timedelta(days=60),
    )
    session.add(run)
    session.flush()
    session.add(RunArm(run_id=run.id, arm=TREATED_ARM, name="treated", share=10_000))
    moments = ("assigned_at", "attempted_at", "reached_at", "responded_at")
    session.add_all(
        Candidate(
            run_id=run.id,
            customer_id=customer,
            branch_id=w.SOUTH,
            arm=TREATED_ARM,
            confirmation=Confirmation.CONFIRMED,
            confirmed_at=then,
            attempts=1,
            channel_id=w.CALL,
            **dict.fromkeys(moments, then),
            converted_at=then if customer == BOUGHT else None,
            won_at=then if customer == BOUGHT else None,
        )
        for customer in (BOUGHT, LEFT)
    )
    return run.id


def _holdings(session, today):
    for customer, product, opened, closed in (
        (11, w.CARD, 100, None),
        (12, w.CARD, 100, None),
        (BOUGHT, w.CARD, 900, 190),
        (BOUGHT, w.GOLD, 190, None),
        (LEFT, w.CARD, 900, 150),
    ):
        session.add(
            Holding(
                agreement_no=f"A{customer}" if product == w.CARD else f"G{customer}",
                customer_id=customer,
                product_id=product,
                opened_on=today - timedelta(days=opened),
                closed_on=None if closed is None else today - timedelta(days=closed),
            )
        )
        if closed is None:
            session.get_one(CustomerState, customer).products |= 1 << product - 1
    for customer in (11, 12):
        session.get_one(CustomerState, customer).manager_id = SAM
