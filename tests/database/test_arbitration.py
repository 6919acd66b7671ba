"""Two campaigns want the same customers: the more urgent one has them, or who selected first."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.activities.actions.ending import ChangeRun, stop_run
from core.activities.actions.launch import Launch, launch
from core.activities.model import Activity
from core.campaigns.queries.forecasts import forecast
from core.campaigns.rules import Exclusion, Priority
from core.refusals import Invalid
from core.runs.actions.confirming import Confirm, confirm_candidates
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.model import Candidate, Excluded, Run
from core.runs.queries import waterfall
from core.runs.queries.contended import Contender, contenders
from core.runs.queries.held import held_customers
from core.runs.queries.holding_back import obstacles
from core.runs.rules import Confirmation, Hold
from tests import world as bank
from tests.conftest import NOW
from tests.making.campaigns import approved_design
from tests.making.runs import planned_run

FITTING = {1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15}
BUSY = Exclusion.BUSY_ELSEWHERE


@pytest.fixture
def campaign(arrange):
    """Plan a run of a campaign with a priority, of the whole bank or of a unit."""

    def planned(code, priority, **columns):
        def rows(session):
            terms = {"priority": priority}
            design_id = approved_design(
                session, code=code, campaign_columns=terms, control_share=2000
            )
            return planned_run(session, design_id, code=code, **columns)

        return arrange(rows)

    return planned


@pytest.fixture
def select_for(do, engine, world):
    def carry_out(run_id):
        do(world.mia, select_candidates, SelectCandidates(run_id))
        return chosen(engine, run_id)

    return carry_out


def chosen(engine, run_id):
    with Session(engine) as session:
        return set(
            session.scalars(
                select(Candidate.customer_id).where(
                    Candidate.run_id == run_id, Candidate.confirmation != Confirmation.REJECTED
                )
            )
        )


def kept_out(engine, run_id):
    with Session(engine) as session:
        rows = select(Excluded.customer_id).where(
            Excluded.run_id == run_id, Excluded.reason == BUSY
        )
        return set(session.scalars(rows))


def test_of_equals_the_first_has_them(campaign, select_for, engine, ask, world):
    north = campaign("NORTH", Priority.MEDIUM, unit_id=bank.NORTH)
    whole = campaign("WHOLE", Priority.MEDIUM)

    first = select_for(north)
    second = select_for(whole)

    assert (first, second) == ({1, 2, 3, 4, 5, 6, 9, 10}, {11, 12, 13, 14, 15})
    assert kept_out(engine, whole) == first
    told = ask(world.mia, waterfall, run_id=whole)
    assert told.population == told.candidates + sum(step.excluded for step in told.steps)


def test_who_selects_again_keeps_the_own(campaign, select_for):
    north, whole = campaign("NORTH", Priority.LOW, unit_id=bank.NORTH), campaign("X", Priority.LOW)
    first = select_for(north)
    select_for(whole)
    assert select_for(north) == first


@pytest.mark.parametrize("end", ["stopped", "over", "struck"])
def test_what_is_given_up_is_free(campaign, select_for, arrange, do, world, end):
    north, whole = campaign("NORTH", Priority.HIGH, unit_id=bank.NORTH), campaign("X", Priority.LOW)
    select_for(north)
    if end == "stopped":
        do(world.mia, stop_run, ChangeRun(north, "Not now"))
    elif end == "over":
        past = {"starts_on": NOW.date() - timedelta(9), "ends_on": NOW.date() - timedelta(1)}
        arrange(lambda s: s.execute(update(Run).where(Run.id == north).values(past)))
    else:
        request = Confirm(north, [1, 2], accept=False, reason="Moves away")
        do(world.ann, confirm_candidates, request)

    assert select_for(whole) >= ({1, 2} if end == "struck" else FITTING)


def test_the_more_urgent_takes_them_and_the_other_is_told(
    campaign, select_for, engine, do, ask, world
):
    early = campaign("EARLY", Priority.LOW)
    urgent = campaign("URGENT", Priority.HIGH, unit_id=bank.NORTH)
    early_chose = select_for(early)
    assert ask(world.mia, contenders, run_id=early) == []
    arms = {row.customer_id: row.arm for row in _candidates(engine, early)}
    taken = select_for(urgent)
    assert taken == early_chose - {11, 12, 13, 14, 15}

    assert ask(world.mia, contenders, run_id=early) == [Contender("Campaign URGENT", len(taken))]
    fact = do(world.mia, launch, Launch(early, without_pending=True))

    assert fact.released == len(taken)
    released = [row for row in _candidates(engine, early) if row.customer_id in taken]
    assert {row.rejection for row in released} == {
        "Left to a campaign of higher priority: Campaign URGENT"
    }
    assert {row.customer_id: row.arm for row in released} == {id_: arms[id_] for id_ in taken}
    with Session(engine) as session:
        worked = set(session.scalars(select(Activity.customer_id)))
    assert worked == {id_ for id_ in early_chose - taken if arms[id_]}
    assert ask(world.mia, contenders, run_id=early) == []
    told = ask(world.mia, waterfall, run_id=early)
    assert told.population == told.candidates + sum(step.excluded for step in told.steps)


@pytest.mark.parametrize("is_at_work", [False, True])
def test_each_is_left_to_the_one_that_has_it(
    campaign, select_for, engine, do, ask, world, is_at_work
):
    early = campaign("EARLY", Priority.LOW)
    north = campaign("NORTH", Priority.HIGH, unit_id=bank.NORTH)
    south = campaign("SOUTH", Priority.MEDIUM, unit_id=bank.SOUTH)
    for run_id in (early, north, south):
        select_for(run_id)
    do(world.ann, confirm_candidates, Confirm(north, [1, 2], accept=False, reason="Moves away"))
    do(world.ann, confirm_candidates, Confirm(early, [1, 2], accept=True))
    if is_at_work:  # whoever is held out there is nobody's work, and free again
        do(world.mia, launch, Launch(south, without_pending=True))
    with Session(engine) as session:
        worked = set(session.scalars(select(Activity.customer_id)))
    taken = worked if is_at_work else chosen(engine, south)
    wanted = {"Campaign NORTH": chosen(engine, north), "Campaign SOUTH": taken}

    assert ask(world.mia, contenders, run_id=early) == [
        Contender(name, len(ids)) for name, ids in wanted.items()
    ]
    assert ask(world.mia, contenders, run_id=north) == []
    do(world.mia, launch, Launch(early, without_pending=True))

    left = {name: set() for name in wanted}
    for row in _candidates(engine, early):
        if row.confirmation is Confirmation.REJECTED:
            left[row.rejection.removeprefix("Left to a campaign of higher priority: ")].add(
                row.customer_id
            )
    assert left == wanted


def test_work_of_the_more_urgent_counts_at_the_launch(campaign, select_for, engine, do, ask, world):
    early = campaign("EARLY", Priority.LOW)
    urgent = campaign("URGENT", Priority.HIGH, unit_id=bank.NORTH)
    select_for(early)
    select_for(urgent)
    do(world.mia, launch, Launch(urgent, without_pending=True))
    with Session(engine) as session:
        worked = set(session.scalars(select(Activity.customer_id)))

    fact = do(world.mia, launch, Launch(early, without_pending=True))

    assert fact.released == len(worked)
    with Session(engine) as session:
        most = select(func.count()).select_from(Activity).group_by(Activity.customer_id)
        assert set(session.scalars(most)) == {1}


def test_a_launch_that_has_nobody_left_is_refused(campaign, select_for, do, world):
    early, urgent = campaign("EARLY", Priority.LOW), campaign("URGENT", Priority.HIGH)
    select_for(early)
    select_for(urgent)
    with pytest.raises(Invalid, match="no confirmed candidate"):
        do(world.mia, launch, Launch(early, without_pending=True))


def test_a_forecast_foresees_it(campaign, select_for, engine, ask, world):
    north, whole = campaign("NORTH", Priority.HIGH, unit_id=bank.NORTH), campaign("X", Priority.LOW)
    select_for(north)
    with Session(engine) as session:
        design_id = session.get_one(Run, whole).design_id
    foreseen = ask(world.mia, forecast, design_id=design_id)
    assert foreseen.eligible == len(select_for(whole)) == 5


def test_it_is_said_of_the_customer(campaign, select_for, ask, world):
    run_id = campaign("NORTH", Priority.HIGH, unit_id=bank.NORTH)
    assert ask(world.lea, obstacles, customer_id=3) == []
    select_for(run_id)

    assert [each.reason for each in ask(world.lea, obstacles, customer_id=3)] == [BUSY]
    rows = {row.id: row for row in ask(world.mia, held_customers).rows}
    assert set(rows) == {1, 2, 3, 4, 5, 6, 9, 10}
    assert (rows[3].reason, rows[3].campaign) == (Hold.RESERVED, "Campaign NORTH")
    assert rows[3].until.astimezone(NOW.tzinfo).date() == NOW.date() + timedelta(days=61)
    assert rows[3].name != "Customer 03 Example"  # a campaign manager reads no names


def _candidates(engine, run_id):
    with Session(engine) as session:
        return session.scalars(select(Candidate).where(Candidate.run_id == run_id)).all()
