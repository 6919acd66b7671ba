"""Countries and parts of countries whose public holidays are known."""

from functools import lru_cache

import holidays

_ABBREVIATION = 3  # letters


@lru_cache(maxsize=1)
def countries() -> dict[str, tuple[str, ...]]:
    """Return the countries whose public holidays are known, each with its parts."""
    known = holidays.list_supported_countries(include_aliases=False)
    return {country: tuple(parts) for country, parts in sorted(known.items())}


@lru_cache(maxsize=64)
def parts_of(country: str) -> dict[str, str]:
    """Return the names of a country's parts by code; what has no name goes by its code."""
    named: dict[str, str] = {}
    for name, part in holidays.country_holidays(country).subdivisions_aliases.items():
        if len(name) > _ABBREVIATION:
            named.setdefault(part, name)
    return {part: named.get(part, part) for part in countries().get(country, ())}
