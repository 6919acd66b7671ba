"""Everything that somebody has, handed on: to a successor, or to the branch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, case, literal, null, select, update

from core.activities.actions.batching import hold_states
from core.activities.model import Batch
from core.campaigns.model import Campaign, Design
from core.customers.model import Customer, CustomerState
from core.database import Number, affected, row_set
from core.journal.model import Entry
from core.journal.outbox import tell_of_each
from core.people.model import Absence, Person
from core.queues.actions.handing_over import hand_on, to_pool
from core.queues.queries.handing import open_work
from core.queues.queries.leavers import Successor, asked_of, managed_by, standing_in
from core.runs.events import CONFIRMATION_WANTED
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation, RunStatus
from core.work import Work


@dataclass(frozen=True)
class HandedOn:
    """What became of everything that somebody had."""

    batch: Batch
    to_pool: int
    customer_ids: tuple[int, ...]
    cleared_ids: tuple[int, ...]
    confirmations: Sequence[tuple[int, int]]
    waived: int
    stood_in_for: tuple[str, ...]


def hand_all_on(work: Work, person: Person, heir: Successor | None, today: date) -> HandedOn:
    """Move everything, in the order in which everybody holds it: runs, work, states."""
    runs = select(Run.id).where(Run.status == RunStatus.SELECTED, Run.id.in_(asked_of(person.id)))
    work.session.execute(runs.order_by(Run.id).with_for_update(read=True)).all()
    to_id = None if heir is None else heir.id
    batch = hand_on(work, open_work(person.id), to_id, today=today)
    asked, waived = _confirmations(work, person, heir)
    given, cleared = _customers(work, person, heir)
    for_whom = standing_in(work, person.id, today)
    _stand_down(work, person, today)
    return HandedOn(
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


def told(person: Person, heir: Successor | None, left: HandedOn | None) -> dict[str, Any]:
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


def ask_anew(work: Work, entry: Entry, left: HandedOn, heir: Successor | None) -> None:
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
