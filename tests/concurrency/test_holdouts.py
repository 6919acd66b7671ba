"""A holdout begins while somebody selects, launches or starts another one."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.activities.actions.holdouts import StartHoldout, start_holdout
from core.activities.actions.launch import Launch, launch
from core.activities.events import HoldoutStarted
from core.activities.model import Activity
from core.activities.rules import PENDING
from core.campaigns.model import HoldoutCustomer
from core.refusals import Conflict
from core.runs.actions.selecting import SelectCandidates, select_candidates
from tests.concurrency.racing import at_once
from tests.making.runs import planned_run


@pytest.mark.parametrize("round_", range(3))
def test_of_two_holdouts_at_once_there_is_one(do, world, round_):
    outcomes = at_once(
        *(
            lambda name=name: do(world.mia, start_holdout, StartHoldout(name, 5_000))
            for name in ("Autumn", "Winter")
        )
    )
    assert {type(each) for each in outcomes} == {HoldoutStarted, Conflict}


@pytest.mark.parametrize("round_", range(3))
def test_a_launch_at_the_same_moment_leaves_no_work_with_them(engine, do, arrange, world, round_):
    run_id = arrange(planned_run)
    do(world.mia, select_candidates, SelectCandidates(run_id))

    at_once(
        lambda: do(world.mia, launch, Launch(run_id, without_pending=True)),
        lambda: do(world.max, start_holdout, StartHoldout("Autumn", 5_000)),
    )

    with Session(engine) as session:
        pending = set(
            session.scalars(select(Activity.customer_id).where(Activity.status.in_(PENDING)))
        )
        drawn = set(session.scalars(select(HoldoutCustomer.customer_id)))
    assert pending
    assert drawn
    assert not pending & drawn
