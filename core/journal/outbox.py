"""Telling neighbouring systems about many records in one statement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, cast, func, insert, literal
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from core.database import Moment
from core.journal.model import Entry, Outgoing


def tell_of_each(
    session: Session,
    entry: Entry,
    type_: str,
    rows: Select[*tuple[Any, ...]],
    *,
    subject: SQLColumnExpression[str],
    payload: Mapping[str, SQLColumnExpression[Any] | str | int | None],
) -> None:
    """Put one notice for each of `rows` into the outbox, as part of `entry`.

    :param rows: where the notices come from; what it selects does not matter
    :param payload: constants, or text and number columns of `rows`
    """
    at: datetime = entry.at
    session.execute(
        insert(Outgoing).from_select(
            ["entry_id", "at", "type", "subject", "payload"],
            rows.with_only_columns(
                literal(entry.id),
                literal(at, Moment),
                literal(type_),
                subject,
                _object(session, payload),
                maintain_column_froms=True,
            ),
        )
    )


def _object(session: Session, payload: Mapping[str, Any]) -> ColumnElement[Any]:
    pairs: list[Any] = []
    for name, value in payload.items():
        plain = isinstance(value, str | int | None)
        pairs += [cast(literal(name), Text), _constant(value) if plain else value]
    if session.get_bind().dialect.name == "sqlite":
        return func.json_object(*pairs, type_=Text)  # text is how JSON is stored there
    return cast(func.jsonb_build_object(*pairs), JSONB)


def _constant(value: str | int | None) -> ColumnElement[Any]:
    return literal(value) if isinstance(value, int) else cast(literal(value), Text)
