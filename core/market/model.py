from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Code, Number, only
from core.market.rules import MoveKind


class Competitor(Base):
    __tablename__ = "competitor"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class CompetitorMove(Base):
    """A dated thing that a rival did. Values are as published, in percent or money."""

    __tablename__ = "competitor_move"
    __table_args__ = (
        only("kind", MoveKind),
        Index("ix_competitor_move_moved_on", "moved_on"),
        Index("ix_competitor_move_competitor_id", "competitor_id"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    source_no: Mapped[str] = mapped_column(unique=True)
    competitor_id: Mapped[int] = mapped_column(ForeignKey(Competitor.id))
    moved_on: Mapped[date]
    kind: Mapped[MoveKind] = mapped_column(Code(MoveKind))
    product_category: Mapped[str]
    product_code: Mapped[str | None]
    product_name: Mapped[str]
    terms: Mapped[str | None]  # rate or offer type, purpose, term, in one readable line
    old_value: Mapped[float | None]
    new_value: Mapped[float | None]
    quality_flag: Mapped[str | None]
    evidence: Mapped[str | None]
    recorded_at: Mapped[datetime]
