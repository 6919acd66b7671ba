from datetime import timedelta
from decimal import Decimal

import pytest
import streamlit as st
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from core.campaigns.model import Holdout, HoldoutCustomer
from core.impact.model import Analysis
from core.impact.queries.overlaps import compare_folded
from core.impact.upkeep import fold, keep_overlaps
from core.work import upkeep
from tests.conftest import NOW
from tests.making.results import candidates, crowd, finished_run


@pytest.fixture
def run_id(installation):
    """A finished run: 300 treated, 100 held out; 45 and 5 have the outcome, worth 200 each."""
    with Session(installation) as session, session.begin():
        people = crowd(session, 400)
        made = finished_run(
            session,
            control_share=2500,
            design={"contact_cost": Decimal(2), "product_id": None},
        )
        candidates(session, made, people[:300], steps=[6] * 10 + [3] * 290, outcomes=45, value=200)
        candidates(session, made, people[300:], arm=0, outcomes=5, value=200)
    return made


@pytest.fixture
def unmeasured(installation):
    """A finished run of which nobody was held out."""
    with Session(installation) as session, session.begin():
        made = finished_run(session)
        candidates(session, made, [1, 2, 3, 4], steps=[6, 5, 3, 1], outcomes=1)
    return made


def texts(app):
    kinds = ("markdown", "caption", "info", "subheader")
    return " ".join(str(each.value) for kind in kinds for each in app.get(kind))


def figures(app):
    return {tile.label: tile.value for tile in app.metric}


class TestBoard:
    def test_an_executive_reads_a_sentence_first(self, open_page, world, product_run):
        app = open_page(world.eve, "impact")

        assert "Treated customers converted more often, by +10.0 percentage points" in texts(app)
        assert "1 of 1** effects are proven" in texts(app)
        assert figures(app) == {
            "Runs measured": "1 of 1",
            "Proven gains": "1",
            "Customers treated": "300",
        }

    @pytest.fixture
    def product_run(self, installation):
        with Session(installation) as session, session.begin():
            people = crowd(session, 400)
            made = finished_run(session, control_share=2500)
            candidates(session, made, people[:300], steps=3, outcomes=45, value=200)
            candidates(session, made, people[300:], arm=0, outcomes=5, value=200)
        return made

    def test_without_any_run_it_says_how_results_come_about(self, open_page, world):
        app = open_page(world.eve, "impact")

        assert "Nothing has been measured yet" in app.info[0].value

    def test_a_run_without_control_is_listed_and_not_drawn(self, open_page, world, unmeasured):
        app = open_page(world.eve, "impact")

        assert "What changed" not in texts(app)
        assert figures(app)["Runs measured"] == "0 of 1"

    def test_choosing_a_run_opens_it(self, open_page, choose, world, product_run):
        app = open_page(world.eve, "impact")
        choose(app, "results", 0)

        assert app.query_params["run"] in (str(product_run), [str(product_run)])
        assert "Per customer assigned" in figures(app)

    def test_in_profit(self, open_page, world, product_run):
        app = open_page(world.eve, "impact", view="Profit")

        assert not app.exception
        assert "effects are proven" in texts(app)


class TestPortfolio:
    """Two finished runs with a forecast, one of which proves a gain; they share no customer."""

    @pytest.fixture
    def two(self, installation):
        with Session(installation) as session, session.begin():
            people = crowd(session, 800)
            made = []
            for first, bought, expected in ((0, (45, 5), 0.14), (400, (16, 5), 0.2)):
                terms = {"contact_cost": Decimal(2), "expected_rate": expected}
                run_id = finished_run(session, control_share=2500, design=terms)
                treated, held_out = people[first : first + 300], people[first + 300 : first + 400]
                candidates(session, run_id, treated, steps=3, outcomes=bought[0], value=200)
                candidates(session, run_id, held_out, arm=0, outcomes=bought[1], value=200)
                made.append(run_id)
        with upkeep(installation) as session:
            fold(session, now=NOW)
        with upkeep(installation) as session:
            keep_overlaps(session, compare_folded(session))
        return made

    def test_says_why_there_is_no_total(self, open_page, world, two):
        app = open_page(world.eve, "impact")

        assert "No total: no customers were held out of all campaigns" in texts(app)

    def test_the_total_against_those_held_out_of_everything(
        self, open_page, world, two, installation
    ):
        with Session(installation) as session, session.begin():
            held = Holdout(
                name="Left alone",
                share=1000,
                key=1,
                population=1000,
                starts_on=NOW.date() - timedelta(days=60),
                created_at=NOW,
            )
            session.add(held)
            session.flush()
            session.add_all(
                HoldoutCustomer(holdout_id=held.id, customer_id=id_)
                for id_ in range(100_701, 100_801)
            )

        app = open_page(world.eve, "impact")

        assert "All campaigns together: no proven effect" in texts(app)
        assert "900 customers against 100 of “Left alone”" in texts(app)

    @pytest.mark.parametrize("view", ["Conversions", "Profit"])
    def test_side_by_side_and_added_up(self, open_page, world, two, view):
        app = open_page(world.eve, "impact", side="Unit", sum=view)

        assert "1 of 1** can be told in numbers, **" in texts(app)
        [rows] = [each.value for each in app.dataframe if "Why there is no sum" in each.value]
        assert rows["Incremental conversions"].tolist() == [pytest.approx(31)]

    def test_forecasts_beside_what_came(self, open_page, world, two):
        app = open_page(world.eve, "impact")

        assert "1 of 2 forecasts** lies within what chance allows" in texts(app)
        assert "6.8 points less** came than was forecast" in texts(app)

    def test_by_quarter(self, open_page, world, two):
        app = open_page(world.eve, "impact")

        assert "1 of 2 runs** brought a proven gain and none a proven loss" in texts(app)

    def test_more_runs_take_no_more_statements(self, open_page, world, two, installation):
        def asked(**query):
            st.cache_data.clear()
            found = []
            event.listen(installation, "before_cursor_execute", lambda *args: found.append(args[2]))
            open_page(world.eve, "impact", **query)
            return len([each for each in found if each.startswith(("SELECT", "WITH"))])

        few, sheet = asked(), asked(run=two[0])
        with Session(installation) as session, session.begin():
            for _ in range(5):
                run_id = finished_run(session, control_share=2500)
                candidates(session, run_id, range(100_001, 100_101), outcomes=9, value=200)
                candidates(session, run_id, range(100_301, 100_351), arm=0)

        assert asked() == few <= 40
        assert asked(run=two[0]) == sheet <= 50


class TestRun:
    def test_shows_figures_with_their_intervals(self, open_page, world, run_id):
        app = open_page(world.eve, "impact", run=run_id)

        # 30 conversions of 200 each, less 2 for each of 300 contacts.
        assert figures(app) == {
            "Incremental conversions": "+30",
            "Incremental profit": "€5,400",
            "Return on cost": "+900 %",
            "Per customer assigned": "+10.00 points",
            "Per customer reached": "+10.00 points",
        }
        assert "95 % sure: +" in texts(app)
        assert "A control group was held out and not reached" in texts(app)

    def test_the_money_step_by_step(self, open_page, world, run_id):
        app = open_page(world.eve, "impact", run=run_id)

        assert "The campaign brought **€6,000**" in texts(app)
        assert "After €600 of cost **€5,400** is left" in texts(app)
        assert "€2.00 for each customer contacted, no fixed cost given" in texts(app)

    def test_without_a_cost_there_is_no_profit(self, open_page, world, installation):
        with Session(installation) as session, session.begin():
            people = crowd(session, 400)
            made = finished_run(session, control_share=2500)
            candidates(session, made, people[:300], steps=3, outcomes=45, value=200)
            candidates(session, made, people[300:], arm=0, outcomes=5, value=200)

        app = open_page(world.eve, "impact", run=made)

        assert "what is left after cost can't be said: **nobody said what a contact" in texts(app)
        assert figures(app)["Incremental profit"] == "–"  # noqa: RUF001  the product's own dash

    def test_money_that_is_not_proven_is_not_claimed(self, open_page, world, installation):
        with Session(installation) as session, session.begin():
            people = crowd(session, 400)
            made = finished_run(session, control_share=2500, design={"contact_cost": Decimal(2)})
            candidates(session, made, people[:300], steps=3, outcomes=18, value=200)
            candidates(session, made, people[300:], arm=0, outcomes=5, value=200)

        app = open_page(world.eve, "impact", run=made)

        assert "No money is proven: **€600**" in texts(app)
        assert "so whether it paid is open" in texts(app)

    def test_for_whom_it_worked(self, open_page, world, run_id):
        app = open_page(world.eve, "impact", run=run_id)

        [groups] = [each.value for each in app.dataframe if "p (Holm)" in each.value.columns]
        assert set(groups["Group"]) == {"North", "South"}
        assert set(groups["Evidence"]) == {"Randomised"}
        assert "have an effect of their own that is proven with both taken" in texts(app)

    def test_the_customers_behind_a_group(self, open_page, world, run_id):
        app = open_page(world.mia, "impact", run=run_id, group="North")

        found = [each.value for each in app.dataframe if "Won" in each.value.columns]
        assert "Treated customers with the outcome: North" in texts(app)
        assert len(found[-1]) == 23

    def test_groups_that_are_too_small_say_so(self, open_page, world, installation):
        with Session(installation) as session, session.begin():
            people = crowd(session, 98)
            made = finished_run(session, control_share=3000)
            candidates(session, made, people[:60], steps=3, outcomes=30)
            candidates(session, made, people[60:], arm=0, outcomes=1)

        app = open_page(world.eve, "impact", run=made)

        assert "2 have fewer than 30 customers in an arm" in texts(app)

    def test_whom_it_had_in_common_with_other_runs(self, open_page, world, run_id, installation):
        with Session(installation) as session, session.begin():
            other = finished_run(session)
            candidates(session, other, range(100_001, 100_041))

        app = open_page(world.eve, "impact", run=run_id)

        assert "with **40 customers** in common" in texts(app)
        assert "Effects of such runs are never added up." in texts(app)

    def test_is_refused_without_control_and_shows_rates(self, open_page, world, unmeasured):
        app = open_page(world.eve, "impact", run=unmeasured)

        assert "No impact: no control group." in app.info[0].value
        assert figures(app)["Conversion"] == "25.0 %"
        assert figures(app)["Outcome rate"] == "25.0 %"
        assert "Incremental profit" not in figures(app)

    def test_too_few_customers_give_no_figures(self, open_page, world, installation):
        with Session(installation) as session, session.begin():
            people = crowd(session, 60)
            made = finished_run(session, control_share=2000)
            candidates(session, made, people[:48], steps=3, outcomes=9)
            candidates(session, made, people[48:], arm=0, outcomes=1)

        app = open_page(world.eve, "impact", run=made)

        assert "Too few customers to tell: 12 in the smaller arm" in texts(app)
        assert set(figures(app).values()) == {"–"}  # noqa: RUF001  the product's own dash

    def test_a_reached_control_group_compromises_it(self, open_page, world, installation):
        with Session(installation) as session, session.begin():
            people = crowd(session, 100)
            made = finished_run(session, control_share=5000)
            candidates(session, made, people[:50], steps=3, outcomes=30)
            candidates(session, made, people[50:], arm=0, outcomes=5, is_imported=True, steps=3)

        app = open_page(world.eve, "impact", run=made)

        assert "Not to be relied on" in texts(app)

    def test_the_customers_behind_a_step(self, open_page, world, run_id):
        app = open_page(world.mia, "impact", run=run_id, step="Won")

        found = [each.value for each in app.dataframe if "Won" in each.value.columns]
        assert "Customers behind the step: Won" in texts(app)
        assert len(found[-1]) == 10
        assert found[-1]["Name"].str.contains("•").all()

    def test_an_executive_sees_no_customer_by_name(self, open_page, world, run_id):
        app = open_page(world.eve, "impact", run=run_id, step="Won")

        found = [each.value for each in app.dataframe if "Won" in each.value.columns]
        assert len(found[-1]) == 10
        assert not {"Name", "Customer"} & set(found[-1].columns)

    def test_split_by_branch(self, open_page, world, run_id):
        app = open_page(world.eve, "impact", run=run_id, by="Branch")

        [groups] = [each.value for each in app.dataframe if "Branch" in each.value.columns]
        assert dict(zip(groups["Branch"], groups["Targeted"], strict=True)) == {
            "North": 150,
            "South": 150,
        }

    def test_a_team_lead_sees_the_own_branch(self, open_page, world, run_id):
        app = open_page(world.lea, "impact", run=run_id)

        assert "Of **150 customers** targeted" in texts(app)

    def test_a_run_that_does_not_exist_is_said_calmly(self, open_page, world):
        app = open_page(world.eve, "impact", run=99)

        assert "There is no such run" in app.warning[0].value

    def test_an_agent_is_sent_away(self, open_page, world, run_id):
        app = open_page(world.ann, "impact", run=run_id)

        assert not app.metric


class TestCycles:
    def test_a_manager_freezes_a_cycle(self, open_page, world, run_id, installation):
        app = open_page(world.mia, "impact", run=run_id)
        app.text_area[0].input("Ask older customers first.")
        next(each for each in app.button if each.label == "Analyse and freeze").click().run()

        assert not app.exception
        assert app.success[0].value == "Cycle 1 is frozen: the goal is missed."
        with Session(installation) as session:
            [row] = session.scalars(select(Analysis))
            assert row.conclusion == "Ask older customers first."

    def test_an_executive_only_reads_them(self, open_page, world, run_id):
        app = open_page(world.eve, "impact", run=run_id)

        assert not app.text_area
