"""Numbers that carry their parts, so that they can be added, drilled into and never averaged."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self


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
