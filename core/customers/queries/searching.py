"""Finding a customer by number or name, among those whom the asker may see."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, select, union

from core.access import Permission, masked, masked_number
from core.customers.model import Customer, CustomerState
from core.customers.queries.sight import seen_plainly
from core.customers.rules import CustomerKind
from core.people.model import Person, Unit
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class CustomerRow:
    """One customer as a list shows it; name and number masked unless it is the asker's work."""

    id: int
    customer_no: str | None
    name: str | None
    kind: CustomerKind
    branch: str
    responsible: str | None
    is_active: bool


def customers(
    view: Reader,
    *,
    text: str = "",
    window: Window = Window(),  # noqa: B008  frozen
) -> Part[CustomerRow]:
    """List the customers in scope, by number.

    A name that is masked must not be found by trying names either: a part of a name finds only
    those whose names the asker reads. A whole number finds any customer in scope, since who
    knows the number has it from the customer.

    :param text: a part of the name, or the whole customer number
    """
    view.authorize(Permission.SEE_CUSTOMERS)
    plainly = seen_plainly(view)
    statement = (
        select(
            Customer.id,
            Customer.customer_no,
            Customer.name,
            Customer.kind,
            Unit.name.label("branch"),
            Person.name.label("responsible"),
            CustomerState.is_active,
            plainly.label("plainly"),
        )
        .join(CustomerState, CustomerState.customer_id == Customer.id)
        .join(Unit, Unit.id == CustomerState.branch_id)
        .outerjoin(Person, Person.id == CustomerState.manager_id)
        .where(view.actor.scope.limits(CustomerState.branch_id), _found(view, text.strip()))
    )
    sorts = {
        "number": Customer.id,
        "name": case((plainly, Customer.name)),
        "branch": Unit.name,
        "responsible": Person.name,
    }
    rows, total = windowed(view.session, statement, window, sorts=sorts, last=Customer.id)
    return Part(
        [
            CustomerRow(
                id=row.id,
                customer_no=row.customer_no if row.plainly else masked_number(row.customer_no),
                name=row.name if row.plainly else masked(row.name),
                kind=row.kind,
                branch=row.branch,
                responsible=row.responsible,
                is_active=row.is_active,
            )
            for row in rows
        ],
        total,
    )


def _found(view: Reader, text: str) -> ColumnElement[bool]:
    plainly = seen_plainly(view)
    if not text:
        return plainly
    # As numbers are usually written, so that the index finds them.
    numbered = Customer.customer_no.in_({text, text.upper(), text.lower()})
    named = Customer.name.icontains(text, autoescape=True)
    # Each by itself: of a million customers one has the number, and few have names to be read.
    readable = (
        select(Customer.id)
        .join(CustomerState, CustomerState.customer_id == Customer.id)
        .where(view.actor.scope.limits(CustomerState.branch_id), plainly, named)
    )
    one = select(Customer.id).where(numbered)
    return Customer.id.in_(union(one.correlate(None), readable.correlate(None)))
