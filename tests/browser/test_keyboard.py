"""An hour of calls without a mouse: twenty activities, two of them to be called back.

The lead's monitor moves meanwhile, and nobody touches it.
"""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from components.monitor import EVERY
from core.activities.actions.retries import SaveRetryRule, save_retry_rule
from core.activities.model import Activity, Attempt
from core.activities.rules import CLOSED, Outcome, Promise, RetryEnd, Status
from core.work import changing
from tests import world as w
from tests.browser.serving import settle
from tests.making.activities import ADMINISTRATIVE, pool_of

ANN = 1
TWICE_ROUND = 2_000 * EVERY.total_seconds()  # milliseconds: the monitor has looked again
BOTH_CALL_BACK = ["bm1", "bmy1"]  # mine only, anyone
SALES_KEYS = [*BOTH_CALL_BACK, "as", "f1", "as", "f1", "as", "x1", "as", "f1"]


@pytest.fixture(scope="module")
def calls(small):
    """Ann has ten offers; ten papers of the same customers wait in the pool of her branch."""
    north = list(w.NORTH_CUSTOMERS)
    # The server's clock is the real one: a run whose last day is over would be ended by it.
    lasting = {"ends_on": date.today() + timedelta(days=60)}  # noqa: DTZ011  any zone will do
    pool_of(small.engine, north, held=dict.fromkeys(north, ANN), **lasting)
    pool_of(small.engine, north, of=ADMINISTRATIVE, **lasting)
    rule = SaveRetryRule(w.REASONS, Outcome.NOT_REACHED, 240, 3, RetryEnd.CANCEL, w.NO_ANSWER)
    with Session(small.engine) as session:
        now = session.scalars(select(Activity.created_at)).first()
    with changing(small.engine, w.everybody().ada, now=now) as work:
        save_retry_rule(work, rule)
    return small


def keys(page, pressed):
    """Press one key after the other, each when the page shows what it does."""
    for key in pressed:
        shown = re.compile(rf"Shortcut {key.upper()}$")
        expect(page.get_by_role("button", name=shown).first).to_be_visible()
        page.keyboard.press(key)
        settle(page)


def test_twenty_activities_by_keyboard_alone(as_person, calls):
    monitor = as_person("lea", "/monitor", bank=calls)
    told = monitor.get_by_role("main").get_by_text("closed today.").first
    expect(told).to_contain_text("20 activities left")
    expect(told).to_contain_text("0 closed today")

    page = as_person("ann", "/my_work", bank=calls)
    keys(page, "j")
    for pressed in SALES_KEYS:
        expect(page.get_by_role("button", name=re.compile("^Call back"))).to_be_visible()
        keys(page, pressed)
        expect(page.get_by_test_id("stAlert").filter(has_text=said(pressed)).first).to_be_visible()
    # What was not over stands last: it is skipped, and the pool gives the rest.
    for _ in w.NORTH_CUSTOMERS:
        keys(page, "n")
        expect(page.get_by_role("button", name=re.compile("^Done"))).to_be_visible()
        keys(page, "ds")
        expect(page.get_by_test_id("stAlert").filter(has_text="Done.").first).to_be_visible()

    expect(told).to_contain_text("3 activities left", timeout=TWICE_ROUND)
    expect(told).to_contain_text("17 closed today")
    with Session(calls.engine) as session:
        assert session.scalar(select(func.count(Attempt.id))) == 20
        closed = select(func.count()).where(Activity.status.in_(CLOSED), Activity.person_id == ANN)
        assert session.scalar(closed) == 17
        open_work = session.execute(
            select(Activity.status, Activity.promise, Activity.person_id)
            .where(Activity.status.not_in(CLOSED))
            .order_by(Activity.id)
        ).all()
    assert sorted(open_work, key=str) == sorted(
        [
            (Status.IN_PROGRESS, Promise.MINE_ONLY, ANN),
            (Status.UNASSIGNED, Promise.ANYONE, None),
            (Status.IN_PROGRESS, None, ANN),
        ],
        key=str,
    )


def said(pressed):
    return {"a": "Accepted", "f": "Refused", "b": "Noted: call back", "x": "Noted: not reached"}[
        pressed[0]
    ]
