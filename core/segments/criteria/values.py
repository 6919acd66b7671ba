"""Read the values that a rule compares with, by the type of what they are compared to."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from core.customers.rules import CustomerKind
from core.refusals import Invalid
from core.segments.criteria.tree import DaysAgo, Field, Known, Type, Value

_LARGEST = 10**13  # an amount that still fits its column as cents
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_IN_GROUP = re.compile(r"(\.?)\b(?:all|any|none)\[(\d+)\]")
_OLDEST_DAYS = 36_500
_MOST_SHOWN, _LONGEST_SHOWN = 20, 40
T = TypeVar("T")
W = TypeVar("W", bound=StrEnum)


class InvalidRule(Invalid):
    """A rule that can't be meant. `path` is the place in it, such as `all[2].any[1]`."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"In {_IN_GROUP.sub(_numbered, path)}: {message}")
        self.path = path


def _numbered(place: re.Match[str]) -> str:
    return f"{', ' if place[1] else ''}condition {place[2]}"


def value(given: object, subject: Field, known: Known, path: str) -> Value:
    """Return what `given` means for `subject`, or refuse it by name."""
    found = _READERS[subject.type](given, subject, known, path)
    if found is None:
        raise InvalidRule(path, f"“{subject.name}” needs a {subject.type}, not {shown(given)}.")
    return found


def found(given: object, known: Mapping[str, T], path: str, what: str) -> T:
    """Look a code up among the known ones, or refuse it with the nearest."""
    if not isinstance(given, str) or given not in known:
        raise unknown(path, what, given, known)
    return known[given]


def word(words: type[W], given: object, path: str, what: str) -> W:
    if not isinstance(given, str) or given not in set(words):
        raise unknown(path, what, given, words)
    return words(given)


def flag(given: object, path: str, key: str) -> bool:
    if not isinstance(given, bool):
        raise InvalidRule(path, f"“{key}” is true or false, not {shown(given)}.")
    return given


def unknown(path: str, what: str, given: object, known: Iterable[str]) -> InvalidRule:
    words = list(known)
    near = get_close_matches(str(given), words, n=1)
    advice = f"Did you mean “{near[0]}”?" if near else f"Known: {listed(words) or 'none yet'}."
    return InvalidRule(path, f"there is no {what} {shown(given)}. {advice}")


def listed(words: Iterable[str]) -> str:
    every = list(words)
    more = f", and {len(every) - _MOST_SHOWN} more" if len(every) > _MOST_SHOWN else ""
    return ", ".join(every[:_MOST_SHOWN]) + more


def shown(given: object) -> str:
    text = given if isinstance(given, str) else repr(given)
    return f"“{text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + '…'}”"


def _whole(given: object, subject: Field, _known: Known, path: str) -> int | None:
    if not isinstance(given, int) or isinstance(given, bool):
        return None
    if not 0 <= given <= subject.most:
        raise InvalidRule(
            path, f"“{subject.name}” goes from 0 to {subject.most:,}, not {shown(given)}."
        )
    return given


def _number(given: object, subject: Field, _known: Known, path: str) -> float | None:
    if not isinstance(given, int | float) or isinstance(given, bool):
        return None
    if not math.isfinite(given) or abs(given) > _LARGEST:
        raise InvalidRule(path, f"{shown(given)} is out of range for “{subject.name}”.")
    return given


def _text(given: object, _subject: Field, _known: Known, _path: str) -> str | None:
    # PostgreSQL can't hold the character zero, so no customer has it.
    return given if isinstance(given, str) and given and "\x00" not in given else None


def _flag(given: object, _subject: Field, _known: Known, _path: str) -> bool | None:
    return given if isinstance(given, bool) else None


def _date(given: object, _subject: Field, _known: Known, _path: str) -> date | DaysAgo | None:
    if isinstance(given, dict) and given.keys() == {"days ago"}:
        days = given["days ago"]
        fits = isinstance(days, int) and not isinstance(days, bool) and 0 <= days <= _OLDEST_DAYS
        return DaysAgo(days) if fits else None
    if not isinstance(given, str) or not _ISO_DATE.fullmatch(given):
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:  # such as 30 February
        return None


def _kind(given: object, subject: Field, _known: Known, path: str) -> CustomerKind:
    return word(CustomerKind, given, path, subject.type)


def _unit(given: object, _subject: Field, known: Known, path: str) -> str:
    found(given, known.units, path, "unit")
    return str(given)


def _person(given: object, _subject: Field, known: Known, path: str) -> str:
    found(given, known.people, path, "person")
    return str(given)


_READERS: Mapping[Type, Callable[[Any, Field, Known, str], Value | None]] = {
    Type.WHOLE: _whole,
    Type.NUMBER: _number,
    Type.TEXT: _text,
    Type.FLAG: _flag,
    Type.DATE: _date,
    Type.KIND: _kind,
    Type.UNIT: _unit,
    Type.PERSON: _person,
}
