"""Service levels: what the bank promises itself, what was kept, and who is told in time."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.activities.model import Activity
from core.campaigns.rules import Priority
from core.database import Base, Code, Number, only
from core.people.model import Person, Unit
from core.service.rules import Alarm

_UNSEEN = text("seen_at IS NULL")


class ServiceLevel(Base):
    """What the bank promises itself for work of one priority.

    `at_risk_bp` is the share of the working time from activity date to due moment, in basis
    points, after which a lead is told; `target_bp` the share of work that is to be met.
    """

    __tablename__ = "service_level"
    __table_args__ = (
        only("priority", Priority),
        CheckConstraint(
            "at_risk_bp BETWEEN 1 AND 10000 AND target_bp BETWEEN 1 AND 10000", name="shares"
        ),
    )

    priority: Mapped[Priority] = mapped_column(Code(Priority), primary_key=True)
    at_risk_bp: Mapped[int]
    target_bp: Mapped[int]


class Escalation(Base):
    """A lead was told that an activity is at risk, or missed: once for each."""

    __tablename__ = "escalation"
    __table_args__ = (
        only("alarm", Alarm),
        Index(
            "ix_escalation_unseen",
            "branch_id",
            "at",
            postgresql_where=_UNSEEN,
            sqlite_where=_UNSEEN,
        ),
        {"sqlite_with_rowid": False},
    )

    activity_id: Mapped[int] = mapped_column(Number, ForeignKey(Activity.id), primary_key=True)
    alarm: Mapped[Alarm] = mapped_column(Code(Alarm), primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))  # who had it then
    at: Mapped[datetime]
    due_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[int | None] = mapped_column(ForeignKey(Person.id))


class ServiceDay(Base):
    """A day on the bank's wall whose due work was folded into cells."""

    __tablename__ = "service_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    folded_at: Mapped[datetime]


class ServiceCell(Base):
    """The work of a branch that was due on a folded day, by what was kept; cells add up."""

    __tablename__ = "service_cell"
    __table_args__ = (only("priority", Priority), {"sqlite_with_rowid": False})

    day: Mapped[date] = mapped_column(
        ForeignKey(ServiceDay.day, ondelete="CASCADE"), primary_key=True
    )
    branch_id: Mapped[int] = mapped_column(primary_key=True)
    priority: Mapped[Priority] = mapped_column(Code(Priority), primary_key=True)
    met: Mapped[int]
    missed: Mapped[int]


class CampaignServiceCell(Base):
    """The same work by campaign: cells of both together would be almost as many as the work."""

    __tablename__ = "campaign_service_cell"
    __table_args__ = (only("priority", Priority), {"sqlite_with_rowid": False})

    day: Mapped[date] = mapped_column(
        ForeignKey(ServiceDay.day, ondelete="CASCADE"), primary_key=True
    )
    campaign_id: Mapped[int] = mapped_column(primary_key=True)
    priority: Mapped[Priority] = mapped_column(Code(Priority), primary_key=True)
    met: Mapped[int]
    missed: Mapped[int]
