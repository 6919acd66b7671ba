"""How large runs are split: kept as it was counted, told with its moment, and never twice wrong."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from components.reports import sheets
from core.access import SYSTEM
from core.campaigns.rules import RandomisedBy
from core.customers.model import Attribute, CustomerState
from core.customers.rules import AttributeType
from core.impact.actions import AnalyseRun, ObserveOutcomes, analyse_run, observe_outcomes
from core.impact.model import RunSplit
from core.impact.queries.breakdown import breakdown
from core.impact.queries.funnel import funnel
from core.impact.queries.kept import kept, kept_at, split_next
from core.impact.queries.whole import whole
from core.impact.upkeep import fold, keep_splits, unfold
from core.passing import pass_time
from core.runs.counted import keep_counted
from core.runs.model import Candidate, Run
from core.segments.model import Segment
from core.work import reading, upkeep
from tests.conftest import NOW
from tests.making.campaigns import segment
from tests.making.results import FIRST, candidates, crowd, finished_run

EARLIER = NOW - timedelta(days=2)
SEGMENTS = ["segment:audience-1", "segment:rich", "segments"]  # one is of the design
WAYS = ("segments", "segment:rich", "attribute:job")


@pytest.fixture
def run_id(engine, monkeypatch):
    """400 customers, which is large here; every third is a clerk, and the first hundred rich."""
    monkeypatch.setattr("core.impact.queries.kept.LARGE", 400)
    with Session(engine) as session, session.begin():
        session.add_all(
            Attribute(name=name, label=name.title(), type=type_, origin="source")
            for name, type_ in (("job", AttributeType.TEXT), ("shoes", AttributeType.NUMBER))
        )
        jobs = ["nurse" if n % 3 else "clerk" for n in range(400)]
        people = crowd(session, 400, job=jobs, shoes=list(range(400)))
        made = finished_run(session, control_share=2500)
        candidates(session, made, people[:300], steps=3, outcomes=45, value=200)
        candidates(session, made, people[300:], arm=0, steps=0, outcomes=5, value=100)
        session.execute(
            update(CustomerState)
            .where(CustomerState.customer_id.in_([*people[:100], *people[300:335]]))
            .values(balance=9_000)
        )
        rule = {"field": "balance", "is": ">", "value": 1_000}
        segment(session, "rich", rule=rule)
        session.execute(update(Segment).values(changed_at=EARLIER - timedelta(days=1)))
    return made


def pass_by(engine, now=EARLIER):
    """Fold, and keep how large runs are split; return in which ways."""
    with upkeep(engine) as session:
        fold(session, now=now)
    with reading(engine, SYSTEM, now=now) as view:
        found = split_next(view)
    with upkeep(engine) as session:
        keep_splits(session, found)
    return sorted(each.way for each in found)


def change(engine, run_id, **values):
    """Change one treated customer, as every action does."""
    this = (Candidate.run_id == run_id, Candidate.customer_id == FIRST)
    with Session(engine) as session, session.begin():
        keep_counted(SimpleNamespace(session=session, dialect=engine.dialect.name), *this)
        session.execute(update(Candidate).where(*this).values(**values))


def plain(rows):
    return [(row.id, row.treated, row.control, row.comparison) for row in rows]


def test_says_what_counting_everybody_says_and_of_when(ask, engine, world, run_id):
    def answers():
        return [ask(world.eve, breakdown, run_id=run_id, by=by) for by in WAYS], [
            ask(world.eve, funnel, run_id=run_id, by=(by,), arm=arm)
            for by in ("month", "segment:rich", "attribute:job")
            for arm in (None, 0)
        ]

    split, funnels = answers()
    ways = pass_by(engine)
    split_since, funnels_since = answers()

    assert ways == ["attribute:job", "month", *SEGMENTS]
    assert [list(map(plain, [rows])) for rows in split_since] == [
        list(map(plain, [rows])) for rows in split
    ]
    assert {row.as_of for rows in (*split_since, *funnels_since) for row in rows} == {EARLIER}
    assert {row.as_of for rows in (*split, *funnels) for row in rows} == {None}
    assert [[(r.keys, r.labels, r.tally) for r in rows] for rows in funnels_since] == [
        [(r.keys, r.labels, r.tally) for r in rows] for rows in funnels
    ]
    assert ask(world.eve, kept_at, run_id=run_id, way="attribute:job") == EARLIER
    assert pass_by(engine) == []


def test_groups_stay_as_they_stood_while_the_run_does(ask, engine, world, run_id):
    pass_by(engine)
    with Session(engine) as session, session.begin():
        session.execute(update(CustomerState).values(balance=0))

    [rich] = ask(world.eve, breakdown, run_id=run_id, by="segments")
    assert (rich.treated.targeted, rich.control.targeted) == (100, 35)
    assert pass_by(engine, NOW) == []


def test_what_changes_in_the_run_is_split_anew_on_the_next_day(ask, engine, world, run_id):
    pass_by(engine)
    change(engine, run_id, responded_at=NOW)
    responded = [row.treated.responded for row in breakdown_of(ask, world, run_id)]
    live = ask(world.eve, kept_at, run_id=run_id, way="attribute:job")

    assert (sum(responded), live) == (1, None)
    assert "attribute:job" in pass_by(engine, NOW)
    assert ask(world.eve, kept_at, run_id=run_id, way="attribute:job") == NOW
    change(engine, run_id, converted_at=NOW)
    assert pass_by(engine, NOW) == []  # once a day
    assert sum(row.treated.converted for row in breakdown_of(ask, world, run_id)) == 0
    with reading(engine, SYSTEM, now=NOW) as view:
        assert kept(view, run_id, "attribute:job", exactly=True) is None


def breakdown_of(ask, world, run_id):
    return ask(world.eve, breakdown, run_id=run_id, by="attribute:job")


def test_a_segment_that_is_redefined_is_counted_anew_at_once(ask, engine, world, run_id):
    pass_by(engine)
    with Session(engine) as session, session.begin():
        session.execute(update(Segment).values(changed_at=NOW - timedelta(minutes=1)))

    assert ask(world.eve, kept_at, run_id=run_id, way="segments") is None
    assert ask(world.eve, kept_at, run_id=run_id, way="attribute:job") == EARLIER
    assert pass_by(engine, NOW) == SEGMENTS


def test_an_analysis_that_finds_other_outcomes_leaves_nothing_kept(do, engine, world, run_id):
    pass_by(engine)
    do(world.mia, analyse_run, AnalyseRun(run_id))  # nobody has opened anything

    with Session(engine) as session:
        assert session.scalars(select(RunSplit)).all() == []


def test_to_others_than_the_whole_bank_everybody_is_counted(ask, engine, world, run_id):
    pass_by(engine)

    rows = ask(world.lea, breakdown, run_id=run_id, by="attribute:job")
    assert sum(row.treated.targeted for row in rows) == 150
    assert {row.as_of for row in rows} == {None}


def test_a_report_of_a_very_large_run_has_the_segments_that_are_kept(
    ask, engine, world, run_id, monkeypatch
):
    monkeypatch.setattr("core.impact.queries.whole.MOST_SPLIT", 399)
    before = ask(world.eve, whole, run_id=run_id).breakdowns
    pass_by(engine)
    found = ask(world.eve, whole, run_id=run_id)
    after = found.breakdowns

    assert [split.name for split in before] == ["branch"]
    assert [(split.name, split.as_of) for split in after] == [
        ("branch", None),
        ("segments", EARLIER),
    ]
    branches, segments = (each for each in sheets.of_run(found) if each.name.startswith("By "))
    assert "As of" not in [column.label for column in branches.columns]
    assert segments.columns[-1].label == "As of"
    told = {segments.columns[-1].value(row) for row in segments.rows}
    assert told == {EARLIER.replace(tzinfo=None)}


def test_small_runs_and_those_drawn_as_a_whole_are_not_kept(engine, world, run_id, monkeypatch):
    monkeypatch.setattr("core.impact.queries.kept.LARGE", 401)
    assert pass_by(engine) == []
    monkeypatch.setattr("core.impact.queries.kept.LARGE", 400)
    with Session(engine) as session, session.begin():
        session.get_one(Run, run_id).randomised_by = RandomisedBy.MANAGER
    assert pass_by(engine) == []


def test_too_many_groups_are_not_kept_and_not_tried_again(ask, engine, world, run_id, monkeypatch):
    monkeypatch.setattr("core.impact.queries.split.MOST_GROUPS", 3)
    assert "attribute:job" in pass_by(engine)
    assert ask(world.eve, kept_at, run_id=run_id, way="attribute:job") is None
    assert pass_by(engine) == []


@pytest.mark.parametrize("again", [False, True])
def test_a_run_that_is_unfolded_meanwhile_keeps_nothing(engine, world, run_id, again):
    """Nor one that is folded again since: its candidates are others."""
    with upkeep(engine) as session:
        fold(session, now=EARLIER)
    with reading(engine, SYSTEM, now=EARLIER) as view:
        found = split_next(view)
    with upkeep(engine) as session:
        unfold(session, run_id)
        if again:
            fold(session, now=NOW)
    with upkeep(engine) as session:
        keep_splits(session, found)

    with Session(engine) as session:
        assert session.scalars(select(RunSplit)).all() == []


def test_time_that_passes_keeps_them(ask, engine, world, run_id):
    pass_time(engine, now=NOW)

    assert ask(world.eve, kept_at, run_id=run_id, way="segments") == NOW


def test_outcomes_that_are_looked_for_meanwhile_leave_nothing_kept(do, engine, world, run_id):
    """Else what was counted before would show until the day is over."""
    with upkeep(engine) as session:
        fold(session, now=NOW)
    with reading(engine, SYSTEM, now=NOW) as view:
        found = split_next(view)
    do(world.mia, observe_outcomes, ObserveOutcomes(run_id), now=NOW + timedelta(minutes=1))
    with upkeep(engine) as session:
        keep_splits(session, found)

    with Session(engine) as session:
        assert session.scalars(select(RunSplit)).all() == []
    assert "month" in pass_by(engine, NOW + timedelta(minutes=2))


def test_nothing_is_kept_of_a_run_that_somebody_analyses(engine, world, run_id):
    if engine.dialect.name == "sqlite":
        pytest.skip("one writer at a time")
    with upkeep(engine) as session:
        fold(session, now=NOW)
    with reading(engine, SYSTEM, now=NOW) as view:
        found = split_next(view)
    with Session(engine) as analysing, analysing.begin():
        analysing.execute(select(Run).where(Run.id == run_id).with_for_update())
        with upkeep(engine) as session:
            keep_splits(session, found)

    with Session(engine) as session:
        assert session.scalars(select(RunSplit)).all() == []
