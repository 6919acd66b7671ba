from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Incoming(Base):
    """The inbox: an event of a neighbour that was taken in; one of the same id is a repeat."""

    __tablename__ = "inbox"

    source: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    subject: Mapped[str]
    happened_at: Mapped[datetime]
    taken_at: Mapped[datetime]
    payload: Mapped[dict[str, Any]]
