from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from core.schema import METADATA
from data.migrations import is_current


def test_the_migrations_make_what_the_models_say(engine):
    assert is_current(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
