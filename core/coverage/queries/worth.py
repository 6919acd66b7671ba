"""What an hour of work in a gap may bring, and what stands in its way: where to go next."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select

from core.access import Permission, Role
from core.campaigns.model import Design
from core.coverage.queries.cells import Cell, coverage
from core.coverage.queries.experience import Key, minutes, past, planned
from core.coverage.queries.scoping import in_scope
from core.coverage.rules import Aim, Obstacle, obstacles
from core.customers.model import Product
from core.distribution.rules import USUAL_MINUTES
from core.measures import Rate
from core.people.model import Person, PersonRole
from core.queues.model import WorkCell
from core.work import Reader

WORKING_DAYS = 20  # for which hands are counted: about a month
FEW = 100  # treated customers; a rate of fewer says little


@dataclass(frozen=True)
class Outlook:
    """What one customer of a gap may bring; `rate` is conversions for each customer asked.

    Of customers to keep it is those who stay of all who are treated.
    Without `profit` it can't be said, and `basis` tells why. Amounts are in the bank's currency.
    """

    rate: float | None
    value: Decimal | None
    cost: Decimal
    minutes: float
    basis: str

    @property
    def profit(self) -> Decimal | None:
        """Return the expected profit for each customer asked."""
        if self.rate is None or self.value is None:
            return None
        return Decimal(str(self.rate)) * self.value - self.cost

    @property
    def hourly(self) -> Decimal | None:
        """Return the expected profit for each hour of work."""
        return None if self.profit is None else self.profit * 60 / Decimal(str(self.minutes))


@dataclass(frozen=True)
class Opportunity:
    """A gap with what it may bring in all, and what blocks it."""

    cell: Cell
    outlook: Outlook
    obstacles: tuple[Obstacle, ...]

    @property
    def id(self) -> str:
        return self.cell.id

    @property
    def customers(self) -> int:
        return self.cell.parts.open_gap

    @property
    def hours(self) -> float:
        return self.customers * self.outlook.minutes / 60

    @property
    def profit(self) -> Decimal | None:
        each = self.outlook.profit
        return None if each is None else each * self.customers


@dataclass(frozen=True)
class Opportunities:
    """The gaps, the most profitable hour first; `room` is for how many contacts there are hands.

    Capacity is that of the people who work activities, for `WORKING_DAYS`, less what waits.
    """

    rows: tuple[Opportunity, ...]
    room: int


def opportunities(
    view: Reader,
    *,
    aim: Aim = Aim.SELL,
    days: int | None = 90,
    first: date | None = None,
    last: date | None = None,
    unit_id: int | None = None,
    segment_ids: Collection[int] = (),
    product_ids: Collection[int] = (),
) -> Opportunities:
    """Say of every gap what an hour of work in it may bring, and what is in the way."""
    view.authorize(Permission.SEE_PORTFOLIO)
    told = coverage(
        view,
        aim=aim,
        days=days,
        first=first,
        last=last,
        unit_id=unit_id,
        segment_ids=segment_ids,
        product_ids=product_ids,
    )
    known = _Known(past(view, aim), planned(view, aim), minutes(view, aim))
    products = {product.id: product for product in view.session.scalars(select(Product))}
    room = _room(view, unit_id)
    rows = [
        Opportunity(
            cell,
            _outlook(cell, products[cell.product_id], known),
            obstacles(cell.parts, room=room),
        )
        for cell in told.cells
        if cell.parts.open_gap
    ]
    rows.sort(key=lambda row: (-(row.outlook.hourly or Decimal("-Infinity")), -row.customers))
    return Opportunities(tuple(rows), room)


@dataclass(frozen=True)
class _Known:
    """What is known of all segments and products, looked up once."""

    past: dict[Key, Rate]
    planned: dict[Key, Design]
    minutes: dict[int, float]


def _outlook(cell: Cell, product: Product, known: _Known) -> Outlook:
    planned_ = known.planned
    design = planned_.get((cell.segment_id, product.id)) or planned_.get((None, product.id))
    rate, basis = _rate(cell, product.id, known.past, design)
    value = product.yearly_margin
    if design is not None and design.value_per_conversion is not None:
        value = design.value_per_conversion
    if value is None:
        basis = "nobody has said what a conversion is worth"
    cost = design.contact_cost if design is not None and design.contact_cost else Decimal()
    return Outlook(rate, value, cost, known.minutes.get(product.id, USUAL_MINUTES), basis)


def _rate(
    cell: Cell, product_id: int, so_far: dict[Key, Rate], design: Design | None
) -> tuple[float | None, str]:
    """Return conversions for each customer asked, from the most alike that is known."""
    for key, of in (
        ((cell.segment_id, product_id), "finished campaigns for it in this segment"),
        ((None, product_id), "finished campaigns for it in any segment"),
    ):
        rate = so_far.get(key)
        if rate is not None and rate.denominator >= FEW:
            done = "asked" if cell.aim is Aim.SELL else "treated stayed"
            return rate.value, f"{rate.numerator:,} of {rate.denominator:,} {done} in {of}"
    if design is not None and design.expected_rate is not None:
        return design.expected_rate, f"as version {design.version} of a design for it expects"
    return None, "no campaign for it was finished, and no design says what it expects"


def _room(view: Reader, unit_id: int | None) -> int:
    """Return for how many more contacts the units in scope have hands in the next weeks."""
    works = select(PersonRole.person_id).where(PersonRole.role == Role.AGENT)
    daily = view.session.scalar(
        select(func.coalesce(func.sum(Person.daily_capacity), 0)).where(
            Person.is_active, Person.id.in_(works), in_scope(view, Person.unit_id, unit_id)
        )
    )
    waiting = view.session.scalar(
        select(func.coalesce(func.sum(WorkCell.unassigned + WorkCell.open), 0)).where(
            in_scope(view, WorkCell.branch_id, unit_id)
        )
    )
    return max(int(daily or 0) * WORKING_DAYS - int(waiting or 0), 0)
