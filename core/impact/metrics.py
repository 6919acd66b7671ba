"""Every figure of impact, declared once: tiles, axes, tooltips and exports read this."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.campaigns.rules import Metric
from core.impact.rules import METRIC_PARTS, Step


@dataclass(frozen=True)
class Declared:
    """How a figure is called, in which unit it is, what it means, and of what it is made."""

    label: str
    unit: str
    meaning: str
    numerator: str = ""
    denominator: str = ""

    @property
    def explained(self) -> str:
        """Return the meaning with its parts, as a tooltip shows it."""
        parts = f" {self.numerator} ÷ {self.denominator}." if self.denominator else ""
        return f"{self.meaning}{parts}"


CUSTOMERS, SHARE, POINTS, MONEY, SALES = (
    "customers",
    "% of customers",
    "percentage points",
    "money",
    "customers with the outcome",
)

STEPS: Mapping[Step, Declared] = {
    Step.TARGETED: Declared("Targeted", CUSTOMERS, "Selected for the run and not held out."),
    Step.CONFIRMED: Declared(
        "Confirmed", CUSTOMERS, "Confirmed by the relationship manager, or without one to ask."
    ),
    Step.ASSIGNED: Declared("Assigned", CUSTOMERS, "Given to a person to work on."),
    Step.ATTEMPTED: Declared("Attempted", CUSTOMERS, "Tried to be contacted at least once."),
    Step.REACHED: Declared("Reached", CUSTOMERS, "Spoken with."),
    Step.RESPONDED: Declared("Responded", CUSTOMERS, "Gave an answer, yes or no."),
    Step.CONVERTED: Declared("Converted", CUSTOMERS, "Said yes: a lead was opened."),
    Step.WON: Declared("Won", CUSTOMERS, "The lead ended in a sale."),
}

OUTCOME = Declared(
    "Outcome",
    CUSTOMERS,
    "Has the result that is measured alike in every arm, treated or held out.",
)

FIGURES: Mapping[str, Declared] = {
    "outcome rate": Declared(
        "Outcome rate",
        SHARE,
        "Share with the outcome, whoever was reached.",
        "customers with the outcome",
        "customers in the arm",
    ),
    "reach rate": Declared(
        "Reach", SHARE, "Share spoken with.", "customers reached", "customers in the arm"
    ),
    "difference": Declared(
        "Per customer assigned",
        POINTS,
        "Outcome rate of the treated less that of the control group, whoever was reached.",
    ),
    "per reached": Declared(
        "Per customer reached",
        POINTS,
        "What the campaign changed for those whom it made reachable.",
        "difference in outcome",
        "difference in reach",
    ),
    "incremental conversions": Declared(
        "Incremental conversions",
        SALES,
        "Conversions that would not have happened without the campaign.",
    ),
    "incremental value": Declared(
        "Incremental value", MONEY, "Value that would not have come without the campaign."
    ),
    "incremental profit": Declared(
        "Incremental profit",
        MONEY,
        "Value that would not have come without the campaign, less contact, offer and fixed cost.",
    ),
    "return on cost": Declared(
        "Return on cost",
        "% of cost",
        "What is left for each unit of money spent.",
        "incremental profit",
        "cost",
    ),
}

_MEANINGS = {
    Metric.CONVERSION: ("Conversion", "Share of the confirmed who bought."),
    Metric.RESPONSE: ("Positive response", "Share of the confirmed who said yes."),
    Metric.REACH: ("Reach of the confirmed", "Share of the confirmed who were spoken with."),
    Metric.UPTAKE: ("Uptake", "Share of the targeted who have the outcome."),
}
METRICS: Mapping[Metric, Declared] = {
    metric: Declared(label, SHARE, meaning, *METRIC_PARTS[metric])
    for metric, (label, meaning) in _MEANINGS.items()
}
