"""Alembic's entry: runs the versions on the connection that `data.migrations.upgrade` gives."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from core.database import Code, Day, Facts, Moment, Money, Number
from core.schema import METADATA


def render(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Write our own types into a version in words that stay true when the code moves on."""
    if kind != "type":
        return False
    if item is Facts or item is Number:
        return f"core.database.{'Facts' if item is Facts else 'Number'}"
    if isinstance(item, Moment | Day):
        return f"core.database.{type(item).__name__}()"
    if isinstance(item, Code):
        return "sa.SmallInteger()"
    return "sa.BigInteger()" if isinstance(item, Money) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_item=render,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
