"""The gate on numbers alone: what can be shown, with which hands, and what would help."""

from dataclasses import replace
from datetime import date, timedelta
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.campaigns.queries.forecasts import Forecast
from core.campaigns.rules import Condition, Objective, RandomisedBy
from core.gate.hands import Hands, Need
from core.gate.judging import Sizes, power_of_gain
from core.gate.pooling import (
    LEAST_STRENGTH,
    USUAL_STRENGTH,
    Kind,
    Past,
    RateForecast,
    pooled,
    shrunken,
    strength,
)
from core.gate.rules import (
    TARGET,
    Answer,
    Basis,
    Likeness,
    State,
    attempts_of,
    cluster_size,
    share_meeting,
)
from core.gate.sentences import plain, points_of, sentences, verdict
from core.gate.verdict import Asked, weigh
from core.impact.rules import Absent, Reason
from core.impact.tally import Tally
from core.measures import Rate

TODAY = date(2026, 3, 2)
END = TODAY + timedelta(days=60)
NOTHING = RateForecast(Absent(Reason.NO_HISTORY), Absent(Reason.NO_HISTORY), Tally())
SELL, UP, KEEP = Objective.CROSS_SELL, Objective.UP_SELL, Objective.RETENTION

ASKED = Asked(
    objective=SELL,
    has_product=True,
    control_share=1_000,
    drawn_by=RandomisedBy.CUSTOMER,
    expected_rate=0.05,
    gain=None,
    ends_on=END,
    decide_by=None,
    today=TODAY,
    correlation=0.05,
)


def hands(*customers, daily=inf, days=427):
    """Branches whose people have so many minutes a day, free from the first day on."""
    rows = len(customers)
    minutes = np.tile(np.arange(1, days + 1, dtype=float), (rows, 1)) * (
        1e9 if daily == inf else daily
    )
    names = tuple(f"Branch {n}" for n in range(rows))
    return Hands(TODAY, names, np.array(customers, float), minutes, minutes)


def forecast(eligible, share):
    control = eligible * share // 10_000
    return Forecast("Bank", eligible, (), eligible, control, eligible - control, None, None, None)


def gate(eligible=10_000, *, of=None, rates=NOTHING, clusters=(), need=None, **changes):
    asked = replace(ASKED, **changes)
    return weigh(
        asked,
        forecast(eligible, asked.control_share),
        rates,
        clusters,
        need or Need(15, 1),
        of or hands(eligible),
    )


def history(rate, customers=10_000):
    found = pooled(
        [Past(Kind(SELL, 1), Rate(round(rate * customers), customers), 1)], Kind(SELL, 1)
    )
    return RateForecast(found, found, Tally())


class TestWhatCanBeShown:
    @pytest.mark.parametrize(("base", "gain"), [(0.02, 1.60), (0.05, 2.30), (0.10, 3.03)])
    def test_the_smallest_gain_of_1000_held_out_and_9000_treated(self, base, gain):
        found = gate(rates=history(base))
        assert (found.forecast.control, found.forecast.treated) == (1_000, 9_000)
        assert round(100 * found.smallest, 2) == gain
        assert found.basis is Basis.HELD_OUT

    def test_a_gain_above_the_smallest_can_be_shown(self):
        found = gate(rates=history(0.05), gain=0.024)
        assert found.answer is Answer.ANSWERABLE
        assert not found.needs_override
        assert found.power > TARGET
        assert "can be answered" in verdict(found)

    def test_one_below_it_needs_more_held_out_or_a_reason(self):
        found = gate(rates=history(0.05), gain=0.018)
        assert found.answer is Answer.TOO_WEAK
        assert found.needs_override
        assert found.power == found.power_of_all < TARGET
        share = found.remedy.control_share
        assert 1_000 < share < 3_000
        assert gate(rates=history(0.05), gain=0.018, control_share=share).power >= TARGET
        assert gate(rates=history(0.05), gain=0.018, control_share=share - 100).power < TARGET
        # With hands enough for all, more days change nothing.
        assert found.remedy.ends_on is None
        assert f"holding out {share // 100} %" in verdict(found)

    def test_one_far_below_it_never(self):
        found = gate(rates=history(0.05), gain=0.004)
        assert found.answer is Answer.NEVER
        assert found.needs_override
        assert "this question can't be answered" in verdict(found)

    def test_it_says_how_many_customers_it_would_take(self):
        """From 5 % to 6 % with 10 % held out: 4,651 and 41,855, published elsewhere."""
        found = gate(eligible=5_000, rates=history(0.05), gain=0.01)
        assert found.answer is Answer.NEVER
        assert (found.needed.control, found.needed.treated) == (4_651, 41_855)
        assert "It would take 4,651 held out and 41,855 treated customers." in verdict(found)

    def test_the_base_is_what_the_design_expects_less_the_gain_without_history(self):
        found = gate(expected_rate=0.07, gain=0.024)
        assert found.base == pytest.approx(0.046)
        assert found.basis is Basis.EXPECTED

    def test_where_nobody_was_held_out_it_is_that_of_the_treated(self):
        rates = replace(history(0.05), base=Absent(Reason.NO_HISTORY))
        found = gate(rates=rates, expected_rate=None)
        assert (found.base, found.basis) == (pytest.approx(0.05), Basis.TREATED)


class TestWhatHasNoAnswer:
    @pytest.mark.parametrize(
        ("changes", "answer"),
        [
            ({"control_share": 0}, Answer.RATES_ONLY),
            ({"has_product": False}, Answer.NO_OUTCOME),
            ({"expected_rate": None}, Answer.NO_RATE),
            ({"expected_rate": 0.5, "gain": 0.6}, Answer.TOO_MUCH),
            ({"eligible": 0}, Answer.NOBODY),
            ({"eligible": 9}, Answer.RATES_ONLY),
        ],
    )
    def test_a_gain_to_be_shown_needs_a_reason(self, changes, answer):
        found = gate(**({"gain": 0.02} | changes))
        assert found.answer is answer
        assert found.needs_override
        assert found.power is None
        assert verdict(found).startswith("This question can't")

    @pytest.mark.parametrize("changes", [{}, {"control_share": 0}, {"has_product": False}])
    @pytest.mark.parametrize("gain", [None, 0.0])
    def test_nothing_is_asked_where_no_gain_is_stated(self, gain, changes):
        found = gate(gain=gain, **changes)
        assert found.answer is Answer.NOT_ASKED
        assert not found.needs_override

    def test_nor_of_administrative_work(self):
        found = gate(gain=0.02, objective=Objective.ADMINISTRATIVE, control_share=0)
        assert not found.needs_override
        assert verdict(found) == "Administrative work has no gain to show."
        assert len(sentences(found)) == 2
        assert "Forecast" not in [point.label for point in points_of(found)]

    def test_without_control_group_it_says_rates_only(self):
        assert "rates only" in verdict(gate(control_share=0))
        assert "rates only" in verdict(gate(control_share=0, gain=0.02))


class TestDrawnTogether:
    def test_the_penalty_counts_in_size_and_is_said(self):
        sizes = (100,) * 100
        alone = gate(rates=history(0.05), gain=0.03)
        found = gate(rates=history(0.05), gain=0.03, clusters=sizes, drawn_by=RandomisedBy.BRANCH)
        assert found.clusters.effect == pytest.approx(1 + 99 * 0.05)
        assert found.smallest > 2 * alone.smallest
        assert found.power < alone.power
        assert "100 branches" in " ".join(sentences(found))
        assert "5.9 times fewer" in " ".join(sentences(found)) or "6.0 times" in " ".join(
            sentences(found)
        )

    def test_too_few_of_them_have_no_answer(self):
        found = gate(gain=0.03, clusters=(1_000,) * 10, drawn_by=RandomisedBy.MANAGER)
        assert found.answer is Answer.FEW_CLUSTERS

    def test_sizes_count_as_customers_see_them(self):
        assert cluster_size([10, 10, 10]) == 10
        assert cluster_size([1, 1, 98]) == pytest.approx((1 + 1 + 98**2) / 100)
        assert cluster_size([]) == 1


class TestHands:
    def test_who_is_not_worked_dilutes_the_gain(self):
        all_ = gate(rates=history(0.05), gain=0.03)
        # 15 minutes each for 9,000 treated; the people do half of it in the 61 days.
        short = hands(10_000, daily=9_000 * 15 / 61 / 2)
        found = gate(rates=history(0.05), gain=0.03, of=short)
        assert found.reach == pytest.approx(0.5, abs=0.001)
        assert found.worked == pytest.approx(4_500, abs=2)
        assert found.power_of_all == all_.power
        assert found.power < TARGET < all_.power
        assert found.smallest_worked == pytest.approx(found.smallest / found.reach)
        assert [room.is_short for room in found.rooms] == [True]

    def test_more_days_help_where_hands_are_short(self):
        short = hands(10_000, daily=9_000 * 15 / 61 / 2)
        found = gate(rates=history(0.05), gain=0.03, of=short)
        later = found.remedy.ends_on
        assert END < later < END + timedelta(days=61)
        again = {"rates": history(0.05), "gain": 0.03, "of": short}
        assert gate(**again, ends_on=later).power >= TARGET
        assert gate(**again, ends_on=later - timedelta(days=1)).power < TARGET

    def test_what_neither_does_alone_both_may(self):
        short = hands(10_000, daily=9_000 * 15 / 61 / 6)
        found = gate(rates=history(0.05), gain=0.02, of=short)
        assert (found.remedy.control_share, found.remedy.ends_on) == (None, None)
        share, day = found.remedy.both
        again = gate(rates=history(0.05), gain=0.02, of=short, control_share=share, ends_on=day)
        assert again.power >= TARGET
        assert "Only both" in verdict(found)

    def test_names_the_branches_that_are_short(self):
        rooms = Hands(
            TODAY,
            ("North", "South", "East"),
            np.array([100.0, 100.0, 0.0]),
            np.array([[300.0, 3_000.0], [300.0, 600.0], [0.0, 0.0]]),
            np.array([[50.0, 500.0], [50.0, 500.0], [0.0, 0.0]]),
        )
        found = gate(200, of=rooms, control_share=0)
        assert [(r.branch, r.customers, r.worked) for r in found.rooms] == [
            ("South", 100, 40),
            ("East", 0, 0),
            ("North", 100, 100),
        ]
        assert "Short of hands: South (40 of 100)" in " ".join(sentences(found))

    def test_contacts_a_day_bound_too(self):
        rooms = Hands(
            TODAY, ("North",), np.array([100.0]), np.array([[6_000.0]]), np.array([[30.0]])
        )
        assert rooms.worked(rooms.customers, Need(15, 2), 0) == [15]

    def test_messages_need_none(self):
        found = gate(need=Need(0, 0), of=hands(10_000, daily=0))
        assert found.reach == 1
        assert "nobody's hours" in " ".join(sentences(found))

    def test_an_end_gone_by_leaves_no_time(self):
        found = gate(gain=0.03, rates=history(0.05), ends_on=TODAY - timedelta(days=1))
        assert (found.reach, found.power) == (0, 0)
        assert found.remedy.ends_on == TODAY
        assert "is over" in " ".join(sentences(found))

    @pytest.mark.parametrize("share", [0, 1_000, 3_333])
    def test_branches_split_the_treated_in_whole_customers(self, share):
        found = gate(26, of=hands(3, 7, 5, 11), control_share=share)
        assert sum(room.customers for room in found.rooms) == found.forecast.treated
        assert not found.short

    @given(
        customers=st.lists(st.integers(0, 500), min_size=1, max_size=4),
        daily=st.floats(0, 500),
        share=st.integers(0, 5_000),
        day=st.integers(-1, 426),
    )
    def test_more_time_never_works_fewer(self, customers, daily, share, day):
        some = hands(*customers, daily=daily)
        need = Need(20, 1.3)
        one = some.reach(need, control_share=share, day=day)
        assert 0 <= one <= 1
        assert one <= some.reach(need, control_share=share, day=min(day + 1, 426)) + 1e-12
        rooms = some.rooms(need, control_share=share, day=day)
        assert all(0 <= room.worked <= room.customers for room in rooms)


@pytest.mark.parametrize("reach", [1.0, 0.7, 0.4])
def test_simulated_campaigns_are_won_as_often_as_the_power_says(reach):
    """4,000 campaigns of which only a part of the treated is worked, each tested as it would be."""
    random, runs, base, gain = np.random.default_rng(7), 4_000, 0.05, 0.026
    sizes = Sizes(1_000, 9_000)
    worked = round(sizes.treated * reach)
    control = random.binomial(sizes.control, base, runs)
    treated = random.binomial(worked, base + gain, runs)
    treated += random.binomial(sizes.treated - worked, base, runs)
    pool = (control + treated) / (sizes.control + sizes.treated)
    error = np.sqrt(pool * (1 - pool) * (1 / sizes.control + 1 / sizes.treated))
    z = (treated / sizes.treated - control / sizes.control) / error
    told = power_of_gain(base, gain, sizes, 1.0, reach=reach)
    assert np.mean(np.abs(z) > 1.959964) == pytest.approx(told, abs=0.03)


class TestPooling:
    def test_golden_figures_of_a_strength(self):
        """Two groups of 1,000 at 2 % and 4 %, by hand.

        p = 0.03; spread = 2 x (10**2 / 1,000) = 0.2; by chance 0.0291; scale = 2,000 - 1,000 - 1.
        """
        correlation = (0.2 - 0.0291) / (0.0291 * 999)
        found = strength([Rate(20, 1_000), Rate(40, 1_000)])
        assert found == pytest.approx(1 / correlation - 1)
        assert found == pytest.approx(169.1, abs=0.1)

    def test_however_far_groups_lie_apart_one_customer_does_not_speak_alone(self):
        assert strength([Rate(1, 1_000), Rate(999, 1_000)]) == LEAST_STRENGTH

    def test_groups_alike_have_one_rate(self):
        assert strength([Rate(30, 1_000), Rate(31, 1_000)]) == inf
        assert shrunken(Rate(30, 1_000), 0.05, inf) == 0.05

    @pytest.mark.parametrize(
        "groups", [[], [Rate(3, 100)], [Rate(0, 100), Rate(0, 9)], [Rate(9, 9), Rate(5, 5)]]
    )
    def test_what_cant_be_compared_counts_as_usual(self, groups):
        assert strength(groups) == USUAL_STRENGTH

    def test_a_small_group_is_drawn_towards_the_wider_one(self):
        past = [
            Past(Kind(SELL, 1), Rate(20, 1_000), 2),
            Past(Kind(SELL, 2), Rate(40, 1_000), 1),
            Past(Kind(SELL, 3), Rate(5, 50), 1),
        ]
        found = pooled(past, Kind(SELL, 3))
        assert (found.likeness, found.customers, found.runs) == (Likeness.PRODUCT, 50, 1)
        wider = 65 / 2_050
        strong = strength([each.rate for each in past])
        assert found.wider == pytest.approx(wider)
        assert found.rate == pytest.approx((5 + strong * wider) / (50 + strong))
        assert wider < found.rate < 0.1

    def test_without_the_product_it_is_the_objective_and_without_that_the_bank(self):
        past = [Past(Kind(SELL, 1), Rate(20, 1_000), 2), Past(Kind(UP, 1), Rate(80, 1_000), 3)]
        of_objective = pooled(past, Kind(SELL, 9))
        assert (of_objective.likeness, of_objective.runs) == (Likeness.OBJECTIVE, 2)
        assert 0.02 < of_objective.rate < 0.05
        of_bank = pooled(past, Kind(Objective.ACTIVATION, 1))
        assert (of_bank.likeness, of_bank.rate, of_bank.runs) == (Likeness.BANK, 0.05, 5)
        assert pooled([], Kind(SELL, 1)) is None
        assert pooled([Past(Kind(SELL, 1), Rate(0, 0), 1)], Kind(SELL, 1)) is None

    @given(
        st.lists(
            st.tuples(
                st.sampled_from([SELL, UP]),
                st.sampled_from([1, 2, None]),
                st.integers(0, 50),
                st.integers(0, 1_000),
            ),
            max_size=8,
        )
    )
    def test_a_rate_lies_between_its_own_and_the_wider_one(self, rows):
        past = [
            Past(Kind(objective, product), Rate(min(cases, n), n), 1)
            for objective, product, cases, n in rows
        ]
        found = pooled(past, Kind(SELL, 1))
        if found is None:
            assert not sum(each.rate.denominator for each in past)
            return
        low, high = sorted((found.own.value, found.wider))
        assert low - 1e-9 <= found.rate <= high + 1e-9
        assert 0 <= found.weight <= 1


class TestEffort:
    PAST = Tally(targeted=100, attempted=80, reached=40, responded=30, converted=10, attempts=160)

    def test_attempts_and_conditions_come_as_they_did(self):
        assert attempts_of(self.PAST) == 2
        shares = {condition: share_meeting(condition, self.PAST) for condition in Condition}
        assert shares == {
            Condition.ALWAYS: 1,
            Condition.NOT_REACHED: 0.5,
            Condition.UNDECIDED: 0.125,
            Condition.DECLINED: 0.25,
            Condition.ACCEPTED: 0.125,
        }

    def test_what_is_not_known_counts_in_full(self):
        assert attempts_of(Tally()) == 1
        assert share_meeting(Condition.ACCEPTED, Tally(targeted=5)) == 1


class TestChecklist:
    def states(self, **changes):
        return {point.label: point.state for point in points_of(gate(**changes))}

    def test_every_point_passes_where_all_is_well(self):
        states = self.states(rates=history(0.05), gain=0.03, decide_by=TODAY + timedelta(days=3))
        assert set(states.values()) == {State.PASS}

    def test_each_fails_for_itself(self):
        states = self.states(
            rates=history(0.02),
            gain=0.001,
            expected_rate=0.05,
            of=hands(10_000, daily=1),
            decide_by=TODAY - timedelta(days=1),
        )
        assert set(states.values()) == {State.FAIL}

    def test_what_is_not_said_is_open(self):
        states = self.states(expected_rate=None)
        assert states["Can the question be answered?"] is State.OPEN
        assert (states["Forecast"], states["Decision"]) == (State.OPEN, State.OPEN)

    def test_the_frozen_figures_are_plain(self):
        found = plain(gate(rates=history(0.05), gain=0.018))
        assert found["answer"] == "can hardly be answered as it is planned"
        assert round(100 * found["smallest"], 2) == 2.30
        assert found["history_customers"] == 10_000
        assert found["said"]
