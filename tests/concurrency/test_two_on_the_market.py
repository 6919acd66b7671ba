"""Two people who note the same of the market at the same moment."""

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.market.actions.competitors import MergeCompetitors, merge_competitors
from core.market.actions.recording import RecordMove, record_move
from core.market.events import CompetitorsMerged, MoveRecorded
from core.market.model import Competitor, CompetitorMove
from core.market.rules import MoveKind, Side
from core.refusals import Conflict, Refusal
from core.work import changing
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.market import competitor

ROUNDS = 5


def by(engine, actor, action, request):
    def attempt():
        with changing(engine, actor, now=NOW) as work:
            return action(work, request)

    return attempt


def outcome(outcomes, kind):
    """Return what the one got and what the other was told."""
    [done] = [each for each in outcomes if isinstance(each, kind)]
    [told] = [each for each in outcomes if isinstance(each, Refusal)]
    return done, told


@pytest.mark.parametrize("region", [None, 1])
def test_the_same_move_is_kept_once(engine, world, arrange, region):
    harbour = arrange(lambda session: competitor(session, "Harbour Bank"))
    for number in range(1, ROUNDS + 1):
        moves = [
            RecordMove(
                competitor_id=harbour,
                moved_on=date(2026, 2, number),
                kind=MoveKind.RATE_ADDED,
                product_category="savings",
                product_name="Saver",
                side=Side.DEPOSIT,
                new_value=value,
                unit_id=region,
                evidence=str(value),
            )
            for value in (2, 2.0)  # the same rate, written in two ways
        ]

        outcomes = at_once(*(by(engine, world.mia, record_move, each) for each in moves))

        _done, told = outcome(outcomes, MoveRecorded)
        assert isinstance(told, Conflict)
        assert "is recorded already" in str(told)
        with Session(engine) as session:
            assert session.scalar(select(func.count()).select_from(CompetitorMove)) == number


def test_of_two_competitors_merged_both_ways_one_is_left(engine, world, arrange):
    for number in range(ROUNDS):
        first, second = arrange(
            lambda session, of=number: [
                competitor(session, f"{name} {of}") for name in ("One", "Two")
            ]
        )
        both_ways = (MergeCompetitors(first, second), MergeCompetitors(second, first))

        outcomes = at_once(*(by(engine, world.mia, merge_competitors, each) for each in both_ways))

        done, told = outcome(outcomes, CompetitorsMerged)
        assert "may have been merged with another one" in str(told)
        with Session(engine) as session:
            led = session.execute(
                select(Competitor.id, Competitor.same_as_id).where(Competitor.id >= first)
            )
            assert dict(led.all()) == {
                done.competitor_id: None,
                done.merged_id: done.competitor_id,
            }
