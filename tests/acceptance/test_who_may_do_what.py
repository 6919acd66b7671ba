"""Role by verb by state of an activity, own or another's, in the own branch or in another.

What is expected is said by the lifecycle, the grants of the roles and three rules of the work:
what somebody can't see does not exist, what is done with a customer is the owner's, and a batch
judges row by row. Every case is carried out; what is allowed is taken back at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from itertools import product

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.access import GRANTS, Permission, Role
from core.activities.actions.assignment import Assign, AssignMatching, assign, assign_matching
from core.activities.actions.bulk import (
    CancelMany,
    ChangeDue,
    ReleaseMany,
    cancel_many,
    change_due,
    release_many,
)
from core.activities.actions.taking import Take, TakeNext, take, take_next
from core.activities.actions.undoing import Undo, undo
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
from core.activities.model import Activity, Attempt, Batch, BatchRefusal, Change
from core.activities.queries.asked import DueBy
from core.activities.queries.filters import ActivityFilter
from core.activities.rules import (
    ABORT,
    ASSIGN,
    ATTEMPT,
    CANCEL,
    CLOSED,
    COMPLETE,
    OPEN,
    PENDING,
    RELEASE,
    TAKE,
    Detail,
    Objection,
    Outcome,
    Promise,
    Status,
)
from core.campaigns.rules import ActivityType
from core.customers.model import CustomerState
from core.journal.model import Entry
from core.lifecycle import Move
from core.refusals import Conflict, Invalid, NotAllowed, NotFound, Refusal
from core.responses.actions.responding import Respond, respond
from core.work import changing
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import pool_of

ANN, BEN, SAM = 1, 2, 4
WHO = {
    Role.AGENT: "ann",
    Role.TEAM_LEAD: "lea",
    Role.CAMPAIGN_MANAGER: "mia",
    Role.APPROVER: "pia",
    Role.EXECUTIVE: "eve",
    Role.ADMINISTRATOR: "ada",
    Role.AUDITOR: "tom",
}


class Holder(Enum):
    NOBODY = "nobody's"
    OWN = "own"
    ANOTHER = "another's"


@dataclass(frozen=True)
class Case:
    """One activity as somebody finds it."""

    status: Status
    holder: Holder
    own_branch: bool


CASES = [
    Case(status, holder, own_branch)
    for own_branch, status, holder in product((True, False), Status, Holder)
    if (status is Status.UNASSIGNED) == (holder is Holder.NOBODY)
]
LISTED = "listed"  # a batch leaves the activity as it is, and says why


@dataclass(frozen=True)
class Verb:
    """What can be asked for; of a move, or of a batch that has a right instead."""

    ask: Callable[[ActivityType, int], tuple[Callable, object]]
    move: Move | None = None
    batch: frozenset[Status] = frozenset()
    becomes: Status | None = None  # None: as it was


def _finish(of, id_):
    if of is ActivityType.SALES:
        return respond, Respond(id_, Outcome.ACCEPTED)
    return complete, Complete(id_)


def _finish_the_other_way(of, id_):
    if of is ActivityType.SALES:
        return complete, Complete(id_)
    return respond, Respond(id_, Outcome.ACCEPTED)


def _tried(_of, id_):
    return note_attempt, NoteAttempt(id_, Outcome.NOT_REACHED, w.NO_ANSWER)


def _call_back(promise):
    at = NOW + timedelta(days=1, hours=2)
    return lambda _of, id_: (
        note_attempt,
        NoteAttempt(id_, Outcome.CALL_BACK, w.NEEDS_TIME, at, promise=promise),
    )


VERBS = {
    "take": Verb(lambda _, id_: (take, Take(id_)), TAKE, becomes=Status.ASSIGNED),
    "release": Verb(lambda _, id_: (release, Release(id_)), RELEASE, becomes=Status.UNASSIGNED),
    "attempt": Verb(_tried, ATTEMPT, becomes=Status.IN_PROGRESS),
    "call back": Verb(_call_back(Promise.MINE_ONLY), ATTEMPT, becomes=Status.IN_PROGRESS),
    "anyone": Verb(_call_back(Promise.ANYONE), ATTEMPT, becomes=Status.UNASSIGNED),
    "complete": Verb(_finish, COMPLETE, becomes=Status.COMPLETED),
    "complete otherwise": Verb(_finish_the_other_way, COMPLETE),
    "cancel": Verb(
        lambda _, id_: (cancel, Cancel(id_, w.WRONG_NUMBER)), CANCEL, becomes=Status.CANCELLED
    ),
    "abort": Verb(lambda _, id_: (cancel, Cancel(id_, w.ABORTED)), CANCEL),
    "assign": Verb(
        lambda _, id_: (assign, Assign({id_: None}, BEN)), batch=PENDING, becomes=Status.ASSIGNED
    ),
    "release many": Verb(
        lambda _, id_: (release_many, ReleaseMany({id_: None})),
        batch=RELEASE.sources,
        becomes=Status.UNASSIGNED,
    ),
    "cancel many": Verb(
        lambda _, id_: (cancel_many, CancelMany({id_: None}, reason_id=w.WRONG_NUMBER)),
        batch=OPEN,
        becomes=Status.CANCELLED,
    ),
    "abort many": Verb(
        lambda _, id_: (cancel_many, CancelMany({id_: None}, reason_id=w.ABORTED)),
    ),
    "change due": Verb(
        lambda _, id_: (change_due, ChangeDue({id_: None}, due=DueBy(1))), batch=PENDING
    ),
}


def expected(name, role, case):
    """Return the refusal that has to come, LISTED, or None for what is allowed."""
    verb, grants = VERBS[name], GRANTS[role]
    if not (verb.move.needs if verb.move else ASSIGN.needs) & grants:
        return NotAllowed
    leads = Permission.ASSIGN_ACTIVITIES in grants
    works = case.holder is Holder.OWN or (
        case.own_branch and (leads or case.holder is Holder.NOBODY)
    )
    if verb.move is None:
        # Work is handed out within the responsible branch only.
        good = works and case.status in verb.batch and (case.own_branch or name != "assign")
        return None if good else LISTED
    if verb.move is TAKE:
        taken = None if case.status in TAKE.sources else Conflict
        return taken if case.own_branch else NotFound
    if not works:
        return NotFound
    return _of_what_is_seen(verb, case, lead_may=leads and bool(ASSIGN.needs & verb.move.needs))


def _of_what_is_seen(verb, case, *, lead_may):
    if case.status not in verb.move.sources:
        return Invalid
    if case.holder is not Holder.OWN and not lead_may:
        return NotAllowed
    return Invalid if verb.becomes is None else None


class Enough(Exception):
    """What was allowed has been seen, and is taken back."""


@pytest.fixture
def bank(engine, world):
    """One activity for each case of one role: North's customers, and South's in two runs."""

    def lay_out(role, of):
        me = getattr(world, WHO[role]).person_id
        found = {}
        for customers, own_branch, part in (
            (range(1, 10), True, slice(0, 9)),
            (range(11, 16), False, slice(0, 5)),
            (range(11, 15), False, slice(5, 9)),
        ):
            cases = [case for case in CASES if case.own_branch is own_branch][part]
            other = SAM if not own_branch else BEN if me == ANN else ANN
            held = {
                customer: me if case.holder is Holder.OWN else other
                for customer, case in zip(customers, cases, strict=True)
                if case.holder is not Holder.NOBODY
            }
            ids = pool_of(engine, customers, of=of, held=held)
            found |= {case: ids[n] for n, case in zip(customers, cases, strict=True)}
        with Session(engine) as session, session.begin():
            for case, id_ in found.items():
                values = {"status": case.status}
                if case.status is Status.IN_PROGRESS:
                    values["reason_id"] = w.NO_ANSWER
                if case.status is Status.CANCELLED:
                    values |= {"reason_id": w.WRONG_NUMBER, "closed_at": NOW}
                if case.status is Status.COMPLETED:
                    values |= {"is_completed": True, "closed_at": NOW}
                    if of is ActivityType.SALES:
                        values["detail"] = Detail.CONVERTED
                session.execute(update(Activity).where(Activity.id == id_).values(**values))
        return found

    return lay_out


@pytest.fixture
def everything(engine):
    """All that work leaves behind, to compare before with after."""

    def look():
        with Session(engine) as session:
            states = (CustomerState.customer_id, CustomerState.pending)
            return [
                session.execute(select(Activity.__table__).order_by(Activity.id)).all(),
                session.execute(select(*states).order_by(CustomerState.customer_id)).all(),
                *(session.scalar(select(func.count(of.id))) for of in (Change, Batch, Attempt)),
            ]

    return look


@pytest.fixture
def attempt(engine):
    """Try it; return the refusal, LISTED, or None, with the status that it led to."""

    def carry_out(actor, action, request, id_):
        try:
            with changing(engine, actor, now=NOW) as work:
                work.session.connection()  # what is begun is not committed by a statement alone
                fact = action(work, request)
                work.session.flush()
                refused = getattr(fact, "refused", 0)
                status = work.session.scalar(select(Activity.status).where(Activity.id == id_))
                why = work.session.scalars(select(BatchRefusal.reason)).all()
                raise Enough  # noqa: TRY301  so that nothing of it stays
        except Enough:
            return (LISTED, why[0]) if refused else (None, status)
        except Refusal as refusal:
            return type(refusal), str(refusal)

    return carry_out


def journaled(engine, actor):
    with Session(engine) as session:
        mine = (Entry.kind == "request.refused", Entry.actor_id == actor.person_id)
        return session.scalar(select(func.count(Entry.id)).where(*mine))


@pytest.mark.parametrize("of", ActivityType, ids=lambda of: of.value)
@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_each_role_may_do_just_what_it_should(engine, world, bank, everything, attempt, role, of):
    actor, activities = getattr(world, WHO[role]), bank(role, of)
    before, wrong, refusals = everything(), [], 0

    for (name, verb), (case, id_) in product(VERBS.items(), activities.items()):
        action, request = verb.ask(of, id_)
        came, said = attempt(actor, action, request, id_)

        should = expected(name, role, case)
        good = came is should and said
        if should is None:
            good = good and said is (verb.becomes or case.status)
        if should is LISTED and case.status in CLOSED and case.holder is Holder.OWN:
            good = good and said == Objection.CLOSED
        if not good:
            wrong.append((name, case, came, said, should))
        refusals += came is NotAllowed

    assert wrong == []
    assert everything() == before
    assert journaled(engine, actor) == refusals


@pytest.mark.parametrize("of", ActivityType, ids=lambda of: of.value)
def test_what_is_next_is_for_those_who_work_and_of_their_branch(
    engine, world, bank, everything, attempt, of
):
    waiting = Case(Status.UNASSIGNED, Holder.NOBODY, own_branch=True)
    away = Case(Status.UNASSIGNED, Holder.NOBODY, own_branch=False)
    activities = bank(Role.AGENT, of)
    before = everything()

    for role, name in WHO.items():
        actor = getattr(world, name)
        works = Permission.WORK_ACTIVITIES in GRANTS[role]
        for wanted in (None, of):
            came, said = attempt(actor, take_next, TakeNext(wanted), activities[waiting])
            assert (came, said) == (None, Status.ASSIGNED) if works else came is NotAllowed
        other = next(each for each in ActivityType if each is not of)
        came, _ = attempt(actor, take_next, TakeNext(other), activities[waiting])
        assert came is (NotFound if works else NotAllowed)
    assert attempt(world.sam, take_next, TakeNext(), activities[away]) == (None, Status.ASSIGNED)

    assert everything() == before


@pytest.mark.parametrize("of", ActivityType, ids=lambda of: of.value)
def test_all_that_matches_is_only_what_the_lead_answers_for(
    world, bank, everything, attempt, do, of
):
    activities = bank(Role.TEAM_LEAD, of)
    before = everything()
    request = AssignMatching(ActivityFilter(), BEN)

    for role, name in WHO.items():
        came, _ = attempt(getattr(world, name), assign_matching, request, 0)
        assert (came is NotAllowed) == (role is not Role.TEAM_LEAD)
    assert everything() == before

    do(world.lea, assign_matching, request)
    after = dict.fromkeys(activities, None)
    for row in everything()[0]:
        for case, id_ in activities.items():
            if row.id == id_:
                after[case] = row.person_id
    moved = {case for case, person_id in after.items() if person_id == BEN}
    assert moved == {case for case in CASES if expected("assign", Role.TEAM_LEAD, case) is None}


@pytest.mark.parametrize("of", ActivityType, ids=lambda of: of.value)
def test_undo_is_the_leads_and_spares_what_was_touched_since(
    engine, world, everything, attempt, do, of
):
    work = pool_of(engine, range(1, 6), of=of)
    batches = {n: do(world.lea, assign, Assign({work[n]: None}, ANN)).batch_id for n in work}
    do(world.ann, *_tried(of, work[2]))
    do(world.ann, *_finish(of, work[3]))
    do(world.ann, cancel, Cancel(work[4], w.WRONG_NUMBER))
    request = CancelMany({work[5]: None}, reason_id=w.WRONG_NUMBER)
    batches[5] = do(world.lea, cancel_many, request).batch_id
    before = everything()

    for role, name in WHO.items():
        for n, batch_id in batches.items():
            came, said = attempt(getattr(world, name), undo, Undo(batch_id), work[n])
            if role is not Role.TEAM_LEAD:
                assert came is NotAllowed
            elif n in (1, 5):
                assert (came, said) == (None, {1: Status.UNASSIGNED, 5: Status.ASSIGNED}[n])
            else:
                assert (came, said) == (LISTED, Objection.TOUCHED.format("Ann Example"))
    for batch_id in batches.values():
        assert attempt(world.lou, undo, Undo(batch_id), 0)[0] is NotFound
    assert everything() == before


def test_no_role_aborts_or_assigns_without_the_right():
    """The table itself: what the roles of the bank are for, in the words of the business."""
    works, leads = Permission.WORK_ACTIVITIES, Permission.ASSIGN_ACTIVITIES
    assert {role for role in Role if works in GRANTS[role]} == {Role.AGENT, Role.TEAM_LEAD}
    assert {role for role in Role if leads in GRANTS[role]} == {Role.TEAM_LEAD}
    assert ABORT.needs == frozenset()
    assert ASSIGN.needs == {leads}
