"""How standings and states are said, and with which meaning."""

from components import look, words
from core.portfolio.queries.performance import Judged
from core.portfolio.rules import DirectionState, Standing, Verb

STATES: dict[DirectionState, look.Meaning] = {
    DirectionState.PLANNED: "neutral",
    DirectionState.OVERDUE: "bad",
    DirectionState.UNDER_WAY: "brand",
    DirectionState.DONE: "good",
    DirectionState.DROPPED: "neutral",
}
VERBS: dict[Verb, look.Meaning] = {
    Verb.AMEND: "warn",
    Verb.REDIRECT: "warn",
    Verb.EXPAND: "brand",
    Verb.NONE: "neutral",
}


def judgement(judged: Judged) -> str:
    """Say how a figure stands against its goal: missed by 7.0 points."""
    if judged.standing is not Standing.MISSED:
        return words.sentence(judged.standing)
    by = words.number(judged.missed_by, digits=1)
    missed = f"Missed by {by} {'point' if by == '1' else 'points'}"
    return f"{missed}, may be chance" if judged.may_be_chance else missed


def actual(judged: Judged) -> str | None:
    return None if judged.actual is None else words.rate(judged.actual)
