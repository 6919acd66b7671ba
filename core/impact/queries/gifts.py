"""What was given away with the offers of runs, at what it cost when it was given."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, literal_column, select

from core.customers.model import CustomerState
from core.impact.queries.groups import Group, joined
from core.responses.model import Gift, Lead
from core.runs.model import Candidate
from core.work import Reader

Given = dict[tuple[Any, ...], Decimal]


def gifts_by_arm(view: Reader, run_ids: Sequence[int] | None) -> Given:
    """Return the cost of gifts by run and arm, to customers in scope."""
    statement = _given(view, Candidate.run_id, Candidate.arm)
    if run_ids is not None:
        statement = statement.where(Candidate.run_id.in_(run_ids))
    return _read(view, statement.group_by(Candidate.run_id, Candidate.arm))


def gifts_by_group(view: Reader, run_id: int, split: Group) -> Given:
    """Return the cost of a run's gifts by arm, key and label of the groups."""
    named: tuple[Any, ...] = (split.key.label("key"), split.label.label("label"))
    statement = joined(_given(view, Candidate.arm, *named), [split])
    by: tuple[Any, ...] = (Candidate.arm, literal_column("key"), literal_column("label"))
    return _read(view, statement.where(Candidate.run_id == run_id).group_by(*by))


def gifts_by_segments(view: Reader, run_id: int, inside: Any) -> Given:
    """Return the cost of a run's gifts by arm and the number that says who is in which segment."""
    statement = (
        _given(view, Candidate.arm, inside.label("inside"))
        .join(CustomerState, CustomerState.customer_id == Candidate.customer_id)
        .where(Candidate.run_id == run_id)
    )
    return _read(view, statement.group_by(Candidate.arm, literal_column("inside")))


def _given(view: Reader, *keys: Any) -> Select[Any]:
    """Select the cost of gifts beside the candidates whose leads they came with."""
    return (
        select(*keys, func.sum(Gift.unit_cost))
        .select_from(Gift)
        .join(Lead, Lead.id == Gift.lead_id)
        .join(
            Candidate,
            (Candidate.run_id == Lead.run_id) & (Candidate.customer_id == Lead.customer_id),
        )
        .where(view.actor.scope.limits(Candidate.branch_id))
    )


def _read(view: Reader, statement: Select[Any]) -> Given:
    return {tuple(key): Decimal(cost) for *key, cost in view.session.execute(statement)}
