"""Who had a hand in something, as the journal remembers."""

from sqlalchemy import select

from core.campaigns.events import (
    DesignChanged,
    DesignDrafted,
    DesignSubmitted,
    FeedbackTakenUp,
    StagesSet,
)
from core.campaigns.model import Design
from core.journal.model import Entry, Subject
from core.work import Reader

_WRITING = (
    DesignDrafted.kind,
    DesignChanged.kind,
    StagesSet.kind,
    FeedbackTakenUp.kind,
    DesignSubmitted.kind,
)


def writers_of(view: Reader, design: Design) -> set[int | None]:
    """Return who wrote, changed or asked for this version."""
    return {design.author_id, *who_did(view, f"design:{design.id}", *_WRITING)} - {None}


def who_did(view: Reader, subject: str, *kinds: str) -> set[int | None]:
    """Return who did any of these things with a record."""
    statement = (
        select(Entry.actor_id)
        .join(Subject, Subject.entry_id == Entry.id)
        .where(Subject.name == subject, Entry.kind.in_(kinds))
    )
    return set(view.session.scalars(statement)) - {None}
