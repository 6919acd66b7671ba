"""The schema's history, applied by `fairlead init` and `fairlead upgrade`."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from core.database import write_turn
from core.schema import METADATA

_OF_ONE = {  # indexes that only one kind of database is to have
    index.name: (table.name, index)
    for table in METADATA.sorted_tables
    for index in table.indexes
    if index._ddl_if is not None  # noqa: SLF001  there is no public way to ask
}


def config_for(connection: Connection | None = None) -> Config:
    """Return how Alembic finds the versions and, if given, the database."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest schema, in one transaction."""
    with write_turn(engine), engine.begin() as connection:
        command.upgrade(config_for(connection), "head")
        tables = inspect(connection).get_table_names()  # none before the first version is written
        for table, index in _OF_ONE.values():
            if table in tables:
                index.create(connection, checkfirst=True)


def is_everywhere(_item: Any, name: str | None, kind: str, *_compared: Any) -> bool:
    """Test whether the versions make something; what one kind of database has they can't say."""
    return kind != "index" or name not in _OF_ONE


def is_current(engine: Engine) -> bool:
    """Test whether the database has the schema that this code was written for."""
    with engine.connect() as connection:
        have = MigrationContext.configure(connection).get_current_revision()
    return have == ScriptDirectory.from_config(config_for()).get_current_head()
