"""Coverage, as a manager, a lead and an executive see it."""

import json

import pytest
import streamlit as st
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import Metric
from core.coverage.model import CoverageCount
from core.coverage.queries.counting import count
from core.coverage.upkeep import keep, usual_periods
from core.customers.model import Product
from core.segments.model import Segment
from core.work import reading, upkeep
from tests import world as bank
from tests.conftest import NOW
from tests.making.campaigns import segment
from tests.making.runs import launched_run


def counted(engine):
    with reading(engine, SYSTEM, now=NOW) as view:
        found = count(view, periods=usual_periods(view))
    with upkeep(engine) as session:
        keep(session, found)


@pytest.fixture
def covered(engine):
    """Everybody is a segment; 1 to 4 have work for savings, 5 and 6 are held out; 7 has them."""
    with Session(engine) as session, session.begin():
        made = launched_run(session, range(1, 5), control=(5, 6))
        everybody = segment(session, "everybody", rule={"all": []})
    counted(engine)
    return {"segment": everybody, "design": made.design_id}


@pytest.fixture
def cell(covered):
    return f"{covered['segment']}-{bank.SAVINGS}"


def said(app):
    return " ".join(each.value for each in (*app.markdown, *app.caption, *app.info))


def test_the_map_says_where_the_gap_is(open_page, world, covered):
    app = open_page(world.mia, "coverage", show="Open gap")
    assert "The largest gap is" in said(app)
    assert "as counted 2 Mar 2026, 09:00" in said(app)
    assert "Choose a cell" in said(app)


def test_a_cell_shows_its_parts_and_the_customers_behind_one(open_page, world, covered, cell):
    app = open_page(world.mia, "coverage", cell=cell, part="In work")
    assert "Of **14 eligible customers**" in said(app)
    [grid] = [each.value for each in app.dataframe if "Stands" in each.value]
    assert list(grid["Stands"]) == ["In work"] * 4
    assert "•••" in grid["Name"][0]

    app = open_page(world.mia, "coverage", cell=cell, part="Held out")
    [grid] = [each.value for each in app.dataframe if "Stands" in each.value]
    assert len(grid) == 2


def test_the_table_says_the_same_and_can_leave(open_page, world, covered):
    for who in (world.mia, world.eve):
        app = open_page(who, "coverage", twin="true")
        [grid] = [each.value for each in app.dataframe if "Open gap" in each.value]
        [row] = grid[(grid["Segment"] == "Everybody") & (grid["Product"] == "Savings account")].iloc
        assert list(row[["Eligible", "Held out", "In work", "Open gap"]]) == [14, 2, 4, 8]
        assert app.get("download_button") or [each for each in app.button if "xport" in each.label]


@pytest.mark.parametrize("who", ["mia", "lea"])
def test_segments_and_products_of_one_name_are_told_apart(open_page, world, engine, covered, who):
    with Session(engine) as session, session.begin():
        twins = [segment(session, code, rule={"all": []}) for code in ("savers", "savers-2")]
        for id_ in twins:
            session.get_one(Segment, id_).name = "All savers"
        session.get_one(Product, bank.GOLD).name = "Savings account"
    counted(engine)
    app = open_page(getattr(world, who), "coverage")
    drawn = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]
    rows = drawn["yaxis"]["ticktext"]
    assert {"All savers (savers)", "All savers (savers-2)", "Everybody"} <= set(rows)
    assert len(drawn["xaxis"]["ticktext"]) == 5
    cell = f"{twins[1]}-{bank.SAVINGS}"
    app = open_page(getattr(world, who), "coverage", cell=cell, view="Opportunities")
    assert "All savers (savers-2): Savings account (savings)" in [
        each.value for each in app.subheader
    ]
    app = open_page(getattr(world, who), "coverage", view="Never contacted")
    assert {"All savers (savers)", "All savers (savers-2)"} <= set(
        app.dataframe[0].value["Segment"]
    )
    assert not app.exception


def test_a_cell_without_anybody_says_why(open_page, world, covered):
    nobody = f"{covered['segment']}-{bank.GOLD}"
    app = open_page(world.mia, "coverage", aim="Keep with who holds it", cell=nobody)
    assert "Nobody is eligible: nobody in it holds the product." in said(app)
    assert "NaN" not in said(app)


def test_one_click_makes_a_brief_of_a_gap(open_page, world, engine, covered, cell):
    app = open_page(world.mia, "coverage", cell=cell)
    [button] = [each for each in app.button if each.label.startswith("Make a brief")]
    assert "8 customers" in button.label
    button.click().run()
    with Session(engine) as session:
        design = session.scalars(select(Design).order_by(Design.id.desc())).first()
        campaign = session.get_one(Campaign, design.campaign_id)
    assert (design.segment_id, design.product_id) == (covered["segment"], bank.SAVINGS)
    assert design.metric is Metric.CONVERSION
    assert campaign.name == "Sell Savings account: Everybody"
    assert not app.exception


def test_a_brief_to_keep_is_measured_by_who_stays(open_page, world, engine, covered, cell):
    app = open_page(world.mia, "coverage", cell=cell, aim="Keep with who holds it")
    [button] = [each for each in app.button if each.label.startswith("Make a brief")]
    button.click().run()
    with Session(engine) as session:
        design = session.scalars(select(Design).order_by(Design.id.desc())).first()
    assert design.metric is Metric.UPTAKE


def test_an_executive_sees_aggregates_only(open_page, world, covered, cell):
    app = open_page(world.eve, "coverage", cell=cell)
    assert "Of **14 eligible customers**" in said(app)
    assert not [each for each in app.dataframe if "Stands" in each.value]
    assert not [each for each in app.button if "brief" in each.label or "anew" in each.label]


def test_a_lead_sees_the_own_branch(open_page, world, covered, cell):
    app = open_page(world.lea, "coverage", cell=cell)
    assert "Of **9 eligible customers**" in said(app)
    app = open_page(world.lou, "coverage", cell=cell)
    assert "Of **5 eligible customers**" in said(app)


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("Opportunities", "There are hands for"),
        ("Overlap", "of the customers treated had more than one campaign"),
        ("Never contacted", "were never reached"),
    ],
)
@pytest.mark.parametrize("who", ["mia", "eve", "lea"])
def test_every_view_says_what_it_shows(open_page, world, covered, who, view, words):
    app = open_page(getattr(world, who), "coverage", view=view)
    assert words in said(app)


def test_a_click_on_a_gap_chooses_it(open_page, click, choose, world, covered):
    app = open_page(world.mia, "coverage", view="Opportunities")
    assert "Not enough is known of any gap." in said(app)
    gaps = app.dataframe[0].value
    first, second = (f"{gaps['Segment'][at]}: {gaps['Product'][at]}" for at in (0, 1))
    assert first != second
    choose(app, "opportunities", 0)
    assert first in [each.value for each in app.subheader]
    click(app, "worth", point_index=1)
    assert second in [each.value for each in app.subheader]
    assert not app.exception


def test_a_click_on_a_part_lists_its_customers(open_page, click, world, covered, cell):
    app = open_page(world.mia, "coverage", cell=cell)
    click(app, f"bars-{cell}", point_index=2)
    [grid] = [each.value for each in app.dataframe if "Stands" in each.value]
    assert list(grid["Stands"]) == ["In work"] * 4
    app.button_group(key="part").set_value("Held out").run()  # the click does not come back
    [grid] = [each.value for each in app.dataframe if "Stands" in each.value]
    assert list(grid["Stands"]) == ["Held out"] * 2


def test_a_click_on_two_campaigns_lists_whom_both_had(open_page, click, world, engine, covered):
    with Session(engine) as session, session.begin():
        launched_run(session, (3, 4, 11), design={"code": "B"})
    counted(engine)
    app = open_page(world.mia, "coverage", view="Overlap")
    assert "Choose two campaigns on the map" in said(app)
    click(app, "matrix", point_index=0, customdata=["Both", 0])
    assert not app.exception
    [grid] = [each.value for each in app.dataframe if "Last contact" in each.value]
    assert len(grid) == 2
    assert "**2 customers**" in said(app)

    app = open_page(world.eve, "coverage", view="Overlap")
    assert "Choose two campaigns on the map" not in said(app)


def test_who_may_counts_days_of_their_own(open_page, world, engine, covered):
    own = {"period": "Other days", "first": "2026-01-01", "last": "2026-01-31"}
    app = open_page(world.eve, "coverage", **own)
    assert "Ask a campaign manager to count" in said(app)

    app = open_page(world.mia, "coverage", **own)
    [button] = [each for each in app.button if each.label == "Count anew"]
    button.click().run()
    assert "counted anew" in app.success[0].value
    assert "1 Jan 2026 to 31 Jan 2026" in said(app)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(CoverageCount)) == 4


def test_days_that_cannot_be_are_refused(open_page, world, covered):
    own = {"period": "Other days", "first": "2026-02-01", "last": "2026-01-31"}
    app = open_page(world.mia, "coverage", **own)
    assert "The last day comes after the first" in app.warning[0].value


def test_nothing_counted_is_said(open_page, world):
    app = open_page(world.mia, "coverage")
    assert "These days were not counted yet" in said(app)


@pytest.mark.parametrize("who", ["ann", "ada"])
def test_is_not_open_to(open_page, world, who):
    app = open_page(getattr(world, who), "coverage")
    assert "not open to your role" in app.warning[0].value


MOST = {"Map": 31, "Opportunities": 44, "Overlap": 21, "Never contacted": 19}


@pytest.mark.parametrize("view", MOST)
def test_a_view_asks_no_oftener_than_it_has_to(open_page, world, engine, covered, cell, view):
    asked = []

    def on_execute(_connection, _cursor, statement, *_rest):
        if not statement.startswith(("PRAGMA", "BEGIN")):
            asked[-1].append(statement)

    event.listen(engine, "before_cursor_execute", on_execute)
    for more in (0, 5):
        asked.append([])
        with Session(engine) as session, session.begin():
            for number in range(more):
                segment(session, f"more-{number}", rule={"holds": {"product": "current"}})
        counted(engine)
        st.cache_data.clear()
        asked[-1].clear()
        open_page(world.mia, "coverage", view=view, cell=cell)
    event.remove(engine, "before_cursor_execute", on_execute)
    few, many = asked
    assert len(many) == len(few)
    assert len(many) <= MOST[view]
