"""Two campaigns select the same customers at the same moment: each customer is chosen once."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.events import CandidatesSelected
from core.runs.model import Candidate
from tests.concurrency.racing import at_once
from tests.making.campaigns import approved_design
from tests.making.runs import planned_run


@pytest.mark.parametrize("round_", range(4))
def test_of_two_selections_at_once_one_has_the_customers(engine, do, arrange, world, round_):
    runs = [
        arrange(lambda s, code=code: planned_run(s, approved_design(s, code=code), code=code))
        for code in ("ONE", "OTHER")
    ]

    outcomes = at_once(
        *(
            lambda run_id=run_id: do(world.mia, select_candidates, SelectCandidates(run_id))
            for run_id in runs
        )
    )

    assert all(isinstance(fact, CandidatesSelected) for fact in outcomes)
    with Session(engine) as session:
        times = select(func.count()).select_from(Candidate).group_by(Candidate.customer_id)
        assert session.scalars(times).all() == [1] * 13
    assert sorted(fact.candidates for fact in outcomes) == [0, 13]
    assert (
        sum(
            fact.excluded["open activity in a campaign of higher or equal priority"]
            for fact in outcomes
        )
        == 13
    )
