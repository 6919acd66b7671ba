"""Money and shares as fields show them, and back."""

from decimal import Decimal


def percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 6)


def share(percent: float | None) -> float | None:
    return None if percent is None else round(percent / 100, 8)


def shown(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def money(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(round(amount, 2)))
