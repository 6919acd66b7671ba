"""The bank's tree of units, and the teams in them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, func, literal, literal_column, select, true
from sqlalchemy.orm import Session

from core.access import Permission
from core.people.model import Team, Unit
from core.people.rules import UnitKind
from core.refusals import Invalid
from core.work import Reader

_A_FEW_UNITS = 10


def subtree(session: Session, unit_id: int) -> tuple[int, ...]:
    """Return the ids of a unit and of every unit below it."""
    below = select(Unit.id).where(Unit.id == unit_id).cte("below", recursive=True)
    below = below.union_all(select(Unit.id).join(below, Unit.parent_id == below.c.id))
    return tuple(session.scalars(select(below.c.id).order_by(below.c.id)))


def inside(session: Session, unit_id: int, branch_id: Any) -> ColumnElement[bool]:
    """Restrict what is of a branch to a unit and those below it; of all units nothing is asked."""
    units = subtree(session, unit_id)
    is_many = len(units) > _A_FEW_UNITS
    if is_many and session.scalar(select(func.count()).select_from(Unit)) == len(units):
        return true()
    return of_units(branch_id, units)


def of_units(branch_id: Any, units: Collection[int]) -> ColumnElement[bool]:
    """Restrict what is of a branch to these units: a few by their index, many reading all through.

    By a list of many either database would fetch one customer after the other.
    """
    sought = branch_id if len(units) <= _A_FEW_UNITS else branch_id + literal_column("0")
    return cast("ColumnElement[bool]", sought.in_(sorted(units)))


def lineage(session: Session, unit_id: int) -> tuple[int, ...]:
    """Return the ids of a unit and of every unit above it, the nearest first."""
    above = (
        select(Unit.id, Unit.parent_id, literal(0).label("steps"))
        .where(Unit.id == unit_id)
        .cte("above", recursive=True)
    )
    above = above.union_all(
        select(Unit.id, Unit.parent_id, above.c.steps + 1).join(above, Unit.id == above.c.parent_id)
    )
    return tuple(session.scalars(select(above.c.id).order_by(above.c.steps)))


def require_currency(session: Session, currency: str) -> None:
    """Continue only if the bank's amounts are in this currency, or no bank is set up yet.

    :raises Invalid: they are in another one
    """
    top = Unit.parent_id.is_(None), Unit.currency.is_not(None)
    kept = session.scalar(select(Unit.currency).where(*top).order_by(Unit.id).limit(1))
    if kept not in (None, currency):
        raise Invalid(
            f"The amounts of this bank are in {kept}, and FAIRLEAD_CURRENCY says {currency}."
            f" They are never converted: set it to {kept}."
        )


@dataclass(frozen=True)
class UnitRow:
    """A unit in the order of the tree; `depth` is 0 for the bank itself."""

    id: int
    code: str
    name: str
    kind: UnitKind
    depth: int


def units(view: Reader) -> list[UnitRow]:
    """List the active units of the own scope, each below the one it belongs to."""
    view.authorize(Permission.OWN_ACCOUNT)
    rows = view.session.execute(
        select(Unit.id, Unit.code, Unit.name, Unit.kind, Unit.parent_id)
        .where(Unit.is_active, view.actor.scope.limits(Unit.id))
        .order_by(Unit.name, Unit.id)
    ).all()
    known = {row.id for row in rows}
    below: dict[int | None, list[Any]] = {}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)

    def walk(parent_id: int | None, depth: int) -> Iterator[UnitRow]:
        for row in below.get(parent_id, ()):
            yield UnitRow(row.id, row.code, row.name, row.kind, depth)
            yield from walk(row.id, depth + 1)

    return list(walk(None, 0))


@dataclass(frozen=True)
class TeamRow:
    id: int
    name: str
    unit_id: int


def teams(view: Reader) -> list[TeamRow]:
    """List the teams of the own scope."""
    view.authorize(Permission.OWN_ACCOUNT)
    statement = (
        select(Team.id, Team.name, Team.unit_id)
        .where(view.actor.scope.limits(Team.unit_id))
        .order_by(Team.name, Team.id)
    )
    return [TeamRow(*row) for row in view.session.execute(statement)]
