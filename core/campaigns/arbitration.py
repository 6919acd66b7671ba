"""Which campaign has a customer: the more urgent one, and of equals the one that selected first.

Work that is pending holds a customer, and so does the selection of a run that waits for its
launch. Runs and their candidates stand above campaigns; only these columns of them are read here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    SmallInteger,
    SQLColumnExpression,
    case,
    column,
    exists,
    false,
    func,
    literal_column,
    select,
    table,
    true,
)

from core.campaigns.contacts import ACTIVITY
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import Priority
from core.customers.model import CustomerState
from core.database import Number
from core.work import Reader

# Unassigned, assigned, in progress: literals, since only these meet the partial index.
PENDING: list[ColumnElement[int]] = [literal_column(code) for code in ("0", "1", "2")]
_RUN = table(
    "run",
    column("id", Integer),
    column("design_id", Integer),
    column("status", SmallInteger),
    column("ends_on", Date),
)
_CANDIDATE = table(
    "candidate",
    column("run_id", Integer),
    column("customer_id", Number),
    column("confirmation", SmallInteger),
)
_SELECTED: ColumnElement[int] = literal_column("2")
_REJECTED: ColumnElement[int] = literal_column("3")
_LOCK = 0x6661_6972  # any number that nothing else takes on the server
_PATIENCE = "10min"


@dataclass(frozen=True)
class Waiting:
    """A run that has selected, waits for its launch and is not over yet."""

    run_id: int
    campaign_id: int
    campaign: str
    priority: Priority


def waiting(view: Reader) -> list[Waiting]:
    """List the runs whose candidates are spoken for though no work is made yet."""
    rows = view.session.execute(
        select(_RUN.c.id, Campaign.id, Campaign.name, Campaign.priority)
        .join(Design, Design.id == _RUN.c.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(_RUN.c.status == _SELECTED, _RUN.c.ends_on >= view.now.date())
        .order_by(Campaign.priority, _RUN.c.id)
    )
    return [Waiting(*row) for row in rows]


def take_turn(view: Reader) -> None:
    """Let one selection after the other look for its customers, so that two never take the same.

    SQLite has one writer at a time anyway. One of many customers takes longer than anybody waits
    for a row.
    """
    if view.dialect != "postgresql":
        return
    usual = view.session.scalar(select(func.current_setting("lock_timeout")))
    for limit, then in ((_PATIENCE, func.pg_advisory_xact_lock(_LOCK)), (usual, None)):
        view.session.execute(select(func.set_config("lock_timeout", limit, True)))
        if then is not None:
            view.session.execute(select(then))


def busy(
    view: Reader, priority: Priority, *, but_for: int | None = None, of_many: bool = True
) -> ColumnElement[bool]:
    """Tell of state rows whether a campaign of this priority, or of a higher one, has them.

    :param but_for: a run whose own choice does not count
    :param of_many: look up once whom urgent work has; false where few are asked about, and it is
        looked up beside each of them
    """
    # As a sum, or SQLite would go by branch and priority, and fetch one customer after the other.
    urgent = ACTIVITY.c.priority + literal_column("0") <= priority.literal
    held = select(ACTIVITY.c.customer_id).where(ACTIVITY.c.status.in_(PENDING), urgent)
    whom = CustomerState.customer_id.in_(held) if of_many else _at_work(urgent)
    at_work = (CustomerState.pending > 0) & whom
    runs = [
        run.run_id
        for run in waiting(view)
        if run.priority.code <= priority.code and run.run_id != but_for
    ]
    if not runs:
        return at_work
    chosen = chosen_by(runs)
    if of_many:
        spoken_for: ColumnElement[bool] = CustomerState.customer_id.in_(chosen)
    else:
        spoken_for = chosen.where(_CANDIDATE.c.customer_id == CustomerState.customer_id).exists()
    return case((spoken_for, true()), else_=at_work)


def wanted_above(view: Reader, priority: Priority) -> ColumnElement[bool]:
    """Tell of state rows whether a campaign of a higher priority has them, or has chosen them."""
    at_work = (CustomerState.pending > 0) & _at_work(ACTIVITY.c.priority < priority.literal)
    runs = [run.run_id for run in waiting(view) if run.priority.code < priority.code]
    chosen = CustomerState.customer_id.in_(chosen_by(runs)) if runs else false()
    return chosen | at_work


def chosen_by(run_ids: Sequence[int]) -> Select[int]:
    """Select the customers whom runs have chosen, treated or held out alike, and nobody struck."""
    return select(_CANDIDATE.c.customer_id).where(
        _CANDIDATE.c.run_id.in_(run_ids), _CANDIDATE.c.confirmation != _REJECTED
    )


def _at_work(urgent: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        ACTIVITY.c.customer_id == CustomerState.customer_id,
        ACTIVITY.c.status.in_(PENDING),
        urgent,
    )


def claimant(
    view: Reader, priority: Priority, customer_id: SQLColumnExpression[int]
) -> ColumnElement[str]:
    """Name the most urgent campaign for which `wanted_above` holds."""
    order = (Campaign.priority, Campaign.id)
    by_work = (
        select(Campaign.name)
        .join(ACTIVITY, ACTIVITY.c.campaign_id == Campaign.id)
        .where(
            ACTIVITY.c.customer_id == customer_id,
            ACTIVITY.c.status.in_(PENDING),
            ACTIVITY.c.priority < priority.literal,
        )
    )
    runs = [run.run_id for run in waiting(view) if run.priority.code < priority.code]
    chosen = _CANDIDATE.alias("chosen")  # the statement may be about candidates itself
    by_choice = (
        select(Campaign.name)
        .join(Design, Design.campaign_id == Campaign.id)
        .join(_RUN, _RUN.c.design_id == Design.id)
        .join(chosen, chosen.c.run_id == _RUN.c.id)
        .where(
            _RUN.c.id.in_(runs),
            chosen.c.customer_id == customer_id,
            chosen.c.confirmation != _REJECTED,
        )
    )
    # What is at work comes first: it is certain, while a selection may still be given up.
    return func.coalesce(
        by_work.order_by(*order).limit(1).scalar_subquery(),
        by_choice.order_by(*order).limit(1).scalar_subquery(),
    )
