"""Statements of PostgreSQL that many people wait for, handed to the driver as they are."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Connection, Dialect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

_numbering: Any = make_url("postgresql+psycopg://").get_dialect()
_DIALECT: Dialect = _numbering(paramstyle="numeric_dollar")


class _Value(NamedTuple):
    """One of the values that a statement is carried out with, in the server's order."""

    name: str
    unless_given: Any
    convert: Callable[[Any], Any] | None

    def of(self, values: Mapping[str, Any]) -> Any:
        value = values.get(self.name, self.unless_given)
        return value if self.convert is None else self.convert(value)


class Prepared:
    """A statement that is put into words once, and planned once on each connection.

    For every statement the library makes up a context and a result, and the driver looks for the
    values in its text; for a short one that takes longer than carrying it out. Made for what is
    asked in the same words all day. What is put together as somebody asks belongs to the session.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement

    def first(self, connection: Connection, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Carry it out in the connection's transaction and return the first row, if any.

        :raises sqlalchemy.exc.DBAPIError: as of any other statement
        """
        text, order = self._words
        given = [each.of(values) for each in order]
        driver: Any = connection.connection.driver_connection
        with psycopg.RawCursor(driver) as cursor:
            for listener in connection.dispatch.before_cursor_execute:
                listener(connection, cursor, text, given, None, False)
            try:
                return cursor.execute(text, given, prepare=True).fetchone()
            except psycopg.Error as error:
                raise DBAPIError.instance(
                    text, None, error, psycopg.Error, hide_parameters=True
                ) from error

    def one(self, connection: Connection, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Do the same where there is always a row."""
        row = self.first(connection, values)
        if row is None:
            raise NoResultFound
        return row

    @cached_property
    def _words(self) -> tuple[str, list[_Value]]:
        compiled = self._statement.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101  tells the type
        constants = compiled.params
        order = []
        for name in compiled.positiontup or ():
            type_ = compiled.binds[name].type.dialect_impl(_DIALECT)
            order.append(_Value(name, constants[name], type_.bind_processor(_DIALECT)))
        return compiled.string, order
