"""The queue rules, Q1 to Q11, each for sales and for administrative activities (Q11)."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.activities.actions.assignment import Assign, AssignMatching, assign, assign_matching
from core.activities.actions.ending import ChangeRun, complete_run, stop_run
from core.activities.actions.launch import Launch, MakeDueWork, launch, make_due_work
from core.activities.actions.taking import Take, take
from core.activities.actions.working import (
    Cancel,
    Complete,
    NoteAttempt,
    Release,
    cancel,
    complete,
    note_attempt,
    release,
)
from core.activities.model import Activity
from core.activities.queries.batches import batch_refusals
from core.activities.queries.counts import my_counts
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.history import history
from core.activities.queries.lists import count_team, my_closed, my_list, pool, team_list
from core.activities.queries.sheet import reasons, sheet
from core.activities.rules import Outcome, Status
from core.campaigns.actions.approval import SubmitDesign, submit_design
from core.campaigns.actions.reference import SaveChannel, save_channel
from core.campaigns.rules import ActivityType, DesignStatus, ReasonUse
from core.customers.rules import Medium
from core.exports import Export, export
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.responses.actions.responding import Respond, respond
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.actions.starting import StartRun, start_run
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import pool_of, row
from tests.making.campaigns import ADMINISTRATIVE as ADMINISTRATIVE_CAMPAIGN
from tests.making.campaigns import approved_design

ANN, BEN, LEA, SAM = 1, 2, 3, 4
pytestmark = pytest.mark.parametrize("of", ActivityType, ids=lambda of: of.value)


@pytest.fixture
def work(engine, of):
    """Ann has customers 1 and 2, Ben 3, Sam 11; the rest waits in the pools of its branches."""
    return pool_of(engine, of=of, held={1: ANN, 2: ANN, 3: BEN, 11: SAM})


@pytest.fixture
def finish(do, of):
    """Complete an activity as its type wants it."""

    def carry_out(who, activity_id):
        if of is ActivityType.SALES:
            return do(who, respond, Respond(activity_id, Outcome.ACCEPTED))
        return do(who, complete, Complete(activity_id))

    return carry_out


def ids(part):
    return {each.id for each in part.rows}


def test_q1_an_agent_sees_own_open_own_closed_and_the_own_branchs_unassigned(
    world, do, ask, work, of, finish
):
    finish(world.ann, work[2])

    assert ids(ask(world.ann, my_list, of_type=of)) == {work[1]}
    assert ids(ask(world.ann, my_closed, of_type=of)) == {work[2]}
    assert ids(ask(world.ann, pool, of_type=of)) == {work[n] for n in range(4, 11)}
    assert ids(ask(world.sam, pool, of_type=of)) == {work[n] for n in range(12, 16)}
    counts = ask(world.ann, my_counts, of_type=of)
    assert (counts.open, counts.pool, counts.done_today) == (1, 7, 1)
    other = next(each for each in ActivityType if each is not of)
    for listed in (my_list, my_closed, pool):
        assert ids(ask(world.ann, listed, of_type=other)) == set()

    # Nothing of another branch or of a colleague: not by search, count or export, nor by its id.
    for query in (team_list, count_team):
        with pytest.raises(NotAllowed):
            ask(world.ann, query, matching=ActivityFilter(text="Customer 12"))
    with pytest.raises(NotAllowed):
        do(world.ann, export, Export("activities", {}, 1))
    for hidden in (work[3], work[11], work[12]):
        with pytest.raises(NotFound):
            ask(world.ann, sheet, activity_id=hidden)

    # The same holds for a team lead and the neighbouring branch.
    everything = ActivityFilter(types=frozenset({of}))
    assert ids(ask(world.lea, team_list, matching=everything)).isdisjoint(
        {work[n] for n in range(11, 16)}
    )
    named = ActivityFilter(text="Customer 12")
    assert ask(world.lea, count_team, matching=named) == 0
    assert ask(world.lou, count_team, matching=named) == 1


def test_q2_assign_to_me_moves_it_to_the_own_list_and_tells_the_second_who_has_it(
    world, do, ask, work
):
    do(world.ann, take, Take(work[4]))

    assert work[4] in ids(ask(world.ann, my_list))
    assert work[4] not in ids(ask(world.ben, pool))
    with pytest.raises(Conflict, match=r"^Ann Example has taken it\.$"):
        do(world.ben, take, Take(work[4]))


def test_q3_a_change_of_status_offers_and_takes_only_the_reasons_of_the_template(
    world, do, ask, work
):
    trying = ask(world.ann, reasons, activity_id=work[1], use=ReasonUse.IN_PROGRESS)
    ending = ask(world.ann, reasons, activity_id=work[1], use=ReasonUse.CANCELLED)
    assert {each.id for each in trying} == {w.NO_ANSWER, w.NEEDS_TIME}
    assert {each.id for each in ending} == {
        w.NO_ANSWER,
        w.NEEDS_TIME,
        w.REFUSED_OFFER,
        w.WRONG_NUMBER,
    }

    for reason_id in (None, w.WRONG_NUMBER, w.ABORTED):
        with pytest.raises(Invalid, match="reason"):
            do(world.ann, note_attempt, NoteAttempt(work[1], Outcome.NOT_REACHED, reason_id))
    for reason_id in (None, w.ABORTED):
        with pytest.raises(Invalid, match="reason"):
            do(world.ann, cancel, Cancel(work[1], reason_id))
    for each in trying:
        do(world.ann, note_attempt, NoteAttempt(work[1], Outcome.NOT_REACHED, each.id))
    do(world.ann, cancel, Cancel(work[1], ending[0].id))


def test_q4_completed_sets_flag_and_date_and_closed_can_neither_change_nor_be_assigned(
    engine, world, do, ask, work, of, finish
):
    finish(world.ann, work[1])
    do(world.ann, cancel, Cancel(work[2], w.WRONG_NUMBER))

    done = row(engine, Activity, work[1])
    assert (done.is_completed, done.closed_at) == (True, NOW)
    for id_ in (work[1], work[2]):
        for action, request in (
            (take, Take(id_)),
            (release, Release(id_)),
            (note_attempt, NoteAttempt(id_, Outcome.NOT_REACHED, w.NO_ANSWER)),
            (cancel, Cancel(id_, w.WRONG_NUMBER)),
        ):
            with pytest.raises((Invalid, Conflict)):
                do(world.ann, action, request)
        with pytest.raises((Invalid, Conflict)):
            finish(world.ann, id_)
        fact = do(world.lea, assign, Assign({id_: None}, BEN))
        [refused] = ask(world.lea, batch_refusals, batch_id=fact.batch_id).rows
        assert (fact.moved, refused.reason) == (0, "The activity is closed.")


def test_q5_history_shows_the_five_tracked_fields_with_who_and_when(world, do, ask, work, finish):
    hours = iter(range(1, 9))

    def step(who, action, request):
        do(who, action, request, now=NOW + timedelta(hours=next(hours)))

    step(world.ann, take, Take(work[4]))
    step(world.ann, note_attempt, NoteAttempt(work[4], Outcome.CALL_BACK, w.NEEDS_TIME))
    step(world.lea, assign, Assign({work[4]: None}, BEN))
    step(world.ben, cancel, Cancel(work[4], w.WRONG_NUMBER))

    rows = ask(world.ben, history, activity_id=work[4])

    told = [(each.who, each.to_status, each.to_reason, each.to_person) for each in rows]
    assert told == [
        (None, Status.UNASSIGNED, None, None),
        ("Ann Example", Status.ASSIGNED, None, "Ann Example"),
        ("Ann Example", Status.IN_PROGRESS, "Client needs time to decide", "Ann Example"),
        ("Lea Example", Status.ASSIGNED, None, "Ben Example"),
        ("Ben Example", Status.CANCELLED, "Wrong phone number", "Ben Example"),
    ]
    assert [(each.at - NOW) // timedelta(hours=1) for each in rows] == [0, 1, 2, 3, 4]
    for before, after in pairwise(rows):
        for field in ("status", "reason", "detail", "person", "branch"):
            assert getattr(after, f"from_{field}") == getattr(before, f"to_{field}")
    assert {each.to_branch for each in rows} == {"North"}


def test_q6_an_agent_cannot_assign_to_others_not_by_a_direct_call_either(engine, world, do, work):
    for action, request in (
        (assign, Assign({work[1]: 1}, BEN)),
        (assign, Assign({work[4]: 1}, ANN)),
        (assign_matching, AssignMatching(ActivityFilter(), BEN)),
    ):
        with pytest.raises(NotAllowed):
            do(world.ann, action, request)
    assert row(engine, Activity, work[1]).person_id == ANN
    assert row(engine, Activity, work[4]).person_id is None


@pytest.mark.parametrize("how", ["one", "many", "matching"])
def test_q7_a_lead_assigns_and_gets_back_row_by_row_what_does_not_qualify(
    engine, world, do, ask, work, of, how
):
    do(world.ann, cancel, Cancel(work[2], w.WRONG_NUMBER))
    if how == "one":
        fact = do(world.lea, assign, Assign({work[1]: 1}, BEN))
        expected = {}
    elif how == "many":
        fact = do(world.lea, assign, Assign({work[n]: None for n in (1, 2, 3, 4)}, BEN))
        expected = {work[2]: "The activity is closed.", work[3]: "The person already has it."}
    else:
        matching = ActivityFilter(types=frozenset({of}))
        fact = do(world.lea, assign_matching, AssignMatching(matching, BEN))
        expected = {work[3]: "The person already has it."}

    refused = ask(world.lea, batch_refusals, batch_id=fact.batch_id).rows
    assert {each.id: each.reason for each in refused} == expected
    assert fact.moved == {"one": 1, "many": 2, "matching": 8}[how]
    assert row(engine, Activity, work[1]).person_id == BEN


def test_q8_a_person_of_another_branch_is_refused_in_plain_words(world, do, ask, work):
    fact = do(world.lea, assign, Assign({work[1]: 1, work[4]: 1}, SAM))

    refused = ask(world.lea, batch_refusals, batch_id=fact.batch_id).rows
    assert {each.reason for each in refused} == {"The person is not of the responsible branch."}
    assert (fact.moved, fact.refused) == (0, 2)


@pytest.mark.parametrize("ending", [complete_run, stop_run])
def test_q9_ending_a_run_aborts_its_open_work(engine, world, do, ask, work, finish, ending):
    finish(world.ann, work[1])
    do(world.ben, note_attempt, NoteAttempt(work[3], Outcome.NOT_REACHED, w.NO_ANSWER))
    run_id = row(engine, Activity, work[1]).run_id

    do(world.mia, ending, ChangeRun(run_id, "Enough"))

    with Session(engine) as session:
        found = session.execute(
            select(Activity.status, Activity.reason_id, func.count()).group_by(
                Activity.status, Activity.reason_id
            )
        ).all()
    assert {tuple(each) for each in found} == {
        (Status.COMPLETED, None, 1),
        (Status.CANCELLED, w.ABORTED, 14),
    }
    last = ask(world.ben, history, activity_id=work[3])[-1]
    assert (last.verb, last.to_reason) == ("abort", "System aborted")
    with pytest.raises(Invalid, match="not offered"):
        do(world.sam, cancel, Cancel(work_again(engine), w.ABORTED))


def work_again(engine):
    """Sam has something in another run."""
    return pool_of(engine, [11], held={11: SAM})[11]


def design_of(engine, of, **changes):
    with Session(engine) as session, session.begin():
        sales = of is ActivityType.SALES
        stage = {
            "activity_type": of,
            "activity_subtype_id": 1 if sales else 2,
            **changes.pop("stage", {}),
        }
        columns = {} if sales else {"type_id": ADMINISTRATIVE_CAMPAIGN, "subtype_id": None}
        return approved_design(session, stages=[stage], campaign_columns=columns, **changes)


def test_q10_from_channel_to_work_nothing_comes_before_its_condition(engine, world, do, of):
    with pytest.raises(Invalid, match="default action type"):
        do(world.ada, save_channel, SaveChannel("Counter", Medium.BRANCH, None))

    undecided = {"status": DesignStatus.DRAFT, "approver_id": None, "decided_at": None}
    bare = design_of(engine, of, stage={"reason_template_id": None}, frozen=None, **undecided)
    with pytest.raises(Invalid, match="reason template"):
        do(world.mia, submit_design, SubmitDesign(bare, row_version=1))

    draft = design_of(engine, of, frozen=None, **undecided)
    today = NOW.date()
    with pytest.raises(Invalid, match="approved"):
        do(world.mia, start_run, StartRun(draft, w.BANK, today, today + timedelta(days=30)))

    approved = design_of(engine, of)
    run = do(world.mia, start_run, StartRun(approved, w.NORTH, today, today + timedelta(days=30)))
    do(world.mia, select_candidates, SelectCandidates(run.run_id))
    made = do(world.mia, launch, Launch(run.run_id, without_pending=True))
    assert made.activities > 0
    with pytest.raises(Conflict):
        do(world.mia, launch, Launch(run.run_id, without_pending=True))
    do(world.mia, make_due_work, MakeDueWork(run.run_id))
    with Session(engine) as session:
        work = session.scalars(select(Activity).where(Activity.run_id == run.run_id)).all()
    assert len(work) == len({each.customer_id for each in work}) == made.activities
    assert {each.type for each in work} == {of}
