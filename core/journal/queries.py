"""What the journal tells: how fresh an answer is, and who did what."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.journal.model import Entry


def latest_entry(session: Session) -> int:
    """Return the number of the newest entry: as long as it stays, no answer has changed."""
    return session.scalar(select(func.max(Entry.id))) or 0
