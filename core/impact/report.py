"""The result of a run as it is shown, exported and frozen: arms, comparisons, evidence."""

from dataclasses import dataclass
from decimal import Decimal

from core.impact.estimates import Effect, Interval, SampleRatio
from core.impact.rules import Absent, Grade, Reason
from core.impact.tally import Tally
from core.runs.rules import CONTROL_ARM


@dataclass(frozen=True)
class Arm:
    """One arm as it was assigned. `share` is the planned one in basis points, if known."""

    arm: int
    name: str
    share: int | None
    tally: Tally

    @property
    def is_control(self) -> bool:
        return self.arm == CONTROL_ARM


@dataclass(frozen=True)
class Terms:
    """What a run costs and in which money; a cost that nobody gave counts as nothing."""

    currency: str
    contact_cost: Decimal | None = None
    fixed_cost: Decimal | None = None


@dataclass(frozen=True)
class Gain:
    """An effect times the number of customers treated: sales, or money after cost."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Comparison:
    """One treated arm against the control group, customer by customer as assigned."""

    treated: Arm
    control: Arm
    difference: Effect | Absent
    money: Effect | Absent
    per_reached: Effect | Absent
    p_adjusted: float | None
    conversions: Gain | Absent
    profit: Gain | Absent
    cost: Decimal
    is_too_few: bool
    sentence: str = ""


@dataclass(frozen=True)
class Report:
    """Everything that can be said of a run's impact, or why nothing can.

    `grade` says how far to trust it and `why` names the evidence in words.
    """

    arms: tuple[Arm, ...]
    comparisons: tuple[Comparison, ...]
    ratio: SampleRatio | Absent
    grade: Grade
    why: str
    refused: Reason | None = None

    @property
    def sentence(self) -> str:
        """Say the result in one sentence, or in one for each treated arm."""
        if self.refused is not None:
            return f"No impact can be given: {self.refused}."
        return " ".join(comparison.sentence for comparison in self.comparisons)
