from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Code, only
from core.impact.rules import Verdict
from core.people.model import Person
from core.runs.model import Run


class Analysis(Base):
    """One cycle's measured result of a run, frozen with its cut-off.

    `findings` says what worked for whom, group by group; `proposal` is the change that is put to
    the design from `sent_at` on.
    """

    __tablename__ = "analysis"
    __table_args__ = (UniqueConstraint("run_id", "cycle"), only("verdict", Verdict))

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id))
    cycle: Mapped[int]
    cut_off_at: Mapped[datetime]
    figures: Mapped[dict[str, Any]]
    verdict: Mapped[Verdict] = mapped_column(Code(Verdict))
    conclusion: Mapped[str] = mapped_column(default="")
    findings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    proposal: Mapped[str] = mapped_column(default="")
    sent_at: Mapped[datetime | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    at: Mapped[datetime]


class RunFold(Base):
    """A run that was folded into cells, at first at `folded_at`.

    `is_compared` says that its `RunOverlap` was counted since, `changes` how often what changed
    was brought into its cells.
    """

    __tablename__ = "run_fold"

    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id, ondelete="CASCADE"), primary_key=True)
    folded_at: Mapped[datetime]
    is_compared: Mapped[bool] = mapped_column(default=False)
    changes: Mapped[int] = mapped_column(default=0)


class RunSplit(Base):
    """How a large run is split in the whole bank, as it was counted at `counted_at`.

    `way` is named as a split is asked for; `groups` holds the arm, key, label and counts of each,
    and nothing where there are too many. `changes` is that of the fold when it was counted.
    """

    __tablename__ = "run_split"

    run_id: Mapped[int] = mapped_column(
        ForeignKey(RunFold.run_id, ondelete="CASCADE"), primary_key=True
    )
    way: Mapped[str] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime]
    changes: Mapped[int]
    groups: Mapped[dict[str, Any]]


class RunOverlap(Base):
    """How many customers two runs treated that were to go on at the same time.

    A pair may stand here both ways round, or only with the run that was folded later.
    """

    __tablename__ = "run_overlap"

    run_id: Mapped[int] = mapped_column(
        ForeignKey(RunFold.run_id, ondelete="CASCADE"), primary_key=True
    )
    other_id: Mapped[int] = mapped_column(ForeignKey(Run.id), primary_key=True, index=True)
    customers: Mapped[int]


class RunCell(Base):
    """The candidates of a folded run, counted by branch, arm and channel; they add up.

    Of those who have changed since, it counts what `CountedCandidate` keeps of them.

    `channel_id` 0 stands for no channel. `reached_outcomes` counts those reached who have the
    outcome too; `squares` is the sum of the squared outcome values, in currency units.
    """

    __tablename__ = "run_cell"

    run_id: Mapped[int] = mapped_column(
        ForeignKey(RunFold.run_id, ondelete="CASCADE"), primary_key=True
    )
    branch_id: Mapped[int] = mapped_column(primary_key=True)
    arm: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    channel_id: Mapped[int] = mapped_column(primary_key=True)
    targeted: Mapped[int]
    confirmed: Mapped[int]
    assigned: Mapped[int]
    attempted: Mapped[int]
    reached: Mapped[int]
    responded: Mapped[int]
    converted: Mapped[int]
    won: Mapped[int]
    outcomes: Mapped[int]
    reached_outcomes: Mapped[int]
    attempts: Mapped[int]
    value: Mapped[Decimal]
    squares: Mapped[float]
