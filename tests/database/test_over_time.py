"""The effect of a run by day: counted from outcomes, and refused where there is none to follow."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.campaigns.model import Campaign, CampaignType, Design
from core.campaigns.rules import Objective, RandomisedBy
from core.impact.over_time import always_valid
from core.impact.queries.over_time import over_time
from core.impact.queries.runs import impact
from core.impact.rules import Absent, Reason
from core.measures import Rate
from core.refusals import NotAllowed, NotFound
from core.runs.model import Candidate, Run
from tests.conftest import NOW
from tests.making.results import candidates, crowd, finished_run

LAUNCH, END = NOW.date() - timedelta(days=30), NOW.date() - timedelta(days=1)


def noon(day):
    return datetime.combine(day, time(12), UTC)


@pytest.fixture
def run_id(engine):
    """300 treated, 100 held out: 30 and 2 convert after ten days, 15 and 3 after twenty."""
    with Session(engine) as session, session.begin():
        people = crowd(session, 400)
        made = finished_run(session, control_share=2500, design={"expected_rate": 0.12})
        parts = ((people[:100], 1, 30, 10), (people[100:300], 1, 15, 20))
        parts += ((people[300:350], 0, 2, 10), (people[350:], 0, 3, 20))
        for ids, arm, outcomes, after in parts:
            on = noon(LAUNCH + timedelta(days=after))
            candidates(session, made, ids, arm=arm, steps=3 * arm)
            session.execute(
                update(Candidate)
                .where(Candidate.run_id == made, Candidate.customer_id.in_(ids[:outcomes]))
                .values(outcome_at=on)
            )
    return made


def change(engine, table, *which, **values):
    with Session(engine) as session, session.begin():
        session.execute(update(table).where(*which).values(**values))


def test_every_day_from_the_launch_to_the_end(ask, world, run_id):
    followed = ask(world.eve, over_time, run_id=run_id)

    assert [followed.days[0].day, followed.last.day] == [LAUNCH, END]
    assert len(followed.days) == 30
    standing = {each.day: (each.treated, each.control) for each in followed.days}
    assert standing[LAUNCH + timedelta(days=9)] == (Rate(0, 300), Rate(0, 100))
    assert standing[LAUNCH + timedelta(days=10)] == (Rate(30, 300), Rate(2, 100))
    assert standing[END] == (Rate(45, 300), Rate(5, 100))
    assert followed.last.interval == always_valid(Rate(45, 300), Rate(5, 100), planned=0.12)


def test_it_ends_at_the_effect_that_the_run_has(ask, world, run_id):
    followed, measured = (
        ask(world.eve, over_time, run_id=run_id),
        ask(world.eve, impact, run_id=run_id),
    )

    [comparison] = measured.report.comparisons
    assert followed.last.effect == pytest.approx(comparison.difference.value)
    assert followed.last.interval.low < comparison.difference.interval.low
    assert followed.last.interval.high > comparison.difference.interval.high


def test_clusters_that_say_less_widen_the_band(engine, ask, world, run_id):
    alone = ask(world.eve, over_time, run_id=run_id)
    with Session(engine) as session, session.begin():
        session.get_one(Run, run_id).randomised_by = RandomisedBy.MANAGER
        for arm, clusters in ((1, 6), (0, 4)):  # neighbours stand together: they convert alike
            mine = session.scalars(
                select(Candidate)
                .where(Candidate.run_id == run_id, Candidate.arm == arm)
                .order_by(Candidate.customer_id)
            ).all()
            for place, candidate in enumerate(mine):
                candidate.cluster_id = 100 * arm + place * clusters // len(mine)

    drawn = ask(world.eve, over_time, run_id=run_id)

    assert ask(world.eve, impact, run_id=run_id).report.design_effect > 1
    assert drawn.last.effect == alone.last.effect
    assert drawn.last.interval.low < alone.last.interval.low
    assert drawn.last.interval.high > alone.last.interval.high


def test_two_branches_in_an_arm_are_too_few_to_follow(engine, ask, world, run_id):
    change(engine, Run, Run.id == run_id, randomised_by=RandomisedBy.BRANCH)

    assert ask(world.eve, over_time, run_id=run_id) == Absent(Reason.FEW_CLUSTERS)


def test_who_sees_one_branch_follows_that_branch(ask, world, run_id):
    everybody = ask(world.eve, over_time, run_id=run_id).last
    own = ask(world.lea, over_time, run_id=run_id).last

    assert 0 < own.treated.denominator < everybody.treated.denominator
    assert own.treated.numerator < everybody.treated.numerator


def test_a_run_that_goes_on_ends_today(engine, ask, world, run_id):
    change(engine, Run, Run.id == run_id, ends_on=NOW.date() + timedelta(days=20))

    assert ask(world.eve, over_time, run_id=run_id).last.day == NOW.date()


def test_kept_products_are_known_at_the_end_only(engine, ask, world, run_id):
    kind = (
        select(Campaign.type_id)
        .join(Design, Design.campaign_id == Campaign.id)
        .join(Run, Run.design_id == Design.id)
        .where(Run.id == run_id)
    )
    change(engine, CampaignType, CampaignType.id.in_(kind), objective=Objective.RETENTION)

    assert ask(world.eve, over_time, run_id=run_id) == Absent(Reason.AT_THE_END)


def test_without_a_control_group_there_is_nothing_to_follow(engine, ask, world, run_id):
    change(engine, Candidate, Candidate.run_id == run_id, arm=1)

    assert ask(world.eve, over_time, run_id=run_id) == Absent(Reason.EMPTY_CONTROL)


def test_everybody_converted_on_the_first_day(engine, ask, world, run_id):
    change(engine, Candidate, Candidate.run_id == run_id, outcome_at=noon(LAUNCH))

    assert ask(world.eve, over_time, run_id=run_id) == Absent(Reason.ALL_CONVERTED)


def test_it_is_for_those_who_may_see_impact(ask, world, run_id):
    with pytest.raises(NotAllowed):
        ask(world.ann, over_time, run_id=run_id)
    with pytest.raises(NotFound):
        ask(world.eve, over_time, run_id=run_id + 1)
