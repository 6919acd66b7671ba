"""Steering walked by hand: a competitor's move, a wish, a review, and what these set going."""

from datetime import datetime, timedelta

import pytest

from components import words
from core.access import SYSTEM
from core.market.actions.competitors import AddCompetitor, add_competitor
from core.market.actions.pricing import SetProductRate, set_product_rate
from core.market.actions.watching import SetWatch, set_watch
from core.market.rules import Side
from core.portfolio.actions import CreatePlan, create_plan
from core.segments.actions import DefineSegment, define_segment
from core.settings import settings
from core.work import changing
from tests import world as w

PLAN, AUDIENCE = "Steered", "Whom we may lose"
COMPETITOR, OFFER = "Harbour Bank", "Flex Saver"
THREAT = f"{COMPETITOR}: {OFFER} at 3.5 %"
WISH, ANSWER = "Lose fewer customers", "Stay with us"


@pytest.fixture
def bank(small):
    """The small bank with a plan, a segment nobody has selected, and a competitor it watches."""
    now = datetime.now(settings().zone)
    days = (now.date() - timedelta(days=5), now.date() + timedelta(days=200))
    with changing(small.engine, SYSTEM, now=now) as work:
        create_plan(work, CreatePlan("STEER", PLAN, w.BANK, *days))
        rule = {"field": "active", "is": "=", "value": True}
        define_segment(work, DefineSegment("steered", AUDIENCE, rule))
        add_competitor(work, AddCompetitor(COMPETITOR))
        ours = ("savings", 3.0, now.date() - timedelta(days=100))
        set_product_rate(work, SetProductRate(w.CURRENT, w.BANK, Side.DEPOSIT, *ours))
        set_watch(work, SetWatch(w.CURRENT, w.BANK, "savings", Side.DEPOSIT, 0.5))
    return small


def test_from_a_move_to_what_came_of_it(hand):
    record(hand("mia", "/competitors?view=Record"))
    answer(hand("mia", find(hand("mia", "/threats"))))
    follow_up(hand("mia", "/assessments?view=Directions"))
    take_up(hand("mia", "/plan?plan=Steered+(STEER)"))
    watch(hand("mia", "/market_tasks"))
    sheet = review(hand("mia", "/assessments?view=New+assessment"))
    item = set_going(hand("mia", sheet))
    design(hand("mia", item))
    approve(hand("pia", "/approvals"))
    read_board(hand("eve", item))
    hand("eve", sheet).expect_text(f"Development: {ANSWER} (done)")


def record(mia):
    mia.choose("Competitor", COMPETITOR)
    category = mia.page.get_by_role("combobox", name="Category", exact=True)
    category.fill("savings")  # nobody has used the word before
    category.press("Enter")
    mia.fill("Product", OFFER)
    mia.choose("Side", "Deposit")
    mia.fill("Value before", "2.5")
    mia.fill("Value after", "3.5")
    mia.fill("Source", "Their window")
    mia.press("Record the move")
    mia.expect_said(f"The move of {COMPETITOR}")


def find(mia):
    mia.press("Look for threats now")
    mia.expect_said(f"1 threat found: {THREAT}")
    mia.tick(THREAT)
    mia.expect_text(f"{THREAT}")
    mia.expect_text("Who is exposed now")
    return address(mia)


def answer(mia):
    mia.fill("Goal: share who stay (%)", "80")
    mia.press("Make the brief")
    mia.expect_said("go on with its first version")
    mia.expect_title(f"Answer to {THREAT}: version 1")


def follow_up(mia):
    mia.unfold("Set something going for a threat")
    mia.fill("In words", f"Answer {COMPETITOR}")
    mia.press("Set it going")
    mia.expect_said(f"Development “Answer {COMPETITOR}” is set going")
    mia.expect_text("Development, planned")
    mia.expect_row("Because of", f"Threat: {THREAT}", {})
    assert len(mia.every_row()) == 1


def take_up(mia):
    mia.unfold("Take up an initiative")
    mia.fill("What is wanted", WISH)
    mia.fill("Reference", "BD-9")
    mia.press("Take it up")
    mia.expect_said("has its place in plan STEER")
    mia.expect_text("1 without a design yet")


def watch(mia):
    mia.tick(WISH)
    mia.expect_title(WISH)
    mia.page.get_by_text("Finding", exact=True).first.click()
    mia.fill("Says", "A competitor pays half a point more")
    mia.press("Note it")
    mia.expect_said("The finding is noted")


def review(mia):
    mia.choose("Of", f"{PLAN} (plan)")
    mia.choose("Segments whose coverage is judged", AUDIENCE)
    mia.page.keyboard.press("Escape")
    mia.choose("Market tasks to cite", WISH)
    mia.page.keyboard.press("Escape")
    mia.choose("Conclusion", "Expand")
    mia.choose("About", f"Segment {AUDIENCE}")
    mia.fill("Why, and how", "Nobody has asked them")
    mia.press("Freeze the assessment")
    mia.expect_said("Set going what it concludes")
    mia.expect_text("A competitor pays half a point more")
    mia.expect_row("Segment", AUDIENCE, {"Ever selected": "0"})
    return address(mia)


def set_going(mia):
    mia.unfold("Set it going")
    mia.choose("What", "Development")
    mia.fill("In words", ANSWER)
    mia.press("Set it going")
    mia.expect_said(f"“{ANSWER}” is set going")
    mia.expect_text(f"began {words.NONE}, ended {words.NONE}")
    return address(mia)


def design(mia):
    mia.unfold("Ask for its design")
    mia.choose("Type", "Retention")
    mia.press("Ask for the design")
    mia.expect_said("Go on with it in the designer")
    mia.expect_title(f"{ANSWER}: version 1")

    mia.pick("Offer")
    mia.fill("Product use", "Keeps salary and savings in one place")
    mia.fill("Offer", "Half a point more")
    mia.press("Save the offer")
    mia.expect_said("Add the stages next")

    mia.pick("Stages")
    mia.choose("Content", "Offer by call")
    mia.choose("Kind of activity", "Sales")
    mia.choose("Reason template", "Sales contact")
    mia.press("Add the stage")
    mia.expect_said("The stage is added")

    mia.pick("Guide")
    mia.fill("Pricing frame", "At most half a point")
    mia.press("Save the guide")
    mia.expect_said("Say what it costs next")

    mia.pick("Review")
    mia.press("Ask for approval")
    mia.expect_said("Somebody else decides")


def approve(pia):
    pia.tick(ANSWER)
    pia.expect_text("Keeps salary and savings in one place")
    pia.press("Approve")
    pia.expect_said("is approved")


def read_board(eve):
    today = datetime.now(settings().zone).date().isoformat()
    eve.expect_row("What", ANSWER, {"State": "Done", "Began": today, "Ended": today})


def address(of):
    return "/" + of.page.url.split("/", 3)[3]
