"""How often campaigns of a period met the same customers, as it was counted."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from core.access import Permission
from core.campaigns.model import Campaign
from core.coverage.model import OverlapCell, OverlapPair
from core.coverage.queries.cells import counted
from core.coverage.queries.scoping import in_units
from core.work import Reader


@dataclass(frozen=True)
class Depth:
    """How many customers had exactly so many campaigns."""

    campaigns: int
    customers: int


@dataclass(frozen=True)
class Pair:
    """Two campaigns, the customers of each, and those whom both had."""

    campaign_id: int
    campaign: str
    other_id: int
    other: str
    customers: int
    other_customers: int
    both: int

    @property
    def id(self) -> str:
        return f"{self.campaign_id}-{self.other_id}"

    @property
    def share(self) -> float:
        """Return the part of the smaller campaign that the other one had too."""
        return self.both / min(self.customers, self.other_customers)


@dataclass(frozen=True)
class Overlap:
    """`sizes` are the customers of each campaign told apart, by name, the largest first."""

    depths: tuple[Depth, ...] = ()
    sizes: dict[int, tuple[str, int]] | None = None
    pairs: tuple[Pair, ...] = ()

    @property
    def customers(self) -> int:
        return sum(each.customers for each in self.depths)

    @property
    def in_several(self) -> int:
        return sum(each.customers for each in self.depths if each.campaigns > 1)


def overlap(
    view: Reader,
    *,
    days: int | None = 90,
    first: date | None = None,
    last: date | None = None,
    unit_id: int | None = None,
) -> Overlap:
    """Say how many campaigns the treated customers had, and which of them together."""
    view.authorize(Permission.SEE_PORTFOLIO)
    kept, _period = counted(view, days=days, first=first, last=last)
    if kept is None:
        return Overlap()
    depths = view.session.execute(
        select(OverlapCell.campaigns, func.sum(OverlapCell.customers))
        .where(OverlapCell.count_id == kept.id, in_units(view, OverlapCell.branch_id, unit_id))
        .group_by(OverlapCell.campaigns)
        .order_by(OverlapCell.campaigns)
    )
    found = tuple(Depth(campaigns, int(customers)) for campaigns, customers in depths)
    key = (OverlapPair.campaign_id, OverlapPair.other_id)
    rows = view.session.execute(
        select(*key, func.sum(OverlapPair.customers))
        .where(OverlapPair.count_id == kept.id, in_units(view, OverlapPair.branch_id, unit_id))
        .group_by(*key)
    )
    together = {(one, other): int(customers) for one, other, customers in rows}
    ids = sorted({one for one, other in together if one == other})
    names = dict(
        view.session.execute(select(Campaign.id, Campaign.name).where(Campaign.id.in_(ids))).all()
    )
    sizes = {id_: (names[id_], together[id_, id_]) for id_ in ids}
    pairs = [
        Pair(one, *sizes[one][:1], other, sizes[other][0], sizes[one][1], sizes[other][1], both)
        for (one, other), both in together.items()
        if one != other
    ]
    largest = sorted(sizes.items(), key=lambda item: (-item[1][1], item[1][0]))
    return Overlap(
        found, dict(largest), tuple(sorted(pairs, key=lambda pair: (-pair.both, pair.id)))
    )
