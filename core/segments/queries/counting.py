"""How many customers a rule means, and a few of them to look at."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, func, select
from sqlalchemy.sql.visitors import iterate

from core.access import Permission
from core.customers.model import Customer, CustomerState
from core.customers.queries import as_seen, plainly_seen
from core.people.model import Unit
from core.refusals import NotFound
from core.segments.criteria import Known, read
from core.segments.model import Segment, SegmentMember
from core.segments.queries.compiling import Compiler
from core.segments.queries.vocabulary import known_words
from core.segments.rules import SegmentKind
from core.work import Reader


def compiled(
    view: Reader, rule: dict[str, Any], *, known: Known | None = None, of_many: bool = False
) -> ColumnElement[bool]:
    """Return the rule as a condition for statements that select FROM `customer_state`.

    It is true or false, never NULL, and does not limit to anybody's scope: the statement does.

    :param known: the bank's words when they are at hand already
    :param of_many: read the lists that it refers to as a whole, and not for each customer
    :raises InvalidRule: naming what is wrong, and where in the rule
    """
    known = known or known_words(view)
    return Compiler(view, known, of_many=of_many).condition(read(rule, known))


def in_segment(
    view: Reader, segment_id: int, *, known: Known | None = None, of_many: bool = False
) -> ColumnElement[bool]:
    """Return membership of a segment, static or dynamic, as `compiled` does for a rule."""
    segment = view.session.get(Segment, segment_id)
    if segment is None:
        raise NotFound("There is no such segment.")
    rule = segment.rule
    if segment.kind is SegmentKind.STATIC or rule is None:
        members = select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment_id)
        if of_many:
            return CustomerState.customer_id.in_(members)
        return members.where(SegmentMember.customer_id == CustomerState.customer_id).exists()
    return compiled(view, rule, known=known, of_many=of_many)


def count(view: Reader, rule: dict[str, Any]) -> int:
    """Count the customers in scope whom a rule means."""
    view.authorize(Permission.SEE_SEGMENTS)
    return counted(view, compiled(view, rule))


def counted(view: Reader, condition: ColumnElement[bool]) -> int:
    """Count the customers in scope for whom a condition holds."""
    elsewhere = any(isinstance(part, Exists) for part in iterate(condition))
    statement = within(view, select(func.count()), by_id=elsewhere).where(condition)
    return view.session.scalar(statement) or 0


@dataclass(frozen=True)
class SampleCustomer:
    """One of those whom a rule means, as far as the person asking may see who it is."""

    customer_id: int
    customer_no: str | None
    name: str | None
    branch: str
    balance: str | None


def matching_sample(view: Reader, *, rule: dict[str, Any], limit: int = 10) -> list[SampleCustomer]:
    """Return the first few customers in scope whom a rule means, masked by the asker's sight."""
    view.authorize(Permission.SEE_SEGMENTS)
    view.authorize(Permission.SEE_CUSTOMERS)
    chosen = (
        within(view, select(CustomerState.customer_id, CustomerState.branch_id))
        .where(compiled(view, rule))
        .order_by(CustomerState.customer_id)
        .limit(limit)
        .subquery()
    )
    statement = (
        select(
            Customer.id,
            Customer.customer_no,
            Customer.name,
            Unit.name,
            CustomerState.balance,
            plainly_seen(view),
        )
        .join(chosen, chosen.c.customer_id == Customer.id)
        .join(CustomerState, CustomerState.customer_id == Customer.id)
        .join(Unit, Unit.id == chosen.c.branch_id)
        .order_by(Customer.id)
    )
    return [
        SampleCustomer(
            id_,
            *as_seen(view, number, name, plainly=bool(plainly)),
            branch,
            None if held is None else f"{held:,.2f}",
        )
        for id_, number, name, branch, held, plainly in view.session.execute(statement)
    ]


def within(
    view: Reader, statement: Select[*tuple[Any, ...]], *, by_id: bool = False
) -> Select[*tuple[Any, ...]]:
    """Let a statement count or list the state rows in the asker's scope.

    :param by_id: have SQLite go through all of them in the order of their ids, in which what is
        looked up elsewhere lies beside each other, and not by an index in the order of branches
    """
    if by_id and view.actor.scope.bank_wide and view.dialect == "sqlite":
        statement = statement.where(CustomerState.customer_id > 0)  # true of all; it says the way
    statement = statement.select_from(CustomerState)
    if view.actor.scope.bank_wide:  # without any condition, or SQLite would count row by row
        return statement
    return statement.where(view.actor.scope.limits(CustomerState.branch_id))
