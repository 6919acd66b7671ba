"""Two managers who ask for reviews at once, and two leads who look at the same sale."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.refusals import Conflict
from core.truth.actions import AskForReview, RecordFinding, ask_for_review, record_finding
from core.truth.events import FindingRecorded
from core.truth.model import Review
from core.truth.rules import Finding
from core.work import changing
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.results import crowd, finished_run
from tests.making.truth import TODAY, held, known_until, reported


def by(engine, actor, action, request):
    def attempt():
        with changing(engine, actor, now=NOW) as work:
            return action(work, request)

    return attempt


@pytest.fixture
def people(arrange):
    return arrange(lambda session: crowd(session, 60))


@pytest.fixture
def run_id(arrange, people):
    def make(session):
        made = finished_run(session)
        known_until(session)
        reported(session, made, people)
        held(session, people[10:], TODAY - timedelta(days=45))
        return made

    return arrange(make)


def test_who_asks_second_draws_on_from_where_the_first_ended(engine, world, run_id):
    request = AskForReview(run_id, 5)

    outcomes = at_once(
        by(engine, world.mia, ask_for_review, request),
        by(engine, world.max, ask_for_review, request),
    )

    assert [fact.asked for fact in outcomes] == [10, 10]
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Review)) == 20


def test_of_two_findings_one_is_kept_and_the_other_told(engine, do, world, run_id, people):
    do(world.mia, ask_for_review, AskForReview(run_id, 30))
    found = (Finding.GENUINE, Finding.FALSE)

    outcomes = at_once(
        *(
            by(engine, world.lea, record_finding, RecordFinding(run_id, people[0], each, "Seen."))
            for each in found
        )
    )

    assert {type(each) for each in outcomes} == {FindingRecorded, Conflict}
    [kept] = [each for each in outcomes if isinstance(each, FindingRecorded)]
    with Session(engine) as session:
        assert session.get_one(Review, (run_id, people[0])).finding is kept.finding
