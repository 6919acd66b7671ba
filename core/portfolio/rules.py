"""Words of steering: what a review found, what it concludes, and what it sets going."""

from datetime import date

from core.database import Coded


class Standing(Coded):
    """How a version stands against its goal, by the figures themselves."""

    MET = "met", 1
    MISSED = "missed", 2
    NO_DATA = "no data", 3
    NO_GOAL = "no goal", 4


class Verb(Coded):
    """What an assessment concludes about a campaign or a segment."""

    AMEND = "amend", 1
    REDIRECT = "redirect", 2
    EXPAND = "expand", 3
    NONE = "none", 4


class DirectionKind(Coded):
    """What is set going: a design to be developed, or one to be carried out."""

    DEVELOPMENT = "development", 1
    EXECUTION = "execution", 2


class DirectionState(Coded):
    """How far an item of direction is, by what really happened."""

    PLANNED = "planned", 1
    OVERDUE = "overdue", 2
    UNDER_WAY = "under way", 3
    DONE = "done", 4
    DROPPED = "dropped", 5


def standing(numerator: int | None, denominator: int | None, goal: float | None) -> Standing:
    """Judge a figure against its goal: reached or not, whatever chance may have had to do with it.

    An assessment records what was reached. Whether a miss may be chance is a question of its own,
    which the interval beside the figure answers.
    """
    if numerator is None or not denominator:
        return Standing.NO_DATA
    if goal is None:
        return Standing.NO_GOAL
    return Standing.MET if numerator >= goal * denominator - 1e-9 else Standing.MISSED


def points_missed(numerator: int | None, denominator: int | None, goal: float | None) -> float:
    """Return by how many percentage points a figure stays below its goal; 0 where it does not."""
    is_missed = standing(numerator, denominator, goal) is Standing.MISSED
    if not is_missed or numerator is None or not denominator or goal is None:
        return 0.0
    return (goal - numerator / denominator) * 100


def how_far(
    started_on: date | None,
    ended_on: date | None,
    *,
    planned: tuple[date, date],
    is_dropped: bool,
    today: date,
) -> DirectionState:
    """Say how far an item is: overdue when it should have begun, or should have ended."""
    first, last = planned
    if is_dropped:
        return DirectionState.DROPPED
    if ended_on is not None:
        return DirectionState.DONE
    if last < today or (started_on is None and first < today):
        return DirectionState.OVERDUE
    return DirectionState.PLANNED if started_on is None else DirectionState.UNDER_WAY
