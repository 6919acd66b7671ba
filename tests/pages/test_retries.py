"""Retry rules, as an administrator sets them beside the reason templates."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.activities.actions.retries import SaveRetryRule, save_retry_rule
from core.activities.model import RetryRule
from core.activities.rules import Outcome, RetryEnd
from tests import world as w

RULE = SaveRetryRule(w.REASONS, Outcome.NOT_REACHED, 240, 3, RetryEnd.CANCEL, w.NO_ANSWER)


@pytest.fixture
def retries(open_page, world):
    return lambda: open_page(world.ada, "reference", part="Retries")


def field(app, label):
    [found] = [each for each in (*app.selectbox, *app.number_input) if each.label == label]
    return found


def save(app):
    [button] = [each for each in app.button if each.label == "Save the rule"]
    button.click().run()
    assert not app.exception
    return app


def rules(engine):
    with Session(engine) as session:
        return session.scalars(select(RetryRule)).all()


def test_a_rule_is_added(retries, engine):
    app = retries()
    field(app, "After").set_value(Outcome.NOT_REACHED)
    field(app, "Next try after").set_value(2)
    field(app, "Minutes, hours or days").set_value("days")
    field(app, "Cancelled for").set_value(w.NO_ANSWER)
    save(app)

    assert app.success[0].value == "The rule “Sales contact: not reached” is saved."
    [rule] = rules(engine)
    assert (rule.delay_minutes, rule.most_attempts, rule.ending) == (2880, 3, RetryEnd.CANCEL)
    shown = app.dataframe[0].value.iloc[0]
    assert (shown["Next try"], shown["Then"]) == ("after 2 days", "Cancelled: Client didn't answer")


def test_a_refusal_is_explained(retries, engine):
    app = retries()
    field(app, "Next try after").set_value(0)
    save(app)
    assert "at least one minute" in app.warning[0].value

    field(app, "Next try after").set_value(4)
    save(app)
    assert "Choose the reason" in app.warning[0].value
    assert rules(engine) == []


def test_a_rule_is_changed_and_taken_away(retries, engine, world, do, choose):
    do(world.ada, save_retry_rule, RULE)
    app = choose(retries(), "retries", 0)
    field(app, "After the last try").set_value(RetryEnd.POOL)
    save(app)
    assert [rule.ending for rule in rules(engine)] == [RetryEnd.POOL]

    app = choose(retries(), "retries", 0)
    [button] = [each for each in app.button if each.label == "Take the rule away"]
    button.click().run()
    assert app.success[0].value == "The rule is taken away."
    assert rules(engine) == []


def test_what_changed_meanwhile_is_not_overridden(retries, engine, world, do, choose):
    do(world.ada, save_retry_rule, RULE)
    app = choose(retries(), "retries", 0)
    with Session(engine) as session, session.begin():
        session.scalars(select(RetryRule)).one().most_attempts = 7
    save(app)

    assert "changed meanwhile" in app.warning[0].value
    assert [rule.most_attempts for rule in rules(engine)] == [7]
