"""What a report of a run holds: the run itself, its splits, its days and its cycles."""

import pytest
from sqlalchemy.orm import Session

from core.impact.actions import AnalyseRun, analyse_run
from core.impact.queries.breakdown import breakdown
from core.impact.queries.over_time import over_time
from core.impact.queries.runs import impact
from core.impact.queries.whole import whole
from core.refusals import Invalid, NotAllowed, NotFound
from tests.making.results import candidates, crowd, finished_run


@pytest.fixture
def run_id(engine):
    with Session(engine) as session, session.begin():
        people = crowd(session, 400)
        made = finished_run(session, control_share=2500)
        candidates(session, made, people[:300], steps=3, outcomes=45, value=200)
        candidates(session, made, people[300:], arm=0, outcomes=5, value=200)
    return made


def test_says_what_each_question_says_by_itself(ask, do, world, run_id):
    do(world.mia, analyse_run, AnalyseRun(run_id, "Older customers first."))
    found = ask(world.mia, whole, run_id=run_id)

    assert found.run == ask(world.mia, impact, run_id=run_id)
    assert found.over_time == ask(world.mia, over_time, run_id=run_id)
    assert [split.name for split in found.breakdowns] == ["branch", "segments"]
    branches = ask(world.mia, breakdown, run_id=run_id, by="branch")
    assert list(found.breakdowns[0].compared) == branches
    assert [(row.cycle, row.conclusion) for row in found.cycles] == [(1, "Older customers first.")]


def test_of_groups_that_nobody_was_held_out_of_it_only_counts(ask, world, run_id):
    [split, *_] = ask(world.eve, whole, run_id=run_id, by=["channel"]).breakdowns

    assert (split.label, split.compared) == ("Channel", ())
    assert sum(row.tally.targeted for row in split.counted) == 300


def test_a_split_that_is_there_anyway_comes_once(ask, world, run_id):
    found = ask(world.eve, whole, run_id=run_id, by=["segments"])

    assert [split.name for split in found.breakdowns] == ["segments", "branch"]


def test_is_of_the_own_units(ask, world, run_id):
    assert ask(world.lea, whole, run_id=run_id).run.treated.targeted == 150


@pytest.mark.parametrize(
    ("who", "filters", "refusal"),
    [
        ("ann", {}, NotAllowed),
        ("eve", {"run_id": 99}, NotFound),
        ("eve", {"by": ["weather"]}, Invalid),
    ],
)
def test_is_refused_like_its_parts(ask, world, run_id, who, filters, refusal):
    with pytest.raises(refusal):
        ask(getattr(world, who), whole, **{"run_id": run_id, **filters})
