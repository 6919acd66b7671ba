"""What a lead is asked to look at."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, select

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.customers.model import Customer, CustomerState
from core.customers.queries import as_seen, plainly_seen
from core.people.model import Person
from core.runs.model import Run
from core.truth.model import Review
from core.truth.queries.claims import known
from core.truth.queries.days import day_numbered
from core.truth.queries.judging import judged
from core.truth.queries.naming import named, reporter
from core.truth.rules import Finding, Standing
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class ReviewRow:
    """A conversion to look at, with what is known of it and what was found."""

    run_id: int
    customer_id: int
    campaign: str
    customer_no: str | None
    name: str | None
    person: str | None
    contact_at: datetime
    reported_at: datetime
    opened_on: date | None
    standing: Standing
    at_random: bool
    asked_at: datetime
    finding: Finding
    note: str

    @property
    def id(self) -> tuple[int, int]:
        return self.run_id, self.customer_id


def reviews(view: Reader, *, every: bool = False, window: Window | None = None) -> Part[ReviewRow]:
    """List what the lead's branch is asked to look at, as long as it is reported still.

    :param every: also what has been looked at
    """
    view.authorize(Permission.REVIEW_CONVERSIONS)
    asked = view.actor.of_branch(Review.branch_id)
    wanted = asked if every else and_(asked, Review.finding == Finding.OPEN)
    run_ids = view.session.scalars(select(Review.run_id).where(wanted).distinct()).all()
    if not run_ids:
        return Part([], 0)
    claims = judged(view, run_ids, known(view))
    statement = (
        select(
            claims.c.run_id,
            claims.c.customer_id,
            Campaign.name.label("campaign"),
            Customer.customer_no,
            Customer.name,
            plainly_seen(view).label("plainly"),
            named(view).label("person"),
            claims.c.contact_at,
            claims.c.reported_at,
            claims.c.opened_day,
            claims.c.standing,
            Review.at_random,
            Review.asked_at,
            Review.finding,
            Review.note,
        )
        .join(
            Review,
            and_(Review.run_id == claims.c.run_id, Review.customer_id == claims.c.customer_id),
        )
        .join(Run, Run.id == claims.c.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(Customer, Customer.id == claims.c.customer_id)
        .outerjoin(CustomerState, CustomerState.customer_id == claims.c.customer_id)
        .outerjoin(Person, Person.id == reporter(claims))
        .where(wanted)
    )
    rows, total = windowed(
        view.session,
        statement,
        window or Window(),
        sorts={
            "standing": claims.c.standing,
            "reported": claims.c.reported_at,
            "asked": Review.asked_at,
        },
        last=claims.c.customer_id,
    )
    return Part([_row(view, row) for row in rows], total)


def reviews_wanted(view: Reader) -> int:
    """Count what the lead's branch has not looked at yet."""
    view.authorize(Permission.REVIEW_CONVERSIONS)
    wanted = select(func.count()).where(
        view.actor.of_branch(Review.branch_id), Review.finding == Finding.OPEN
    )
    return view.session.scalar(wanted) or 0


def _row(view: Reader, row: Any) -> ReviewRow:
    number, name = as_seen(view, row.customer_no, row.name, plainly=bool(row.plainly))
    return ReviewRow(
        row.run_id,
        row.customer_id,
        row.campaign,
        number,
        name,
        row.person,
        row.contact_at,
        row.reported_at,
        None if row.opened_day is None else day_numbered(row.opened_day),
        row.standing,
        bool(row.at_random),
        row.asked_at,
        row.finding,
        row.note,
    )
