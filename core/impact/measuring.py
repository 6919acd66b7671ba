"""Measure what a run changed from the tallies of its arms: pure, tested on numbers alone."""

from collections.abc import Sequence
from dataclasses import replace

from core.campaigns.rules import RandomisedBy
from core.impact.clusters import Of, difference_in_clusters, per_reached_in_clusters
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
from core.impact.report import Arm, Comparison, Contamination, Drawing, Report
from core.impact.rules import Absent, Grade, Reason
from core.impact.sentences import comparison_sentence
from core.impact.tally import Tally
from core.measures import Rate

_ONE_BY_ONE = Drawing()
_SEVERAL = {RandomisedBy.MANAGER: "relationship managers", RandomisedBy.BRANCH: "branches"}


def measure(
    arms: Sequence[Arm],
    terms: Terms,
    *,
    is_observed: bool = True,
    drawing: Drawing = _ONE_BY_ONE,
) -> Report:
    """Compare every treated arm with the control group, as assigned.

    :param is_observed: whether the outcome was looked for in every arm
    :param drawing: how the arms came about, and whom of the held out somebody contacted
    """
    filled = tuple(arm for arm in arms if arm.tally.targeted)
    control = next((arm for arm in filled if arm.is_control), None)
    treated = [arm for arm in filled if not arm.is_control]
    ratio = _ratio(arms, drawing.by)
    refused = _refused(control, treated, drawing, is_observed=is_observed)
    if refused or control is None:
        why = f"Rates only: {refused}."
        return Report(tuple(arms), (), ratio, Grade.RATES_ONLY, why, refused, drawing.by)
    comparisons = _compared(treated, control, terms)
    contamination = None
    if drawing.clean is not None:
        leaked = control.tally.targeted - drawing.clean.tally.targeted
        without = _compared(treated, drawing.clean, terms)
        contamination = Contamination(Rate(leaked, control.tally.targeted), tuple(without))
    grade, why = _evidence(filled, control, ratio, contamination, drawing.by)
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
    return Report(tuple(arms), told, ratio, grade, why, None, drawing.by, contamination)


def _compared(treated: Sequence[Arm], control: Arm, terms: Terms) -> list[Comparison]:
    everybody = sum(arm.tally.targeted for arm in treated)
    return adjusted(
        [
            compare(arm, control, costs_of(arm.tally, terms, everybody, gifts=arm.gifts))
            for arm in treated
        ]
    )


def _refused(
    control: Arm | None, treated: Sequence[Arm], drawing: Drawing, *, is_observed: bool
) -> Reason | None:
    if control is None:
        return Reason.EMPTY_CONTROL if drawing.control_share else Reason.NO_CONTROL
    if not treated:
        return Reason.NO_TREATED
    if drawing.is_cut_short:
        return Reason.STOPPED_EARLY
    return None if is_observed else Reason.NO_OUTCOME


def _ratio(arms: Sequence[Arm], by: RandomisedBy) -> SampleRatio | Absent:
    if by is not RandomisedBy.CUSTOMER:
        return Absent(Reason.IN_CLUSTERS)
    if any(arm.share is None for arm in arms):
        return Absent(Reason.NO_PLAN)
    return sample_ratio([arm.tally.targeted for arm in arms], [arm.share or 0 for arm in arms])


def compare(treated: Arm, control: Arm, costs: Costs) -> Comparison:
    """Compare two arms, or the same part of two arms; either may be empty."""
    there, here = treated.tally, control.tally
    if treated.clusters is not None and control.clusters is not None:
        several = treated.clusters, control.clusters
        difference = difference_in_clusters(*several, Of.OUTCOMES)
        money = _no_money(there, here) or difference_in_clusters(*several, Of.VALUE)
        per_reached = per_reached_in_clusters(*several)
    else:
        difference = difference_of_rates(there.outcome_rate, here.outcome_rate)
        money = _no_money(there, here) or difference_of_means(there.moments, here.moments)
        per_reached = effect_per_reached(there.reach, here.reach)
    profit = gain(money, there.targeted, less=costs.total)
    return Comparison(
        treated=treated,
        control=control,
        difference=difference,
        money=money,
        per_reached=per_reached,
        p_adjusted=None,
        conversions=gain(difference, there.targeted),
        value=gain(money, there.targeted),
        profit=profit,
        returned=returned(profit, costs.total),
        costs=costs,
        is_too_few=is_too_few(there.targeted, here.targeted),
    )


def _no_money(there: Tally, here: Tally) -> Absent | None:
    if min(there.value, here.value) < 0:
        return Absent(Reason.NEGATIVE_VALUE)
    if not (there.value or here.value):
        return Absent(Reason.NO_VALUE)
    return None


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


def _evidence(
    arms: Sequence[Arm],
    control: Arm,
    ratio: SampleRatio | Absent,
    contamination: Contamination | None,
    by: RandomisedBy,
) -> tuple[Grade, str]:
    if isinstance(ratio, SampleRatio) and ratio.alarm:
        why = (
            "The arms do not have their planned sizes, which chance hardly explains "
            f"(p {_p(ratio.p)}): some customers went missing from one of them."
        )
        return Grade.COMPROMISED, why
    drawn = "" if by is RandomisedBy.CUSTOMER else f"; {_drawn(arms, by)}"
    leaked = contamination.held_out.numerator if contamination else control.tally.reached
    if leaked:
        of = f"{leaked:,} of {control.tally.targeted:,}"
        why = f"{of} held out customers were reached all the same{drawn}."
        return Grade.COMPROMISED, why
    if by is not RandomisedBy.CUSTOMER:
        return Grade.RANDOMISED, f"A control group was held out and not reached{drawn}."
    sizes = (
        "the planned sizes of the arms are not known, so they could not be checked"
        if isinstance(ratio, Absent)
        else f"the arms have their planned sizes (p {_p(ratio.p)})"
    )
    return Grade.RANDOMISED, f"A control group was held out and not reached; {sizes}."


def _drawn(arms: Sequence[Arm], by: RandomisedBy) -> str:
    """Say how many managers or branches each side has: they are what chance was asked about."""
    treated = sum(arm.clusters.count for arm in arms if arm.clusters and not arm.is_control)
    held_out = sum(arm.clusters.count for arm in arms if arm.clusters and arm.is_control)
    return f"drawn by {by}: {treated:,} treated, {held_out:,} held out {_SEVERAL[by]}"


def _p(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.3f}"
