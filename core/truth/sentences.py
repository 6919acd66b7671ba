"""What stands of reported conversions in plain words, made by rule from the numbers."""

from core.impact.rules import FEWEST, Absent, Reason
from core.measures import Rate
from core.truth.estimates import Score
from core.truth.rules import Check, Standing

_REST = {
    Standing.NO_OPENING: ("is not in the holdings", "are not in the holdings"),
    Standing.DUPLICATE: (
        "is counted for an earlier contact",
        "are counted for an earlier contact",
    ),
    Standing.FOUND_FALSE: ("was found false by a lead", "were found false by a lead"),
    Standing.OPEN: ("may still be opened", "may still be opened"),
}


def says(check: Check, reported: Rate, restated: Rate, refused: Reason | None) -> str:
    """Say how many conversions were reported, what stands of them, and what the rate becomes."""
    if refused is not None:
        return f"Reports can't be checked: {refused}."
    if not check.reported:
        return "Nothing has been reported as sold yet."
    return f"{_counted(check)} {_rated(check, reported, restated)}".strip()


def score_says(found: Score | Absent, check: Check) -> str:
    """Say a score with its interval, or why there is none."""
    if isinstance(found, Score):
        low, high = _percent(found.interval.low), _percent(found.interval.high)
        return f"{_percent(found.value)} of what was checked stands (95 % sure: {low} to {high})."
    if found.reason is Reason.TOO_FEW:
        many = check.score.denominator
        return f"Too few to give a score: {many} checked, and {FEWEST} are needed."
    return f"No score: {found.reason}."


def extrapolated_says(found: Score | Absent, drawn: Rate) -> str:
    """Say what score to expect if all were looked at, or why nobody can tell."""
    if isinstance(found, Score):
        low, high = _percent(found.interval.low), _percent(found.interval.high)
        return f"Had all been looked at, {_percent(found.value)} would stand ({low} to {high})."
    if found.reason is Reason.TOO_FEW:
        return (
            f"Of those looked at, {drawn.denominator:,} were drawn at random; {FEWEST} are needed "
            "to tell how many of the others are false."
        )
    return f"Nothing can be said of the others: {found.reason}."


def _counted(check: Check) -> str:
    said = f"Reported {check.reported:,}, stands {check.stands:,}."
    rest = [
        f"{check.at(each):,} {one if check.at(each) == 1 else many}"
        for each, (one, many) in _REST.items()
        if check.at(each)
    ]
    if not rest:
        return said
    listed = " and ".join(", ".join(rest).rsplit(", ", 1))
    return f"{said} Of the rest, {listed}."


def _rated(check: Check, reported: Rate, restated: Rate) -> str:
    if reported.value is None or restated.value is None:
        return ""
    if not check.taken_out:
        return f"The rate of {_percent(reported.value)} stays as it was reported."
    return f"The rate is {_percent(restated.value)} instead of {_percent(reported.value)}."


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
