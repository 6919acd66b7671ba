"""Fairness: shares of the team, the own share, and how branches want their work."""

import pytest
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.distribution.actions.distributing import Distribute, distribute
from core.distribution.model import BranchWay
from core.distribution.rules import Way
from tests import world as bank
from tests.making.activities import pool_of, row
from tests.making.distribution import way

ANN, BEN = 1, 2


@pytest.fixture
def handed_out(engine, do, arrange):
    """Ann has a customer of her own and one in turn, Ben one in turn."""
    arrange(lambda session: way(session, Way.ROUND_ROBIN))
    work = pool_of(engine, [1, 3, 4])
    do(SYSTEM, distribute, Distribute())
    return work


def told(app):
    return " ".join(each.value for each in [*app.markdown, *app.caption])


def test_a_lead_sees_who_was_given_how_much(handed_out, open_page, world):
    app = open_page(world.lea, "fairness")

    assert (
        "**3 activities** given to 2 people from 1 Feb 2026 to 2 Mar 2026. Of the activities, "
        "Ann Example got the most with 66.7 %, Ben Example the least with 33.3 %; "
        "an even share is 50.0 %."
    ) in told(app)
    rows = {grid.value["Person"][0]: grid.value for grid in app.dataframe if "Person" in grid.value}
    assert rows["Ann Example"]["By the system"].tolist() == [2, 1]
    [times] = [grid.value for grid in app.dataframe if "Because" in grid.value]
    assert times["Given"].tolist() == [3]


def test_by_minutes_and_in_another_window(handed_out, open_page, world):
    app = open_page(world.lea, "fairness", by="Minutes", until="2026-03-01")

    assert "**0 activities** given to 2 people from 31 Jan 2026 to 1 Mar 2026." in told(app)


def test_a_lead_changes_the_way_and_hands_out(engine, open_page, world):
    pool_of(engine, [3, 4])
    app = open_page(world.lea, "fairness")
    assert "**North**: branch pool." in told(app)

    app.radio[0].set_value(Way.LOAD)
    app.button[0].click().run()

    assert "North has its work by this way now: by load." in app.success[0].value
    assert row(engine, BranchWay, bank.NORTH).way is Way.LOAD
    [button] = [each for each in app.button if each.label == "Hand out now"]
    button.click().run()
    assert "2 activities handed out." in app.success[0].value
    [button] = [each for each in app.button if each.label == "Hand out now"]
    button.click().run()
    assert "Nothing could be handed out" in app.success[0].value


def test_a_change_that_was_not_seen_is_not_overridden(engine, open_page, world):
    app = open_page(world.lea, "fairness")
    with Session(engine) as session, session.begin():
        way(session, Way.LOAD)

    app.radio[0].set_value(Way.ROUND_ROBIN)
    app.button[0].click().run()

    assert "changed meanwhile" in app.warning[0].value


def test_an_agent_sees_the_own_share_only(handed_out, open_page, world):
    app = open_page(world.ann, "fairness")

    assert "You were given **2 activities**; the average of your team of 2 is 1.5." in told(app)
    assert "Ben" not in told(app)
    assert not app.radio


def test_an_administrator_sets_any_branch(open_page, choose, world):
    app = open_page(world.ada, "fairness")
    assert not app.radio

    choose(app, "ways", 1)
    app.radio[0].set_value(Way.ROUND_ROBIN)
    app.button[0].click().run()

    assert "South has its work by this way now: in turn." in app.success[0].value


def test_others_do_not_open_it(open_page, world):
    assert "Fairness is not open to your role" in open_page(world.eve, "fairness").warning[0].value


def test_an_agent_asks_why_me(handed_out, open_page, world):
    app = open_page(world.ann, "my_work", id=handed_out[1])
    [toggle] = [each for each in app.toggle if each.label == "Why me?"]

    toggle.set_value(True).run()

    assert "whoever is responsible for the customer comes first" in told(app)
