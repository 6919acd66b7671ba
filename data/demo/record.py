"""Write who took part in a run of the demo bank, who was left out, and how far each came."""

from collections.abc import Mapping

import numpy as np
from sqlalchemy import Connection

from core.activities.rules import Outcome
from core.runs.model import Candidate, Excluded, WaterfallStep
from core.runs.rules import Exclusion
from data.bulk import some, text_where, write
from data.demo.customers import Customers, Days
from data.demo.lives import Lives
from data.demo.selection import NEVER, Scenario, Selection


def excluded(connection: Connection, customers: Customers, plan: Scenario, of: Selection) -> None:
    """Write who was left out and why; the candidates follow once their lives are known."""
    write(
        connection,
        Excluded,
        {
            "run_id": plan.run_id,
            "customer_id": customers.ids[of.excluded],
            "reason": of.reasons,
        },
    )


def waterfall(connection: Connection, run_id: int, counts: Mapping[Exclusion, int]) -> None:
    """Write how many were left out for which reason."""
    codes = [reason.code for reason in counts]
    columns = {"run_id": run_id, "reason": codes, "customers": list(counts.values())}
    write(connection, WaterfallStep, columns)


def candidates(
    connection: Connection,
    customers: Customers,
    plan: Scenario,
    of: Selection,
    life: Lives | None,
) -> None:
    """Write the candidates with the moments of the funnel that each has come to."""
    many = len(of.candidates)
    moments = {name: np.full(many, NEVER) for name in _MOMENTS}
    attempts = np.zeros(many, np.int64)
    if life is not None:
        for name, of_worked in _funnel(plan, life).items():
            moments[name][of.is_worked] = of_worked
        attempts[of.is_worked] = (life.outcome > 0).sum(axis=1)
    write(
        connection,
        Candidate,
        {
            "run_id": plan.run_id,
            "customer_id": customers.ids[of.candidates],
            "branch_id": customers.unit_id[of.candidates],
            "arm": of.arm,
            "confirmation": of.confirmation,
            "confirmer_id": some(np.where(of.asked, customers.manager_id[of.candidates], 0)),
            "confirmed_at": of.confirmed_at,
            "rejection": text_where(of.is_rejected, "I am talking to this customer already."),
            "attempts": attempts,
            "channel_id": plan.channel_id,
            "is_imported": False,
            **moments,
        },
    )


_MOMENTS = (
    "assigned_at",
    "attempted_at",
    "reached_at",
    "responded_at",
    "converted_at",
    "won_at",
)


def _funnel(plan: Scenario, life: Lives) -> dict[str, Days]:
    launched_at = NEVER if plan.launched_at is None else plan.launched_at
    assigned_at = np.where(life.holder > 0, launched_at, life.taken_at)
    won = life.claimed & ~np.isnat(life.lead_closed_at)
    return {
        "assigned_at": assigned_at,
        "attempted_at": life.contact_at[:, 0],
        "reached_at": life.first(*(each for each in Outcome if each.is_reached)),
        "responded_at": life.first(Outcome.ACCEPTED, Outcome.REFUSED),
        "converted_at": life.first(Outcome.ACCEPTED),
        "won_at": np.where(won, life.lead_closed_at, NEVER),
    }
