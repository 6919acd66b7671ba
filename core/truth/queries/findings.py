"""The reported conversions behind the figures, one by one."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from core.access import Permission
from core.customers.model import Customer, CustomerState
from core.customers.queries import as_seen, plainly_seen
from core.impact.queries.funnel import require_run
from core.people.model import Person, Unit
from core.truth.queries.bursts import bursts, in_bursts, times_of
from core.truth.queries.claims import known
from core.truth.queries.days import day_numbered
from core.truth.queries.judging import judged
from core.truth.queries.kept import kept
from core.truth.queries.naming import named, reporter
from core.truth.rules import LEFT, Finding, Standing
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class Conversion:
    """One reported conversion, and why it stands or does not; shown as far as sight goes.

    `person` is who reported it, for those who may know; `until` is the last day on which an
    opening still counts.
    """

    run_id: int
    customer_id: int
    customer_no: str | None
    name: str | None
    branch: str
    person: str | None
    contact_at: datetime
    reported_at: datetime
    until: date
    opened_on: date | None
    standing: Standing
    in_burst: bool
    finding: Finding | None

    @property
    def id(self) -> tuple[int, int]:
        return self.run_id, self.customer_id


def conversions(
    view: Reader,
    *,
    run_id: int,
    standing: Standing | None = None,
    suspicious: bool = False,
    branch_id: int | None = None,
    window: Window | None = None,
) -> Part[Conversion]:
    """List the reported conversions of a run; their count equals the figure.

    :param suspicious: only those that do not stand, or came in a burst
    :raises NotFound: there is no such run, or nobody of it is in scope
    """
    view.authorize(Permission.SEE_IMPACT)
    run = require_run(view, run_id)
    by = known(view)
    claims = judged(view, [run_id], by)
    person_id = reporter(claims)
    piled: ColumnElement[bool] = claims.c.in_burst
    if not (view.actor.scope.bank_wide and kept(view, [run_id], by)):
        times = times_of(view, run)
        piled = in_bursts(
            view,
            bursts(view, run_id=run_id, times=times),
            times,
            at=claims.c.converted_at,
            branch_id=claims.c.branch_id,
            person_id=person_id,
        )
    statement = (
        select(
            claims.c.run_id,
            claims.c.customer_id,
            Customer.customer_no,
            Customer.name,
            plainly_seen(view).label("plainly"),
            Unit.name.label("branch"),
            named(view).label("person"),
            claims.c.contact_at,
            claims.c.reported_at,
            claims.c.due_day,
            claims.c.opened_day,
            claims.c.standing,
            piled.label("in_burst"),
            claims.c.finding,
        )
        .join(Customer, Customer.id == claims.c.customer_id)
        .join(Unit, Unit.id == claims.c.branch_id)
        .outerjoin(CustomerState, CustomerState.customer_id == claims.c.customer_id)
        .outerjoin(Person, Person.id == person_id)
    )
    if standing is not None:
        statement = statement.where(claims.c.standing == standing)
    if branch_id is not None:
        statement = statement.where(claims.c.branch_id == branch_id)
    if suspicious:
        statement = statement.where(or_(claims.c.standing.not_in(LEFT), piled))
    rows, total = windowed(
        view.session,
        statement,
        window or Window(),
        sorts={
            "reported": claims.c.reported_at,
            "branch": Unit.name,
            "standing": claims.c.standing,
        },
        last=claims.c.customer_id,
    )
    return Part([_conversion(view, row) for row in rows], total)


def _conversion(view: Reader, row: Any) -> Conversion:
    number, name = as_seen(view, row.customer_no, row.name, plainly=bool(row.plainly))
    return Conversion(
        run_id=row.run_id,
        customer_id=row.customer_id,
        customer_no=number,
        name=name,
        branch=row.branch,
        person=row.person,
        contact_at=row.contact_at,
        reported_at=row.reported_at,
        until=day_numbered(row.due_day),
        opened_on=None if row.opened_day is None else day_numbered(row.opened_day),
        standing=row.standing,
        in_burst=bool(row.in_burst),
        finding=row.finding,
    )
