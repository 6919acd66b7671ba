"""What is counted of a group of candidates. Tallies add up; their rates are never averaged."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Self

from core.campaigns.rules import Metric
from core.impact.estimates import Moments, Reach
from core.impact.rules import METRIC_PARTS, Step
from core.measures import Rate


@dataclass(frozen=True)
class Tally:
    """Customers at each step of the funnel, and with the outcome measured alike in every arm.

    `reached_outcomes` counts those reached who have the outcome too; `value` is the outcomes'
    money and `squares` the sum of its squares; `attempts` counts contacts, not customers.
    """

    targeted: int = 0
    confirmed: int = 0
    assigned: int = 0
    attempted: int = 0
    reached: int = 0
    responded: int = 0
    converted: int = 0
    won: int = 0
    outcomes: int = 0
    reached_outcomes: int = 0
    attempts: int = 0
    value: Decimal = Decimal(0)
    squares: float = 0.0

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Tally":
        """Read a tally from the columns of a row, in the order of the fields."""
        *counts, value, squares = row
        known: dict[str, Any] = dict(zip(COUNTS, map(int, counts), strict=False))
        return cls(**known, value=Decimal(value), squares=float(squares))

    def __add__(self, other: Self) -> "Tally":
        names = [field.name for field in fields(self)]
        return Tally(*(getattr(self, name) + getattr(other, name) for name in names))

    def at(self, step: Step) -> int:
        count: int = getattr(self, step.value)
        return count

    def rate(self, metric: Metric) -> Rate:
        """Return a metric with its parts, as `METRIC_PARTS` declares them."""
        numerator, denominator = METRIC_PARTS[metric]
        return Rate(getattr(self, numerator), getattr(self, denominator))

    @property
    def outcome_rate(self) -> Rate:
        return Rate(self.outcomes, self.targeted)

    @property
    def reach_rate(self) -> Rate:
        return Rate(self.reached, self.targeted)

    @property
    def moments(self) -> Moments:
        """Return the money of everybody in the group; who has no outcome counts as zero."""
        return Moments(self.targeted, float(self.value), self.squares)

    @property
    def reach(self) -> Reach:
        return Reach(self.targeted, self.reached, self.outcomes, self.reached_outcomes)


COUNTS = tuple(field.name for field in fields(Tally))
