"""The page of competitors: the feed, rates beside ours, followers, and what a manager records."""

import json
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.intake.rules import IntakeKind
from core.market.model import Competitor, CompetitorMove, ProductRate
from core.market.rules import MoveKind, Side
from tests import world as w
from tests.making import market as make
from tests.making.berka import EXAMPLES
from tests.making.files import Importing
from tests.pages.test_plan import field, pressed

LOANS = {"product_category": make.MORTGAGES, "side": Side.LENDING, "old_value": 4.0}


@pytest.fixture
def market(arrange):
    def moved(session):
        first, second = make.competitor(session, "First"), make.competitor(session, "Second")
        make.rate(session, first, 3.0, date(2026, 1, 1))
        make.own_rate(session, 2.5, date(2026, 1, 1))
        make.move(session, second, date(2026, 1, 7), new_value=2.0)
        make.decision(session, date(2026, 1, 8), 0.25)
        make.move(session, first, date(2026, 1, 6), new_value=4.1, **LOANS)
        make.move(session, first, date(2026, 1, 20), new_value=4.25, **LOANS)
        make.move(session, second, date(2026, 2, 20), new_value=4.1, **LOANS)
        return make.move(
            session,
            second,
            date(2026, 2, 9),
            new_value=1525.0,
            quality_flag="new value 1525 % is outside 0 to 30 %",
        )

    return arrange(moved)


def said(app):
    return " ".join(each.value for each in (*app.markdown, *app.caption))


def grid(app, heading):
    """Return the list that has this column."""
    [found] = [each.value for each in app.dataframe if heading in each.value]
    return found


def test_without_a_market_every_view_says_what_to_do(open_page, world):
    for view, sentence in (
        ("Moves", "Record one, or import a feed"),
        ("Rates", "No rate is known yet"),
        ("Central bank", "No decision of the central bank is known yet"),
        ("Our rates", "No rate of ours is known"),
    ):
        app = open_page(world.eve, "competitors", view=view)
        assert sentence in app.info[0].value


def test_the_feed_tells_facts_from_doubt(open_page, world, market):
    app = open_page(world.eve, "competitors")
    assert "**4 moves** in 2 months" in said(app)
    assert "1 doubtful move left out" in said(app)
    rows = grid(app, "Doubtful because")
    assert list(rows["Competitor"]) == ["Second", "Second", "First", "Market", "Second", "First"]
    assert rows["Doubtful because"][1].startswith("new value 1525 %")

    app = open_page(
        world.eve, "competitors", trust="Facts only", competitor="Second", by="Competitor"
    )
    assert list(grid(app, "Doubtful because")["After"]) == [4.1, 2.0]
    app = open_page(world.eve, "competitors", kind="Market event")
    assert list(grid(app, "Doubtful because")["Competitor"]) == ["Market"]


def test_a_link_leads_to_one_move(open_page, world, market):
    app = open_page(world.eve, "competitors", move=market)
    assert "9 Feb 2026: Second, Saver, rate change from 2 to 1,525" in said(app)


def test_the_ladder_says_where_we_stand(open_page, world, market):
    app = open_page(world.eve, "competitors", view="Rates")
    assert "in place **2 of 3**" in said(app)
    assert "First offers the best competitor rate, 3.00 %, 0.50 points more" in said(app)
    rungs = grid(app, "Place")
    assert list(rungs["Who"]) == ["First", "We", "Second"]
    assert rungs["Better than ours (points)"][0] == 0.5
    [figure] = [json.loads(each.proto.spec) for each in app.get("plotly_chart")]
    assert figure["data"][0]["text"] == ["3.00 % (+0.50)", "2.50 %", "2.00 % (\N{MINUS SIGN}0.50)"]

    app = open_page(world.eve, "competitors", view="Rates", on="2026-01-01")
    assert list(grid(app, "Place")["Who"]) == ["First", "We"]
    app = open_page(world.eve, "competitors", view="Rates", compare="Mortgages, loans")
    assert "none of ours to compare with" in said(app)


def test_the_ladder_compares_with_the_rate_of_ours_that_was_chosen(open_page, world, arrange):
    def published(session):
        for terms, of in (("12 months", 4.0), ("36 months", 4.6)):
            make.own_rate(session, of, date(2026, 1, 1), terms=terms)
        competitor = make.competitor(session, "First")
        make.rate(session, competitor, 4.4, date(2026, 1, 1), terms="12 months")

    arrange(published)
    ours = {"with": "Savings account, 12 months"}
    rungs = grid(open_page(world.eve, "competitors", view="Rates", **ours), "Place")
    assert list(zip(rungs["Place"], rungs["Who"], strict=True)) == [(1, "First"), (2, "We")]
    assert rungs["Better than ours (points)"][0] == pytest.approx(0.4)


def test_followers_of_the_central_bank_are_shown(open_page, world, market):
    app = open_page(world.eve, "competitors", view="Central bank")
    assert "rates were changed within 27 days in **1 of 2** cases, **every time**" in said(app)
    rows = grid(app, "Days after")
    assert list(rows["Competitor"]) == ["First", "Second"]
    assert next(iter(rows["Days after"])) == 12


def test_a_rate_and_a_follower_lead_to_the_moves_behind_them(
    open_page, world, market, choose, click
):
    app = choose(open_page(world.eve, "competitors", view="Rates"), "rungs", 2)
    assert "Moves of Second on Saver" in said(app)
    assert list(grid(app, "Doubtful because")["After"]) == [1525.0, 2.0]

    app = choose(open_page(world.eve, "competitors", view="Rates"), "rungs", 1)
    assert "Moves of" not in said(app)  # our own: its history is a view of its own

    app = choose(open_page(world.eve, "competitors", view="Central bank"), "follow_rows", 0)
    assert "Moves of First after 8 Jan 2026" in said(app)
    assert list(grid(app, "Doubtful because")["After"]) == [4.25]

    app = click(
        open_page(world.eve, "competitors", view="Central bank"), "follows", customdata=["", 1]
    )
    assert "Moves of Second after 8 Jan 2026" in said(app)


def test_a_manager_records_a_move(open_page, world, market, engine):
    app = open_page(world.mia, "competitors", view="Record")
    field(app, "selectbox", "Competitor").select("First")
    field(app, "selectbox", "Category").select("savings")
    product = field(app, "text_input", "Product").id
    field(app, "text_input", "Product").input("Saver")
    field(app, "selectbox", "Side").select("Deposit")
    field(app, "number_input", "Value after").set_value(1525.0)
    pressed(app, "Record the move")
    assert "New value 1525 % is outside 0 to 30 %" in app.warning[0].value
    assert field(app, "text_input", "Product").value == "Saver"

    field(app, "number_input", "Value after").set_value(3.4)
    pressed(app, "Record the move")
    assert app.success[0].value == "The move of First on 2 Mar 2026 is recorded."
    assert field(app, "text_input", "Product").value == ""
    assert field(app, "text_input", "Product").id != product
    with Session(engine) as session:
        row = session.scalars(select(CompetitorMove).where(CompetitorMove.new_value == 3.4)).one()
    assert (row.kind, row.author_id) == (MoveKind.RATE_CHANGE, world.mia.person_id)


def test_a_twin_is_refused_and_two_names_become_one(open_page, world, market, engine):
    app = open_page(world.mia, "competitors", view="Record")
    field(app, "text_input", "Name of a new competitor").input("FIRST")
    pressed(app, "Add the competitor")
    assert "FIRST is First, which is watched already" in app.warning[0].value

    product = field(app, "text_input", "Product").id
    field(app, "text_input", "Name of a new competitor").input("Third")
    pressed(app, "Add the competitor")
    assert app.success[0].value == "Third is watched from now on."
    assert field(app, "text_input", "Name of a new competitor").value == ""
    # A browser keeps what is being written of a move as long as its field is the same.
    assert field(app, "text_input", "Product").id == product

    field(app, "text_input", "New name").input("First plc")
    pressed(app, "Rename")
    assert app.success[0].value == "First is First plc now; files may still say either."
    pressed(app, "Merge into it")
    assert "First plc is Second from now on, with 2 moves and 1 rate." in app.success[0].value
    with Session(engine) as session:
        names = session.scalars(select(Competitor.name).where(Competitor.same_as_id.is_(None)))
        assert set(names) == {"Second", "Third"}


def test_our_rates_keep_their_history(open_page, world, market, engine):
    app = open_page(world.mia, "competitors", view="Our rates")
    field(app, "selectbox", "Product of ours").select("Savings account")
    field(app, "number_input", "Rate (% a year)").set_value(2.75)
    field(app, "selectbox", "Competes with the competitors' category").select("savings")
    pressed(app, "Set the rate")
    assert app.success[0].value == (
        "The rate is set to 2.75 % instead of 2.50 %, from 2 Mar 2026 on."
    )
    rows = grid(app, "Replaced on")
    assert list(rows["Rate (% a year)"]) == [2.75, 2.5]
    with Session(engine) as session:
        assert {rate.unit_id for rate in session.scalars(select(ProductRate))} == {w.BANK}


@pytest.mark.parametrize("who", ["eve", "pia", "tom"])
def test_others_read_it_only(open_page, world, market, who):
    actor = getattr(world, who)
    app = open_page(actor, "competitors", view="Record")
    assert {each.label for each in app.button} == {"Sign out"}
    app = open_page(actor, "competitors", view="Our rates")
    assert {each.label for each in app.button} == {"Sign out"}


def test_agents_do_not_open_it(open_page, world):
    assert "not open to your role" in open_page(world.ann, "competitors").warning[0].value


@pytest.mark.reference
def test_the_big_four_are_seen_to_follow_the_central_bank(
    open_page, world, engine, reference, tmp_path
):
    importing = Importing(engine, SYSTEM, tmp_path)
    for file, mapping in (
        ("competitor_events_top_banks.csv.gz", "competitor-moves"),
        ("rba_decisions.csv", "central-bank-decisions"),
    ):
        text = (EXAMPLES / f"{mapping}.toml").read_text()
        importing.take(reference / "competitors" / file, text, IntakeKind.MOVES)

    app = open_page(world.eve, "competitors", view="Central bank")
    field(app, "multiselect", "Competitors").set_value(
        ["ANZ", "CommBank", "NATIONAL AUSTRALIA BANK", "Westpac"]
    ).run()

    assert "within 27 days in **41 of 48** cases, **every time** by just what was decided" in said(
        app
    )
    rows = grid(app, "Days after")
    assert len(rows) == 48
    assert list(rows["As decided"].dropna()) == ["Yes"] * 41
