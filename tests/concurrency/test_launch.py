"""Two people launch at once, and a launch is killed half way: nothing is half done."""

import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.ending import ChangeRun, stop_run
from core.activities.actions.launch import Launch, launch
from core.activities.actions.opting import SetDoNotContact, set_do_not_contact
from core.activities.model import Activity, Change, Message
from core.activities.queries.checks import broken_histories, work_for_held_out
from core.activities.rules import MessageStatus, Status
from core.customers.model import CustomerState, Indicator
from core.customers.queries.checking import state_differences
from core.journal.model import Entry, Outgoing
from core.refusals import Conflict
from core.runs.actions.confirming import Confirm, confirm_candidates
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.model import Candidate, Run
from core.runs.queries import run_faults
from core.runs.rules import Confirmation, RunStatus
from core.work import changing
from tests import world as bank
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.campaigns import approved_design
from tests.making.runs import planned_run

MAKES = (Activity, Change, Indicator, Outgoing)
STEPS = 4  # marking, one stage, telling, counting
KILLED = """
import sys
from core.access import SYSTEM
from core.activities.actions.launch import Launch, launch
from core.database import connect
from core.work import changing
from tests.conftest import NOW

url, run_id, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

def wait_to_be_killed(step, done, of):
    if done == last:
        print(step, flush=True)
        sys.stdin.read()

with changing(connect(url), SYSTEM, now=NOW) as work:
    launch(work, Launch(run_id, without_pending=True), progress=wait_to_be_killed)
"""


@pytest.fixture
def selected(engine, do):
    with Session(engine) as session, session.begin():
        run_id = planned_run(session, approved_design(session, control_share=2000))
    do(SYSTEM, select_candidates, SelectCandidates(run_id))
    return run_id


def counts(engine):
    with Session(engine) as session:
        return [session.scalar(select(func.count()).select_from(table)) for table in MAKES]


@pytest.mark.parametrize("round_", range(5))
def test_of_two_who_launch_at_once_one_wins(engine, do, world, selected, round_):
    request = Launch(selected, without_pending=True)

    outcomes = at_once(
        lambda: do(world.mia, launch, request), lambda: do(world.max, launch, request)
    )

    [conflict] = [o for o in outcomes if isinstance(o, Conflict)]
    [fact] = [o for o in outcomes if o is not conflict]
    assert "is launched by now" in str(conflict)
    activities, changes, marks, _ = counts(engine)
    assert activities == changes == marks == fact.activities > 0


@pytest.mark.parametrize("round_", range(3))
def test_a_confirmation_and_a_launch_do_not_cross(engine, do, world, selected, round_):
    """Either the manager came first and the customer is worked, or the launch did and is not."""
    outcomes = at_once(
        lambda: do(world.ann, confirm_candidates, Confirm(selected, [1, 2], accept=True)),
        lambda: do(world.mia, launch, Launch(selected, without_pending=True)),
    )

    refused = [o for o in outcomes if isinstance(o, Conflict)]
    with Session(engine) as session:
        confirmed = set(
            session.scalars(
                select(Candidate.customer_id).where(
                    Candidate.customer_id.in_([1, 2]),
                    Candidate.confirmation == Confirmation.CONFIRMED,
                    Candidate.arm > 0,
                )
            )
        )
        worked = set(
            session.scalars(select(Activity.customer_id).where(Activity.customer_id.in_([1, 2])))
        )
    assert worked == confirmed
    assert len(refused) in {0, 1}


def test_a_launch_and_a_stop_do_not_cross(engine, do, ask, world, selected):
    at_once(
        lambda: do(world.mia, launch, Launch(selected, without_pending=True)),
        lambda: do(world.max, stop_run, ChangeRun(selected, "Wrong audience")),
    )

    with Session(engine) as session:
        assert session.get_one(Run, selected).status is RunStatus.STOPPED
        assert set(session.scalars(select(CustomerState.pending))) == {0}
        assert set(session.scalars(select(CustomerState.indicators))) == {0}
    assert ask(SYSTEM, broken_histories) == 0


TELLING, LAUNCHED = "Telling the neighbouring systems", "Launched"


@pytest.fixture
def launching(engine, do, world, arrange):
    """Launch a run of calls or messages while customer 3 opts out at one of its steps."""

    def carry_out(step, **stage):
        run_id = arrange(lambda s: planned_run(s, approved_design(s, stages=[stage])))
        do(SYSTEM, select_candidates, SelectCandidates(run_id))
        leave_me = SetDoNotContact(3, is_set=True)
        opts_out = Thread(target=lambda: do(world.ann, set_do_not_contact, leave_me))

        def meanwhile(name, _done, _of):
            if name == step:
                opts_out.start()
                opts_out.join(None if step == TELLING else 0.3)  # the last step holds it up

        with changing(engine, world.mia, now=NOW) as work:
            launch(work, Launch(run_id, without_pending=True), progress=meanwhile)
        opts_out.join()

    if engine.dialect.name == "sqlite":
        pytest.skip("has one writer at a time")
    return carry_out


@pytest.mark.parametrize("step", [TELLING, LAUNCHED], ids=["as it is made", "as it is counted"])
def test_who_opts_out_during_a_launch_is_left_alone(engine, ask, launching, step):
    """Whoever is first on the customer's state, the other sees what it did."""
    launching(step)

    with Session(engine) as session:
        [theirs] = session.scalars(select(Activity).where(Activity.customer_id == 3))
        assert theirs.status is Status.CANCELLED
        kinds = set(session.scalars(select(Entry.kind)))
    assert ("work.unwelcome-ended" in kinds) is (step == TELLING)
    assert ask(SYSTEM, broken_histories) == 0
    assert ask(SYSTEM, state_differences).total == 0


@pytest.mark.parametrize("step", [TELLING, LAUNCHED], ids=["as it is made", "as it is counted"])
def test_messages_to_who_opts_out_during_a_launch_are_withdrawn(engine, launching, step):
    launching(step, content_id=bank.EMAIL)

    with Session(engine) as session:
        of_status = select(Message.customer_id).where(Message.status == MessageStatus.WITHDRAWN)
        assert set(session.scalars(of_status)) == {3}


@pytest.mark.parametrize("last", [0, STEPS - 1], ids=["first step", "last step"])
def test_a_killed_launch_leaves_nothing_and_the_next_one_works(
    database_url, engine, do, ask, world, selected, last
):
    before = counts(engine)
    engine.dispose()
    arguments = [sys.executable, "-c", KILLED, str(database_url), str(selected), str(last)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        arguments, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().strip()  # it is in the middle of the launch
        process.kill()

    assert counts(engine) == before
    with Session(engine) as session:
        assert session.get_one(Run, selected).status is RunStatus.SELECTED
        kinds = set(session.scalars(select(Entry.kind)))
    assert "run.launched" not in kinds
    assert ask(SYSTEM, run_faults) == []
    with changing(engine, world.mia, now=NOW) as work:
        fact = launch(work, Launch(selected, without_pending=True))
    assert counts(engine)[0] == fact.activities > 0
    assert ask(SYSTEM, state_differences).total == 0
    assert ask(SYSTEM, work_for_held_out) == 0
