"""What came of handing out work: batches, and row by row what they did not move."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select

from core.access import Permission, masked
from core.activities.model import Activity, Batch, BatchRefusal
from core.activities.queries.rows import HOLDER
from core.activities.scope import revealed, seen
from core.campaigns.model import Campaign
from core.customers.model import Customer
from core.people.model import Person
from core.refusals import NotFound
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class BatchRow:
    """One bulk action and what came of it."""

    id: int
    at: datetime
    verb: str
    person: str | None
    moved: int
    refused: int


def batches(view: Reader, *, window: Window | None = None) -> Part[BatchRow]:
    """List what the actor has handed out, the latest first."""
    view.authorize(Permission.ASSIGN_ACTIVITIES)
    statement = (
        select(Batch.id, Batch.at, Batch.verb, Person.name, Batch.moved, Batch.refused)
        .outerjoin(Person, Person.id == Batch.person_id)
        .where(Batch.actor_id == view.actor.person_id)
    )
    rows, total = windowed(
        view.session,
        statement,
        window if window and window.sort else Window("at", descending=True, size=20),
        sorts={"at": Batch.at, "moved": Batch.moved, "refused": Batch.refused},
        last=Batch.id,
    )
    return Part([BatchRow(*row) for row in rows], total)


@dataclass(frozen=True)
class RefusalRow:
    """An activity that did not move, and why; of those out of scope only the number asked for."""

    id: int
    reason: str
    customer: str | None
    campaign: str | None
    person: str | None


def batch(view: Reader, *, batch_id: int) -> BatchRow:
    """Return one bulk action of the actor.

    :raises NotFound: there is none, or it is somebody else's
    """
    view.authorize(Permission.ASSIGN_ACTIVITIES)
    row = view.session.execute(
        select(Batch.id, Batch.at, Batch.verb, Person.name, Batch.moved, Batch.refused)
        .outerjoin(Person, Person.id == Batch.person_id)
        .where(Batch.id == batch_id, Batch.actor_id == view.actor.person_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such result.")
    return BatchRow(*row)


def batch_refusals(
    view: Reader, *, batch_id: int, window: Window | None = None
) -> Part[RefusalRow]:
    """List what did not move in one bulk action of the actor, each with its reason."""
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
        .where(BatchRefusal.batch_id == batch_id, Batch.actor_id == view.actor.person_id)
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
