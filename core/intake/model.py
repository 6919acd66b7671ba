from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Code, Number, only
from core.intake.rules import Effect, IntakeKind
from core.people.model import Person


class Intake(Base):
    """One import that was applied: from which file, by which mapping, with what effect."""

    __tablename__ = "intake"
    __table_args__ = (only("kind", IntakeKind),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[IntakeKind] = mapped_column(Code(IntakeKind))
    source: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str]
    mapping: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    created: Mapped[int]
    updated: Mapped[int]
    unchanged: Mapped[int]
    rejected: Mapped[int]
    reverted_at: Mapped[datetime | None]
    kept: Mapped[int | None]  # rows that a revert left alone because they changed since


class IntakeRow(Base):
    """One record that an import touched: how it was before, and how the import left it."""

    __tablename__ = "intake_row"
    __table_args__ = (only("effect", Effect), {"sqlite_with_rowid": False})

    intake_id: Mapped[int] = mapped_column(ForeignKey(Intake.id), primary_key=True)
    record_id: Mapped[int] = mapped_column(Number, primary_key=True)
    effect: Mapped[Effect] = mapped_column(Code(Effect))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any]]
