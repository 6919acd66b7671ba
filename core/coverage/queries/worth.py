"""What an hour of work in a gap may bring, and what stands in its way: where to go next."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select

from core.access import Permission, Role
from core.campaigns.model import Design
from core.coverage.past import Added, Past
from core.coverage.queries.cells import Cell, coverage
from core.coverage.queries.experience import Key, minutes, past, planned
from core.coverage.queries.scoping import in_scope
from core.coverage.rules import Aim, Obstacle, obstacles
from core.customers.model import Product
from core.distribution.rules import USUAL_MINUTES
from core.people.model import Person, PersonRole
from core.queues.model import WorkCell
from core.work import Reader

WORKING_DAYS = 20  # for which hands are counted: about a month
FEW = 100  # treated customers; a rate of fewer says little


@dataclass(frozen=True)
class Outlook:
    """What one customer of a gap may bring; `rate` is conversions for each customer asked.

    Of customers to keep it is those who stay of all who are treated. `added` is how many of these
    would not have come by themselves: only they are worth anything, where it is known.
    Without `profit` it can't be said, and `basis` tells why. Amounts are in the bank's currency.
    """

    rate: float | None
    value: Decimal | None
    cost: Decimal
    minutes: float
    basis: str
    added: Added | None = None

    @property
    def earning(self) -> float | None:
        """Return the conversions for each customer asked that count: additional ones, or all."""
        return self.rate if self.added is None else self.added.value

    @property
    def profit(self) -> Decimal | None:
        """Return the expected profit for each customer asked."""
        if self.earning is None or self.value is None:
            return None
        return Decimal(str(self.earning)) * self.value - self.cost

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
    rows.sort(
        key=lambda row: (row.outlook.hourly is None, -(row.outlook.hourly or 0), -row.customers)
    )
    return Opportunities(tuple(rows), room)


@dataclass(frozen=True)
class _Known:
    """What is known of all segments and products, looked up once."""

    past: dict[Key, Past]
    planned: dict[Key, Design]
    minutes: dict[int, float]


def _outlook(cell: Cell, product: Product, known: _Known) -> Outlook:
    planned_ = known.planned
    design = planned_.get((cell.segment_id, product.id)) or planned_.get((None, product.id))
    rate, basis = _rate(cell, product.id, known.past, design)
    added, compared = _added(cell, product.id, known.past)
    value = product.yearly_margin
    if design is not None and design.value_per_conversion is not None:
        value = design.value_per_conversion
    if value is None:
        basis = "nobody has said what a conversion is worth"
    elif added is not None:
        basis = compared if rate is None else f"{compared}; all: {basis}"
    elif rate is not None:
        basis = f"{basis}; {compared}"
    cost = design.contact_cost if design is not None and design.contact_cost else Decimal()
    each = known.minutes.get(product.id, USUAL_MINUTES)
    return Outlook(rate, value, cost, each, basis, added)


def _rate(
    cell: Cell, product_id: int, so_far: dict[Key, Past], design: Design | None
) -> tuple[float | None, str]:
    """Return conversions for each customer asked, from the most alike that is known."""
    for of, known in _alike(cell, product_id, so_far):
        rate = known.rate
        if rate.denominator >= FEW:
            done = "asked" if cell.aim is Aim.SELL else "treated stayed"
            return rate.value, f"{rate.numerator:,} of {rate.denominator:,} {done} in {of}"
    if design is not None and design.expected_rate is not None:
        return design.expected_rate, f"as version {design.version} of a design for it expects"
    return None, "no campaign for it was finished, and no design says what it expects"


def _added(cell: Cell, product_id: int, so_far: dict[Key, Past]) -> tuple[Added | None, str]:
    """Return what those treated had more than those held out, from the most alike that is known."""
    for of, known in _alike(cell, product_id, so_far):
        added = known.added
        if added is not None and added.treated >= FEW:
            low, high = (100 * end for end in (added.interval.low, added.interval.high))
            return added, (
                f"{100 * added.value:+.1f} points ({low:+.1f} to {high:+.1f}"
                f"{'' if added.proven else ', no proven effect'}) against"
                f" {added.held_out:,} held out in {of}"
            )
    return None, "what would have come by itself is not known"


def _alike(cell: Cell, product_id: int, so_far: dict[Key, Past]) -> Iterator[tuple[str, Past]]:
    for segment_id, where in ((cell.segment_id, "this"), (None, "any")):
        if known := so_far.get((segment_id, product_id)):
            yield f"finished campaigns for it in {where} segment", known


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
