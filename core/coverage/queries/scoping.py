"""Which cells somebody sees: those of the own branches, or of all of them together."""

from typing import Any, cast

from sqlalchemy import ColumnElement, and_

from core.coverage.model import WHOLE_BANK
from core.people.queries import subtree
from core.refusals import NotFound
from core.work import Reader


def in_units(view: Reader, branch_id: Any, unit_id: int | None) -> ColumnElement[bool]:
    """Restrict cells to a unit and the scope; the whole bank has cells of its own.

    :raises NotFound: no such unit in scope
    """
    if unit_id is None and view.actor.scope.bank_wide:
        return cast("ColumnElement[bool]", branch_id == WHOLE_BANK)
    return in_scope(view, branch_id, unit_id)


def in_scope(view: Reader, branch_id: Any, unit_id: int | None) -> ColumnElement[bool]:
    """Restrict what is of a branch to a unit and the asker's scope.

    :raises NotFound: no such unit in scope
    """
    scope = view.actor.scope
    if unit_id is None:
        return scope.limits(branch_id)
    if not scope.holds(unit_id):
        raise NotFound("There is no such unit among yours.")
    return and_(branch_id.in_(subtree(view.session, unit_id)), scope.limits(branch_id))
