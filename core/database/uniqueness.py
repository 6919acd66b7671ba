"""Saying what two people clashed over, when both entered what there can be only one of."""

import re

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.exc import IntegrityError

from core.database.columns import Base

_SQLSTATE = "23505"
_SQLITE = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
_TABLES = {"credential": "account", "design": "version", "plan_entry": "entry of a plan"}
_COLUMNS = {
    "staff_no": "staff number",
    "customer_no": "customer number",
    "agreement_no": "agreement number",
    "source_no": "source number",
    "username": "user name",
    "email": "e-mail address",
    "value": "wording",
}


def what_is_taken(error: IntegrityError) -> str | None:
    """Say what somebody else has taken meanwhile; None if it is no clash of two people.

    A number that the database gives out itself is nobody's choice: that it is taken is a defect.
    """
    found = _of_postgresql(error) or _of_sqlite(error)
    if found is None or found[1] == ["id"]:
        return None
    table, columns = found
    fields = [_COLUMNS.get(name) or name.removesuffix("_id").replace("_", " ") for name in columns]
    *others, last = fields
    said = f"{', '.join(others)} and {last}" if others else last
    kind = _TABLES.get(table) or table.replace("_", " ")
    return (
        f"Somebody else has just used this {said} for another {kind}. Look again, or choose anew."
    )


def _of_postgresql(error: IntegrityError) -> tuple[str, list[str]] | None:
    if getattr(error.orig, "sqlstate", None) != _SQLSTATE:
        return None
    diagnosis = error.orig.diag  # type: ignore[union-attr]  # psycopg's own
    table = Base.metadata.tables.get(diagnosis.table_name or "")
    if table is None:
        return None
    uniques: list[PrimaryKeyConstraint | UniqueConstraint | Index]
    uniques = [table.primary_key, *table.indexes]
    uniques += [rule for rule in table.constraints if isinstance(rule, UniqueConstraint)]
    for unique in uniques:
        if unique.name == diagnosis.constraint_name:
            return table.name, [column.name for column in unique.columns]
    return None


def _of_sqlite(error: IntegrityError) -> tuple[str, list[str]] | None:
    if getattr(error.orig, "sqlite_errorname", None) not in _SQLITE:
        return None
    found = re.findall(r"(\w+)\.(\w+)", str(error.orig))
    return (found[0][0], [column for _, column in found]) if found else None
