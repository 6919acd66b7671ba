from decimal import Decimal

import pytest

from core.measures import Amount, Rate, signed


def test_rates_add_by_their_parts_and_are_never_averaged():
    assert Rate(1, 2) + Rate(0, 8) == Rate(1, 10)
    assert (Rate(1, 2) + Rate(0, 8)).value == 0.1


def test_a_share_of_nothing_is_no_number():
    assert Rate(0, 0).value is None


def test_two_currencies_do_not_add():
    assert Amount(Decimal(1), "EUR") + Amount(Decimal(2), "EUR") == Amount(Decimal(3), "EUR")
    with pytest.raises(ValueError, match="cannot be added"):
        Amount(Decimal(1), "EUR") + Amount(Decimal(1), "USD")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("-1.5 points", "−1.5 points"),  # noqa: RUF001  a minus, not a hyphen
        ("-0.0", "0.0"),
        ("-€0", "€0"),
        ("-€10", "−\N{WORD JOINER}€10"),  # noqa: RUF001
        ("from -CHF\u00a010", "from −\N{WORD JOINER}CHF\u00a010"),  # noqa: RUF001
        ("+0.0", "+0.0"),
    ],
)
def test_only_what_is_less_than_nothing_has_a_minus(written, said):
    assert signed(written) == said
