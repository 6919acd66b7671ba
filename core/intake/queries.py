"""What was imported, and what became of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core.access import Permission
from core.intake.model import Intake
from core.intake.rules import IntakeKind
from core.people.model import Person
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class ImportRow:
    """One import: when which file came in by whom, with what effect, and whether it was undone."""

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


def imports(view: Reader, *, window: Window) -> Part[ImportRow]:
    """List the imports that were applied."""
    view.authorize(Permission.IMPORT)
    person = func.coalesce(Person.name, "the system")
    statement = select(
        Intake.id,
        Intake.kind,
        Intake.source,
        Intake.file_name,
        Intake.at,
        person,
        Intake.created,
        Intake.updated,
        Intake.unchanged,
        Intake.rejected,
        Intake.reverted_at,
        Intake.kept,
    ).outerjoin(Person, Person.id == Intake.actor_id)
    sorts = {"at": Intake.at, "file": Intake.file_name, "by": person}
    rows, total = windowed(view.session, statement, window, sorts=sorts, last=Intake.id)
    return Part([ImportRow(*row) for row in rows], total)
