"""What saving any of the words of campaigns has in common."""

from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from core.database import Base
from core.refusals import Invalid, NotFound
from core.work import Work

M = TypeVar("M", bound=Base)


def named(what: str, name: str, needs: str = "a name") -> str:
    """Return the name without blanks around it, or refuse to save something nameless."""
    if not name.strip():
        raise Invalid(f"A {what} needs {needs}.")
    return name.strip()


def existing(work: Work, table: type[M], id_: int | None, what: str) -> M | None:
    """Return what is to be changed, held until the work is done; None for something new."""
    if id_ is None:
        return None
    kept = work.session.get(table, id_, with_for_update=True)
    if kept is None:
        raise NotFound(f"There is no such {what}.")
    return kept


def check_free(
    work: Work,
    table: type[Any],
    column: InstrumentedAttribute[Any],
    value: str,
    own_id: int | None,
    what: str,
) -> None:
    """Refuse a name that something else has, upper and lower case being the same."""
    taken = select(table.id).where(
        func.lower(column) == value.lower(), table.id != (0 if own_id is None else own_id)
    )
    if work.session.scalar(taken.limit(1)) is not None:
        raise Invalid(f"The {what} “{value}” is taken.")
