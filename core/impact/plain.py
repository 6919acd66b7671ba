"""Results as plain JSON values: what the command line prints, an analysis freezes, a file holds."""

from decimal import Decimal
from typing import Any

from core.campaigns.rules import Metric
from core.impact.breaking import BrokenDown
from core.impact.estimates import Effect, Interval, SampleRatio, rate_interval
from core.impact.money import Gain
from core.impact.report import Arm, Comparison, Contamination, Report
from core.impact.rules import Absent, Step
from core.impact.tally import Tally
from core.measures import Rate


def tally_plain(tally: Tally) -> dict[str, Any]:
    """Return every step, the outcome, and the rates that are read most."""
    return {
        **{step.value: tally.at(step) for step in Step},
        "outcomes": tally.outcomes,
        "outcome_rate": tally.outcome_rate.value,
        "attempts": tally.attempts,
        "value": float(tally.value),
        "rates": {metric.value: tally.rate(metric).value for metric in Metric},
    }


def rate_plain(rate: Rate) -> dict[str, Any]:
    return {
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "rate": rate.value,
        "interval": _either(rate_interval(rate)),
    }


def report_plain(report: Report) -> dict[str, Any]:
    """Return arms, comparisons and evidence; without a comparison only the reason."""
    if report.refused is not None:
        return {"refused": report.refused.value}
    return {
        "arms": [arm_plain(arm) for arm in report.arms],
        "comparisons": [comparison_plain(comparison) for comparison in report.comparisons],
        "sample_ratio": _either(report.ratio),
        "evidence": {"grade": report.grade.value, "why": report.why},
        "drawn_by": report.drawn_by.value,
        "design_effect": report.design_effect,
        "contamination": _contamination(report.contamination),
        "sentence": report.sentence,
    }


def _contamination(found: Contamination | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "customers": found.held_out.numerator,
        "share": found.held_out.value,
        "without": [comparison_plain(comparison) for comparison in found.without],
    }


def group_plain(row: BrokenDown) -> dict[str, Any]:
    """Return the effect in one group of a run's customers."""
    return {
        "group": row.label,
        "treated": rate_plain(row.treated.outcome_rate),
        "control": rate_plain(row.control.outcome_rate),
        "difference": _either(row.difference),
        "p_adjusted": row.p_adjusted,
        "result": row.says,
        "incremental_conversions": _either(row.conversions),
        "incremental_profit": _either(row.profit),
        "evidence": row.grade.value,
    }


def arm_plain(arm: Arm) -> dict[str, Any]:
    """Return n, reach, conversions and the moments of the value of one arm."""
    tally = arm.tally
    return {
        "arm": arm.arm,
        "name": arm.name,
        "control": arm.is_control,
        "share": None if arm.share is None else arm.share / 10_000,
        "n": tally.targeted,
        "reached": tally.reached,
        "conversions": tally.outcomes,
        "rate": tally.outcome_rate.value,
        "mean": tally.moments.mean,
        "variance": tally.moments.variance,
    }


def comparison_plain(comparison: Comparison) -> dict[str, Any]:
    """Return the effect of one arm against the control group, and what it brought and cost."""
    difference, money = comparison.difference, comparison.money
    rates: dict[str, Any] = (
        {"difference": None, "absent": difference.reason.value}
        if isinstance(difference, Absent)
        else {
            "difference": difference.value,
            "newcombe": _either(difference.interval),
            **_test(difference, "z"),
            "p_adjusted": comparison.p_adjusted,
        }
    )
    welch: dict[str, Any] = (
        {"absent": money.reason.value}
        if isinstance(money, Absent)
        else {
            "difference": money.value,
            "interval": _either(money.interval),
            **_test(money, "t"),
        }
    )
    return {
        "arm": comparison.treated.arm,
        "name": comparison.treated.name,
        "control": comparison.control.name,
        **rates,
        "welch": welch,
        "per_reached": _either(comparison.per_reached),
        "incremental_conversions": _either(comparison.conversions),
        "incremental_value": _either(comparison.value),
        "incremental_profit": _either(comparison.profit),
        "cost": _amount(comparison.cost),
        "costs": {
            "contact": _amount(comparison.costs.contact),
            "offer": _amount(comparison.costs.offer),
            "fixed": _amount(comparison.costs.fixed),
        },
        "return_on_cost": _either(comparison.returned),
        "too_few": comparison.is_too_few,
        "sentence": comparison.sentence,
    }


def _test(effect: Effect, letter: str) -> dict[str, Any]:
    if isinstance(effect.test, Absent):
        return {letter: None, "p": None, "no_test": effect.test.reason.value}
    return {letter: effect.test.statistic, "p": effect.test.p}


def _amount(money: Decimal | Absent | None) -> float | None:
    return None if money is None or isinstance(money, Absent) else float(money)


def _either(found: Effect | Gain | Interval | SampleRatio | Absent) -> dict[str, Any]:
    match found:
        case Absent():
            return {"absent": found.reason.value}
        case Interval():
            return {"low": found.low, "high": found.high}
        case SampleRatio():
            return {"chi_square": found.chi_square, "p": found.p, "alarm": found.alarm}
    return {"value": found.value, "low": found.interval.low, "high": found.interval.high}
