"""What reports of impact have in common: their evidence, and how it was measured."""

from collections.abc import Iterator

from components import words
from components.reports.content import Part, Stamp
from core.impact.estimates import ALPHA
from core.impact.queries.runs import RunImpact
from core.impact.rules import FEWEST, Grade

COUNTED = "Counted, not compared: these figures say what happened, not what the campaign changed."
_WHO_COUNTS = (
    "Customers count in the arm to which they were assigned, whoever was reached. Differences of "
    "shares carry Newcombe's interval and the pooled z test, differences of money Welch's, and "
    "effects per customer reached are Wald's ratio with Fieller's interval. Where managers or "
    "branches were drawn, errors are those of whole clusters."
)
_WHAT_PROVES = (
    f"Every interval is two-sided and holds {1 - ALPHA:.0%} of the time; one that holds zero "
    f"proves nothing. Of arms with fewer than {FEWEST} customers nothing is said. Where several "
    "groups are compared at once, p is adjusted after Holm. Effects of several runs are added up "
    "only where no two of them treated the same customers."
)
METHODS = Part("How this was measured", (_WHO_COUNTS, _WHAT_PROVES))


def told(grade: Grade, why: str) -> str:
    """Say how far figures can be trusted, and on what grounds."""
    if grade is Grade.RATES_ONLY:  # whose grounds begin with these words
        return f"Evidence: {why[:1].lower()}{why[1:]}"
    return f"Evidence: {grade}. {why}"


def evidence(run: RunImpact) -> str:
    return told(run.report.grade, run.report.why)


def title_of(run: RunImpact) -> str:
    return f"Impact of {run.facts.campaign}, run {run.facts.code}"


def made(stamp: Stamp) -> Iterator[tuple[str, str]]:
    """List under which circumstances a report was made."""
    yield "Filters", "; ".join(f"{name}: {value}" for name, value in stamp.filters) or "none"
    yield "Figures as of", words.moment(stamp.at)
    yield "Made by", f"{stamp.by}, {words.moment(stamp.at)}"
