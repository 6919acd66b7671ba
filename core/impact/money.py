"""What a run cost, part by part, and what came back for it: pure."""

from dataclasses import dataclass
from decimal import Decimal

from core.impact.estimates import Effect, Interval
from core.impact.rules import Absent, Reason
from core.impact.tally import Tally

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Terms:
    """What a run costs, and in which money. None is what nobody said, which is not nothing.

    A contact costs `contact_cost` for each customer contacted. Where the design does not say, each
    try takes `minutes` of an hour that costs `hour_cost`. For each sale the product's owner is
    credited with `transfer_price`. `treated` share the fixed cost, if more than are looked at.
    """

    currency: str
    contact_cost: Decimal | None = None
    fixed_cost: Decimal | None = None
    hour_cost: Decimal | None = None
    minutes: Decimal | None = None
    transfer_price: Decimal | None = None
    treated: int | None = None

    @property
    def is_priced(self) -> bool:
        """Tell whether anybody said what a contact or the whole run costs."""
        by_time = self.hour_cost is not None and self.minutes is not None
        return by_time or self.contact_cost is not None or self.fixed_cost is not None


@dataclass(frozen=True)
class Costs:
    """What a group of treated customers cost; None is a part that nobody gave.

    The offer is what was given away with it, and what the product's owner is credited with.
    """

    contact: Decimal | None
    offer: Decimal | None
    fixed: Decimal | None

    @property
    def total(self) -> Decimal | Absent:
        """Add up what is known; customers contacted at an unknown cost make a total impossible."""
        if self.contact is None:
            return Absent(Reason.NO_COST)
        return self.contact + (self.offer or Decimal(0)) + (self.fixed or Decimal(0))


@dataclass(frozen=True)
class Gain:
    """An effect times the number of customers treated: sales, or money."""

    value: float
    interval: Interval


def costs_of(group: Tally, terms: Terms, treated: int, *, gifts: Decimal = Decimal(0)) -> Costs:
    """Say what a group cost; of the fixed cost it bears its part of all who were treated."""
    everybody = max(treated, terms.treated or 0)
    fixed = None
    if terms.fixed_cost is not None and everybody:
        fixed = _cents(terms.fixed_cost * group.targeted / everybody)
    return Costs(_contacts(group, terms), _offers(group, terms, gifts), fixed)


def _contacts(group: Tally, terms: Terms) -> Decimal | None:
    if not group.attempted:
        return Decimal(0)
    if terms.contact_cost is not None:
        return _cents(terms.contact_cost * group.attempted)
    if terms.hour_cost is None or terms.minutes is None:
        return None
    # Imported results may say that customers were contacted, and not how often.
    tries = max(group.attempts, group.attempted)
    return _cents(terms.hour_cost * terms.minutes * tries / 60)


def _offers(group: Tally, terms: Terms, gifts: Decimal) -> Decimal | None:
    if not gifts and terms.transfer_price is None:
        return None
    return _cents(gifts + (terms.transfer_price or Decimal(0)) * group.won)


def gain(
    effect: Effect | Absent, customers: int, *, less: Decimal | Absent = Decimal(0)
) -> Gain | Absent:
    """Multiply an effect per customer, and take what it cost off it."""
    if isinstance(effect, Absent):
        return effect
    if isinstance(less, Absent):
        return less
    scaled, cost = effect.interval.scaled(customers), float(less)
    return Gain(effect.value * customers - cost, Interval(scaled.low - cost, scaled.high - cost))


def returned(profit: Gain | Absent, cost: Decimal | Absent) -> Gain | Absent:
    """Return the profit for each unit of money spent: 0.5 is half as much again."""
    if isinstance(profit, Absent):
        return profit
    if isinstance(cost, Absent):
        return cost
    if not cost:
        return Absent(Reason.NOTHING_SPENT)
    part = 1 / float(cost)
    return Gain(profit.value * part, profit.interval.scaled(part))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT)
