"""Statements of PostgreSQL that many people wait for, handed to the driver as they are."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy import Connection, Dialect, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

_numbering: Any = make_url("postgresql+psycopg://").get_dialect()
_DIALECT: Dialect = _numbering(paramstyle="numeric_dollar")
_FORGOTTEN = (InvalidSqlStatementName.sqlstate or "").encode()


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

    def committed(self, engine: Engine, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Carry it out by itself, committed in the same trip, and return the first row, if any.

        What the driver does so that others may go on while it waits takes longer than the rest of
        it. The library beneath it commits what belongs to no transaction, and just waits.

        :raises sqlalchemy.exc.DBAPIError: as of any other statement, and nothing is changed
        """
        text, order = self._words
        given = [each.of(values) for each in order]
        for listener in engine.dispatch.before_cursor_execute:
            listener(engine, None, text, given, None, False)
        pooled = engine.raw_connection()
        driver: Any = pooled.driver_connection
        try:
            texts = Transformer(driver).dump_sequence(given, [PyFormat.TEXT] * len(given))
            answer = self._answered(driver.pgconn, pooled.info, texts)
            if answer.status != ExecStatus.TUPLES_OK:
                raise error_from_result(answer)
            rows = Transformer(driver)
            rows.set_pgresult(answer)
            return rows.load_row(0, tuple) if answer.ntuples else None
        except psycopg.Error as error:
            raise DBAPIError.instance(
                text, None, error, psycopg.Error, hide_parameters=True
            ) from error
        finally:
            if driver.closed:  # by the server: it is not to be used again
                pooled.invalidate()
            pooled.close()

    def _answered(self, server: PGconn, names: dict[Any, Any], texts: Sequence[Any]) -> PGresult:
        """Carry it out by the name that it has on this connection, or is given now.

        After a rollback the driver may let the server forget all names, also those it never gave.
        """
        if self in names:
            answer = server.exec_prepared(names[self], texts)
            if answer.error_field(DiagnosticField.SQLSTATE) != _FORGOTTEN:
                return answer
        text, _ = self._words
        name = names.setdefault(self, f"fairlead_{id(self)}".encode())
        named = server.prepare(name, text.encode())
        return named if named.status != ExecStatus.COMMAND_OK else server.exec_prepared(name, texts)

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
