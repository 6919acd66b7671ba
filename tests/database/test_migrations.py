from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from core.customers.model import CustomerState
from core.schema import METADATA
from data.migrations import is_current, is_everywhere


def test_the_migrations_make_what_the_models_say(engine):
    assert is_current(engine)
    with engine.connect() as connection:
        opened = MigrationContext.configure(connection, opts={"include_object": is_everywhere})
        assert compare_metadata(opened, METADATA) == []


def test_only_sqlite_reads_states_from_a_wide_index(engine):
    """PostgreSQL does not need it, and could not change a state in place because of it."""
    indexes = {index["name"] for index in inspect(engine).get_indexes(CustomerState.__tablename__)}

    assert ("ix_customer_state_cover" in indexes) == (engine.dialect.name == "sqlite")
