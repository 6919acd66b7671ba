"""Runs of which not everything can be said, each with the reason that has to be given."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import update

from core.runs.model import Run
from core.runs.rules import RunStatus
from tests.conftest import NOW
from tests.making.results import candidates, crowd, finished_run

MANY = 80
# What was planned and done, and what has to stand on the page.
CASES = {
    "no control group": ({"share": 0, "held_out": 0}, "no control group"),
    "an arm without members": ({"held_out": 0}, "nobody in the control group that was planned"),
    "nobody treated": ({"treated": 0}, "nobody in the treated group"),
    "nobody reached": ({"steps": 2}, "Nobody reached yet"),
    "all converted": ({"bought": (MANY, MANY)}, "No proven effect"),
    "nobody converted": ({"bought": (0, 0)}, "No proven effect"),
    "a negative value": ({"value": -5}, "outcomes are recorded as worth less than nothing"),
    "no value": ({"value": None}, "no value recorded"),
    "no cost": ({"cost": None}, "nobody said what a contact costs"),
    "stopped within a day": ({"hours": 20}, "the run was stopped within a day"),
    "too few": ({"treated": 10, "held_out": 10, "bought": (3, 1)}, "Too few"),
}


def spoiled(
    session,
    *,
    share=5_000,
    treated=MANY,
    held_out=MANY,
    steps=3,
    bought=(20, 8),
    value=200,
    cost=Decimal(2),
    hours=None,
):
    """Make a run of `treated` and `held_out` customers, of whom so many have the outcome."""
    run_id = finished_run(session, control_share=share, design={"contact_cost": cost})
    people = crowd(session, treated + held_out)
    worth = {"value": value}
    candidates(session, run_id, people[:treated], steps=steps, outcomes=bought[0], **worth)
    candidates(session, run_id, people[treated:], arm=0, outcomes=bought[1], **worth)
    if hours is not None:
        begun = NOW - timedelta(days=5)
        session.execute(
            update(Run)
            .where(Run.id == run_id)
            .values(
                status=RunStatus.STOPPED,
                launched_at=begun,
                finished_at=begun + timedelta(hours=hours),
            )
        )
    return run_id
