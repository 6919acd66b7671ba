"""What counts of reported conversions allow to say, on numbers alone."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from core.impact.rules import Absent, Reason
from core.measures import Rate
from core.refusals import Invalid
from core.truth.estimates import Pile, Score, extrapolated, score, unusual
from core.truth.rules import Check, Finding, Standing, check_note, is_period_end
from core.truth.sentences import extrapolated_says, says, score_says

checks = st.builds(Check, *[st.integers(0, 500)] * 5)


class TestCheck:
    @given(checks, checks)
    def test_parts_add_up_and_what_is_restated_is_never_more(self, one, other):
        both = one + other

        assert both.reported == one.reported + other.reported
        assert both.restated + both.taken_out == both.reported
        assert both.restated <= both.reported
        assert both.score.denominator == both.reported - both.open
        reported = Rate(both.reported, both.reported + 10)
        assert both.restate(reported) == Rate(both.restated, both.reported + 10)

    def test_is_made_of_counts(self):
        assert Check.of({Standing.OPEN: 3, Standing.DUPLICATE: 2}) == Check(open=3, duplicate=2)


class TestScore:
    def test_is_the_share_of_the_checked_with_its_wilson_interval(self):
        found = score(Check(stands=90, no_opening=10, open=40))

        assert isinstance(found, Score)
        assert found.value == 0.9
        # Wilson 1927, by hand: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n).
        assert found.interval.low == pytest.approx(0.82563, abs=1e-5)
        assert found.interval.high == pytest.approx(0.94477, abs=1e-5)

    @pytest.mark.parametrize(
        ("check", "reason"),
        [
            (Check(), Reason.NONE_CHECKED),
            (Check(open=50), Reason.NONE_CHECKED),
            (Check(stands=29), Reason.TOO_FEW),
        ],
    )
    def test_has_a_reason_where_there_is_none(self, check, reason):
        assert score(check) == Absent(reason)

    @given(checks, st.integers(30, 200), st.integers(0, 200))
    def test_what_is_extrapolated_never_exceeds_what_stood(self, check, looked, false):
        drawn = Rate(min(false, looked), looked)
        found = extrapolated(check, drawn)

        if isinstance(found, Absent):
            assert found.reason is Reason.NONE_CHECKED
            return
        assert 0 <= found.interval.low <= found.value + 1e-12
        assert found.value <= found.interval.high + 1e-12

    def test_nothing_found_false_leaves_the_score_and_an_upper_doubt(self):
        found = extrapolated(Check(stands=90, no_opening=10), Rate(0, 50))

        assert found.value == found.interval.high == 0.9
        assert found.interval.low == pytest.approx(0.9 * (1 - 0.07135), abs=1e-4)

    def test_all_found_false_leaves_nothing(self):
        assert extrapolated(Check(stands=20, found_false=40), Rate(40, 40)).value == 0


class TestBursts:
    def test_is_a_binomial_tail_adjusted_for_all_that_were_looked_at(self):
        piles = [Pile(20, 40, 100, 400), Pile(10, 40, 100, 400), Pile(3, 10, 100, 400)]

        adjusted = unusual(piles)

        assert adjusted[0] == pytest.approx(3 * binom.sf(19, 40, 0.25))
        assert adjusted[1:] == [None, None]

    @pytest.mark.parametrize(
        "pile",
        [
            Pile(),
            Pile(0, 0, 10, 40),  # nothing was reported
            Pile(5, 5, 20, 20),  # all work was done just then
            Pile(0, 30, 0, 400),  # none was
        ],
    )
    def test_what_says_nothing_is_no_burst(self, pile):
        assert unusual([pile, Pile(20, 40, 100, 400)])[0] is None

    def test_honest_branches_are_rarely_named(self):
        """Of a thousand banks of twenty honest branches, at most five in a hundred name one."""
        chance = np.random.default_rng(11)
        answers = chance.binomial(200, 0.2, (1_000, 20))
        named = 0
        for bank in answers:
            yes_inside = chance.binomial(bank, 0.1)
            yes = yes_inside + chance.binomial(200 - bank, 0.1)
            rows = zip(yes_inside, yes, bank, strict=True)
            piles = [Pile(int(i), int(n), int(a), 200) for i, n, a in rows]
            named += any(p is not None for p in unusual(piles))
        assert named <= 50


class TestWords:
    def test_say_what_was_reported_what_stands_and_the_rate(self):
        check = Check(stands=90, open=4, no_opening=1, duplicate=3, found_false=2)

        said = says(check, Rate(100, 1_000), check.restate(Rate(100, 1_000)), None)

        assert said == (
            "Reported 100, stands 90. Of the rest, 1 is not in the holdings, 3 are counted for an "
            "earlier contact, 2 were found false by a lead and 4 may still be opened. "
            "The rate is 9.4 % instead of 10.0 %."
        )

    def test_say_that_nothing_changes(self):
        said = says(Check(stands=50), Rate(50, 500), Rate(50, 500), None)

        assert said == ("Reported 50, stands 50. The rate of 10.0 % stays as it was reported.")

    def test_say_why_there_is_no_score(self):
        assert score_says(score(Check(stands=12)), Check(stands=12)) == (
            "Too few to give a score: 12 checked, and 30 are needed."
        )
        assert "nothing reported could be checked yet" in score_says(score(Check()), Check())
        assert extrapolated_says(Absent(Reason.TOO_FEW), Rate(0, 7)).startswith(
            "Of those looked at, 7 were drawn at random"
        )


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        (date(2026, 2, 25), False),
        (date(2026, 2, 26), True),
        (date(2026, 3, 1), False),
        (date(2026, 3, 17), False),
        (date(2026, 3, 18), True),
        (date(2026, 3, 20), True),
        (date(2026, 3, 21), False),
        (date(2026, 12, 31), True),
    ],
)
def test_a_period_ends_with_its_last_three_days(day, ends):
    assert is_period_end(day, date(2026, 3, 20)) is ends


def test_a_note_is_kept_without_blanks_and_needed_for_what_is_false():
    assert check_note(Finding.GENUINE, " seen ") == "seen"
    with pytest.raises(Invalid):
        check_note(Finding.FALSE, "")
    with pytest.raises(Invalid):
        check_note(Finding.OPEN, "x")
