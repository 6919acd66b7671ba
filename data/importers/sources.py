"""The text of each field, column by column, from wherever the mapping says it comes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from core.refusals import Invalid
from data.importers.mapping import FileSettings, Source, Wave
from data.importers.values import Text

_PLACE = re.compile(r"\{([^}]*)\}")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_WOMEN, _LATER = 50, 20  # added to the month of a birth number: for women, and when numbers ran out


@dataclass
class Calendar:
    """Where a wave of dates without a year has got to."""

    year: int | None = None
    month: int = 1


@dataclass
class Sources:
    """Reads fields out of one part of a file after the other."""

    settings: FileSettings
    calendars: dict[Wave, Calendar] = field(default_factory=dict)

    def text(self, frame: pd.DataFrame, source: Source) -> Text:
        """Return the text of one field for all rows; empty text where nothing is known."""
        text = self._found(frame, source)
        if source.special is not None:
            text = _special(text, source.special)
        if source.stands_for is not None:
            stands_for = {text: _written(value) for text, value in source.stands_for.items()}
            text = text.map(stands_for).fillna(text).astype(str)
        if self.settings.missing:
            text = text.where(~text.isin(self.settings.missing), "")
        if source.prefix:
            text = (source.prefix + text).where(text != "", "")
        return text

    def _found(self, frame: pd.DataFrame, source: Source) -> Text:  # noqa: PLR0911  one for each source
        rows = frame.index
        if source.column is not None:
            return frame[source.column]
        if source.template is not None:
            return filled(frame, source.template)
        if source.join is not None:
            return _joined(frame, source.join, source.separator)
        if source.wave is not None:
            return self._dated(frame, source.wave)
        if source.spread is not None:
            turns = source.spread
            texts = [turns[(row - 1) % len(turns)] for row in rows]
            return pd.Series(texts, index=rows, dtype=str)
        if source.row_number is not None:
            return rows.to_series().astype(str)
        return pd.Series(_written(source.constant), index=rows, dtype=str)

    def _dated(self, frame: pd.DataFrame, wave: Wave) -> Text:
        """Walk the rows in their order and begin a new year whenever the month falls."""
        calendar = self.calendars.setdefault(wave, Calendar())
        year = wave.start_year if calendar.year is None else calendar.year
        names = frame[wave.month].str.lower().str[:3]
        months = names.map(_MONTHS).fillna(pd.to_numeric(frame[wave.month], errors="coerce"))
        known = months[months.between(1, 12)].astype(int)
        if known.empty:
            return pd.Series("?", index=frame.index, dtype=str)
        before = known.shift(fill_value=calendar.month)
        years = year + (known < before).cumsum()
        calendar.year, calendar.month = int(years.iloc[-1]), int(known.iloc[-1])
        days = frame[wave.day].loc[known.index]
        dated = years.astype(str) + "-" + known.astype(str).str.zfill(2) + "-" + days.str.zfill(2)
        return dated.reindex(frame.index, fill_value="?")


def filled(frame: pd.DataFrame, template: str) -> Text:
    """Put the columns named in braces into a text; a row lacking one of them gets empty text."""
    parts = _PLACE.split(template)  # text and names of columns by turns
    text = pd.Series(parts[0], index=frame.index, dtype=str)
    whole = pd.Series(True, index=frame.index)
    for name, after in zip(parts[1::2], parts[2::2], strict=True):
        text = text + frame[name] + after
        whole &= frame[name] != ""
    return text.where(whole, "")


def _joined(frame: pd.DataFrame, columns: tuple[str, ...], separator: str) -> Text:
    text = pd.Series("", index=frame.index, dtype=str)
    for name in columns:
        between = pd.Series(separator, index=frame.index, dtype=str)
        between = between.where((text != "") & (frame[name] != ""), "")
        text = text + between + frame[name]
    return text


def _special(text: Text, special: str) -> Text:
    """Read a Czech or Slovak birth number: YYMMDD, where women have 50 added to the month."""
    digits = text.where(text.str.match(r"^\d{6}"), "")
    month = pd.to_numeric(digits.str[2:4], errors="coerce").fillna(0).astype(int)
    if special.startswith("sex"):
        return month.map(lambda number: "F" if number > _WOMEN else "M").where(digits != "", "")
    plain = month.where(month <= _WOMEN, month - _WOMEN)
    plain = plain.where(plain <= _LATER, plain - _LATER)
    born = "19" + digits.str[:2] + "-" + plain.astype(str).str.zfill(2) + "-" + digits.str[4:6]
    return born.where(digits != "", text)


def _written(value: object) -> str:
    """Write a value of the mapping the way a file would."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def passes(frame: pd.DataFrame, where: Mapping[str, tuple[str, ...]]) -> "pd.Series[bool]":
    """Test for each row whether its columns hold one of the wanted texts."""
    passing = pd.Series(True, index=frame.index)
    for column, texts in where.items():
        passing &= frame[column].isin(texts)
    return passing


def unique_or_refuse(keys: Text, name: str, key: str) -> None:
    """Continue only if each key stands once: otherwise nobody knows which row is meant."""
    if (repeated := keys[keys.duplicated()]).any():
        raise Invalid(
            f"{name} has {key} {repeated.iloc[0]} more than once, so it can't be looked up by it;"
            " let fewer rows pass with `where`."
        )
