"""What is given away with offers, and how many of it are left."""

from dataclasses import dataclass
from decimal import Decimal

from core.access import Permission
from core.campaigns.actions.saving import check_free, existing, named
from core.campaigns.events import ReferenceSaved
from core.campaigns.model import Consumable
from core.refusals import Invalid
from core.work import Work

_MOST = 10**9


@dataclass(frozen=True)
class SaveConsumable:
    """`unit_cost` is what one costs the bank; `stock` is what is left."""

    name: str
    unit_cost: Decimal
    stock: int
    id: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.unit_cost <= _MOST:
            raise Invalid("What is given away costs nothing or more, within what can be counted.")
        if not 0 <= self.stock <= _MOST:
            raise Invalid(f"The stock goes from 0 to {_MOST:,}.")


def save_consumable(work: Work, request: SaveConsumable) -> ReferenceSaved:
    """Add what can be given away, or say anew what it costs and how many are left.

    :raises NotFound: there is no such thing
    :raises Invalid: the name is missing or taken
    """
    work.authorize(Permission.MANAGE_REFERENCE)
    name = named("thing to give away", request.name)
    kept = existing(work, Consumable, request.id, "thing to give away")
    check_free(work, Consumable, Consumable.name, name, request.id, "name")

    if kept is None:
        kept = Consumable(name=name, unit_cost=request.unit_cost, stock=request.stock)
        work.session.add(kept)
    kept.name, kept.unit_cost, kept.stock = name, request.unit_cost, request.stock
    work.session.flush()

    terms = {"unit_cost": kept.unit_cost, "stock": kept.stock}
    fact = ReferenceSaved("consumable", kept.id, name, request.id is None, terms)
    work.record(fact)
    return fact
