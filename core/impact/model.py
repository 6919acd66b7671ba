from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Code, only
from core.impact.rules import Verdict
from core.people.model import Person
from core.runs.model import Run


class Analysis(Base):
    """One cycle's measured result of a run, frozen with its cut-off."""

    __tablename__ = "analysis"
    __table_args__ = (UniqueConstraint("run_id", "cycle"), only("verdict", Verdict))

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id))
    cycle: Mapped[int]
    cut_off_at: Mapped[datetime]
    figures: Mapped[dict[str, Any]]
    verdict: Mapped[Verdict] = mapped_column(Code(Verdict))
    conclusion: Mapped[str] = mapped_column(default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    at: Mapped[datetime]
