"""Numbers that carry their parts, so that they can be added, drilled into and never averaged."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from babel.numbers import format_compact_currency, format_currency, get_currency_symbol

from core.saying import LOCALE

_LONGEST = Decimal(10_000_000)  # from here on the last figures say nothing


@dataclass(frozen=True)
class Rate:
    """A share of counted things. A percentage exists only when it is shown."""

    numerator: int
    denominator: int

    def __add__(self, other: Self) -> "Rate":
        return Rate(self.numerator + other.numerator, self.denominator + other.denominator)

    @property
    def value(self) -> float | None:
        """Return the share, or None when nothing was counted."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True)
class Amount:
    """Money in one currency; adding two currencies is a defect, not a sum."""

    value: Decimal
    currency: str

    def __add__(self, other: Self) -> "Amount":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")
        return Amount(self.value + other.value, self.currency)

    def __str__(self) -> str:
        return self._as("#,##0.00", digits=True)

    @property
    def short(self) -> str:
        """Write it in whole units, and in millions where it is too long to be read."""
        if abs(self.value) >= _LONGEST:
            return signed(
                format_compact_currency(self.value, self.currency, locale=LOCALE, fraction_digits=1)
            )
        return self._as("#,##0", digits=False)

    def _as(self, figures: str, *, digits: bool) -> str:
        # Beside its figures a sign stands close, and letters (CHF) apart.
        symbol = get_currency_symbol(self.currency, locale=LOCALE)
        gap = "\N{NO-BREAK SPACE}" if symbol[-1].isalpha() else ""
        pattern = f"\N{CURRENCY SIGN}{gap}{figures}"
        value = self.value if digits else round(self.value)
        return signed(
            format_currency(value, self.currency, pattern, locale=LOCALE, currency_digits=digits)
        )


def signed(number: str) -> str:
    """Put a minus sign where a number was written with a hyphen; nothing has none.

    A line may end between the sign and a currency, so they are joined by what nobody sees.
    """
    if not any(figure in number for figure in "123456789"):
        return number.replace("-", "", 1)
    sign, after, rest = number.partition("-")
    if not after:
        return number
    joined = "" if rest[:1].isdigit() else "\N{WORD JOINER}"
    return f"{sign}\N{MINUS SIGN}{joined}{rest}"
