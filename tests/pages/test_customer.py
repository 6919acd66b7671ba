"""The customers' page, as each role uses it."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.activities.model import Activity
from core.activities.rules import Status
from core.customers.actions import SetIndicator, set_indicator
from core.customers.model import CustomerState, Indicator
from core.customers.rules import IndicatorKind, Medium
from core.runs.actions.selecting import SelectCandidates, select_candidates
from tests.making.activities import pool_of, row
from tests.making.campaigns import approved_design
from tests.making.runs import planned_run

ANN, BEN = 1, 2


@pytest.fixture
def work(engine):
    return pool_of(engine, [1, 2, 3], held={1: ANN, 3: BEN})


def press(app, label):
    [button] = [each for each in app.button if each.label == label]
    button.click().run()
    assert not app.exception
    return app


def texts(app):
    drawn = (*app.markdown, *app.warning, *app.success, *app.info, *app.error, *app.caption)
    return "\n".join(each.value for each in drawn)


class TestFinding:
    def test_begins_with_whom_one_works_with(self, open_page, world, work):
        app = open_page(world.ann, "customer")
        assert list(app.dataframe[0].value["Name"]) == [
            "Customer 01 Example",
            "Customer 02 Example",
        ]

    def test_a_row_leads_to_the_record(self, open_page, world, choose):
        app = choose(open_page(world.lea, "customer", q="customer 03"), "customers", 0)
        assert app.query_params["id"] == "3"
        assert app.title[0].value == "Customer 03 Example"

    def test_says_how_to_search_when_nobody_is_found(self, open_page, world):
        app = open_page(world.mia, "customer", q="Example")
        assert "A whole number finds" in app.info[0].value

    def test_another_branch_does_not_exist(self, open_page, world):
        app = open_page(world.ann, "customer", id=11)
        assert app.warning[0].value == "There is no such customer."
        assert "Customer" not in texts(app)

    @pytest.mark.parametrize("who", ["eve", "ada"])
    def test_is_not_open_to_those_who_see_no_customers(self, open_page, world, who):
        app = open_page(getattr(world, who), "customer", id=1)
        assert "not open to your role" in app.warning[0].value

    def test_an_activity_leads_to_the_record(self, open_page, world, work):
        app = open_page(world.ann, "my_work", id=work[1])
        assert [each.proto.label for each in app.get("page_link")] == ["The whole record"]

    def test_a_candidate_leads_to_the_record(self, open_page, world, engine, do, choose):
        with Session(engine) as session, session.begin():
            run_id = planned_run(session, approved_design(session))
        do(world.mia, select_candidates, SelectCandidates(run_id))
        app = choose(open_page(world.mia, "run", id=run_id), "candidates", 0)

        assert app.query_params["id"] == "1"
        assert app.title[0].value == "C••• 0••• E•••"


class TestConsent:
    def test_is_shown_with_date_and_origin(self, open_page, world):
        shown = open_page(world.ann, "customer", id=1, view="Consent").dataframe[0].value
        assert list(shown["Medium"]) == ["Branch", "Phone", "Email", "SMS", "Post", "App"]
        assert set(shown["Known from"]) == {"Source"}

    def test_withdrawn_it_ends_the_work(self, open_page, world, engine, work):
        app = open_page(world.ann, "customer", id=1, view="Consent")
        app.selectbox[0].set_value(Medium.PHONE)
        press(app, "No, not any more")

        assert app.success[0].value == (
            "Consent for contact by phone is withdrawn. 1 activity ended."
        )
        assert row(engine, Activity, work[1]).status is Status.CANCELLED

    def test_what_stands_already_is_refused(self, open_page, world):
        app = press(
            open_page(world.ann, "customer", id=1, view="Consent"), "Yes, contact me this way"
        )
        assert "is given already" in app.warning[0].value

    def test_leaves_a_customer_alone_and_takes_it_back(self, open_page, world, engine, work):
        app = open_page(world.lea, "customer", id=1, view="Consent")
        press(app, "Does not want to be contacted")
        assert app.success[0].value == ("The customer is left alone from now on. 1 activity ended.")
        assert row(engine, CustomerState, 1).do_not_contact

        press(app, "May be contacted again")
        assert not row(engine, CustomerState, 1).do_not_contact

    @pytest.mark.parametrize("who", ["mia", "pia", "tom"])
    def test_others_only_read(self, open_page, world, who):
        for view in ("Consent", "Facts", "Activities", "Held back"):
            app = open_page(getattr(world, who), "customer", id=1, view=view)
            assert {each.label for each in app.button} <= {"Sign out", "Export"}
            assert "Customer 01" not in texts(app)


class TestIndicators:
    def test_is_set_and_taken_off(self, open_page, world, engine):
        app = open_page(world.ann, "customer", id=1, view="Indicators")
        app.selectbox[0].set_value(IndicatorKind.DISTRESS)
        press(app, "Set the indicator")
        assert app.success[0].value == "Distress is set."
        assert row(engine, CustomerState, 1).indicators == IndicatorKind.DISTRESS.bit

        press(app, "Take distress off")
        assert app.success[0].value == "Distress is taken off."
        assert row(engine, CustomerState, 1).indicators == 0
        with Session(engine) as session:
            assert session.scalars(select(Indicator)).one().cleared_at is not None

    def test_an_auditor_only_reads(self, open_page, world, do):
        do(world.ann, set_indicator, SetIndicator(1, IndicatorKind.DISTRESS))
        app = open_page(world.tom, "customer", id=1, view="Indicators")
        assert list(app.dataframe[0].value["Indicator"]) == ["Distress"]
        assert not [each for each in app.button if "off" in each.label or "Set" in each.label]


class TestFacts:
    def test_a_lead_gives_the_customer_to_somebody_else(self, open_page, world, engine):
        app = open_page(world.lea, "customer", id=1)
        app.selectbox[0].set_value(BEN)
        press(app, "Change who answers for the customer")
        assert app.success[0].value == "Ben Example answers for the customer from now on."
        assert row(engine, CustomerState, 1).manager_id == BEN

        app.selectbox[0].set_value(0)
        press(app, "Change who answers for the customer")
        assert row(engine, CustomerState, 1).manager_id is None

    def test_what_changed_meanwhile_is_not_overridden(self, open_page, world, engine):
        app = open_page(world.lea, "customer", id=1)
        with Session(engine) as session, session.begin():
            session.get_one(CustomerState, 1).manager_id = None
        app.selectbox[0].set_value(BEN)
        press(app, "Change who answers for the customer")
        assert "meanwhile" in app.warning[0].value

    def test_an_agent_is_not_offered_to(self, open_page, world):
        app = open_page(world.ann, "customer", id=1)
        assert "Ann Example" in texts(app)
        assert "Change who answers for the customer" not in [each.label for each in app.button]


class TestPast:
    def test_shows_only_the_work_of_the_own_scope(self, open_page, world, engine, work):
        pool_of(engine, [1], held={1: BEN})
        own = open_page(world.ann, "customer", id=1, view="Activities").dataframe[0].value
        team = open_page(world.lea, "customer", id=1, view="Activities").dataframe[0].value
        assert (list(own["Person"]), len(team)) == (["Ann Example"], 2)

    def test_a_row_leads_to_the_activity(self, open_page, world, work, choose):
        app = choose(open_page(world.ann, "customer", id=1, view="Activities"), "work", 0)
        assert app.query_params["id"] == str(work[1])
        assert app.subheader[0].value == "Customer 01 Example"


class TestHeldBack:
    def test_says_what_holds_back(self, open_page, world, work):
        app = open_page(world.ann, "customer", id=1, view="Held back")
        assert "open activity" in app.warning[0].value.lower()
        app = open_page(world.ben, "customer", id=4, view="Held back")
        assert "Nothing holds" in app.success[0].value
        assert "Run by run" not in texts(app)

    def test_run_by_run_for_those_who_run_campaigns(self, open_page, world, engine, do):
        with Session(engine) as session, session.begin():
            run_id = planned_run(session, approved_design(session))
        do(world.mia, select_candidates, SelectCandidates(run_id))
        shown = open_page(world.mia, "customer", id=7, view="Held back").dataframe[0].value
        assert list(shown["Kept out by"]) == ["Not in the segment rule"]
