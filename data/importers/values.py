"""Text turned into typed values, whole columns at a time; what can't be is marked, not guessed."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from core.database import Coded
from core.intake.rules import ValueType
from data.importers.mapping import FileSettings, Source

Text: TypeAlias = "pd.Series[str]"
ISO = "%Y-%m-%d"
EXAMPLE = date(2026, 3, 31)
MOST_WHOLE = 2**31 - 1
MOST_CENTS = 9_000_000_000_000_000  # floats are exact up to here
FLAGS = {
    **dict.fromkeys(("yes", "true", "y", "t", "1"), True),
    **dict.fromkeys(("no", "false", "n", "f", "0"), False),
}
# What a spreadsheet would run. A leading sign is fine before a number, such as that of a phone.
FORMULA = re.compile(r"^(?:[=@\t\r]|[+-](?![\d\s().,/-]*$))")


@dataclass(frozen=True)
class Converted:
    """Values of a column as the business takes them, and for which rows the text made no sense.

    `found` holds None where nothing is known; `reasons` tells why a row can't be taken in.
    """

    found: list[Any]
    reasons: Mapping[int, str]  # by position


def convert(text: Text, source: Source, settings: FileSettings, wanted: "Wanted") -> Converted:
    """Read a column of text; empty text is None."""
    empty = (text == "").to_numpy()
    values, wrong, reason = _READERS[wanted.type](text, source, settings, wanted)
    values, wrong = np.array(values, dtype=object), wrong & ~empty  # a copy: ours to change
    reasons = dict.fromkeys(np.flatnonzero(wrong).tolist(), reason)
    values[empty | wrong] = None
    if wanted.type in {ValueType.INTEGER, ValueType.NUMBER, ValueType.MONEY}:
        reasons |= _out_of_bounds(values, source, wanted)
    return Converted(values.tolist(), reasons)


@dataclass(frozen=True)
class Wanted:
    """What a column is to become."""

    type: ValueType
    words: Iterable[Coded] = ()
    minimum: float | None = None


_NOT_TEXT = (
    "begins like a spreadsheet formula, or holds what isn't text;"
    ' to take it in as plain text, say formulas = "keep" under [file]'
)
_Read: TypeAlias = "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], str]"


def _text(text: Text, _source: Source, settings: FileSettings, _wanted: Wanted) -> _Read:
    values = text.to_numpy(dtype=object)
    wrong = text.str.contains("\0", regex=False).to_numpy(dtype=bool)
    if settings.formulas == "reject":
        may_be = text.str[:1].isin(list("=@+-\t\r"))  # few: only these are looked at one by one
        formulas = [FORMULA.match(one) is not None for one in text[may_be]]
        wrong = wrong.copy()
        wrong[may_be.to_numpy(dtype=bool)] |= np.array(formulas, dtype=bool)
    return values, wrong, _NOT_TEXT


def _numbers(text: Text, settings: FileSettings) -> "np.ndarray[Any, Any]":
    """Read numbers; a sign that stands where it can't makes no number, rather than another."""
    point, groups = re.escape(settings.decimal), r"\d+"
    if settings.thousands:
        groups = rf"(?:\d{{1,3}}(?:{re.escape(settings.thousands)}\d{{3}})+|\d+)"
    number = rf"^[+-]?(?:{groups}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?$"
    plain = text.where(text.str.match(number))
    if settings.thousands:
        plain = plain.str.replace(settings.thousands, "", regex=False)
    if settings.decimal == ",":
        plain = plain.str.replace(",", ".", regex=False)
    numbers = pd.to_numeric(plain, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _number(text: Text, _source: Source, settings: FileSettings, _wanted: Wanted) -> _Read:
    numbers = _numbers(text, settings)
    return numbers.astype(object), np.isnan(numbers), "isn't a number"


def _integer(text: Text, _source: Source, settings: FileSettings, _wanted: Wanted) -> _Read:
    numbers = _numbers(text, settings)
    wrong = np.isnan(numbers) | (numbers != np.floor(numbers)) | (np.abs(numbers) > MOST_WHOLE)
    return _whole(numbers, wrong), wrong, "isn't a whole number"


def _money(text: Text, _source: Source, settings: FileSettings, _wanted: Wanted) -> _Read:
    cents = np.round(_numbers(text, settings) * 100)
    wrong = np.isnan(cents) | (np.abs(cents) > MOST_CENTS)
    return _whole(cents, wrong), wrong, "isn't an amount of money"


def _whole(numbers: "np.ndarray[Any, Any]", wrong: "np.ndarray[Any, Any]") -> Any:
    return np.where(wrong, 0, numbers).astype(np.int64).astype(object)


def _date(text: Text, source: Source, _settings: FileSettings, _wanted: Wanted) -> _Read:
    written = source.format or ISO
    days = pd.to_datetime(text, format=written, errors="coerce")
    if source.century is not None:
        parts = {
            "year": source.century + days.dt.year % 100,
            "month": days.dt.month,
            "day": days.dt.day,
        }
        days = pd.to_datetime(pd.DataFrame(parts), errors="coerce")
    reason = f"isn't a date like {EXAMPLE.strftime(written)}"
    return days.dt.strftime(ISO).to_numpy(dtype=object), days.isna().to_numpy(), reason


def _flag(text: Text, source: Source, settings: FileSettings, _wanted: Wanted) -> _Read:
    if source.above is not None:
        numbers = _numbers(text, settings)
        return (numbers > source.above).astype(object), np.isnan(numbers), "isn't a number"
    values = text.str.lower().map(FLAGS)
    return values.to_numpy(dtype=object), values.isna().to_numpy(), "isn't yes or no"


def _code(text: Text, _source: Source, _settings: FileSettings, wanted: Wanted) -> _Read:
    codes = {str(word): word.code for word in wanted.words}
    # Mapped by pandas, codes beside an empty value would become floats.
    values = np.array([codes.get(one) for one in text], dtype=object)
    wrong = np.array([value is None for value in values], dtype=bool)
    return values, wrong, f"is none of: {', '.join(codes)}"


_READERS: Mapping[ValueType, Callable[[Text, Source, FileSettings, Wanted], _Read]] = {
    ValueType.TEXT: _text,
    ValueType.INTEGER: _integer,
    ValueType.NUMBER: _number,
    ValueType.MONEY: _money,
    ValueType.DATE: _date,
    ValueType.FLAG: _flag,
    ValueType.CODE: _code,
}


def _out_of_bounds(
    values: "np.ndarray[Any, Any]", source: Source, wanted: Wanted
) -> dict[int, str]:
    lowest = wanted.minimum if source.minimum is None else source.minimum
    if lowest is None and source.maximum is None:
        return {}
    units = 100 if wanted.type is ValueType.MONEY else 1
    reasons = {}
    for position, value in enumerate(values):
        if value is None:
            continue
        if lowest is not None and value < lowest * units:
            reasons[position] = f"is below {lowest:g}"
        elif source.maximum is not None and value > source.maximum * units:
            reasons[position] = f"is above {source.maximum:g}"
    for position in reasons:
        values[position] = None
    return reasons
