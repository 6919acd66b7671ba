"""The result of a run as it is shown, exported and frozen: arms, comparisons, evidence."""

from dataclasses import dataclass
from decimal import Decimal

from core.impact.estimates import Effect, SampleRatio
from core.impact.money import Costs, Gain
from core.impact.rules import Absent, Grade, Reason
from core.impact.tally import Tally
from core.runs.rules import CONTROL_ARM


@dataclass(frozen=True)
class Arm:
    """One arm as it was assigned. `share` is the planned one in basis points, if known.

    `gifts` is what was given away to its customers, at what it cost.
    """

    arm: int
    name: str
    share: int | None
    tally: Tally
    gifts: Decimal = Decimal(0)

    @property
    def is_control(self) -> bool:
        return self.arm == CONTROL_ARM


@dataclass(frozen=True)
class Comparison:
    """One treated arm against the control group, customer by customer as assigned.

    `money` is the difference in value per customer, `value` the same for all who were treated,
    `profit` that less `costs`, and `returned` the profit for each unit of money spent.
    """

    treated: Arm
    control: Arm
    difference: Effect | Absent
    money: Effect | Absent
    per_reached: Effect | Absent
    p_adjusted: float | None
    conversions: Gain | Absent
    value: Gain | Absent
    profit: Gain | Absent
    returned: Gain | Absent
    costs: Costs
    is_too_few: bool
    sentence: str = ""

    @property
    def cost(self) -> Decimal | Absent:
        return self.costs.total


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
