"""What is given away with an offer: one of each thing to every customer who says yes."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil


@dataclass(frozen=True)
class Gift:
    """A thing that is given away; `stock` is how many are left, `unit_cost` what one costs."""

    id: int
    name: str
    stock: int
    unit_cost: Decimal


def gift_cost(gifts: Sequence[Gift]) -> Decimal:
    """Add up what the gifts of one conversion cost."""
    return sum((gift.unit_cost for gift in gifts), Decimal())


def too_few(
    gifts: Sequence[Gift], conversions: float | None, planned: int | None = None
) -> list[str]:
    """Say of which gifts fewer are left than are needed; of all that run out, if nobody knows.

    :param planned: how many of each are given away at most
    """
    needed = planned if conversions is None else ceil(round(conversions, 6))
    if needed is None:
        return [f"no {gift.name} is left." for gift in gifts if not gift.stock]
    said = []
    if planned is not None and gifts and planned < needed:
        said = [f"{needed:,} of each will be needed and {planned:,} are planned."]
        needed = planned
    word = "are planned" if planned == needed else "will be needed"
    return said + [
        f"{needed:,} of {gift.name} {word} and {gift.stock:,} are left: "
        f"{needed - gift.stock:,} too few."
        for gift in gifts
        if gift.stock < needed
    ]
