"""Which change the figures of a run ask for, by rule."""

from decimal import Decimal

import pytest

from core.impact.findings import Findings, Group, Split, suggestions
from core.impact.measuring import measure
from core.impact.money import Terms
from core.impact.report import Arm
from core.impact.rules import Verdict
from core.impact.tally import Tally
from core.measures import Rate

EUR = Terms("EUR", contact_cost=Decimal(2))
JUDGED = Rate(12, 100)


def arm(number, customers, outcomes, *, name="", each=0, **more):
    value = {"value": Decimal(each) * outcomes, "squares": float(each * each * outcomes)}
    tally = Tally(targeted=customers, outcomes=outcomes, **value, **more)
    return Arm(number, name or ("treated" if number else "control"), None, tally)


def asked(*arms, splits=(), goal=None, verdict=Verdict.OPEN, terms=EUR, is_observed=True):
    report = measure(arms, terms, is_observed=is_observed)
    return suggestions(report, splits, judged=JUDGED, goal=goal, verdict=verdict)


def group(label, says, value=None):
    ends = (None, None) if value is None else (value - 0.02, value + 0.02)
    return Group(label, Rate(30, 300), Rate(5, 100), value, *ends, p_adjusted=0.01, says=says)


class TestOfTheWholeRun:
    def test_without_control(self):
        [said] = asked(arm(1, 900, 50))

        assert said == (
            "Hold some customers out: without a control group nobody can tell what the campaign "
            "changed."
        )

    def test_what_everybody_must_be_told_holds_nobody_out(self):
        report = measure([arm(1, 900, 0)], EUR)
        duty = {"judged": JUDGED, "goal": None, "verdict": Verdict.OPEN, "is_duty": True}

        assert suggestions(report, (), **duty) == ()

    def test_with_nobody_treated(self):
        [said] = asked(arm(0, 900, 50))

        assert said.startswith("Treat somebody")

    def test_without_an_outcome(self):
        [said] = asked(arm(0, 100, 0), arm(1, 900, 0), is_observed=False)

        assert said.startswith("Name the product")

    def test_when_the_held_out_were_reached(self):
        said = asked(arm(0, 1000, 50, reached=10), arm(1, 9000, 900))

        assert said[0].startswith("Keep treated and held out apart")
        assert len(said) == 1

    def test_with_too_few(self):
        [said] = asked(arm(0, 12, 1), arm(1, 900, 50))

        assert said == ("Address more customers: 12 in the smaller arm are too few, 30 are needed.")

    @pytest.mark.parametrize(
        ("arms", "ask"),
        [
            ((arm(0, 1000, 50), arm(1, 9000, 540)), "a larger control group"),
            ((arm(0, 1000, 50), arm(1, 1000, 60)), "more customers"),
        ],
    )
    def test_that_proves_nothing(self, arms, ask):
        [said] = asked(*arms)

        assert said.startswith(f"Ask for {ask}: the interval is ±")

    def test_half_of_the_interval_is_what_it_says(self):
        [said] = asked(arm(0, 1000, 50), arm(1, 9000, 540))

        assert "±1.4 points" in said  # -0.60 to +2.29

    def test_proven_negative(self):
        [said] = asked(arm(0, 2000, 200), arm(1, 8000, 400))

        assert said.startswith("Stop this or change the offer: the effect is proven negative")

    def test_proven_and_too_dear(self):
        [said] = asked(arm(0, 2000, 100, each=1), arm(1, 8000, 640, each=1, attempted=8000))

        assert said.startswith("Spend less on each customer")

    def test_proven_and_worth_it(self):
        arms = arm(0, 2000, 100, each=900), arm(1, 8000, 640, each=900, attempted=8000)

        assert asked(*arms) == ()

    def test_of_several_arms_says_which(self):
        said = asked(arm(0, 2000, 200), arm(1, 4000, 200, name="short"), arm(2, 4000, 410))

        assert [each.split(":")[0] for each in said] == ["short", "treated"]

    def test_a_missed_goal_comes_last(self):
        said = asked(arm(1, 900, 50), goal=0.2, verdict=Verdict.MISSED)

        assert said[-1] == (
            "Offer more, choose others or aim lower: 12.0 % were reached, the goal was 20.0 %."
        )
        assert len(asked(arm(1, 900, 50), goal=0.2)) == 1


class TestOfGroups:
    ARMS = (arm(0, 2000, 100, each=900), arm(1, 8000, 640, each=900))

    def test_those_that_are_harmed_are_to_be_left_out(self):
        split = Split("Segment", (group("Young", "gain", 0.1), group("Old", "loss", -0.05)))

        [leave] = asked(*self.ARMS, splits=[split])

        assert leave.startswith("Leave out the segment Old: the effect there is proven negative")

    def test_one_that_is_helped_counts_where_the_whole_proves_nothing(self):
        split = Split("Segment", (group("Young", "gain", 0.1), group("Old", "not proven", 0.01)))

        more, begin = asked(arm(0, 1000, 50), arm(1, 9000, 540), splits=[split])

        assert more.startswith("Ask for a larger control group")
        assert begin.startswith("Begin with the segment Young: the effect is proven there, +10.0")
        assert asked(*self.ARMS, splits=[split]) == ()

    def test_nothing_is_said_of_groups_that_prove_nothing(self):
        split = Split("Segment", (group("Young", "too few"), group("Old", "not proven", 0.01)))

        assert asked(*self.ARMS, splits=[split]) == ()

    def test_nor_of_a_comparison_that_is_compromised(self):
        split = Split("Segment", (group("Old", "loss", -0.05),))

        assert len(asked(arm(0, 1000, 50, reached=9), arm(1, 9000, 90), splits=[split])) == 1


def test_what_is_frozen_reads_back_the_same():
    rates = Group("Phone", Rate(3, 9), None, None, None, None, None, "rate only")
    found = Findings(
        (Split("Branch", (group("North", "gain", 0.1),), 7), Split("Channel", (rates,))),
        ("Do this.",),
    )

    assert Findings.of(found.plain) == found
    assert Findings.of({}) == Findings()
