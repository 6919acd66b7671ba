"""Rates of earlier campaigns, pooled and shrunken: pure functions on counts.

A group of runs with few customers says little by itself, so its rate is drawn towards that of the
wider group it belongs to. That is empirical Bayes with a beta distribution for the rates of the
groups: of x cases among n customers in the group, and a wider rate p that counts as m customers,

    rate = (x + m p) / (n + m)

with m from how far the groups differ beyond chance. Their intraclass correlation r is estimated
by moments (Kleinman 1973, Journal of the American Statistical Association 68:46-54, weights n),
and m = 1 / r - 1, but at least `LEAST_STRENGTH`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isinf
from typing import NamedTuple

from core.campaigns.rules import Objective
from core.gate.rules import Likeness, percent
from core.impact.rules import Absent
from core.impact.tally import Tally
from core.measures import Rate

LEAST_STRENGTH = 20.0  # a handful of customers never speaks for itself alone
USUAL_STRENGTH = 500.0  # customers that the wider rate counts for while one group can't be compared


class Kind(NamedTuple):
    """What makes campaigns alike: the product is the closer tie."""

    objective: Objective
    product_id: int | None


@dataclass(frozen=True)
class Pooled:
    """A rate to expect, from runs that are alike.

    `own` counts those of the closest likeness that has somebody, `likeness`, and `runs` are of
    it; `wider` is the rate it was drawn towards, and `weight` the share that its own count has.
    """

    rate: float
    likeness: Likeness
    own: Rate
    runs: int
    wider: float
    weight: float

    @property
    def customers(self) -> int:
        return self.own.denominator


@dataclass(frozen=True)
class Past:
    """What runs of one kind came to together."""

    kind: Kind
    rate: Rate
    runs: int


@dataclass(frozen=True)
class RateForecast:
    """The rates to expect of a design: of those it treats, and of those it leaves alone.

    `past` counts the treated of the closest likeness that has any, step by step.
    """

    treated: Pooled | Absent
    base: Pooled | Absent
    past: Tally

    @property
    def sentence(self) -> str:
        """Say what to expect, and on how many customers that stands."""
        found = self.treated
        if isinstance(found, Absent):
            return f"Nothing to go by: {found.reason}."
        runs = f"{found.runs:,} finished run{'' if found.runs == 1 else 's'}"
        said = (
            f"{runs} {found.likeness} came to {percent(found.own.value)} of "
            f"{found.customers:,} treated customers"
        )
        if percent(found.rate) == percent(found.own.value):
            return f"{said}."
        return f"{said}; drawn towards the wider {percent(found.wider)}: {percent(found.rate)}."


def pooled(past: Iterable[Past], kind: Kind) -> Pooled | None:
    """Return the rate to expect of a campaign of a kind, or None if nobody was ever counted.

    The rate of the bank is that of all of `past`; the objective's is drawn towards it, and that
    of objective and product towards the objective's.
    """
    known = [each for each in past if each.rate.denominator]
    everybody = _sum(known)
    if not known or everybody.value is None:
        return None
    found = Pooled(everybody.value, Likeness.BANK, everybody, _runs(known), everybody.value, 1.0)
    alike = [each for each in known if each.kind.objective is kind.objective]
    found = _drawn(found, Likeness.OBJECTIVE, alike, _by_objective(known))
    if kind.product_id is not None:
        own = [each for each in alike if each.kind == kind]
        found = _drawn(found, Likeness.PRODUCT, own, [each.rate for each in alike])
    return found


def _drawn(
    wider: Pooled, likeness: Likeness, own: Sequence[Past], groups: Sequence[Rate]
) -> Pooled:
    if not own:
        return wider
    rate, strong = _sum(own), strength(groups)
    weight = 0.0 if isinf(strong) else rate.denominator / (rate.denominator + strong)
    return Pooled(
        rate=shrunken(rate, wider.rate, strong),
        likeness=likeness,
        own=rate,
        runs=_runs(own),
        wider=wider.rate,
        weight=weight,
    )


def shrunken(own: Rate, wider: float, strong: float) -> float:
    """Draw a rate towards a wider one that counts for so many customers; see the formula above."""
    if isinf(strong) or not own.denominator:
        return wider
    return (own.numerator + strong * wider) / (own.denominator + strong)


def strength(groups: Sequence[Rate]) -> float:
    """Return for how many customers the rate of the whole counts in each of its groups.

    Groups that differ no more than by chance have one rate: infinity. A single group can't be
    compared with others, and none is where nobody or everybody converted.
    """
    filled = [group for group in groups if group.denominator]
    whole = sum(filled, Rate(0, 0))
    if len(filled) < 2 or whole.value in {None, 0.0, 1.0}:
        return USUAL_STRENGTH
    n, p = whole.denominator, whole.numerator / whole.denominator
    spread = sum((g.numerator - p * g.denominator) ** 2 / g.denominator for g in filled)
    expected = p * (1 - p) * (len(filled) - 1)  # by chance alone
    scale = n - sum(g.denominator**2 for g in filled) / n - (len(filled) - 1)
    if spread <= expected or scale <= 0:
        return inf
    correlation = (spread - expected) / (p * (1 - p) * scale)
    return max(1 / correlation - 1, LEAST_STRENGTH)


def _by_objective(known: Sequence[Past]) -> list[Rate]:
    found: defaultdict[Objective, Rate] = defaultdict(lambda: Rate(0, 0))
    for each in known:
        found[each.kind.objective] += each.rate
    return list(found.values())


def _sum(past: Iterable[Past]) -> Rate:
    return sum((each.rate for each in past), Rate(0, 0))


def _runs(past: Iterable[Past]) -> int:
    return sum(each.runs for each in past)
