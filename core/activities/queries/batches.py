"""What came of handing out work: batches, and row by row what they did not move."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, and_, or_, select, type_coerce
from sqlalchemy.orm import aliased

from core.access import Permission, masked
from core.activities.model import Activity, Batch, BatchRefusal, Change
from core.activities.queries.rows import HOLDER, Rows
from core.activities.rules import ABORT, Status
from core.activities.scope import revealed, seen
from core.campaigns.model import Campaign
from core.customers.model import Customer
from core.database import shared_alias
from core.people.model import Person
from core.refusals import NotFound
from core.windows import Part, Window, windowed
from core.work import Reader

WHO = shared_alias(Person, "who")
UNDOING = shared_alias(Batch, "undoing")
UNDONE_BY = shared_alias(Person, "undone_by")


@dataclass(frozen=True)
class BatchRow:
    """One bulk action and what came of it.

    `who` is None where the system did it. `person` is None where there were several, or nobody.
    """

    id: int
    at: datetime
    who: str | None
    verb: str
    person: str | None
    moved: int
    refused: int
    undoes_id: int | None
    undone_id: int | None  # the batch that has undone this one, when and by whom
    undone_at: datetime | None
    undone_by: str | None

    @property
    def is_undoable(self) -> bool:
        return self.moved > 0 and self.undone_id is None and self.verb != ABORT.verb


def batches(view: Reader, *, window: Window | None = None) -> Part[BatchRow]:
    """List what the actor has done, and what others or the system did with the branch's work.

    The latest comes first.
    """
    view.authorize(Permission.ASSIGN_ACTIVITIES)
    rows, total = windowed(
        view.session,
        _batches(view),
        window if window and window.sort else Window("at", descending=True, size=20),
        sorts={"at": Batch.at, "moved": Batch.moved, "refused": Batch.refused},
        last=Batch.id,
    )
    return Part([BatchRow(*row) for row in rows], total)


def batch(view: Reader, *, batch_id: int) -> BatchRow:
    """Return one bulk action of the actor or with the work of the actor's branch.

    :raises NotFound: there is no such one
    """
    view.authorize(Permission.ASSIGN_ACTIVITIES)
    row = view.session.execute(_batches(view).where(Batch.id == batch_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such result.")
    return BatchRow(*row)


def _batches(view: Reader) -> Rows:
    return (
        select(
            Batch.id,
            Batch.at,
            WHO.name,
            Batch.verb,
            Person.name,
            Batch.moved,
            Batch.refused,
            Batch.undoes_id,
            UNDOING.id,
            UNDOING.at,
            UNDONE_BY.name,
        )
        .outerjoin(WHO, WHO.id == Batch.actor_id)
        .outerjoin(Person, Person.id == Batch.person_id)
        .outerjoin(UNDOING, UNDOING.undoes_id == Batch.id)
        .outerjoin(UNDONE_BY, UNDONE_BY.id == UNDOING.actor_id)
        .where(_concerned(view))
    )


def _concerned(view: Reader) -> ColumnElement[bool]:
    return or_(
        Batch.actor_id == view.actor.person_id,
        view.actor.of_branch(type_coerce(Batch.branch_id, Integer)),
    )


@dataclass(frozen=True)
class RefusalRow:
    """An activity that did not move, and why; of those out of scope only the number asked for."""

    id: int
    reason: str
    customer: str | None
    campaign: str | None
    person: str | None


def batch_refusals(
    view: Reader, *, batch_id: int, window: Window | None = None
) -> Part[RefusalRow]:
    """List what did not move in one bulk action that concerns the actor, each with its reason."""
    view.authorize(Permission.ASSIGN_ACTIVITIES)
    statement = (
        select(
            BatchRefusal.activity_id,
            BatchRefusal.reason,
            Customer.name,
            Campaign.name,
            HOLDER.name,
            revealed(view).label("revealed"),
        )
        .join(Batch, Batch.id == BatchRefusal.batch_id)
        .outerjoin(Activity, and_(Activity.id == BatchRefusal.activity_id, seen(view)))
        .outerjoin(Customer, Customer.id == Activity.customer_id)
        .outerjoin(Campaign, Campaign.id == Activity.campaign_id)
        .outerjoin(HOLDER, HOLDER.id == Activity.person_id)
        .where(BatchRefusal.batch_id == batch_id, _concerned(view))
    )
    rows, total = windowed(
        view.session,
        statement,
        window or Window(),
        sorts={"reason": BatchRefusal.reason, "activity": BatchRefusal.activity_id},
        last=BatchRefusal.activity_id,
    )
    return Part(
        [
            RefusalRow(id_, reason, name if shown else masked(name), campaign, person)
            for id_, reason, name, campaign, person, shown in rows
        ],
        total,
    )


@dataclass(frozen=True)
class MoveRow:
    """An activity that a bulk action moved, and what it changed; equal ends were left alone."""

    id: int
    customer: str | None
    campaign: str | None
    from_status: Status | None
    to_status: Status
    from_person: str | None
    to_person: str | None
    from_due_at: datetime | None
    to_due_at: datetime | None


def batch_moves(view: Reader, *, batch_id: int, window: Window | None = None) -> Part[MoveRow]:
    """List what moved in one bulk action that concerns the actor, in the order of activities."""
    view.authorize(Permission.ASSIGN_ACTIVITIES)
    giver, taker = aliased(Person), aliased(Person)
    statement = (
        select(
            Change.activity_id,
            Customer.name,
            Campaign.name,
            Change.from_status,
            Change.to_status,
            giver.name,
            taker.name,
            Change.from_due_at,
            Change.to_due_at,
            revealed(view).label("revealed"),
        )
        .join(Batch, Batch.id == Change.batch_id)
        .outerjoin(Activity, and_(Activity.id == Change.activity_id, seen(view)))
        .outerjoin(Customer, Customer.id == Activity.customer_id)
        .outerjoin(Campaign, Campaign.id == Activity.campaign_id)
        .outerjoin(giver, giver.id == Change.from_person_id)
        .outerjoin(taker, taker.id == Change.to_person_id)
        .where(Change.batch_id == batch_id, _concerned(view))
    )
    rows, total = windowed(
        view.session,
        statement,
        window or Window(),
        sorts={"activity": Change.activity_id, "to": taker.name, "from": giver.name},
        last=Change.activity_id,
    )
    return Part(
        [MoveRow(id_, name if shown else masked(name), *rest) for id_, name, *rest, shown in rows],
        total,
    )
