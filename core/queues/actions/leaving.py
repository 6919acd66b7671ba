"""Somebody leaves the bank, or their branch: nothing that they had is lost on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, case, func, literal, null, select, update

from core.access import Permission
from core.activities.actions.batching import hold_states
from core.activities.model import Batch
from core.campaigns.model import Campaign, Design
from core.customers.model import Customer, CustomerState
from core.database import Moment, Number, affected, row_set
from core.journal.model import Entry
from core.journal.outbox import tell_of_each
from core.people.actions.accounts import shut_out
from core.people.actions.finding import held, person_in_scope, team_in_unit, unit_in_scope
from core.people.actions.sessions import end_all
from core.people.model import Absence, Person
from core.people.queries.working import person_times
from core.people.rules import EndReason
from core.queues.actions.handing_over import hand_on, to_pool
from core.queues.events import PersonLeft, PersonMoved
from core.queues.queries.handing import open_work
from core.queues.queries.leavers import (
    Successor,
    asked_of,
    managed_by,
    standing_in,
    successor,
)
from core.refusals import Invalid
from core.runs.events import CONFIRMATION_WANTED
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation, RunStatus
from core.work import Work


@dataclass(frozen=True)
class Leave:
    """A request to let somebody go; without a successor everything waits in the branch."""

    person_id: int
    reason: str
    successor_id: int | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Invalid("Say why: the reason goes into the journal.")


@dataclass(frozen=True)
class MovePerson:
    """A request that somebody work in another unit; what they had stays in the old one."""

    person_id: int
    unit_id: int
    team_id: int | None = None
    successor_id: int | None = None


@dataclass(frozen=True)
class _Left:
    """What became of everything that somebody had."""

    batch: Batch
    to_pool: int
    customer_ids: tuple[int, ...]
    cleared_ids: tuple[int, ...]
    confirmations: Sequence[tuple[int, int]]
    waived: int
    stood_in_for: tuple[str, ...]


def leave(work: Work, request: Leave) -> PersonLeft:
    """Shut somebody out at once, and give all that they had to a successor or the branch.

    Open activities go to the successor where nothing speaks against it, else into the pool. So do
    the customers of a relationship manager and the confirmations asked of them; where there is no
    successor for them, they count as confirmed. Planned absences are called off, and in those of
    others nobody stands in any more.

    :raises NotFound: there is no such person in the scope of the administrator
    :raises Invalid: it is the administrator, somebody who has left, or a successor who can't be
    """
    work.authorize(Permission.MANAGE_PEOPLE)
    person = _in_scope(work, request.person_id, request.successor_id)
    if person.id == work.actor.person_id:
        raise Invalid("Nobody shuts themselves out; ask another administrator.")
    if not person.is_active:
        raise Invalid(f"{person.name} has left already.")
    today = _today(work, person)
    heir = successor(work, person, request.successor_id, today)

    left = _handed_on(work, person, heir, today)
    cancelled = _call_off(work, person, today)
    ended = shut_out(work, person)

    fact = PersonLeft(
        **_told(person, heir, left),
        absences_cancelled=cancelled,
        sessions_ended=ended,
        reason=request.reason.strip(),
    )
    _ask_anew(work, work.record(fact), left, heir)
    return fact


def move_person(work: Work, request: MovePerson) -> PersonMoved:
    """Let somebody work in another unit from now on; the old branch keeps what it had with them.

    In another team of the same unit they keep their work.

    :raises NotFound: there is no such person in the scope of the administrator
    :raises Invalid: a unit out of scope, a team of another unit, nothing that would change, or
        see `leave`
    """
    work.authorize(Permission.MANAGE_PEOPLE)
    person = _in_scope(work, request.person_id, request.successor_id)
    if not person.is_active:
        raise Invalid(f"{person.name} has left; enable them first.")
    unit = unit_in_scope(work, request.unit_id)
    if request.team_id is not None:
        team_in_unit(work, request.team_id, unit.id)
    from_unit_id, stays = person.unit_id, person.unit_id == unit.id
    if stays and person.team_id == request.team_id:
        raise Invalid(f"{person.name} is there already; choose another unit or team.")
    today = _today(work, person)
    heir = None if stays else successor(work, person, request.successor_id, today)

    left = None if stays else _handed_on(work, person, heir, today)
    person.unit_id, person.team_id = unit.id, request.team_id
    ended = end_all(work, person.id, EndReason.MOVED)

    fact = PersonMoved(
        **_told(person, heir, left),
        sessions_ended=ended,
        from_unit_id=from_unit_id,
        to_unit_id=unit.id,
        to_team_id=request.team_id,
    )
    entry = work.record(fact)
    if left is not None:
        _ask_anew(work, entry, left, heir)
    return fact


def _in_scope(work: Work, person_id: int, successor_id: int | None) -> Person:
    """Return the person; both are held, so neither is planned for or leaves meanwhile."""
    person_in_scope(work, person_id)
    return held(work, person_id, successor_id)[person_id]


def _today(work: Work, person: Person) -> date:
    return person_times(work.session, [person.id])[person.id].day_of(work.now)


def _handed_on(work: Work, person: Person, heir: Successor | None, today: date) -> _Left:
    """Move everything, in the order in which everybody holds it: runs, work, states."""
    runs = select(Run.id).where(Run.status == RunStatus.SELECTED, Run.id.in_(asked_of(person.id)))
    work.session.execute(runs.order_by(Run.id).with_for_update(read=True)).all()
    to_id = None if heir is None else heir.id
    batch = hand_on(work, open_work(person.id), to_id, today=today)
    asked, waived = _confirmations(work, person, heir)
    given, cleared = _customers(work, person, heir)
    for_whom = standing_in(work, person.id, today)
    _stand_down(work, person, today)
    return _Left(
        batch=batch,
        to_pool=to_pool(work, batch),
        customer_ids=given,
        cleared_ids=cleared,
        confirmations=asked,
        waived=waived,
        stood_in_for=for_whom,
    )


def _confirmations(
    work: Work, person: Person, heir: Successor | None
) -> tuple[Sequence[tuple[int, int]], int]:
    """Ask the successor instead; whom nobody is asked about counts as confirmed."""
    waiting = (
        Candidate.confirmer_id == person.id,
        Candidate.confirmation == Confirmation.PENDING.literal,
        Candidate.run_id.in_(select(Run.id).where(Run.status == RunStatus.SELECTED)),
    )
    asked: Sequence[tuple[int, int]] = ()
    if heir is not None and heir.confirms:
        moved = work.session.execute(
            update(Candidate)
            .where(*waiting, Candidate.branch_id == heir.unit_id)
            .values(confirmer_id=heir.id)
            .returning(Candidate.run_id, Candidate.customer_id)
            .execution_options(synchronize_session=False)
        )
        asked = sorted((row.run_id, row.customer_id) for row in moved)
    nobody = update(Candidate).where(*waiting)
    waived = affected(
        work.session,
        nobody.values(
            confirmation=Confirmation.CONFIRMED, confirmed_at=work.now, confirmer_id=None
        ),
    )
    return asked, waived


def _customers(
    work: Work, person: Person, heir: Successor | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Give the customers to the successor, those of other branches to their branch."""
    hold_states(work, select(CustomerState.customer_id).where(managed_by(person.id)))
    to: ColumnElement[Any] = null()
    if heir is not None and heir.manages:
        to = case((CustomerState.branch_id == heir.unit_id, literal(heir.id, Integer)))
    moved = work.session.execute(
        update(CustomerState)
        .where(managed_by(person.id))
        .values(manager_id=to)
        .returning(CustomerState.customer_id, CustomerState.manager_id)
        .execution_options(synchronize_session=False)
    ).all()
    given = sorted(row.customer_id for row in moved if row.manager_id is not None)
    cleared = sorted(row.customer_id for row in moved if row.manager_id is None)
    return tuple(given), tuple(cleared)


def _stand_down(work: Work, person: Person, today: date) -> None:
    """Let nobody stand in where this person would have: the pool has that work then."""
    affected(
        work.session,
        update(Absence)
        .where(
            Absence.deputy_id == person.id,
            Absence.ends_on >= today,
            Absence.cancelled_at.is_(None),
        )
        .values(deputy_id=None, version=Absence.version + 1),
    )
    own = update(Absence).where(
        Absence.person_id == person.id, Absence.starts_on > today, Absence.cancelled_at.is_(None)
    )
    affected(work.session, own.values(deputy_id=None, version=Absence.version + 1))


def _call_off(work: Work, person: Person, today: date) -> int:
    """Cancel the absences that are not over; what was handed over because of one stays there."""
    returned = case(
        (
            Absence.handed_over_at.is_not(None),
            func.coalesce(Absence.returned_at, literal(work.now, Moment())),
        )
    )
    return affected(
        work.session,
        update(Absence)
        .where(
            Absence.person_id == person.id,
            Absence.ends_on >= today,
            Absence.cancelled_at.is_(None),
        )
        .values(cancelled_at=work.now, returned_at=returned, version=Absence.version + 1),
    )


def _told(person: Person, heir: Successor | None, left: _Left | None) -> dict[str, Any]:
    """Return what the fact says of everything that changed hands."""
    return {
        "person_id": person.id,
        "successor_id": None if heir is None else heir.id,
        "batch_id": None if left is None else left.batch.id,
        "moved": 0 if left is None else left.batch.moved,
        "to_pool": 0 if left is None else left.to_pool,
        "customer_ids": () if left is None else left.customer_ids,
        "cleared_ids": () if left is None else left.cleared_ids,
        "confirmations": 0 if left is None else len(left.confirmations),
        "waived": 0 if left is None else left.waived,
        "stood_in_for": () if left is None else left.stood_in_for,
    }


def _ask_anew(work: Work, entry: Entry, left: _Left, heir: Successor | None) -> None:
    """Tell the neighbours who confirms now."""
    if heir is None or not left.confirmations:
        return
    asked = row_set(
        work.dialect, left.confirmations, run_id=Integer(), customer_id=Number
    ).subquery("asked")
    tell_of_each(
        work.session,
        entry,
        CONFIRMATION_WANTED,
        select(asked.c.customer_id)
        .join(Run, Run.id == asked.c.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(Customer, Customer.id == asked.c.customer_id),
        subject=literal("customer:") + Customer.customer_no,
        payload={
            "run": Run.code,
            "campaign": Campaign.code,
            "customer": Customer.customer_no,
            "person": heir.staff_no,
        },
    )
