"""A real bank's campaign in the branches: an agent works, a lead hands out, the funnel moves."""

from collections import Counter
from datetime import datetime
from urllib.parse import quote_plus

import pytest

from core.activities.actions.launch import Launch, launch
from core.activities.actions.taking import Take, TakeNext, take, take_next
from core.activities.queries.lists import pool
from core.activities.rules import Status
from core.database import connect
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.settings import settings
from core.windows import Window
from core.work import reading
from tests.browser.hand import Hand
from tests.browser.serving import served, settle
from tests.making import berka

pytestmark = pytest.mark.reference

EVERY_STATUS = "&".join(f"status={quote_plus(status)}" for status in Status)


@pytest.fixture
def bank(tmp_path, reference):
    """The bank of the files, with the campaign in the branches and three calls taken by Petr."""
    url = f"sqlite:///{tmp_path / 'berka.db'}"
    engine = connect(url)
    made = berka.open_bank(engine, reference / "berka", now=datetime.now(settings().zone))
    run_id = berka.start(made, berka.agree_on_campaign(made))
    made.do(made.dana, select_candidates, SelectCandidates(run_id))
    made.do(made.dana, launch, Launch(run_id))
    for _ in range(3):
        made.do(made.petr, take_next, TakeNext())
    engine.dispose()
    with served(url, tmp_path) as server:
        yield made, server


@pytest.fixture
def hand(as_person, bank):
    """Open a page as somebody of the bank."""
    made, server = bank
    return lambda who, path: Hand(as_person(getattr(made, who).person_id, path, bank=server))


def test_berka_in_the_branches(hand, bank):
    made, _server = bank
    dana = hand("dana", "/impact?run=1")
    before = steps(dana)
    assert before["Assigned"] == 3
    assert before["Attempted"] == 0

    work_from_the_pool(hand)
    eva = hand("eva", f"/team_queue?{EVERY_STATUS}")
    eva.tick_first(20)
    eva.expect_text("The 20 chosen")
    eva.choose("To", "Petr Example")
    eva.expect_text("15 activities")  # three he has, two are closed
    made.do(made.marie, take, Take(waiting(made)))  # while Eva is looking
    eva.press("Assign")
    eva.expect_said("14 activities moved to Petr Example; 6 did not: see why below.")
    assert Counter(row["Why it did not move"] for row in eva.rows()) == {
        "The person already has it.": 3,
        "The activity is closed.": 2,
        "It changed meanwhile; look at it again.": 1,
    }

    dana.page.reload()
    settle(dana.page)
    moved = {step: after - before[step] for step, after in steps(dana).items()}
    assert moved == {
        "Targeted": 0,
        "Confirmed": 0,
        "Assigned": 3 + 13 + 1,  # by Jan, by Eva who moved one of Jan's too, by Marie
        "Attempted": 3,
        "Reached": 2,
        "Responded": 2,
        "Converted": 1,
        "Won": 0,
    }
    dana.expect_text("2 were reached")


def work_from_the_pool(hand):
    """Jan takes three from the branch pool; two answer, one is not reached."""
    jan = hand("jan", "/my_work?view=Branch+pool")
    for outcome, why, said in (
        ("Accepted", "Save: the customer accepts", "a lead is open"),
        ("Refused", "Client refused offer", "Refused, with the reason."),
        ("Not reached", "Client didn't answer", "Noted: not reached."),
    ):
        jan.press("Assign to me")
        jan.expect_said("It is yours.")
        jan.press(outcome)
        jan.press(why)
        jan.expect_said(said)


def waiting(made):
    """Return the last of the twenty that Eva chose: three of Petr's, three of Jan's, fourteen."""
    with reading(made.engine, made.marie, now=made.now) as view:
        return pool(view, window=Window(size=14)).rows[-1].id


def steps(hand):
    """Return how many customers came to each step of the funnel, from the table below it."""
    hand.page.locator("summary", has_text="Show as a table").last.click()
    settle(hand.page)
    return {
        row["Step"]: int(row["Customers"].replace(",", ""))
        for row in hand.every_row()
        if "Step" in row
    }
