from decimal import Decimal

import pytest

from core.measures import Amount, Rate


def test_rates_add_by_their_parts_and_are_never_averaged():
    assert Rate(1, 2) + Rate(0, 8) == Rate(1, 10)
    assert (Rate(1, 2) + Rate(0, 8)).value == 0.1


def test_a_share_of_nothing_is_no_number():
    assert Rate(0, 0).value is None


def test_two_currencies_do_not_add():
    assert Amount(Decimal(1), "EUR") + Amount(Decimal(2), "EUR") == Amount(Decimal(3), "EUR")
    with pytest.raises(ValueError, match="cannot be added"):
        Amount(Decimal(1), "EUR") + Amount(Decimal(1), "USD")
