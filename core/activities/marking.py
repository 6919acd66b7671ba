"""Marking the candidates of a run for conversations, and counting their work in their states."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, literal, select, update

from core.activities.model import Activity
from core.activities.recipients import Plan, recipients, spared, willing
from core.activities.schedule import end_of
from core.activities.scope import pending
from core.campaigns.waterfall import audience
from core.customers.model import CustomerState, Indicator
from core.customers.rules import IndicatorKind
from core.database import Moment, affected
from core.runs.model import Candidate, Run
from core.work import Work

_BIT = IndicatorKind.CAMPAIGN_CANDIDATE.bit


def set_indicators(work: Work, run: Run) -> int:
    """Mark the recipients as campaign candidates until the end of the run."""
    columns: dict[str, Any] = {
        "customer_id": Candidate.customer_id,
        "kind": IndicatorKind.CAMPAIGN_CANDIDATE.literal,
        "reference": literal(reference(run)),
        "valid_from": literal(work.now, Moment),
        "valid_until": literal(end_of(run.ends_on, work.now.tzinfo), Moment),
    }
    rows = (
        select(*columns.values())
        .select_from(Candidate)
        .join(CustomerState, CustomerState.customer_id == Candidate.customer_id)
        .where(recipients(run), willing(work))
    )
    if audience(work, run.design_id).is_sales:
        rows = rows.where(*spared(work, run))
    return affected(work.session, insert(Indicator).from_select(list(columns), rows))


def reference(run: Run) -> str:
    """Return what an indicator says it was set by."""
    return f"run:{run.id}"


def count_pending(work: Work, run: Run, made: Sequence[Plan], *, since_id: int = 0) -> None:
    """Add the new activities to their customers' states, and the mark that comes with them.

    Stage by stage, since a customer has one activity of each: nothing has to be grouped.

    :param since_id: the newest activity before these were made; 0 for those of a launch
    """
    marks = {"indicators": CustomerState.indicators.bitwise_or(_BIT)} if not since_id else {}
    for stage_id in dict.fromkeys(plan.stage.id for plan in made if plan.is_internal):
        affected(
            work.session,
            update(CustomerState)
            .where(
                CustomerState.customer_id == Activity.customer_id,
                Activity.run_id == run.id,
                Activity.stage_id == stage_id,
                Activity.id > since_id,
                pending(),
            )
            .values(pending=CustomerState.pending + 1, **marks),
        )


def set_bits(work: Work, run: Run) -> None:
    """Mark the states of those who have the indicator but no activity: they get messages."""
    marked = select(Indicator.customer_id).where(
        Indicator.reference == reference(run), Indicator.cleared_at.is_(None)
    )
    affected(
        work.session,
        update(CustomerState)
        .where(
            CustomerState.customer_id.in_(marked),
            CustomerState.indicators.bitwise_and(_BIT) == 0,
        )
        .values(indicators=CustomerState.indicators.bitwise_or(_BIT)),
    )
