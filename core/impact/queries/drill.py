"""The customers behind each figure of a funnel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from core.access import Permission
from core.campaigns.model import Channel
from core.customers.model import Customer, CustomerState
from core.customers.queries import as_seen, plainly_seen
from core.impact.queries.funnel import require_run
from core.impact.queries.groups import arms, check, group, joined
from core.impact.rules import Step
from core.people.model import Unit
from core.runs.model import Candidate, RunArm
from core.runs.rules import Confirmation
from core.windows import Part, Window, windowed
from core.work import Reader

_MOMENTS = {
    Step.ASSIGNED: Candidate.assigned_at,
    Step.ATTEMPTED: Candidate.attempted_at,
    Step.REACHED: Candidate.reached_at,
    Step.RESPONDED: Candidate.responded_at,
    Step.CONVERTED: Candidate.converted_at,
    Step.WON: Candidate.won_at,
}


@dataclass(frozen=True)
class FunnelCustomer:
    """One customer behind a figure, shown as far as the asker's sight goes."""

    customer_no: str | None
    name: str | None
    branch: str
    arm: str
    channel: str | None
    confirmation: Confirmation
    attempts: int
    attempted_at: datetime | None
    reached_at: datetime | None
    responded_at: datetime | None
    converted_at: datetime | None
    won_at: datetime | None
    outcome_at: datetime | None


def customers_at(
    view: Reader,
    *,
    run_id: int,
    step: Step | None = None,
    by: Sequence[str] = (),
    keys: Sequence[str | None] = (),
    arm: int | None = None,
    window: Window | None = None,
) -> Part[FunnelCustomer]:
    """List the customers behind one figure of the funnel; their count equals the figure.

    :param step: the step, or None for those with the outcome that is measured in every arm
    :param keys: the keys of the group drilled into, one for each of `by`
    :raises NotFound: there is no such run, or nobody of it is in scope
    """
    view.authorize(Permission.SEE_IMPACT)
    check(by)
    require_run(view, run_id)
    groups = [group(view, name, Candidate, run_id) for name in by]
    conditions = [
        g.key.is_(None) if key is None else g.key == key
        for g, key in zip(groups, keys, strict=True)
    ]
    within = (
        joined(select(Candidate.customer_id).select_from(Candidate), groups)
        .where(
            Candidate.run_id == run_id,
            arms(Candidate, by, arm),
            _at(step),
            view.actor.scope.limits(Candidate.branch_id),
            *conditions,
        )
        .correlate(None)
    )
    statement = (
        select(
            Customer.customer_no,
            Customer.name,
            Unit.name,
            RunArm.name,
            Channel.name,
            Candidate.confirmation,
            Candidate.attempts,
            *(_MOMENTS[s] for s in list(Step)[3:]),
            Candidate.outcome_at,
            plainly_seen(view),
        )
        .select_from(Candidate)
        .join(Customer, Customer.id == Candidate.customer_id)
        .outerjoin(CustomerState, CustomerState.customer_id == Candidate.customer_id)
        .join(Unit, Unit.id == Candidate.branch_id)
        .join(RunArm, (RunArm.run_id == Candidate.run_id) & (RunArm.arm == Candidate.arm))
        .outerjoin(Channel, Channel.id == Candidate.channel_id)
        .where(Candidate.run_id == run_id, Candidate.customer_id.in_(within))
    )
    sorts = {"branch": Unit.name, "attempts": Candidate.attempts, "won at": Candidate.won_at}
    rows, total = windowed(
        view.session, statement, window or Window(), sorts=sorts, last=Candidate.customer_id
    )
    return Part(
        [
            FunnelCustomer(*as_seen(view, no, name, plainly=bool(plainly)), *rest)
            for no, name, *rest, plainly in rows
        ],
        total,
    )


def _at(step: Step | None) -> ColumnElement[bool]:
    if step is None:
        return Candidate.outcome_at.is_not(None)
    if step is Step.TARGETED:
        return Candidate.run_id.is_not(None)
    if step is Step.CONFIRMED:
        return Candidate.confirmation == Confirmation.CONFIRMED
    return _MOMENTS[step].is_not(None)
