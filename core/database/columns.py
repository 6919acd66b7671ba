"""How words, moments and money are kept, and the base of every table."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    SmallInteger,
    Text,
    TypeDecorator,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Coded(StrEnum):
    """A word of the business, stored as a small number that never changes."""

    code: int

    def __new__(cls, word: str, code: int) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.code = code
        return member

    @classmethod
    def of(cls, code: int) -> Self:
        """Return the member stored as `code`."""
        return next(member for member in cls if member.code == code)

    @property
    def literal(self) -> ColumnElement[int]:
        """Return the code as a literal: partial indexes are only met by literals."""
        return literal_column(str(self.code), SmallInteger)


C = TypeVar("C", bound=Coded)


class Code(TypeDecorator[C]):
    """A column of `Coded` members; compare it with members, never with numbers."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, words: type[C]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: C | str | None, _dialect: Dialect) -> int | None:
        return None if value is None else self.words(value).code  # type: ignore[call-arg]  # found by its word

    def process_literal_param(self, value: C | None, _dialect: Dialect) -> str:
        return "NULL" if value is None else str(value.code)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> C | None:
        return None if value is None else self.words.of(value)


def only(column_name: str, words: type[Coded]) -> CheckConstraint:
    """Let the database itself refuse a code that no member has."""
    codes = ", ".join(str(member.code) for member in words)
    return CheckConstraint(f"{column_name} IN ({codes})", name=column_name)


def in_microseconds(moment: datetime) -> int:
    """Return a moment as SQLite keeps it: microseconds since 1970."""
    return (moment.astimezone(UTC) - _EPOCH) // _MICROSECOND


def moment_at(microseconds: int) -> datetime:
    """Return the moment so many microseconds after 1970 began."""
    return _EPOCH + timedelta(microseconds=microseconds)


class Moment(TypeDecorator[datetime]):
    """A point in time that knows its zone: timestamptz, or microseconds on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return in_microseconds(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return moment_at(value)
        moment: datetime = value
        return moment.astimezone(UTC)


def in_digits(day: date) -> int:
    """Return a day as SQLite keeps it in a `Day`: a whole number such as 20260302."""
    return day.year * 10_000 + day.month * 100 + day.day


class Day(TypeDecorator[date]):
    """A day that millions of rows are judged by: a date, or its digits as a number on SQLite."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return in_digits(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        if value is None or dialect.name != "sqlite":
            return value  # type: ignore[no-any-return]  # a date
        return date(value // 10_000, value // 100 % 100, value % 100)


class Money(TypeDecorator[Decimal]):
    """An amount in the bank's currency, kept as whole cents: sums stay exact on SQLite."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | float | None, _dialect: Dialect) -> int | None:
        return None if value is None else int((Decimal(str(value)) * 100).to_integral_value())

    def process_result_value(self, value: Any, _dialect: Dialect) -> Decimal | None:
        # A sum of bigints is numeric on PostgreSQL and an integer on SQLite.
        return None if value is None else Decimal(int(value)) / 100


Number = BigInteger().with_variant(Integer, "sqlite")  # an INTEGER key is the rowid on SQLite
Facts = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: Moment(),
        Decimal: Money(),
        str: Text(),
        dict[str, Any]: Facts,
        list[str]: Facts,
    }
