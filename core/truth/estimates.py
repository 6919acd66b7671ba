"""What counts of reported conversions allow to say: pure functions, always two-sided 95 %."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from core.impact.estimates import ALPHA, Interval, holm, is_too_few, rate_interval
from core.impact.rules import Absent, Reason
from core.measures import Rate
from core.truth.rules import Check


@dataclass(frozen=True)
class Score:
    """A share of conversions that stand, with its interval."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Pile:
    """Conversions within a short time out of all, and the answers among which they were got."""

    inside: int = 0
    conversions: int = 0
    answers_inside: int = 0
    answers: int = 0

    def __add__(self, other: "Pile") -> "Pile":
        return Pile(
            self.inside + other.inside,
            self.conversions + other.conversions,
            self.answers_inside + other.answers_inside,
            self.answers + other.answers,
        )

    @property
    def share(self) -> float:
        """Return the part of the answers that came within the time."""
        return self.answers_inside / self.answers if self.answers else 0.0

    @property
    def expected(self) -> float:
        return self.conversions * self.share


def score(check: Check) -> Score | Absent:
    """Return the share of the checked conversions that stand, with its Wilson interval."""
    return _scored(check.score)


def extrapolated(check: Check, drawn: Rate) -> Score | Absent:
    """Return the score to expect if all had been looked at that nobody has looked at.

    :param drawn: found false out of those looked at that were drawn at random
    """
    if not check.score.denominator:
        return Absent(Reason.NONE_CHECKED)
    if is_too_few(drawn.denominator):
        return Absent(Reason.TOO_FEW)
    span = rate_interval(drawn)
    assert isinstance(span, Interval)  # noqa: S101  somebody was looked at
    # Those found false at random stood before; of all that stood so many are false.
    stood = (check.stands + drawn.numerator) / check.score.denominator
    false = drawn.numerator / drawn.denominator
    return Score(stood * (1 - false), Interval(stood * (1 - span.high), stood * (1 - span.low)))


def unusual(piles: Sequence[Pile]) -> list[float | None]:
    """Return for each pile its adjusted p where it is too high for chance, else None.

    Of all conversions of a group, as many fall within the time as its answers do, unless their
    rate was higher then: the conditional test of two Poisson rates, a binomial tail (Przyborowski
    and Wilenski 1940, Biometrika 31:313-323), one-sided; adjusted by Holm (1979, Scandinavian
    Journal of Statistics 6:65-70) over all piles that could have been one.
    """
    tested = [place for place, pile in enumerate(piles) if 0 < pile.share < 1 and pile.conversions]
    tails = [float(_tail(piles[place])) for place in tested]
    found: list[float | None] = [None] * len(piles)
    for place, p in zip(tested, holm(tails), strict=True):
        if p < ALPHA:
            found[place] = p
    return found


def _scored(rate: Rate) -> Score | Absent:
    if not rate.denominator:
        return Absent(Reason.NONE_CHECKED)
    if is_too_few(rate.denominator):
        return Absent(Reason.TOO_FEW)
    span = rate_interval(rate)
    assert isinstance(span, Interval)  # noqa: S101  somebody was checked
    return Score(rate.numerator / rate.denominator, span)


def _tail(pile: Pile) -> float:
    tail: float = _formulas().binom.sf(pile.inside - 1, pile.conversions, pile.share)
    return tail


def _formulas() -> ModuleType:
    from core.impact import formulas  # noqa: PLC0415  seconds that only who estimates has to wait

    return formulas
