"""What came of a run: its candidates with what they bought, and the work that was done on them."""

from dataclasses import dataclass

import numpy as np

from core.activities.model import Activity
from core.activities.rules import Outcome, Status
from core.campaigns.rules import ActivityType, Priority
from core.customers.model import Holding
from core.responses.model import Gift, Lead, Response
from core.responses.rules import LeadStatus
from core.runs.model import Candidate
from core.runs.rules import Confirmation
from data import bulk

LASTS = 60  # days of a run
WORTH = 12_050  # cents of a conversion
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Made:
    run_id: int
    campaign_id: int
    design_id: int
    stage_id: int
    product_id: int
    starts: np.datetime64


def candidates(connection, rng, made: Made, ids, branches, channel_id):
    """Add who was treated and held out; 5 % buy by themselves, and 1 % more of the treated."""
    many = len(ids)
    treated = rng.random(many) < 0.9
    confirmed = ~treated | (rng.random(many) < 0.95)
    first = made.starts + rng.integers(1, 30, many) * _DAY
    steps, here, at = {}, treated & confirmed, made.starts
    parts = {"assigned": 1, "attempted": 0.9, "reached": 0.6, "responded": 0.5, "converted": 0.2}
    for step, share in {**parts, "won": 0.6}.items():
        here = here & (rng.random(many) < share)
        at = at if step == "assigned" else first
        steps[step] = np.where(here, at, np.datetime64("NaT", "us"))
    bought = rng.random(many) < 0.05 + 0.01 * treated
    day = made.starts.astype("datetime64[D]") + rng.integers(0, LASTS, many)
    outcome = np.where(bought, day + np.timedelta64(12 * 3600, "s"), np.datetime64("NaT", "us"))
    contacted = ~np.isnat(steps["attempted"])
    bulk.write(
        connection,
        Candidate,
        {
            "run_id": np.full(many, made.run_id),
            "customer_id": ids,
            "branch_id": branches[ids - 1],
            "arm": treated * 1,
            "confirmation": np.where(
                confirmed, Confirmation.CONFIRMED.code, Confirmation.REJECTED.code
            ),
            **{f"{step}_at": moments for step, moments in steps.items()},
            "outcome_at": outcome,
            "outcome_value": np.ma.masked_array(np.full(many, WORTH), ~bought),
            "attempts": contacted * 1,
            "channel_id": np.ma.masked_array(np.full(many, channel_id), ~contacted),
            "is_imported": np.zeros(many, bool),
        },
    )
    bulk.write(
        connection,
        Holding,
        {
            "agreement_no": [f"A{made.run_id}-{id_}" for id_ in ids[bought]],
            "customer_id": ids[bought],
            "product_id": made.product_id,
            "opened_on": day[bought],
        },
    )
    return steps


def work(connection, made: Made, ids, branches, steps, gift_id) -> None:
    """Add what was done with those who were assigned, what they said, and what became of it."""
    worked = ~np.isnat(steps["assigned"])
    of, many = {step: moments[worked] for step, moments in steps.items()}, int(worked.sum())
    activities, customers = np.arange(1, many + 1) + 10_000_000, ids[worked]
    contacted = of["attempted"]
    closed = np.where(np.isnat(contacted), made.starts + 30 * _DAY, contacted)
    day = made.starts.astype("datetime64[D]")
    bulk.write(
        connection,
        Activity,
        {
            "id": activities,
            "run_id": made.run_id,
            "stage_id": made.stage_id,
            "campaign_id": made.campaign_id,
            "customer_id": customers,
            "type": ActivityType.SALES.code,
            "priority": Priority.MEDIUM.code,
            "status": Status.COMPLETED.code,
            "branch_id": branches[customers - 1],
            "activity_on": np.full(many, day),
            "ends_on": np.full(many, day + 30),
            "due_at": np.full(many, made.starts + 30 * _DAY),
            "attempts": 1 - np.isnat(contacted) * 1,
            "contacted_at": contacted,
            "closed_at": closed,
            "is_completed": np.ones(many, bool),
            "created_at": np.full(many, made.starts),
            "version": 1,
        },
    )
    said, led, won = (~np.isnat(of[step]) for step in ("responded", "converted", "won"))
    outcome = np.where(led, Outcome.ACCEPTED.code, Outcome.REFUSED.code)
    bulk.write(
        connection,
        Response,
        {
            "activity_id": activities[said],
            "run_id": made.run_id,
            "customer_id": customers[said],
            "outcome": outcome[said],
            "note": "",
            "at": of["responded"][said],
        },
    )
    bulk.write(
        connection,
        Lead,
        {
            "id": activities[led],
            "activity_id": activities[led],
            "run_id": made.run_id,
            "campaign_id": made.campaign_id,
            "design_id": made.design_id,
            "product_id": made.product_id,
            "customer_id": customers[led],
            "status": np.where(won, LeadStatus.WON.code, LeadStatus.LOST.code)[led],
            "value": np.ma.masked_array(np.full(int(led.sum()), WORTH), ~won[led]),
            "opened_at": of["converted"][led],
            "closed_at": of["converted"][led],
            "version": 1,
        },
    )
    given = activities[won]
    bulk.write(
        connection,
        Gift,
        {
            "lead_id": given,
            "consumable_id": gift_id,
            "unit_cost": 300,
            "given_at": of["won"][won],
        },
    )
