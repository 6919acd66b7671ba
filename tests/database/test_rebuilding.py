"""What is derived and is not as its sources: `fairlead check` says so, and `rebuild` mends it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from cli import app
from core import rebuilding
from core.access import SYSTEM
from core.activities.model import Activity
from core.activities.rules import Status
from core.customers.model import CustomerState, Indicator
from core.customers.queries.checking import state_differences, states_that_differ
from core.customers.rules import IndicatorKind
from core.customers.state import refresh_state
from core.database import alone
from core.impact.model import RunCell
from core.impact.upkeep import fold_apart
from core.journal.model import Entry
from core.queues.model import ClosedCell
from core.queues.queries.checking import closed_days_that_differ
from core.queues.upkeep import count_work, keep_counts
from core.rebuilding import PARTS, Rebuilt, rebuild
from core.refusals import Conflict, NotAllowed
from core.service.model import ServiceCell
from core.service.upkeep import fold_service
from core.settings import settings
from core.work import reading, upkeep
from data.integrity import REBUILD, RULES
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.activities import pool_of

DAY = timedelta(days=1)
STATES, CELLS, DUE, CLOSED = PARTS
# What is done to the database, and the rule that has to notice.
BREACHES = {
    "UPDATE customer_state SET products = 62 WHERE customer_id = 1": STATES,
    "UPDATE customer_state SET consents = 0 WHERE customer_id IN (2, 3)": STATES,
    "UPDATE customer_state SET indicators = 7": STATES,
    "UPDATE customer_state SET pending = pending + 1 WHERE customer_id = 1": STATES,
    "UPDATE customer_state SET last_contact_at = NULL": STATES,
    "UPDATE customer_state SET figure_12 = 5 WHERE customer_id = 4": STATES,
    "UPDATE customer_state SET word_1 = 'smith', pending = 9 WHERE customer_id = 5": STATES,
    "UPDATE run_cell SET targeted = targeted + 1": CELLS,
    "DELETE FROM run_cell": CELLS,
    "UPDATE service_cell SET met = met + 1": DUE,
    "DELETE FROM campaign_service_cell": DUE,
    "UPDATE closed_cell SET reached = reached + 1": CLOSED,
    "DELETE FROM closed_cell": CLOSED,
}
INDICATORS = {IndicatorKind.DISTRESS: None, IndicatorKind.RETENTION_CANDIDATE: NOW}


@pytest.fixture
def bank(engine):
    """Work of six weeks, some of it done, with all that is derived of it."""
    held, began = {1: 1, 2: 1, 11: 4}, NOW - 41 * DAY
    work = pool_of(engine, held=held, launched_at=began, starts_on=began.date())
    done = {"status": Status.COMPLETED, "is_completed": True}
    with Session(engine) as session, session.begin():
        for customer, days in ((1, 5), (2, 40), (11, 6)):
            at = NOW - days * DAY
            moments = {"closed_at": at, "contacted_at": at, "due_at": at}
            of = update(Activity).where(Activity.id == work[customer])
            session.execute(of.values(done | moments))
        for kind, until in INDICATORS.items():
            marked = {"customer_id": 1, "kind": kind, "valid_from": NOW - DAY}
            session.add(Indicator(**marked, valid_until=until))
        session.flush()
        refresh_state(session, now=NOW)
    fold_apart(engine, now=NOW)
    with upkeep(engine) as session:
        fold_service(session, now=NOW, most_days=60)
    for _ in range(2):
        with reading(engine, SYSTEM, now=NOW) as view:
            counts = count_work(view.session, now=NOW)
        with upkeep(engine) as session:
            keep_counts(session, counts)
    assert wrong(engine) == {}
    for table in (RunCell, ServiceCell, ClosedCell):
        assert count(engine, table)
    return engine


def wrong(engine):
    """Return how much contradicts the rules about what is derived."""
    with reading(engine, SYSTEM, now=NOW) as view:
        found = {rule: RULES[rule](view) for rule in PARTS}
    return {rule: violations for rule, violations in found.items() if violations}


def count(engine, table):
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table))


def break_by(engine, statement):
    with engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount


def journaled(engine):
    with Session(engine) as session:
        kind = Entry.kind == Rebuilt.kind
        return [entry.facts for entry in session.scalars(select(Entry).where(kind))]


@pytest.mark.parametrize(("statement", "rule"), BREACHES.items())
def test_what_is_derived_is_put_right_and_told(bank, statement, rule):
    break_by(bank, statement)
    assert wrong(bank).keys() == {rule}

    found = rebuild(bank, now=NOW)

    assert wrong(bank) == {}
    [told] = [each for each in found if each.mended]
    assert told.rule == rule
    assert sum(each["mended"] for each in journaled(bank)) == told.mended
    assert {each["rule"] for each in journaled(bank)} == {rule}
    assert not any(each.mended for each in rebuild(bank, now=NOW))
    assert len({each["rule"] for each in journaled(bank)}) == 1


def test_all_at_once_and_a_few_at_a_time(bank, monkeypatch):
    few = {rule: replace(part, at_once=2) for rule, part in PARTS.items()}
    monkeypatch.setattr(rebuilding, "PARTS", few)
    for statement in ("UPDATE customer_state SET pending = 8", "DELETE FROM closed_cell"):
        break_by(bank, statement)
    said = []

    found = rebuild(bank, now=NOW, tell=lambda *step: said.append(step))

    assert wrong(bank) == {}
    told = {each.rule: each.mended for each in found if each.mended}
    assert told == {STATES: count(bank, CustomerState), CLOSED: 3}
    assert len(journaled(bank)) == (told[STATES] + 1) // 2 + 2
    assert [done for _rule, done, _of in said] == list(range(len(PARTS)))


def test_two_at_once_do_it_once(bank):
    break_by(bank, "UPDATE customer_state SET pending = 8")
    break_by(bank, "UPDATE run_cell SET won = won + 1")

    outcomes = at_once(lambda: rebuild(bank, now=NOW), lambda: rebuild(bank, now=NOW))

    assert wrong(bank) == {}
    done = [each for each in outcomes if not isinstance(each, Conflict)]
    assert done
    assert all("is rebuilding just now" in str(each) for each in outcomes if each not in done)
    mended = [part.mended for each in done for part in each if part.rule == STATES]
    assert sum(mended) == count(bank, CustomerState)


def test_a_mark_that_has_run_out_contradicts_nothing(bank):
    with Session(bank) as session, session.begin():
        state = session.get_one(CustomerState, 1)
        assert state.indicators == IndicatorKind.DISTRESS.bit
        state.indicators |= IndicatorKind.RETENTION_CANDIDATE.bit
    with reading(bank, SYSTEM, now=NOW) as view:
        assert (state_differences(view).total, states_that_differ(view)) == (0, [])
    break_by(bank, "UPDATE indicator SET cleared_at = valid_from WHERE valid_until IS NOT NULL")
    with reading(bank, SYSTEM, now=NOW) as view:
        assert (state_differences(view).indicators, states_that_differ(view)) == (1, [1])


def test_only_who_may_look_is_told_which_days_differ(bank, ask, world):
    assert ask(world.tom, closed_days_that_differ) == []
    with pytest.raises(NotAllowed):
        ask(world.ann, closed_days_that_differ)
    with pytest.raises(NotAllowed):
        ask(world.ann, states_that_differ)


class TestCommand:
    @pytest.fixture
    def fairlead(self, bank, database_url, monkeypatch):
        monkeypatch.setenv("FAIRLEAD_DATABASE_URL", database_url)
        monkeypatch.setenv("COLUMNS", "200")

        def run(*arguments):
            settings.cache_clear()
            result = CliRunner().invoke(app, list(arguments))
            settings.cache_clear()
            assert result.exception is None or isinstance(result.exception, SystemExit)
            return result

        return run

    def test_says_what_it_came_to(self, fairlead, bank):
        fairlead("rebuild")  # by the clock on the wall the work of the bank is long over
        assert "There was nothing to put right." in fairlead("rebuild").stdout
        break_by(bank, "UPDATE customer_state SET products = 62 WHERE customer_id = 1")
        checked = fairlead("check", "--json")
        told = {each["rule"]: each for each in json.loads(checked.stdout)["findings"]}
        assert (checked.exit_code, told[STATES]["remedy"]) == (1, REBUILD)
        assert told["every reference leads somewhere"]["remedy"] is None

        mended = fairlead("rebuild")

        assert mended.exit_code == 0
        said = "Customers' states are as their sources say again: 1 customer put right."
        assert mended.stdout == f"{said}\n"
        again = json.loads(fairlead("rebuild", "--json").stdout)
        assert [(each["rule"], each["mended"]) for each in again] == [(rule, 0) for rule in PARTS]

    def test_leaves_it_to_another_that_is_at_it(self, fairlead, bank):
        with alone(bank, "rebuilding") as is_ours:
            assert is_ours
            refused = fairlead("rebuild")
        assert refused.exit_code == 1
        assert "Another process is rebuilding just now" in refused.stderr
