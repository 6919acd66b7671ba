"""The truth check of runs with many reports, read from what was kept of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from components.reports.truth import parts
from core.access import SYSTEM
from core.campaigns.rules import Metric
from core.passing import pass_time
from core.runs.model import Candidate
from core.truth.actions import AskForReview, RecordFinding, ask_for_review, record_finding
from core.truth.model import CheckedBurst, CheckedClaim, ClaimCheck
from core.truth.queries import kept
from core.truth.queries.claims import known
from core.truth.queries.findings import conversions
from core.truth.queries.runs import restated, truth
from core.truth.rules import Finding, Standing
from core.truth.upkeep import check_next
from core.work import reading
from tests.conftest import NOW
from tests.making.results import candidates, crowd, finished_run
from tests.making.truth import ago, answered, day, held, known_until, reported

LATER = NOW + kept.FRESH + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def many(monkeypatch):
    monkeypatch.setattr(kept, "MANY", 10)


@pytest.fixture
def people(arrange):
    def make(session):
        known_until(session)
        return crowd(session, 80)

    return arrange(make)


@pytest.fixture
def run_id(arrange, people):
    """Sixty treated, forty reported, thirty truly; North's false ones in the last hour of a day."""

    def make(session):
        made = finished_run(session, control_share=2500)
        closing = ago(45).replace(hour=16, minute=40)
        reported(session, made, people[:40], contact=50, yes=46, won=45)
        session.execute(
            update(Candidate)
            .where(Candidate.customer_id.in_(people[30:40]))
            .values(converted_at=closing)
        )
        candidates(session, made, list(people[40:60]), steps=4)
        candidates(session, made, list(people[60:80]), arm=0, outcomes=2)
        held(session, people[:30], day(45))
        answered(session, made, people[:30], ago(46))
        answered(session, made, people[30:40], closing)
        return made

    return arrange(make)


@pytest.fixture
def seen(ask):
    def look(actor, run_id, now=NOW):
        found = ask(actor, truth, run_id=run_id, now=now)
        rows = ask(actor, conversions, run_id=run_id, now=now).rows
        odd = ask(actor, conversions, run_id=run_id, suspicious=True, now=now)
        return replace(found, checked_at=None), rows, odd

    return look


def checked(ask, actor, run_id, now=NOW):
    return ask(actor, restated, run_id=run_id, now=now).checked_at


def reported_as(ask, actor, run_id):
    [check, _by_branch] = parts(ask(actor, restated, run_id=run_id), most=60)
    return check.text


def test_what_is_kept_is_what_a_look_would_find(ask, world, engine, run_id, seen):
    actors = (world.mia, world.lea, world.eve)
    before = [seen(actor, run_id) for actor in actors]
    assert checked(ask, world.mia, run_id) is None
    assert not any("Checked" in text for text in reported_as(ask, world.mia, run_id))
    pass_time(engine, now=NOW)

    assert checked(ask, world.mia, run_id) == NOW
    assert "Checked 2 Mar 2026, 09:00." in reported_as(ask, world.mia, run_id)
    for actor, was in zip(actors, before, strict=True):
        for now, then in zip(seen(actor, run_id), was, strict=True):
            assert now == then
    found, rows, odd = before[0]
    assert (found.check.stands, found.check.no_opening, len(rows)) == (30, 10, 40)
    assert odd.total >= 10
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(CheckedClaim)) == 40
        assert session.scalar(select(func.count()).select_from(CheckedBurst)) == len(found.bursts)


def test_again_it_finds_nothing_to_do_until_the_next_day(engine, run_id):
    pass_time(engine, now=NOW)
    with reading(engine, SYSTEM, now=NOW) as view:
        assert check_next(view) is None
    tomorrow = NOW + timedelta(days=1)
    pass_time(engine, now=tomorrow)
    with Session(engine) as session:
        assert session.scalars(select(ClaimCheck.counted_at)).one() == tomorrow


def test_what_is_reported_since_comes_after_a_while(ask, world, engine, arrange, run_id):
    pass_time(engine, now=NOW)
    # As if one had come since.
    fewer = update(ClaimCheck).values(converted=ClaimCheck.converted - 1)
    arrange(lambda session: session.execute(fewer))
    assert checked(ask, world.mia, run_id) == NOW  # for a short time all the same
    assert checked(ask, world.mia, run_id, now=LATER) is None
    pass_time(engine, now=LATER)
    assert checked(ask, world.mia, run_id, now=LATER) == LATER


def test_openings_known_since_are_looked_at_at_once(engine, arrange, run_id, people):
    pass_time(engine, now=NOW)
    later = NOW + timedelta(days=1)
    arrange(lambda session: held(session, people[79:], later.date()))
    with reading(engine, SYSTEM, now=later) as view:
        assert kept.kept(view, [run_id], known(view)) == {}


def test_what_a_lead_finds_counts_at_once(ask, do, world, engine, run_id):
    pass_time(engine, now=NOW)
    do(world.mia, ask_for_review, AskForReview(run_id, 200))
    genuine = next(
        row
        for row in ask(world.lea, conversions, run_id=run_id).rows
        if row.standing is Standing.STANDS
    )
    request = RecordFinding(run_id, genuine.customer_id, Finding.FALSE, "Never wanted")
    do(world.lea, record_finding, request)
    for now in (NOW, LATER):
        found = ask(world.mia, restated, run_id=run_id, now=now)
        assert (found.check.stands, found.check.found_false) == (29, 1)
        assert (found.checked_at is None) == (now == LATER)


@pytest.mark.parametrize("why", ["few", "response"])
def test_few_reports_or_answers_are_judged_while_one_looks(
    ask, world, engine, arrange, people, monkeypatch, why
):
    metric = Metric.RESPONSE if why == "response" else Metric.CONVERSION
    if why == "few":
        monkeypatch.setattr(kept, "MANY", 31)

    def make(session):
        made = finished_run(session, design={"metric": metric})
        reported(session, made, people[:30])
        return made

    made = arrange(make)
    pass_time(engine, now=NOW)
    found = ask(world.mia, restated, run_id=made)
    assert (found.checked_at, found.check.reported) == (None, 30)
