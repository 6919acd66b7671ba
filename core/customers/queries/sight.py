"""Whose name and numbers somebody sees."""

from sqlalchemy import (
    ColumnElement,
    Integer,
    column,
    false,
    literal_column,
    or_,
    select,
    table,
    true,
    union,
)

from core.access import Sight, masked, masked_number
from core.customers.model import CustomerState
from core.database import Number
from core.work import Reader

# Work belongs to a later part of the business; only these columns decide who sees a name.
_ACTIVITY = table(
    "activity",
    column("customer_id", Number),
    column("person_id", Integer),
    column("branch_id", Integer),
    column("status", Integer),
)
# Only a literal meets the partial index on the pool.
_UNASSIGNED: ColumnElement[int] = literal_column("0", Integer)


def plainly_seen(view: Reader) -> ColumnElement[bool]:
    """Tell, for rows of `CustomerState`, whose names and numbers the asker sees unmasked.

    A person works with the customers they are responsible for, hold work of, or could take work
    of from the own branch's pool; a team lead with those of the own branch.
    """
    match view.actor.sight:
        case Sight.EVERYBODY:
            return true()
        case Sight.OWN_TEAM:
            return view.actor.of_branch(CustomerState.branch_id)
        case Sight.OWN_WORK:
            me = view.actor.person_id
            work = select(_ACTIVITY.c.customer_id).where(
                _ACTIVITY.c.customer_id == CustomerState.customer_id,
                or_(_ACTIVITY.c.person_id == me, _in_pool(view)),
            )
            return or_(CustomerState.manager_id == me, work.exists())
    return false()


def seen_plainly(view: Reader) -> ColumnElement[bool]:
    """Restrict a statement over `CustomerState` to those of whom `plainly_seen` holds.

    Where it holds for few, they are looked up first instead of asking of each customer.
    """
    if view.actor.sight is not Sight.OWN_WORK:
        return plainly_seen(view)
    me = view.actor.person_id
    theirs = select(_ACTIVITY.c.customer_id)
    found = union(
        select(CustomerState.customer_id).where(CustomerState.manager_id == me).correlate(None),
        theirs.where(_ACTIVITY.c.person_id == me).correlate(None),
        theirs.where(_in_pool(view)).correlate(None),
    )
    return CustomerState.customer_id.in_(found)


def as_seen(
    view: Reader, number: str, name: str, *, plainly: bool
) -> tuple[str | None, str | None]:
    """Return a customer's number and name as far as the asker's sight goes.

    :param plainly: whether `plainly_seen` holds of the customer
    """
    if plainly:
        return number, name
    if view.actor.sight is Sight.NEVER:
        return None, None
    return masked_number(number), masked(name)


def _in_pool(view: Reader) -> ColumnElement[bool]:
    return (_ACTIVITY.c.status == _UNASSIGNED) & view.actor.of_branch(_ACTIVITY.c.branch_id)
