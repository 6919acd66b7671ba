import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, update
from sqlalchemy.orm import Session

from core.customers.model import CustomerState
from core.database import connect
from core.people.model import Unit
from core.refusals import Invalid
from core.schema import METADATA
from data.migrations import is_current, require_ready


def test_ready_is_a_database_that_is_set_up_and_in_its_currency(engine, tmp_path):
    require_ready(engine, "GBP")
    with Session(engine) as session, session.begin():
        session.execute(update(Unit).where(Unit.parent_id.is_(None)).values(currency="GBP"))
    require_ready(engine, "GBP")
    with pytest.raises(Invalid, match="in GBP, and FAIRLEAD_CURRENCY says EUR"):
        require_ready(engine, "EUR")
    nothing = connect(f"sqlite:///{tmp_path / 'nothing.db'}")
    with pytest.raises(Invalid, match="not set up for this version of Fairlead"):
        require_ready(nothing, "GBP")
    nothing.dispose()


def test_the_migrations_make_what_the_models_say(engine):
    assert is_current(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_what_changes_daily_in_a_state_stands_in_no_index(engine):
    """PostgreSQL then changes a row in place, and SQLite writes one page instead of two."""
    indexes = inspect(engine).get_indexes(CustomerState.__tablename__)

    assert {name for index in indexes for name in index["column_names"]} == {
        "branch_id",
        "manager_id",
    }
