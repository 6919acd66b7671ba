from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from core.customers.model import CustomerState
from core.schema import METADATA
from data.migrations import is_current


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
