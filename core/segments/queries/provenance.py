"""Why a customer is in a segment or not: every part of its rule, and what it found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, select

from core import saying
from core.access import Permission, masked, masked_number
from core.customers.model import Customer, CustomerState, Holding, Product
from core.customers.queries import plainly_seen
from core.people.model import Person, Unit
from core.refusals import NotFound
from core.segments.criteria import Known, described, read
from core.segments.criteria.tree import Comparison, Condition, Holds, Join, Source
from core.segments.model import Segment
from core.segments.queries.compiling import Compiler
from core.segments.queries.vocabulary import known_words
from core.segments.rules import SegmentKind
from core.work import Reader

_JOINS = {Join.ALL: "All of these", Join.ANY: "Any of these", Join.NONE: "None of these"}
_COLUMNS = {"age": "born_on", "active": "is_active"}


@dataclass(frozen=True)
class Finding:
    """One part of a rule: whether it holds for the customer, and what the customer has there.

    `depth` is 0 for the rule as a whole. A group has no value.
    """

    depth: int
    says: str
    holds: bool
    value: str | None


@dataclass(frozen=True)
class Provenance:
    """Whether a customer is in a segment and why; number and name as the asker may see them.

    `by_number` tells that the customer was asked for by number, not by id.
    """

    customer_id: int
    customer_no: str | None
    name: str | None
    by_number: bool
    is_inside: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Part:
    depth: int
    says: str
    tree: Condition | None  # None for the list itself
    is_group: bool


def provenance(view: Reader, *, segment_id: int, customer: str) -> Provenance:
    """Judge every part of a segment's rule for one customer in scope.

    :param customer: the customer number as it is printed, or the id
    :raises NotFound: there is no such segment, or no such customer in scope
    :raises InvalidRule: the rule can't be meant any more
    """
    view.authorize(Permission.SEE_SEGMENTS)
    view.authorize(Permission.SEE_CUSTOMERS)
    segment = view.session.get(Segment, segment_id)
    if segment is None:
        raise NotFound("There is no such segment.")
    found = _customer(view, customer.strip())
    known = known_words(view)
    rule = segment.rule
    if segment.kind is SegmentKind.STATIC or rule is None:
        rule = {"segment": segment.code}
    parts = list(_parts(rule, known, 0))
    compiler = Compiler(view, known)
    conditions = [compiler.condition(part.tree) for part in parts if part.tree is not None]
    held = view.session.execute(
        select(*(each.label(f"part_{n}") for n, each in enumerate(conditions))).where(
            CustomerState.customer_id == found.customer.id
        )
    ).one()
    findings = tuple(
        Finding(
            part.depth,
            part.says,
            bool(holds),
            None if part.is_group or part.tree is None else _value(view, part.tree, found),
        )
        for part, holds in zip(parts, held, strict=True)
    )
    shown, who = found.plainly, found.customer
    return Provenance(
        who.id,
        who.customer_no if shown else masked_number(who.customer_no),
        who.name if shown else masked(who.name),
        who.customer_no.lower() == customer.strip().lower(),
        findings[0].holds,
        findings,
    )


@dataclass(frozen=True)
class _Found:
    customer: Customer
    state: CustomerState
    branch: str
    responsible: str | None
    plainly: bool


def _customer(view: Reader, given: str) -> _Found:
    # As it is usually written the index finds it; an id only when no number is meant.
    ways: list[ColumnElement[bool]] = [
        Customer.customer_no.in_({given, given.upper(), given.lower()})
    ]
    if given.isdecimal() and len(given) < 19:
        ways.append(Customer.id == int(given))
    for way in ways:
        row = view.session.execute(
            select(Customer, CustomerState, Unit.name, Person.name, plainly_seen(view))
            .join(CustomerState, CustomerState.customer_id == Customer.id)
            .join(Unit, Unit.id == CustomerState.branch_id)
            .outerjoin(Person, Person.id == CustomerState.manager_id)
            .where(way, view.actor.scope.limits(CustomerState.branch_id))
            .limit(1)
        ).one_or_none()
        if row is not None:
            return _Found(row[0], row[1], row[2], row[3], bool(row[4]))
    raise NotFound(f"There is no customer {given or 'without a number'} in your units.")


def _parts(rule: Mapping[str, Any], known: Known, depth: int) -> Iterator[_Part]:
    """Walk through a rule, groups before what is in them, the segments in it as well."""
    tree = read(rule, known)
    join = next((join for join in Join if join in rule), None)
    if join is not None:
        says = _JOINS[join] if rule[join] else "Every customer"
        yield _Part(depth, says, tree, is_group=True)
        for part in rule[join]:
            yield from _parts(part, known, depth + 1)
        return
    said = described(dict(rule), known).removeprefix("Customers ").removesuffix(".")
    inner = known.segments[rule["segment"]] if "segment" in rule else None
    if inner is None or inner.kind is SegmentKind.STATIC or inner.rule is None:
        yield _Part(depth, said, tree, is_group=False)
        return
    yield _Part(depth, said, tree, is_group=True)
    yield from _parts(inner.rule, known, depth + 1)


def _value(view: Reader, tree: Condition, found: _Found) -> str | None:
    """Say what the customer has where a condition looks; what it says itself is not repeated."""
    match tree:
        case Comparison(source=Source.STATE):
            return _of_state(tree.subject.name, found, view.now)
        case Comparison(source=Source.ATTRIBUTE):
            value = found.customer.attributes.get(tree.subject.name)
            # A text may name somebody, so it is shown as a name is.
            hidden = isinstance(value, str) and not found.plainly
            return masked(value) if hidden else _written(value)
        case Holds():
            return _held(view, tree, found.customer.id)
    return None


def _of_state(name: str, found: _Found, now: datetime) -> str | None:
    state, today = found.state, now.date()
    match name:
        case "age" if (born := state.born_on) is not None:
            return str(today.year - born.year - ((today.month, today.day) < (born.month, born.day)))
        case "born_on" if not found.plainly and state.born_on is not None:
            return f"in {state.born_on.year}"  # the day is half of a personal number
        case "branch" | "manager":
            return found.branch if name == "branch" else found.responsible or "nobody"
        case "last_contact_days" | "last_refusal_days":
            at: datetime | None = getattr(state, name.removesuffix("_days") + "_at")
            return "never" if at is None else _ago((today - at.astimezone(now.tzinfo).date()).days)
    return _written(getattr(state, _COLUMNS.get(name, name)))


def _ago(days: int) -> str:
    return f"{days:,} {'day' if days == 1 else 'days'}"


def _written(value: Any) -> str:
    match value:
        case None:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case date():
            return saying.day(value)
        case Decimal():
            return f"{value:,.2f}"
        case int() | float():
            return f"{value:,}"
    return str(value)


def _held(view: Reader, tree: Holds, customer_id: int) -> str:
    which = Product.code == tree.product if tree.product else Product.category == tree.category
    held = (
        select(Product.name)
        .join(Holding, Holding.product_id == Product.id)
        .where(Holding.customer_id == customer_id, which)
        .distinct()
        .order_by(Product.name)
    )
    if not tree.ever:
        held = held.where(Holding.closed_on.is_(None))
    return ", ".join(view.session.scalars(held)) or "none of them"
