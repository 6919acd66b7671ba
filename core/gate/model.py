from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base
from core.people.model import Person
from core.runs.model import Run


class LaunchOverride(Base):
    """Why a run may be launched although it can hardly show the gain that was agreed to.

    It holds for the selection that was looked at: another one has to be allowed anew. `power` is
    the chance to see the gain as it stood then.
    """

    __tablename__ = "launch_override"

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id), primary_key=True)
    reason: Mapped[str]
    power: Mapped[float]
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
