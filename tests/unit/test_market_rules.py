import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market.rules import LARGEST_JUMP, LIMITS, MoveKind, Side, advantage, doubt, spelling

CHANGE, ADDED, OFFER = MoveKind.RATE_CHANGE, MoveKind.RATE_ADDED, MoveKind.OFFER_ADDED
DEPOSIT, LENDING = Side.DEPOSIT, Side.LENDING
rates = st.floats(-50, 2_000, allow_nan=False)


@pytest.mark.parametrize(
    ("kind", "side", "old", "new", "why"),
    [
        (CHANGE, DEPOSIT, 2.0, 1525.0, "new value 1525 % is outside 0 to 30 %"),
        (CHANGE, DEPOSIT, None, -0.1, "new value -0.1 % is outside 0 to 30 %"),
        (ADDED, DEPOSIT, None, 30.01, "new value 30.01 % is outside 0 to 30 %"),
        (CHANGE, LENDING, 61.0, 50.0, "old value 61 % is outside 0 to 60 %"),
        (CHANGE, LENDING, 4.0, 14.5, "a jump of 10.5 points is more than 10"),
        (CHANGE, None, None, 61.0, "new value 61 % is outside 0 to 60 %"),
        (OFFER, DEPOSIT, None, 99.0, "new value 99 % is outside 0 to 30 %"),
        (MoveKind.MARKET_EVENT, None, None, 31.0, "new value 31 % is outside -5 to 30 %"),
        (CHANGE, DEPOSIT, 0.0, 10.0, None),
        (CHANGE, LENDING, 60.0, 50.0, None),
        (ADDED, DEPOSIT, None, 30.0, None),
        (OFFER, None, None, 1500.0, None),  # money, or points of a programme
        (MoveKind.FEE_CHANGE, None, 250.0, 295.0, None),
        (MoveKind.MARKET_EVENT, None, -0.5, -0.25, None),
        (MoveKind.RATE_REMOVED, DEPOSIT, 3.0, None, None),
    ],
)
def test_a_rate_is_doubted_when_it_cannot_be(kind, side, old, new, why):
    assert doubt(kind, side, old, new) == why


@given(side=st.sampled_from(Side), old=st.none() | rates, new=st.none() | rates)
def test_what_is_not_doubted_lies_within_the_limits(side, old, new):
    low, high = LIMITS[side]
    fine = all(value is None or low <= value <= high for value in (old, new))
    fine &= None in (old, new) or abs(new - old) <= LARGEST_JUMP
    assert (doubt(CHANGE, side, old, new) is None) == fine


@given(theirs=rates, ours=rates)
def test_what_is_better_on_a_deposit_is_worse_on_a_loan(theirs, ours):
    assert advantage(DEPOSIT, theirs, ours) == -advantage(LENDING, theirs, ours)


def test_better_is_more_on_a_deposit_and_less_on_a_loan():
    assert advantage(DEPOSIT, 3.0, 2.5) == 0.5
    assert advantage(LENDING, 3.0, 2.5) == -0.5


@pytest.mark.parametrize("twin", ["u Bank", "UBANK", "U-Bank", " ubank ", "u.bank"])
def test_twins_are_spelt_alike(twin):
    assert spelling(twin) == spelling("UBank")
    assert spelling(twin) != spelling("U2 Bank")
