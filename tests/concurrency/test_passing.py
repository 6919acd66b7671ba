"""Time passes in many processes at once: what it brings comes once."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.activities.actions.launch import Launch, launch
from core.activities.model import Activity, Change
from core.activities.rules import Status
from core.customers.model import CustomerState
from core.journal.model import Entry
from core.passing import pass_time
from core.runs.actions.selecting import SelectCandidates, select_candidates
from tests import world as bank
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.campaigns import approved_design
from tests.making.runs import planned_run

DAY = timedelta(days=1)


@pytest.fixture(params=[{}, {"after_position": 1}], ids=["a later stage", "one that follows"])
def runs(request, engine, do, world):
    """Two runs: of one a stage falls due tomorrow, the other ends today."""
    with Session(engine) as session, session.begin():
        stages = [{}, {"start_after_days": 1} | request.param]
        design_id = approved_design(session, stages=stages, rule={"all": []}, product_id=None)
        goes_on = planned_run(session, design_id, unit_id=bank.NORTH)
        ends = planned_run(session, design_id, unit_id=bank.SOUTH, ends_on=NOW.date())
    do(world.mia, select_candidates, SelectCandidates(goes_on))
    do(world.mia, select_candidates, SelectCandidates(ends))
    for run_id in (goes_on, ends):
        do(world.mia, launch, Launch(run_id, without_pending=True))
    with Session(engine) as session, session.begin():
        theirs = Activity.customer_id.in_([3, 4, 5])
        closed = {"status": Status.CANCELLED, "closed_at": NOW}
        session.execute(update(Activity).where(theirs).values(closed))
        state = CustomerState.customer_id.in_([3, 4, 5])
        session.execute(update(CustomerState).where(state).values(pending=0))
    return goes_on, ends


@pytest.mark.parametrize("is_locked", [True, False], ids=["by the lock", "without it"])
def test_what_falls_due_comes_once(engine, runs, monkeypatch, is_locked):
    """Even where the lock fails, the runs themselves let nothing happen twice."""
    if not is_locked:
        monkeypatch.setattr("core.passing.alone", lambda *_: nullcontext(True))

    outcomes = at_once(*[lambda: pass_time(engine, now=NOW + DAY)] * 4)

    assert len(outcomes) == 4
    assert sum(len(each.made) for each in outcomes) == 1
    assert sum(len(each.ended) for each in outcomes) == 1
    assert sum(each.is_elsewhere for each in outcomes) == 0 or is_locked
    with Session(engine) as session:
        kinds = session.scalars(select(Entry.kind)).all()
        assert (kinds.count("run.work-made"), kinds.count("run.ended")) == (1, 1)
        made = session.scalar(select(func.count()).select_from(Activity))
        assert made == session.scalar(
            select(func.count()).select_from(Change).where(Change.verb == "generate")
        )
