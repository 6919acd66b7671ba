"""Results in plain words, made by rule from the numbers and from nothing else."""

from decimal import Decimal

from core.impact.estimates import Effect
from core.impact.money import Gain
from core.impact.report import Comparison
from core.impact.rules import FEWEST, Absent, Reason
from core.measures import Amount, signed


def comparison_sentence(
    comparison: Comparison, currency: str, *, is_sound: bool, is_only: bool
) -> str:
    """Say what one treated arm changed, with its interval, in a sentence for the board."""
    who = "" if is_only else f"{comparison.treated.name}: "
    sentence = who + _result(comparison, currency)
    if not is_sound:
        return f"Not to be relied on, since the comparison is compromised. {sentence}"
    return sentence


def _result(comparison: Comparison, currency: str) -> str:
    smaller = min(comparison.treated.tally.targeted, comparison.control.tally.targeted)
    if comparison.is_too_few:
        return f"Too few customers to tell: {smaller} in the smaller arm, and {FEWEST} are needed."
    difference = comparison.difference
    if isinstance(difference, Absent):
        return f"The effect can't be given: {difference.reason}."
    low, high = points(difference.interval.low), points(difference.interval.high)
    if not difference.proven:
        return (
            f"No proven effect: the difference of {points(difference.value)} percentage points "
            f"may be chance; it lies between {low} and {high}{_unpaid(comparison, currency)}."
        )
    return _proven(comparison, difference, f"{low} to {high}", currency)


def _proven(comparison: Comparison, difference: Effect, span: str, currency: str) -> str:
    conversions, profit = comparison.conversions, comparison.profit
    more = difference.value > 0
    said = (
        f"Treated customers converted {'more' if more else 'less'} often, by "
        f"{points(difference.value)} percentage points ({span})"
    )
    if not isinstance(conversions, Absent):
        count, low, high = (
            abs(x) for x in (conversions.value, conversions.interval.low, conversions.interval.high)
        )
        low, high = min(low, high), max(low, high)
        said += (
            f": about {count:,.0f} conversions ({low:,.0f} to {high:,.0f}) "
            f"{'that would not have happened otherwise' if more else 'were lost'}"
        )
    if not isinstance(profit, Absent):
        return f"{said}; {_profit(profit, currency)}."
    if profit.reason is Reason.NO_COST and not isinstance(comparison.value, Absent):
        value = comparison.value
        least, most = (money(x, currency) for x in (value.interval.low, value.interval.high))
        return (
            f"{said}; {money(value.value, currency)} ({least} to {most}) before cost, "
            "since nobody said what a contact costs."
        )
    return f"{said}."


def _unpaid(comparison: Comparison, currency: str) -> str:
    profit = comparison.profit
    if isinstance(profit, Absent) or not comparison.is_profit_proven:
        return ""
    return f"; whatever it changed, {_profit(profit, currency)}"


def _profit(profit: Gain, currency: str) -> str:
    low, high = (money(x, currency) for x in (profit.interval.low, profit.interval.high))
    if profit.interval.holds(0.0):
        return f"whether it paid is open: {money(profit.value, currency)} ({low} to {high})"
    if profit.value > 0:
        return f"after cost it earned {money(profit.value, currency)} ({low} to {high})"
    least, most = (money(-x, currency) for x in (profit.interval.high, profit.interval.low))
    return f"it cost {money(-profit.value, currency)} more than it brought ({least} to {most})"


def sum_sentence(runs: int, conversions: Gain | Absent) -> str:
    """Say what several runs changed together, or why they are not added up."""
    if isinstance(conversions, Absent):
        return f"{runs:,} runs, not added up: {conversions.reason}."
    value, span = conversions.value, conversions.interval
    if span.holds(0.0):
        return (
            f"{runs:,} runs together: no proven effect, {signed(f'{value:+,.0f}')} conversions "
            f"({signed(f'{span.low:+,.0f}')} to {signed(f'{span.high:+,.0f}')}) may be chance."
        )
    low, high = sorted((abs(span.low), abs(span.high)))
    became = "that would not have happened otherwise" if value > 0 else "were lost"
    return (
        f"{runs:,} runs together: about {abs(value):,.0f} conversions "
        f"({low:,.0f} to {high:,.0f}) {became}."
    )


def points(share: float) -> str:
    """Write a difference of shares in percentage points, always with its sign."""
    return signed(f"{100 * share:+.1f}")


def money(value: float, currency: str) -> str:
    """Write an amount in whole units of its currency."""
    return Amount(Decimal(value), currency).short
