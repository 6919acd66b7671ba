from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.activities.actions.holdouts import StartHoldout, start_holdout
from core.campaigns.actions.policy import SetContactPolicy, set_contact_policy
from core.campaigns.model import ContactOverride, ContactPolicy, HoldoutCustomer
from core.campaigns.rules import ContactTerms
from core.customers.model import CustomerState
from tests.conftest import NOW
from tests.making.campaigns import segment
from tests.making.runs import planned_run


@pytest.fixture
def owners(arrange):
    def prepared(session):
        planned_run(session)
        for customer_id in (3, 4):
            state = session.get_one(CustomerState, customer_id)
            state.last_contact_at = NOW - timedelta(days=5)
        return segment(session, "owners")

    return arrange(prepared)


def field(app, label):
    return next(each for each in app.number_input if each.label == label)


def pressed(app, label):
    next(each for each in app.button if each.label == label).click().run()
    assert not app.exception
    return app


def buttons(app):
    return [each.label for each in app.button]


def numbers(app):
    return {each.label: each.value for each in app.metric}


def test_an_administrator_tries_terms_and_saves_them(open_page, owners, world, engine):
    app = open_page(world.ada, "contact_policy")
    assert "**3 sales contacts** in **90 days**" in app.markdown[0].value
    field(app, "Sales contacts at most").set_value(1)
    pressed(app, "See what would change")

    assert (numbers(app)["Held now"], numbers(app)["Held then"]) == ("0", "2")
    with Session(engine) as session:
        assert session.get_one(ContactPolicy, 1).most_contacts == 3
    pressed(app, "Save these terms")
    assert "selections from now on follow it" in app.success[0].value
    with Session(engine) as session:
        assert session.get_one(ContactPolicy, 1).most_contacts == 1


def test_a_segment_gets_terms_of_its_own_and_loses_them(open_page, owners, world, engine):
    app = open_page(world.ada, "contact_policy")
    next(each for each in app.selectbox if each.label == "For whom").select("Owners").run()
    field(app, "Sales contacts at most").set_value(0)
    pressed(app, "See what would change")
    pressed(app, "Save these terms")
    with Session(engine) as session:
        assert session.get_one(ContactOverride, owners).most_contacts == 0

    next(each for each in app.selectbox if each.label == "For whom").select("Owners").run()
    pressed(app, "See it with the bank's terms")
    pressed(app, "Save these terms")
    with Session(engine) as session:
        assert session.get(ContactOverride, owners) is None


def test_a_manager_tries_but_does_not_save(open_page, owners, world):
    app = open_page(world.mia, "contact_policy")
    field(app, "Sales contacts at most").set_value(1)
    pressed(app, "See what would change")
    assert numbers(app)["Newly held"] == "2"
    assert "Save these terms" not in buttons(app)


def test_the_second_administrator_is_told(open_page, owners, do, world, engine):
    app = open_page(world.ada, "contact_policy")
    field(app, "Sales contacts at most").set_value(1)
    pressed(app, "See what would change")
    do(world.ada, set_contact_policy, SetContactPolicy(ContactTerms(2, 30, 60), 1))
    pressed(app, "Save these terms")
    assert "changed by somebody else" in app.warning[0].value
    with Session(engine) as session:
        assert session.get_one(ContactPolicy, 1).most_contacts == 2


def test_who_is_held_is_counted_and_listed(open_page, owners, do, world):
    do(world.ada, set_contact_policy, SetContactPolicy(ContactTerms(1, 30, 60), 1))
    app = open_page(world.mia, "contact_policy", view="Held customers")
    assert numbers(app)["Held now"] == "2"
    assert any("**2 customers**" in each.value for each in app.markdown)

    app = open_page(
        world.mia, "contact_policy", view="Held customers", reason="Reserved by a campaign"
    )
    assert any("Nobody is held like this" in each.value for each in app.info)


def test_an_administrator_sees_numbers_and_no_customers(open_page, owners, world):
    app = open_page(world.ada, "contact_policy", view="Held customers")
    assert numbers(app)["Held now"] == "0"
    assert "Customers" not in [each.value for each in app.subheader]


def test_it_is_not_for_everybody(open_page, world):
    app = open_page(world.ann, "contact_policy")
    assert not app.number_input


class TestHoldout:
    def test_a_campaign_manager_starts_one_and_ends_it(self, open_page, world, engine):
        app = open_page(world.mia, "contact_policy", view="Holdout")
        assert "Nobody is held out of all sales campaigns" in app.info[0].value
        app.text_input[0].set_value("Autumn")
        field(app, "Share in %").set_value(50.0).run()
        assert any("About **8 customers** of 15" in each.value for each in app.markdown)
        pressed(app, "Start the holdout")

        with Session(engine) as session:
            drawn = len(session.scalars(select(HoldoutCustomer.customer_id)).all())
        assert f"{drawn} customers held out of all sales campaigns" in app.success[0].value
        assert (numbers(app)["Held out"], numbers(app)["Contacted all the same"]) == (
            str(drawn),
            "0",
        )

        pressed(app, "Let today be the last day")
        assert "“Autumn” ends with today" in app.success[0].value
        assert "Let today be the last day" not in buttons(app)

    def test_without_a_name_it_is_refused(self, open_page, world):
        app = open_page(world.mia, "contact_policy", view="Holdout")
        pressed(app, "Start the holdout")
        assert "Give the holdout a name" in app.warning[0].value

    def test_an_administrator_only_looks(self, open_page, world, do):
        do(world.mia, start_holdout, StartHoldout("Autumn", 5_000))
        app = open_page(world.ada, "contact_policy", view="Holdout")
        assert app.subheader[0].value == "Autumn"
        assert "Let today be the last day" not in buttons(app)
