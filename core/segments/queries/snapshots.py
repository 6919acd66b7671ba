"""How segments stood on earlier days, as their snapshots say."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, exists, func, select

from core.access import Permission
from core.customers.model import CustomerState
from core.measures import Rate
from core.people.queries import subtree
from core.segments.model import SegmentSnapshot
from core.segments.queries.figures import SUMS
from core.segments.queries.membership import usable
from core.segments.queries.vocabulary import known_words
from core.work import Reader


@dataclass(frozen=True)
class Standing:
    """A segment on one day: counts and sums of the branches asked about.

    `products` are those held by all of them together; `leaving` sums the churn risk of the
    `rated`; `reached` and `converted` are customers of the 90 days before.
    """

    taken_on: date
    version: int
    customers: int
    balance: Decimal
    value: Decimal
    products: int
    rated: int
    leaving: float
    reached: int
    converted: int

    @property
    def products_each(self) -> float | None:
        return self.products / self.customers if self.customers else None

    @property
    def churn(self) -> float | None:
        """Return the mean churn risk of those for whom it is known."""
        return self.leaving / self.rated if self.rated else None

    @property
    def reach(self) -> Rate:
        return Rate(self.reached, self.customers)

    @property
    def conversion(self) -> Rate:
        return Rate(self.converted, self.reached)


def trend(view: Reader, *, segment_id: int, unit_id: int | None = None) -> list[Standing]:
    """List how a segment stood on every day of which there is a snapshot, the oldest first.

    :param unit_id: count only the branches of this unit
    """
    view.authorize(Permission.SEE_SEGMENTS)
    statement = summed(view).where(SegmentSnapshot.segment_id == segment_id)
    if unit_id is not None:
        branches = subtree(view.session, unit_id)
        statement = statement.where(SegmentSnapshot.branch_id.in_(branches))
    rows = view.session.execute(statement.order_by(SegmentSnapshot.taken_on))
    return [standing_of(row[1:]) for row in rows]


def summed(view: Reader) -> Select[*tuple[Any, ...]]:
    """Select segment, day, version and sums of the branches in scope."""
    columns = SegmentSnapshot.__table__.c
    return (
        select(
            SegmentSnapshot.segment_id,
            SegmentSnapshot.taken_on,
            func.max(SegmentSnapshot.version),
            *(func.sum(columns[name], type_=columns[name].type).label(name) for name in SUMS),
        )
        .where(view.actor.scope.limits(SegmentSnapshot.branch_id))
        .group_by(SegmentSnapshot.segment_id, SegmentSnapshot.taken_on)
    )


def standing_of(row: Any) -> Standing:
    """Make the standing from day, version and sums."""
    day, version, customers, balance, value, products, rated, leaving, reached, converted = row
    return Standing(
        day,
        version,
        int(customers),
        balance,
        value,
        int(products),
        int(rated),
        float(leaving),
        int(reached),
        int(converted),
    )


def wants_snapshot(view: Reader) -> bool:
    """Tell whether there are segments to take a snapshot of, and none was taken today."""
    view.authorize(Permission.DEFINE_SEGMENTS)
    today = exists().where(SegmentSnapshot.taken_on == view.now.date())
    someone = exists().where(CustomerState.customer_id.is_not(None))
    taken, has_customers = view.session.execute(select(today, someone)).one()
    return not taken and has_customers and bool(usable(known_words(view)).ids)


def outlived(view: Reader, *, kept_days: int) -> list[date]:
    """List the days that are older than `kept_days` and not the last one kept of their month."""
    view.authorize(Permission.DEFINE_SEGMENTS)
    until = view.now.date() - timedelta(days=kept_days)
    days = select(SegmentSnapshot.taken_on).where(SegmentSnapshot.taken_on < until).distinct()
    old = sorted(view.session.scalars(days))
    last = {(day.year, day.month): day for day in old}
    # The month at the border may still have later days, which are kept anyway.
    return [day for day in old if last[day.year, day.month] != day]
