"""Groups of a run's customers as columns: counted raw, and compared where there is a comparison."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from components import words
from components.tables import Column
from core.impact.breaking import BrokenDown
from core.impact.clusters import PAIRS, Clusters, Of
from core.impact.estimates import Effect
from core.impact.metrics import FIGURES, STEPS
from core.impact.queries.runs import RunImpact
from core.impact.report import Arm
from core.impact.rules import Absent, Step
from core.impact.tally import Tally

_End = Literal["value", "low", "high"]


def _at(step: Step, of: Callable[[Any], Tally]) -> Callable[[Any], int]:
    """Read how many customers a step of the funnel has in a row."""
    return lambda row: of(row).at(step)


def _read(of: Callable[[BrokenDown], Any], which: _End, factor: int = 1) -> Callable[..., Any]:
    def read(row: BrokenDown) -> float | None:
        found = of(row)
        if isinstance(found, Absent):
            return None
        value: float = found.value if which == "value" else getattr(found.interval, which)
        return value * factor

    return read


def _difference(row: BrokenDown) -> Effect | Absent:
    return row.difference


_COUNTS = (
    Column("label", "Group", width="medium"),
    Column("n1", "Treated", "count", write=lambda row: row.treated.targeted),
    Column("x1", "With outcome", "count", write=lambda row: row.treated.outcomes),
    Column("n0", "Held out", "count", write=lambda row: row.control.targeted),
    Column("x0", "With outcome (held out)", "count", write=lambda row: row.control.outcomes),
)
_SAYS = Column("says", "Says", write=lambda row: words.sentence(row.says))
COMPARED = (
    *_COUNTS,
    Column("difference", "Points", "points", write=_read(_difference, "value", 100)),
    Column("low", "From", "points", write=_read(_difference, "low", 100)),
    Column("high", "To", "points", write=_read(_difference, "high", 100)),
    _SAYS,
)
# As they are, for sheets to calculate with.
EXACT = (
    *_COUNTS,
    Column("reached1", "Reached, treated", "count", write=lambda row: row.treated.reached),
    Column("reached0", "Reached, held out", "count", write=lambda row: row.control.reached),
    Column("sum1", "Sum of value, treated", "money", write=lambda row: row.treated.value),
    Column("sum0", "Sum of value, held out", "money", write=lambda row: row.control.value),
    Column("squares1", "Sum of squared value, treated", "number",
           write=lambda row: row.treated.squares),
    Column("squares0", "Sum of squared value, held out", "number",
           write=lambda row: row.control.squares),
    Column("difference", "Difference", "number", write=_read(_difference, "value")),
    Column("low", "From (95 %)", "number", write=_read(_difference, "low")),
    Column("high", "To (95 %)", "number", write=_read(_difference, "high")),
    Column("p_adjusted", "p after Holm", "number"),
    Column("conversions", "Incremental conversions", "number",
           write=_read(lambda row: row.conversions, "value")),
    Column("profit", "Incremental profit", "money",
           write=_read(lambda row: row.profit, "value")),
    _SAYS,
    Column("grade", "Evidence"),
)  # fmt: skip


ARMS = (
    Column("arm", "Arm", write=lambda arm: words.sentence(arm.name)),
    Column("control", "Held out", "flag", write=lambda arm: arm.is_control),
    Column("share", "Planned share", "percent",
           write=lambda arm: None if arm.share is None else arm.share / 10_000),
    *(
        Column(step.value, STEPS[step].label, "count",
               write=_at(step, lambda arm: arm.tally))
        for step in Step
    ),
    Column("attempts", "Contacts", "count", write=lambda arm: arm.tally.attempts),
    Column("outcomes", "With the outcome", "count", write=lambda arm: arm.tally.outcomes),
    Column("both", "Reached with the outcome", "count",
           write=lambda arm: arm.tally.reached_outcomes),
    Column("rate", FIGURES["outcome rate"].label, "percent",
           write=lambda arm: arm.tally.outcome_rate.value),
    Column("sum", "Sum of value", "money", write=lambda arm: arm.tally.value),
    Column("squares", "Sum of squared value", "number", write=lambda arm: arm.tally.squares),
    Column("mean", "Value per customer", "money", write=lambda arm: arm.tally.moments.mean),
    Column("variance", "Variance of value", "number", write=lambda arm: arm.tally.moments.variance),
)  # fmt: skip
_OF = {
    Of.CUSTOMERS: "n",
    Of.REACHED: "reached",
    Of.OUTCOMES: "x",
    Of.VALUE: "value",
}


def _clustered(read: Callable[[Clusters], float]) -> Callable[[Arm], float | None]:
    return lambda arm: None if arm.clusters is None else read(arm.clusters)


def _product(place: int) -> Callable[[Arm], float | None]:
    return _clustered(lambda clusters: clusters.products[place])


# What the formulas take where managers or branches were drawn.
CLUSTERS = (
    Column("arm", "Arm", write=lambda arm: words.sentence(arm.name)),
    Column("clusters", "Clusters", "count", write=_clustered(lambda clusters: clusters.count)),
    *(
        Column(f"product{place}", f"Sum of {_OF[one]} times {_OF[other]}", "number",
               write=_product(place))
        for place, (one, other) in enumerate(PAIRS)
    ),
)  # fmt: skip


def counted_columns(run: RunImpact, steps: Iterable[Step] = tuple(Step)) -> tuple[Column, ...]:
    """Return the columns of a split in which nobody was held out to compare with."""
    counts = [
        Column(step.value, STEPS[step].label, "count",
               write=_at(step, lambda row: row.tally))
        for step in steps
    ]  # fmt: skip
    outcome = FIGURES["outcome rate"].label
    rates = [
        Column("outcomes", "With outcome", "count", write=lambda row: row.tally.outcomes),
        Column("rate", outcome, "percent", write=lambda row: row.tally.outcome_rate.value),
    ]
    group = Column("group", "Group", write=lambda row: row.labels[0])
    has_outcome = run.facts.is_observed and run.facts.has_outcome
    return (group, *counts, *(rates if has_outcome else ()))
