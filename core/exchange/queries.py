"""Reading the outbox: in order, from a cursor on, without ever skipping one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from sqlalchemy import select

from core.access import Permission
from core.exchange.rules import CloudEvent
from core.journal.model import OldestRunning, Outgoing
from core.refusals import Invalid
from core.work import Reader

MOST = 10_000


@dataclass(frozen=True)
class Published:
    """Some events, and where to go on reading: pass `cursor` as `after` next time."""

    events: Sequence[CloudEvent]
    cursor: int


def published(
    view: Reader, *, after: int = 0, limit: int = 500, types: Sequence[str] = ()
) -> Published:
    """Return the events after a cursor, oldest first.

    Events whose transaction is not the oldest to finish are held back for a moment, since one
    with a lower number may still be committed; so a consumer that keeps the cursor gets every
    event once.

    :param types: only these, such as `CandidateSelection/Updated`
    :raises Invalid: the cursor or the limit makes no sense
    """
    view.authorize(Permission.READ_EXCHANGE)
    if after < 0 or not 0 < limit <= MOST:
        raise Invalid(f"A cursor is 0 or above, and a limit is 1 to {MOST:,}.")
    statement = (
        select(Outgoing)
        .where(Outgoing.id > after, Outgoing.transaction_no < OldestRunning())
        .order_by(Outgoing.id)
        .limit(limit)
    )
    if types:
        statement = statement.where(Outgoing.type.in_(types))
    events = [
        CloudEvent(
            id=str(row.id),
            type=row.type,
            subject=row.subject,
            time=row.at.astimezone(UTC),
            data=row.payload,
        )
        for row in view.session.scalars(statement)
    ]
    return Published(events, int(events[-1].id) if events else after)
