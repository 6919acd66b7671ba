"""One campaign walked by hand through every role, from the first word to the judged result.

Ten customers of North: 1 to 6 are meant, 7 holds savings, 8 has no current account, 9 is in
distress, 10 is not active. Ann answers for 1 and 2 and is certified; Ben is not.
"""

from datetime import datetime

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from core.access import SYSTEM
from core.customers.actions import SetIndicator, set_indicator
from core.customers.model import CustomerState
from core.customers.rules import IndicatorKind
from core.settings import settings
from core.work import changing

CAMPAIGN = "Savings for everybody"


@pytest.fixture
def bank(small):
    """The small bank with a customer in distress and one who has left."""
    prepare(small)
    return small


def prepare(bank):
    now = datetime.now(settings().zone)
    with changing(bank.engine, SYSTEM, now=now) as work:
        set_indicator(work, SetIndicator(9, IndicatorKind.DISTRESS))
        work.session.execute(
            update(CustomerState).where(CustomerState.customer_id == 10).values(is_active=False)
        )


def test_a_campaign_by_hand(hand):
    design(hand("mia", "/designer"))
    approve(hand("pia", "/approvals"))
    plan(hand("mia", "/plan"))
    run_address = start(hand("mia", "/plan"))
    confirm(hand("ann", "/confirmations"))
    launch(hand("mia", run_address))
    hand_out(hand("lea", "/team_queue"))
    work(hand("ann", "/my_work"))
    follow_leads(hand("ann", "/my_work?view=Leads"))
    judge(hand("mia", run_address))
    end(hand("mia", run_address))
    learn(hand("mia", "/feedback?find=Savings"))
    read(hand("eve", "/plan"))
    read_feedback(hand("eve", "/feedback?find=Savings"))


def design(mia):
    mia.fill("Code", "SAVE")
    mia.fill("Name", CAMPAIGN)
    mia.choose("Type", "Cross-sell")
    mia.press("Begin")
    mia.expect_said("Choose the audience next")
    mia.expect_title(f"{CAMPAIGN}: version 1")

    add_condition(mia, "Active", Value="yes")
    add_condition(mia, "Holds a product", Product="Current account")
    add_condition(mia, "Does not hold a product", Product="Savings account")
    add_condition(mia, "Has the indicator", Indicator="Distress", off="Indicator is set")
    expect(
        mia.page.get_by_test_id("stMetric").filter(has_text="Meant by the rule")
    ).to_contain_text(
        "11"  # six of North, five of South
    )
    mia.fill("Code of the segment", "SAVERS")
    mia.fill("Name of the segment", "Savers to be")
    mia.press("Keep the rule and use it")
    mia.expect_said("Say what is offered next")

    mia.pick("Offer")
    mia.choose("Product", "Savings account")
    mia.fill("Offer", "Two per cent for the first year")
    mia.press("Save the offer")
    mia.expect_said("Add the stages next")

    mia.pick("Stages")
    mia.choose("Content", "Offer by call")
    mia.choose("Kind of activity", "Sales")
    mia.choose("Reason template", "Sales contact")
    mia.press("Add the stage")
    mia.expect_said("The stage is added")

    mia.pick("Guide")
    mia.fill("Guide for the conversation", "Ask what the customer is saving for.")
    mia.choose("Only by people certified for", "Savings advice")
    mia.press("Save the guide")
    mia.expect_said("The guide is saved.")

    mia.pick("Measurement")
    mia.fill("Goal (%)", "20")
    mia.fill("Held out as control group (%)", "0")
    mia.press("Save the measurement")
    mia.expect_said("Review it next")

    mia.pick("Review")
    mia.press("Ask for approval")
    mia.expect_said("Approval is asked for. Somebody else decides.")


def add_condition(mia, about, *, off=None, **choices):
    mia.press("Add a condition")
    box = mia.page.get_by_test_id("stPopoverBody")
    mia.choose("About", about, within=box)
    for label, option in choices.items():
        if box.get_by_role("combobox", name=label, exact=True).count():
            mia.choose(label, option, within=box)
        else:
            mia.pick(option, within=box)
    if off:
        box.get_by_text(off).click()
    mia.press("Add", within=box)
    mia.page.keyboard.press("Escape")


def approve(pia):
    pia.tick(CAMPAIGN)
    pia.expect_text("Mia Example wrote it, you decide.")
    pia.press("Approve")
    pia.expect_said("is approved")


def plan(mia):
    mia.fill("Code", "PLAN-1")
    mia.fill("Name", "The first plan")
    mia.press("Make the plan")
    mia.expect_said("Plan PLAN-1 is made. Add its campaigns next.")
    mia.unfold("Add a campaign to this plan")
    mia.choose("Unit", "North")
    mia.fill("Goal (%)", "20")
    mia.press("Add to the plan")
    mia.expect_said("SAVE is in plan PLAN-1.")


def start(mia):
    mia.tick(CAMPAIGN)
    mia.expect_text("It has not been started yet.")
    mia.unfold("Start a run from this entry")
    mia.fill("Description", "Savings by phone in North")
    mia.press("Start the run")
    mia.expect_said("Select its candidates next.")

    mia.press("Select candidates")
    mia.expect_said("6 candidates of 10 customers selected.")
    for number, reason in (
        (7, "segment rule"),
        (8, "segment rule"),
        (9, "distress"),
        (10, "active"),
    ):
        mia.fill("Why is a customer in or out?", f"C{number}")
        mia.expect_said(reason)
    mia.tab("Confirmations")
    mia.expect_text("4 candidates confirmed, 0 rejected, 2 waiting.")
    return mia.page.url[mia.page.url.index("/run") :]


def confirm(ann):
    ann.expect_text("2 customers")
    ann.tick("Customer 02")
    ann.press("Leave out 1")
    ann.expect_said("Why")
    ann.fill("Why not", "Has just lost her job")
    ann.press("Leave out 1")
    ann.expect_said("1 customer left out.")
    ann.tick("Customer 01")
    ann.press("Contact 1")
    ann.expect_said("1 customer confirmed.")


def launch(mia):
    mia.press("Launch")
    mia.expect_said("Launched: 5 activities and 0 messages for 5 candidates; 0 are held out.")


def hand_out(lea):
    lea.tick_all()
    lea.choose("To", "Ben Example")
    lea.expect_text("Savings advice")
    expect(lea.page.get_by_role("button", name="Assign 0 activities")).to_be_disabled()

    lea.choose("To", "Ann Example")
    lea.page.get_by_role("button", name="Assign").last.click()
    lea.expect_said("moved to Ann Example")


def work(ann):
    answer(ann, "Customer 01", "Accepted", "Save: the customer accepts")
    answer(ann, "Customer 03", "Refused", "Client refused offer")
    answer(ann, "Customer 04", "Call back", "Client needs time to decide")
    answer(ann, "Customer 05", "Not reached", "Client didn't answer")
    answer(ann, "Customer 06", "Accepted", "Save: the customer accepts")


def answer(ann, customer, outcome, why):
    ann.press(customer)
    ann.expect_text("Ask what the customer is saving for.")
    ann.press(outcome)
    ann.press(why)
    ann.expect_said({"Accepted": "a lead is open", "Refused": "Refused"}.get(outcome, "Noted"))
    ann.press("List")  # the next one has opened by itself


def follow_leads(ann):
    ann.tick("Customer 01")
    ann.press("Won")
    ann.expect_said("The lead is won.")
    ann.press("List")
    ann.pick("Leads")
    ann.tick("Customer 06")
    ann.fill("Why lost", "Went to a competitor")
    ann.press("Lost")
    ann.expect_said("The lead is lost.")


def judge(mia):
    mia.follow("Impact")
    mia.expect_text("No impact: no control group.")
    mia.unfold("Freeze a cycle and tell the design")
    mia.fill("What is made of it", "It works by phone.")
    mia.press("Analyse and freeze")
    mia.expect_said("Cycle 1 is frozen: the goal is met.")
    mia.expect_title(f"{CAMPAIGN}, version 1: cycle 1")
    mia.expect_text("20.0 %")
    mia.expect_text("Hold some customers out")
    mia.fill("Proposed change", "Hold one customer in five out.")
    mia.press("Send to the design")
    mia.expect_said("Sent to the design of SAVE, version 1.")


def end(mia):
    mia.press("Pause or end")
    mia.press("Complete", within=mia.page.get_by_test_id("stPopoverBody"))
    mia.expect_said("The run is completed now.")


def learn(mia):
    mia.tick(CAMPAIGN)
    mia.press("Begin version 2 with it")
    mia.expect_said("Version 2 takes it up.")
    mia.expect_title(f"{CAMPAIGN}: version 2")
    mia.expect_text("What was learned")


def read(eve):
    eve.expect_text("1 campaign in this plan: 1 met the goal.")
    eve.tick(CAMPAIGN)
    [record] = [row for row in eve.every_row() if row.get("Run")]
    assert (record["Reached"], record["Goal"]) == ("20.0 % (1 of 5)", "Met")
    expect(eve.page.get_by_role("button", name="Start the run")).to_have_count(0)


def read_feedback(eve):
    [row] = eve.every_row()
    assert (row["Goal"], row["Reached"]) == ("Met", "20.0 % (1 of 5)")
    assert (row["Proposal"], row["Taken up by"]) == ("Taken up", "Version 2 (draft)")
    eve.tick(CAMPAIGN)
    eve.expect_text("Hold one customer in five out.")
    expect(eve.page.get_by_role("button", name="Send to the design")).to_have_count(0)
