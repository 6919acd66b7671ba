"""Whom no sales campaign may touch, so that it can be told what campaigns change.

The portfolio-wide holdout is kept from all of them; the control group of a run that goes on, from
every other one about the same product. Administrative work and service are no sales. Runs and
their candidates stand above campaigns; only these columns of them are read here.
"""

from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    SmallInteger,
    SQLColumnExpression,
    column,
    exists,
    or_,
    select,
    table,
)

from core.campaigns.caps import Rule
from core.campaigns.model import Design, Holdout, HoldoutCustomer
from core.campaigns.rules import Exclusion
from core.customers.model import CustomerState
from core.database import Number
from core.work import Reader

_RUN = table(
    "run", column("id", Integer), column("design_id", Integer), column("status", SmallInteger)
)
_CANDIDATE = table(
    "candidate",
    column("run_id", Integer),
    column("customer_id", Number),
    column("arm", SmallInteger),
    column("confirmation", SmallInteger),
)
_RUNNING = (3, 4)  # launched, paused
_CONTROL = 0
_REJECTED = 3


def goes_on(today: SQLColumnExpression[date] | date) -> ColumnElement[bool]:
    """Restrict a statement over holdouts to the one that holds today; the last day is included."""
    return (Holdout.starts_on <= today) & or_(Holdout.ends_on.is_(None), Holdout.ends_on >= today)


def in_holdout(
    customer_id: SQLColumnExpression[int], today: SQLColumnExpression[date] | date
) -> ColumnElement[bool]:
    """Tell of each customer whether the holdout of today has the customer."""
    held = exists().where(
        HoldoutCustomer.customer_id == customer_id,
        HoldoutCustomer.holdout_id == Holdout.id,
        goes_on(today),
    )
    return held.correlate_except(HoldoutCustomer, Holdout)


def left_alone(view: Reader, design: Design, *, but_for: int | None = None) -> list[Rule]:
    """List why this design may not sell to customers whom other measurements need left alone.

    :param but_for: the run that selects; whom it had held out itself does not stand in its way
    """
    rules: list[Rule] = []
    runs = _running(view, design, but_for)
    if runs:
        # Not those who were struck: treated and held out alike, they are free for others.
        control = select(_CANDIDATE.c.customer_id).where(
            _CANDIDATE.c.run_id.in_(runs),
            _CANDIDATE.c.arm == _CONTROL,
            _CANDIDATE.c.confirmation != _REJECTED,
        )
        needed = CustomerState.customer_id.in_(control)
        rules.append((Exclusion.CONTROL_ELSEWHERE, needed))
    today = view.now.date()
    if (holdout_id := view.session.scalar(select(Holdout.id).where(goes_on(today)))) is not None:
        drawn = select(HoldoutCustomer.customer_id).where(HoldoutCustomer.holdout_id == holdout_id)
        rules.append((Exclusion.HOLDOUT, CustomerState.customer_id.in_(drawn)))
    return rules


def _running(view: Reader, design: Design, but_for: int | None) -> list[int]:
    if design.product_id is None:
        return []
    of_product: Any = (
        select(_RUN.c.id)
        .join(Design, Design.id == _RUN.c.design_id)
        .where(_RUN.c.status.in_(_RUNNING), Design.product_id == design.product_id)
        .order_by(_RUN.c.id)
    )
    return [run_id for run_id in view.session.scalars(of_product) if run_id != but_for]
