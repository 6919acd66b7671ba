"""What must always be true of what neighbours are told, counted for `fairlead check`."""

from sqlalchemy import exists, func, select

from core.access import Permission
from core.journal.model import Entry, Outgoing, Subject
from core.work import Reader


def orphaned_notices(view: Reader) -> int:
    """Count rows of the outbox, and subjects, that belong to no entry: told, but never done."""
    view.authorize(Permission.READ_JOURNAL)
    return sum(
        view.session.scalar(
            select(func.count())
            .select_from(model)
            .where(~exists().where(Entry.id == model.entry_id))
        )
        or 0
        for model in (Outgoing, Subject)
    )
