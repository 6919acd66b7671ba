"""Whom the demo bank's campaigns are for: each rule twice, for the database and for columns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from data.demo.customers import PLACE, Customers, Flags

Test: TypeAlias = Callable[[Customers, np.datetime64], Flags]
_CURRENT = PLACE["current"]


@dataclass(frozen=True)
class Audience:
    """`rule` is kept in the segment; `test` says the same of columns, on a day."""

    code: str
    name: str
    rule: dict[str, Any]
    test: Test


def _aged(least: int, most: int) -> dict[str, Any]:
    return {"field": "age", "is": "between", "value": [least, most]}


def _is_aged(customers: Customers, on: np.datetime64, least: int, most: int) -> Flags:
    """Tell who has had so many birthdays by a day; companies have none."""
    day = on.astype("datetime64[D]")
    years = day.astype("datetime64[Y]").astype(int) - customers.born.astype("datetime64[Y]").astype(
        int
    )
    in_year = (customers.born - customers.born.astype("datetime64[Y]")).astype(int)
    today_in_year = int((day - day.astype("datetime64[Y]")).astype(int))
    age = years - (in_year > today_in_year)
    fits: Flags = ~np.isnat(customers.born) & (age >= least) & (age <= most)
    return fits


def _everybody(customers: Customers, _on: np.datetime64) -> Flags:
    return np.ones(len(customers), bool)


def _with_current(customers: Customers, on: np.datetime64, least: int, most: int) -> Flags:
    return _is_aged(customers, on, least, most) & customers.held[:, _CURRENT]


HOLDS_CURRENT = {"holds": {"product": "current"}}
AUDIENCES = {
    audience.code: audience
    for audience in (
        Audience(
            "earning-adults",
            "Adults up to 62 with a current account",
            {"all": [_aged(18, 62), HOLDS_CURRENT]},
            lambda customers, on: _with_current(customers, on, 18, 62),
        ),
        Audience(
            "householders",
            "From 25 to 80 with a current account",
            {"all": [_aged(25, 80), HOLDS_CURRENT]},
            lambda customers, on: _with_current(customers, on, 25, 80),
        ),
        Audience(
            "good-earners",
            "Income from 25,000",
            {"attribute": "income", "is": ">=", "value": 25_000},
            lambda customers, _on: ~customers.is_corporate & (customers.income >= 25_000),
        ),
        Audience(
            "investors-to-be",
            "From 30 to 65 with 3,000 or more on the account",
            {
                "all": [
                    _aged(30, 65),
                    HOLDS_CURRENT,
                    {"field": "balance", "is": ">=", "value": 3_000},
                ]
            },
            lambda customers, on: (
                _with_current(customers, on, 30, 65) & (customers.balance >= 300_000)
            ),
        ),
        Audience("everybody", "All customers", {"all": []}, _everybody),
        Audience(
            "from-45",
            "Private customers from 45",
            _aged(45, 120),
            lambda customers, on: _is_aged(customers, on, 45, 120),
        ),
        Audience(
            "under-45",
            "Private customers under 45",
            _aged(0, 44),
            lambda customers, on: _is_aged(customers, on, 0, 44),
        ),
        Audience(
            "deposits-ending",
            "Holders of a term deposit who may leave",
            {
                "all": [
                    {"holds": {"product": "term-deposit"}},
                    {"field": "churn_risk", "is": ">=", "value": 0.3},
                ]
            },
            lambda customers, _on: (
                customers.held[:, PLACE["term-deposit"]] & (customers.churn >= 0.3)
            ),
        ),
        Audience(
            "young-families",
            "From 27 to 42 with a mortgage and no life insurance",
            {
                "all": [
                    _aged(27, 42),
                    {"holds": {"product": "mortgage"}},
                    {"lacks": {"product": "life-insurance"}},
                ]
            },
            lambda customers, on: (
                _is_aged(customers, on, 27, 42)
                & customers.held[:, PLACE["mortgage"]]
                & ~customers.held[:, PLACE["life-insurance"]]
            ),
        ),
    )
}
STAFF_LIST = "staff-and-families"
