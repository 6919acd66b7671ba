"""Two processes that tell leads, or fold due days, at the same moment."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.model import Activity
from core.service.actions.escalating import Escalate, escalate
from core.service.model import Escalation, ServiceCell, ServiceDay
from core.service.queries.checking import service_cells_that_differ
from core.service.upkeep import fold_service
from core.work import upkeep
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.activities import pool_of


@pytest.fixture
def late(engine):
    """Fifteen activities that were due three days ago."""
    pool_of(engine, starts_on=NOW.date() - timedelta(days=9))
    with Session(engine) as session, session.begin():
        session.execute(update(Activity).values(due_at=NOW - timedelta(days=3)))


def count(engine, table):
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table))


def test_every_activity_is_told_of_once(engine, do, late):
    facts = at_once(*[lambda: do(SYSTEM, escalate, Escalate())] * 3)

    assert sorted(fact.missed for fact in facts) == [0, 0, 15]
    assert count(engine, Escalation) == 15


def test_every_day_is_folded_once(engine, ask, late):
    def fold():
        with upkeep(engine) as session:
            return fold_service(session, now=NOW)

    assert sum(at_once(fold, fold, fold)) == count(engine, ServiceDay) == 9
    assert count(engine, ServiceCell) == 2
    assert ask(SYSTEM, service_cells_that_differ) == 0
