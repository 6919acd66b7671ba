"""The types of columns that a mapping doesn't name, found out from all their values."""

from collections.abc import Iterable, Mapping

from core.intake.rules import ValueType
from data.importers.files import TextTable
from data.importers.mapping import FileSettings, Source
from data.importers.values import Text, Wanted, convert

_WORDS = {"yes", "no", "true", "false"}  # 0 and 1 are numbers until somebody says otherwise


def guessed_types(
    table: TextTable, columns: Iterable[str], settings: FileSettings
) -> Mapping[str, ValueType]:
    """Return the narrowest type that every value of each column has: flag, number, date or text."""
    names = list(columns)
    if not names:
        return {}
    possible = {
        name: [ValueType.FLAG, ValueType.NUMBER, ValueType.DATE, ValueType.TEXT] for name in names
    }
    told = set()
    for part in table.parts(names):
        for name in names:
            text = part.rows[name]
            text = text.where(~text.isin(settings.missing), "")
            text = text[text != ""].drop_duplicates()
            told |= {name} if len(text) else set()
            source = Source(column=name)
            possible[name] = [t for t in possible[name] if _fits(text, source, t, settings)]
    return {name: possible[name][0] if name in told else ValueType.TEXT for name in names}


def _fits(text: Text, source: Source, type_: ValueType, settings: FileSettings) -> bool:
    if type_ is ValueType.TEXT:
        return True
    if type_ is ValueType.FLAG:
        return bool(text.str.lower().isin(_WORDS).all())
    return not convert(text, source, settings, Wanted(type_)).reasons
