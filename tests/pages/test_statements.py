"""How often a page asks the database: a pinned number, and the same for more work."""

from contextlib import contextmanager

import pytest
import streamlit as st
from sqlalchemy import event

from tests.making.activities import pool_of

MOST = {
    ("lea", "team_queue"): 30,
    ("ann", "my_work"): 14,
    ("lea", "monitor"): 20,
    ("mia", "monitor"): 21,
    ("lea", "exceptions"): 17,
    ("ada", "exceptions"): 12,
    ("ann", "home"): 11,
    ("lea", "home"): 33,
    ("mia", "home"): 55,
    ("pia", "home"): 15,
    ("eve", "home"): 11,
    ("ada", "home"): 14,
    ("tom", "home"): 14,
    ("ann", "customer"): 10,
    ("lea", "customer"): 10,
    ("mia", "customer"): 10,
    ("mia", "campaigns"): 17,
    ("mia", "runs"): 16,
    ("mia", "segments"): 12,
    ("eve", "impact"): 19,
    ("eve", "feedback"): 13,
    ("eve", "truth"): 16,
    ("lea", "truth"): 19,
    ("lea", "journal"): 17,
    ("tom", "journal"): 15,
}


@pytest.fixture
def statements(engine):
    """Collect the statements that anybody carries out, but not how a connection is made ready."""

    @contextmanager
    def collected():
        found = []

        def on_execute(_connection, _cursor, statement, *_rest):
            if not statement.startswith(("PRAGMA", "BEGIN")):
                found.append(statement)

        event.listen(engine, "before_cursor_execute", on_execute)
        yield found
        event.remove(engine, "before_cursor_execute", on_execute)

    return collected


@pytest.mark.parametrize(("name", "shown"), MOST, ids=[" ".join(each) for each in MOST])
def test_a_page_asks_no_oftener_than_it_has_to(engine, world, open_page, statements, name, shown):
    asked = []
    pool_of(engine, range(1, 6), held={1: 1, 2: 1})
    for runs in (0, 3):
        for _ in range(runs):
            pool_of(engine, held=dict.fromkeys(range(1, 5), 1) | dict.fromkeys(range(5, 8), 2))
        st.cache_data.clear()
        with statements() as found:
            open_page(getattr(world, name), shown)
        asked.append(found)

    few, many = asked
    assert len(many) <= MOST[name, shown]
    assert len(many) == len(few)
