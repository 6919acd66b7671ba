"""Measure what a run changed from the tallies of its arms: pure, tested on numbers alone."""

from collections.abc import Sequence
from dataclasses import replace

from core.impact.estimates import (
    Effect,
    SampleRatio,
    difference_of_means,
    difference_of_rates,
    effect_per_reached,
    holm,
    is_too_few,
    sample_ratio,
)
from core.impact.money import Costs, Terms, costs_of, gain, returned
from core.impact.report import Arm, Comparison, Report
from core.impact.rules import Absent, Grade, Reason
from core.impact.sentences import comparison_sentence
from core.impact.tally import Tally


def measure(arms: Sequence[Arm], terms: Terms, *, is_observed: bool = True) -> Report:
    """Compare every treated arm with the control group, as assigned.

    :param is_observed: whether the outcome was looked for in every arm
    """
    filled = tuple(arm for arm in arms if arm.tally.targeted)
    control = next((arm for arm in filled if arm.is_control), None)
    treated = [arm for arm in filled if not arm.is_control]
    ratio = _ratio(arms)
    refused = _refused(control, treated, is_observed=is_observed)
    if refused or control is None:
        why = f"Rates only: {refused}."
        return Report(tuple(arms), (), ratio, Grade.RATES_ONLY, why, refused)
    all_treated = sum(arm.tally.targeted for arm in treated)
    comparisons = adjusted(
        [
            compare(arm, control, costs_of(arm.tally, terms, all_treated, gifts=arm.gifts))
            for arm in treated
        ]
    )
    grade, why = _evidence(control, ratio)
    told = tuple(
        replace(
            comparison,
            sentence=comparison_sentence(
                comparison,
                terms.currency,
                is_sound=grade is Grade.RANDOMISED,
                is_only=len(comparisons) == 1,
            ),
        )
        for comparison in comparisons
    )
    return Report(tuple(arms), told, ratio, grade, why)


def _refused(control: Arm | None, treated: Sequence[Arm], *, is_observed: bool) -> Reason | None:
    if control is None:
        return Reason.NO_CONTROL
    if not treated:
        return Reason.NO_TREATED
    return None if is_observed else Reason.NO_OUTCOME


def _ratio(arms: Sequence[Arm]) -> SampleRatio | Absent:
    if any(arm.share is None for arm in arms):
        return Absent(Reason.NO_PLAN)
    return sample_ratio([arm.tally.targeted for arm in arms], [arm.share or 0 for arm in arms])


def compare(treated: Arm, control: Arm, costs: Costs) -> Comparison:
    """Compare two arms, or the same part of two arms; either may be empty."""
    there, here = treated.tally, control.tally
    difference = difference_of_rates(there.outcome_rate, here.outcome_rate)
    money = _money(there, here)
    profit = gain(money, there.targeted, less=costs.total)
    return Comparison(
        treated=treated,
        control=control,
        difference=difference,
        money=money,
        per_reached=effect_per_reached(there.reach, here.reach),
        p_adjusted=None,
        conversions=gain(difference, there.targeted),
        value=gain(money, there.targeted),
        profit=profit,
        returned=returned(profit, costs.total),
        costs=costs,
        is_too_few=is_too_few(there.targeted, here.targeted),
    )


def _money(there: Tally, here: Tally) -> Effect | Absent:
    if min(there.value, here.value) < 0:
        return Absent(Reason.NEGATIVE_VALUE)
    if not (there.value or here.value):
        return Absent(Reason.NO_VALUE)
    return difference_of_means(there.moments, here.moments)


def adjusted(comparisons: Sequence[Comparison], *, few: bool = True) -> list[Comparison]:
    """Adjust the p-values of several comparisons, each of which could have won by chance.

    :param few: whether those with too few customers to be read count among them
    """
    tested = [
        (place, comparison.difference.test.p)
        for place, comparison in enumerate(comparisons)
        if (few or not comparison.is_too_few)
        and isinstance(comparison.difference, Effect)
        and not isinstance(comparison.difference.test, Absent)
    ]
    found = dict(zip((place for place, _ in tested), holm([p for _, p in tested]), strict=True))
    return [
        replace(comparison, p_adjusted=found.get(place))
        for place, comparison in enumerate(comparisons)
    ]


def _evidence(control: Arm, ratio: SampleRatio | Absent) -> tuple[Grade, str]:
    if isinstance(ratio, SampleRatio) and ratio.alarm:
        why = (
            "The arms do not have their planned sizes, which chance hardly explains "
            f"(p {_p(ratio.p)}): some customers went missing from one of them."
        )
        return Grade.COMPROMISED, why
    if control.tally.reached:
        why = (
            f"{control.tally.reached:,} of {control.tally.targeted:,} held out customers were "
            "reached all the same."
        )
        return Grade.COMPROMISED, why
    sizes = (
        "the planned sizes of the arms are not known, so they could not be checked"
        if isinstance(ratio, Absent)
        else f"the arms have their planned sizes (p {_p(ratio.p)})"
    )
    return Grade.RANDOMISED, f"A control group was held out and not reached; {sizes}."


def _p(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.3f}"
