"""The schema's history, applied by `fairlead init` and `fairlead upgrade`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from core.database import write_turn
from core.people.queries.units import require_currency
from core.refusals import Invalid
from core.work import looking


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


def is_current(engine: Engine) -> bool:
    """Test whether the database has the schema that this code was written for."""
    with engine.connect() as connection:
        have = MigrationContext.configure(connection).get_current_revision()
    return have == ScriptDirectory.from_config(config_for()).get_current_head()


def require_ready(engine: Engine, currency: str) -> None:
    """Continue only with a database that is set up, at the newest schema and in this currency.

    :raises Invalid: it is not, with what to do about it
    """
    if not is_current(engine):
        raise Invalid(
            "The database is not set up for this version of Fairlead."
            " Run `fairlead init`, which creates what is missing and loses nothing."
        )
    with looking(engine) as session:
        require_currency(session, currency)
