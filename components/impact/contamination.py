"""The held out whom somebody contacted all the same, and how much of the effect hangs on them."""

from components import words
from components.charts import impact as charts
from components.charts.frame import chart
from components.gateway import now
from components.impact import estimates
from core.impact.queries.runs import RunImpact
from core.impact.report import Comparison, Contamination
from core.impact.rules import Absent, Grade, Reason


def draw(run: RunImpact) -> None:
    """Draw the effect with and without them; nothing where nobody of the held out was contacted."""
    found = run.report.contamination
    if found is None:
        return
    estimates.title("Contamination", run.report.grade)
    lines = both(run)
    chart(
        charts.intervals(lines, "points"),
        key=f"contamination{run.id}",
        reading=reading(found),
        rows=lines,
        columns=charts.estimate_columns("points"),
        cut_off=now(),
    )


def both(run: RunImpact) -> list[charts.Estimate]:
    """Make a line for the effect as drawn, and one without those who were contacted."""
    without = run.report.contamination.without if run.report.contamination else ()
    return [*_lines("As drawn", run.report.comparisons), *_lines("Without them", without)]


def reading(found: Contamination) -> str:
    """Say how many of the held out were contacted, and what each line is worth."""
    customers = words.counted(found.held_out.numerator, "held out customer")
    return (
        f"**{customers}, {words.percent(found.held_out)} of the control group, had a contact that "
        "was not to be.** As drawn, with them, is what may be claimed, and as a rule it is too "
        "small. Without them is no claim, since chance did not choose who was contacted: it shows "
        "how much hangs on them."
    )


def _lines(label: str, comparisons: tuple[Comparison, ...]) -> list[charts.Estimate]:
    several = len(comparisons) > 1
    return [
        estimates.drawn(
            f"{label}, {comparison.treated.name}" if several else label,
            Absent(Reason.TOO_FEW) if comparison.is_too_few else comparison.difference,
            grade=Grade.COMPROMISED,
        )
        for comparison in comparisons
    ]
