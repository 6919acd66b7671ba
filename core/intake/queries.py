"""What was imported, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from core.access import Permission
from core.intake.model import Intake
from core.intake.rules import IntakeKind
from core.people.model import Person
from core.work import Reader


@dataclass(frozen=True)
class ImportRow:
    id: int
    kind: IntakeKind
    source: str
    file_name: str
    at: datetime
    by: str
    created: int
    updated: int
    unchanged: int
    rejected: int
    reverted_at: datetime | None
    kept: int | None


def imports(view: Reader, *, limit: int = 100) -> list[ImportRow]:
    """List the imports that were applied, the newest first."""
    view.authorize(Permission.IMPORT)
    statement = (
        select(
            Intake.id,
            Intake.kind,
            Intake.source,
            Intake.file_name,
            Intake.at,
            func.coalesce(Person.name, "the system"),
            Intake.created,
            Intake.updated,
            Intake.unchanged,
            Intake.rejected,
            Intake.reverted_at,
            Intake.kept,
        )
        .outerjoin(Person, Person.id == Intake.actor_id)
        .order_by(Intake.id.desc())
        .limit(limit)
    )
    rows: list[Any] = list(view.session.execute(statement))
    return [ImportRow(*row) for row in rows]
