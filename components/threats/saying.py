"""How a threat, its standing and its measured answer are written."""

from components import look, words
from core.market.rules import ConclusionKind, ThreatStatus
from core.portfolio.queries.threats import Effect, ThreatRow


def standing(row: ThreatRow) -> str:
    """Write the status; an open one with a campaign is being answered."""
    if row.status is ThreatStatus.OPEN and row.campaign_id is not None:
        return "Being answered"
    return words.sentence(row.status)


def meaning(row: ThreatRow) -> look.Meaning:
    """Say what colour the standing has: only what nobody answers is alarming."""
    if row.status is ThreatStatus.ANSWERED:
        return "good"
    if row.status is ThreatStatus.DISMISSED:
        return "neutral"
    if row.campaign_id is not None:
        return "brand"
    return "bad" if row.kind is ConclusionKind.THREAT else "warn"


def terms(row: ThreatRow) -> str:
    """Write the rates on both sides, or that there are none."""
    if row.their_rate is None or row.our_rate is None:
        return "No rates are compared."
    better = words.points((row.gap or 0) / 100).removeprefix("+")
    return (
        f"Theirs {words.percent(row.their_rate / 100, digits=2)}, ours"
        f" {words.percent(row.our_rate / 100, digits=2)}: {better} better for the customer."
    )


def effect(of: Effect) -> str:
    """Write what the answer changed, in one sentence with its interval."""
    if of.sentence and of.difference is None:
        return of.sentence
    if of.difference is None or of.low is None or of.high is None:
        return f"The effect can't be said: {of.absent or 'nothing was compared'}."
    span = f"{words.points(of.low)} to {words.points(of.high)}"
    proven = "" if of.low > 0 or of.high < 0 else " (no proven effect)"
    return (
        f"Treated less held out: {words.points(of.difference)}, 95 % interval"
        f" {span}{proven}; run {words.plain(of.run)}, as of {words.moment(of.cut_off_at)}."
    )


def judged(of: Effect) -> look.Meaning:
    """Say what the effect means: good, bad, or not proven."""
    if of.low is None or of.high is None or of.low <= 0 <= of.high:
        return "neutral"
    return "good" if of.low > 0 else "bad"
