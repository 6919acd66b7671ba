"""The portfolio-wide holdouts: who was drawn, until when, and what leaked."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select

from core.campaigns.left_alone import goes_on
from core.campaigns.model import Holdout, HoldoutCustomer
from core.campaigns.queries.policy import SEE_POLICY
from core.customers.model import Customer
from core.people.model import Person
from core.runs.model import Leak
from core.work import Reader


def customers_of_bank(view: Reader) -> int:
    """Count the customers among whom a holdout would be drawn: all there are."""
    view.authorize(*SEE_POLICY)
    return view.session.scalar(select(func.count()).select_from(Customer)) or 0


@dataclass(frozen=True)
class HoldoutRow:
    """A holdout: of `population` customers `held` were drawn, and `leaked` contacted all the same.

    `share` is in basis points; `ends_on` is the last day, None while nobody has said which.
    """

    id: int
    name: str
    share: int
    population: int
    held: int
    leaked: int
    starts_on: date
    ends_on: date | None
    author: str | None
    goes_on: bool


def holdouts(view: Reader) -> list[HoldoutRow]:
    """List all holdouts, the one that goes on first, then the latest."""
    view.authorize(*SEE_POLICY)
    held = select(func.count()).where(HoldoutCustomer.holdout_id == Holdout.id)
    leaked = select(func.count(Leak.customer_id.distinct())).where(Leak.holdout_id == Holdout.id)
    rows = view.session.execute(
        select(
            Holdout.id,
            Holdout.name,
            Holdout.share,
            Holdout.population,
            held.correlate(Holdout).scalar_subquery(),
            leaked.correlate(Holdout).scalar_subquery(),
            Holdout.starts_on,
            Holdout.ends_on,
            Person.name,
            case((goes_on(view.now.date()), True), else_=False),
        )
        .outerjoin(Person, Person.id == Holdout.author_id)
        .order_by(Holdout.starts_on.desc(), Holdout.id.desc())
    )
    return [HoldoutRow(*row) for row in rows]
