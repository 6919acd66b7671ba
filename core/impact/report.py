"""The result of a run as it is shown, exported and frozen: arms, comparisons, evidence."""

from dataclasses import dataclass
from decimal import Decimal

from core.campaigns.rules import RandomisedBy
from core.impact.clusters import Clusters, realised_design_effect
from core.impact.estimates import Effect, SampleRatio
from core.impact.money import Costs, Gain
from core.impact.rules import Absent, Grade, Reason
from core.impact.tally import Tally
from core.measures import Rate
from core.runs.rules import CONTROL_ARM


@dataclass(frozen=True)
class Arm:
    """One arm as it was assigned. `share` is the planned one in basis points, if known.

    `gifts` is what was given away to its customers, at what it cost; `clusters` are the managers
    or branches that were drawn, None where customers were drawn one by one.
    """

    arm: int
    name: str
    share: int | None
    tally: Tally
    gifts: Decimal = Decimal(0)
    clusters: Clusters | None = None

    @property
    def is_control(self) -> bool:
        return self.arm == CONTROL_ARM


@dataclass(frozen=True)
class Drawing:
    """How the arms were drawn, and what may have spoiled that since.

    `control_share` is what was planned to be held out, in basis points. `clean` is the control
    group without those who were contacted all the same, None where nobody was.
    """

    by: RandomisedBy = RandomisedBy.CUSTOMER
    control_share: int = 0
    clean: Arm | None = None
    is_cut_short: bool = False


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
    def is_proven(self) -> bool:
        """Tell whether treated and held out differ provably; money alone proves nothing."""
        return isinstance(self.difference, Effect) and self.difference.proven

    @property
    def is_profit_proven(self) -> bool:
        """Tell whether it provably paid, or provably did not.

        Cost is certain, so that a loss may be proven where no effect is; a profit may not.
        """
        if isinstance(self.profit, Absent) or self.profit.interval.holds(0.0):
            return False
        return self.is_proven or self.profit.value < 0

    @property
    def cost(self) -> Decimal | Absent:
        return self.costs.total


@dataclass(frozen=True)
class Contamination:
    """The held out who were contacted all the same, out of all who were held out.

    `without` compares as if they had never been drawn. That is no claim: who was contacted was not
    drawn by chance. It shows how much of the effect hangs on them.
    """

    held_out: Rate
    without: tuple[Comparison, ...]


@dataclass(frozen=True)
class Report:
    """Everything that can be said of a run's impact, or why nothing can.

    `grade` says how far to trust it and `why` names the evidence in words. Who was contacted all
    the same counts as drawn in every figure but those of `contamination`.
    """

    arms: tuple[Arm, ...]
    comparisons: tuple[Comparison, ...]
    ratio: SampleRatio | Absent
    grade: Grade
    why: str
    refused: Reason | None = None
    drawn_by: RandomisedBy = RandomisedBy.CUSTOMER
    contamination: Contamination | None = None

    @property
    def design_effect(self) -> float:
        """Return by what drawing managers or branches widened the variance: 1 where none were.

        Of several treated arms it is the largest; it is 1 too where that can't be known.
        """
        found = [
            realised_design_effect(each.treated.clusters, each.control.clusters)
            for each in self.comparisons
            if each.treated.clusters is not None and each.control.clusters is not None
        ]
        return max((each for each in found if not isinstance(each, Absent)), default=1.0)

    @property
    def sentence(self) -> str:
        """Say the result in one sentence, or in one for each treated arm."""
        if self.refused is not None:
            return f"No impact can be given: {self.refused}."
        return " ".join(comparison.sentence for comparison in self.comparisons)
