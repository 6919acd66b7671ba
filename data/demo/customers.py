"""The demo bank's customers as columns: who they are, what they hold and allow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.customers.rules import IndicatorKind, Medium
from data.demo.bank import Staff
from data.demo.names import FIRST, LAST, OCCUPATIONS, PLACES, TRADES

Ids: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int8]
Flags: TypeAlias = NDArray[np.bool_]
Days: TypeAlias = NDArray[np.datetime64]
Figures: TypeAlias = NDArray[np.float64]

CORPORATE = 0.06
MANAGED = 0.2  # the part with the highest balances has a relationship manager
SETTLED_DAYS = 560  # what customers of old hold by themselves was opened before that


@dataclass(frozen=True)
class ProductSpec:
    code: str
    name: str
    category: str
    share: float  # of customers who hold it by themselves
    margin: int  # a year, in the bank's currency
    wealth: float  # how much likelier with a high income


PRODUCTS = (
    ProductSpec("current", "Current account", "account", 0.93, 35, 0.0),
    ProductSpec("savings", "Savings account", "savings", 0.42, 60, 0.3),
    ProductSpec("term-deposit", "Term deposit", "savings", 0.16, 80, 0.8),
    ProductSpec("classic-card", "Classic card", "card", 0.46, 25, 0.0),
    ProductSpec("gold-card", "Gold card", "card", 0.11, 90, 1.2),
    ProductSpec("personal-loan", "Personal loan", "credit", 0.17, 210, -0.2),
    ProductSpec("mortgage", "Mortgage", "credit", 0.14, 900, 0.6),
    ProductSpec("overdraft", "Overdraft", "credit", 0.3, 45, -0.3),
    ProductSpec("home-insurance", "Home insurance", "insurance", 0.22, 70, 0.4),
    ProductSpec("life-insurance", "Life insurance", "insurance", 0.12, 95, 0.4),
    ProductSpec("investment-plan", "Investment plan", "investment", 0.09, 180, 1.2),
    ProductSpec("pension-plan", "Pension plan", "investment", 0.14, 160, 0.6),
)
PLACE = {product.code: place for place, product in enumerate(PRODUCTS)}
WITH_BALANCE = [PLACE[code] for code in ("current", "savings", "term-deposit", "mortgage")]
CONSENTING = {
    Medium.BRANCH: 0.97,
    Medium.PHONE: 0.84,
    Medium.EMAIL: 0.71,
    Medium.SMS: 0.6,
    Medium.POST: 0.76,
    Medium.APP: 0.45,
}
REFUSED = 0.05  # of those without consent this share was asked and said no, in effect


@dataclass
class Customers:
    """One place a customer in every array. Runs change the last five as they go.

    Amounts are cents; `branch` is the place of the branch among the branches.
    """

    ids: Ids
    branch: Ids
    unit_id: Ids
    manager_id: Ids  # 0 for none
    is_corporate: Flags
    is_active: Flags
    do_not_contact: Flags
    in_distress: Flags
    at_risk: Flags
    on_staff_list: Flags
    born: Days
    joined: Days
    income: Ids
    balance: Ids
    churn: Figures
    consents: dict[Medium, Flags]
    refused: dict[Medium, Flags]
    held: Flags  # customers x products
    held_out: Flags  # of every sales campaign
    is_candidate: Flags
    pending: Ids
    last_contact: Days
    last_refusal: Days
    product_ids: list[int] = field(default_factory=list)
    bought: list[tuple[int, Ids, Days]] = field(default_factory=list)
    occupations: list[str | None] = field(default_factory=list)  # once they have their texts

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def consent_mask(self) -> Ids:
        return self._mask((given, of.bit) for of, given in self.consents.items())

    @property
    def indicator_mask(self) -> Ids:
        marks = {
            IndicatorKind.DISTRESS: self.in_distress,
            IndicatorKind.RETENTION_CANDIDATE: self.at_risk,
            IndicatorKind.CAMPAIGN_CANDIDATE: self.is_candidate,
        }
        return self._mask((marked, kind.bit) for kind, marked in marks.items())

    @property
    def product_mask(self) -> Ids:
        return self._mask((self.held[:, place], 1 << place) for place in range(len(PRODUCTS)))

    @property
    def yearly_value(self) -> Ids:
        """Return the margin of what each holds, and of the balance, in cents."""
        value: Ids = self.balance // 200
        for place, product in enumerate(PRODUCTS):
            value[self.held[:, place]] += product.margin * 100
        return value

    @property
    def attributes(self) -> dict[str, Any]:
        """Return what is known beyond the fields that every bank has, by name."""
        return {
            "income": np.ma.masked_array(self.income, self.is_corporate),
            "turnover": np.ma.masked_array(self.income * 40, ~self.is_corporate),
            "occupation": self.occupations,
            "uses_app": self.consents[Medium.APP].astype(float),
        }

    def _mask(self, marks: Iterable[tuple[Flags, int]]) -> Ids:
        mask = np.zeros(len(self), np.int64)
        for marked, bit in marks:
            mask[marked] |= bit
        return mask

    def agreements(self, places: Ids, product: int, *, again: bool = False) -> list[str]:
        """Return the numbers of these customers' agreements on a product."""
        end = f"-{product:02}{'-2' if again else ''}"
        return [f"A{id_:07}{end}" for id_ in self.ids[places].tolist()]

    def worked(self, places: Ids, is_open: Flags, contact: Days, refusal: Days) -> None:
        """Bring up to date what a run's work means for its customers."""
        self.pending[places] += is_open
        self.last_contact[places] = np.fmax(self.last_contact[places], contact)
        self.last_refusal[places] = np.fmax(self.last_refusal[places], refusal)

    def buy(self, product: int, places: Ids, on: Days) -> None:
        """Remember that these customers opened a product on these days."""
        self.held[places, product] = True
        self.bought.append((product, places, on.astype("datetime64[D]")))


def invent(
    rng: np.random.Generator, staff: Staff, ids: Ids, shares: Figures, today: np.datetime64
) -> Customers:
    """Return customers with these ids, as they are before any campaign.

    :param shares: the part of the customers that each branch gets
    """
    many = len(ids)
    branch = rng.choice(len(staff.branches), many, p=shares)
    corporate = rng.random(many) < CORPORATE
    age = np.clip(rng.normal(46, 16, many), 18, 92)
    born = (today - (age * 365.25).astype("timedelta64[D]")).astype("datetime64[D]")
    tenure = np.minimum(rng.exponential(2_600, many) + 20, (age - 17.5) * 365).astype(int)
    income = (rng.lognormal(10.35, 0.45, many) * np.clip(age / 45, 0.6, 1.2)).astype(int)
    balance = (rng.lognormal(8.1, 1.25, many) * (income / 32_000) * 100).astype(np.int64)
    manager = staff.managers[branch, rng.integers(0, staff.managers.shape[1], many)]
    wealthy = balance >= np.quantile(balance, 1 - MANAGED)
    joined = today - tenure.astype("timedelta64[D]")
    consents = {medium: rng.random(many) < share for medium, share in CONSENTING.items()}
    never = np.full(many, np.datetime64("NaT", "us"))
    return Customers(
        ids=ids,
        branch=branch,
        unit_id=staff.branches[branch],
        manager_id=np.where(wealthy, manager, 0),
        is_corporate=corporate,
        is_active=rng.random(many) < 0.95,
        do_not_contact=rng.random(many) < 0.015,
        in_distress=rng.random(many) < 0.02,
        at_risk=rng.random(many) < 0.03,
        on_staff_list=rng.random(many) < 0.004,
        born=np.where(corporate, np.datetime64("NaT"), born),
        joined=joined,
        income=income,
        balance=balance,
        churn=np.round(rng.beta(1.6, 7, many), 4),
        consents=consents,
        refused={m: ~given & (rng.random(many) < REFUSED) for m, given in consents.items()},
        held=np.zeros((many, len(PRODUCTS)), bool),
        held_out=np.zeros(many, bool),
        is_candidate=np.zeros(many, bool),
        pending=np.zeros(many, np.int64),
        last_contact=never.copy(),
        last_refusal=never.copy(),
    )


def settle(
    customers: Customers, product: int, rng: np.random.Generator, today: np.datetime64
) -> tuple[Ids, Days, Days]:
    """Let customers take a product of themselves; returns who, and since and until when."""
    of = PRODUCTS[product]
    rank = np.clip(np.log(customers.income / 32_000), -1, 1)
    share = np.clip(of.share * (1 + of.wealth * rank), 0.01, 0.97)
    places = np.flatnonzero(rng.random(len(customers)) < share)
    joined = customers.joined[places]
    # Only who joined lately opens things lately; all else would look like a campaign's work.
    settled = today - np.timedelta64(SETTLED_DAYS, "D")
    latest = np.where(joined < settled, settled, today)
    opened = joined + _part_of(latest - joined, rng)
    ended = rng.random(len(places)) < 0.05
    closed = np.where(ended, opened + _part_of(latest - opened, rng), np.datetime64("NaT", "D"))
    customers.held[places, product] = ~ended
    return places, opened, closed


def _part_of(span: Any, rng: np.random.Generator) -> Any:
    return (span.astype(int) * rng.random(len(span))).astype("timedelta64[D]")


def texts(customers: Customers, rng: np.random.Generator) -> dict[str, list[Any]]:
    """Return names, numbers, addresses and attributes of the customers, each as its column."""
    rows = zip(*_texts(customers, rng), strict=True)
    names = ("name", "pin", "fiscal_no", "email", "phone", "attributes")
    return dict(zip(names, map(list, rows), strict=True))


def _texts(customers: Customers, rng: np.random.Generator) -> Iterator[tuple[str | None, ...]]:
    ids = customers.ids.tolist()
    rows = zip(
        ids,
        customers.is_corporate.tolist(),
        np.datetime_as_string(customers.born).tolist(),
        customers.income.tolist(),
        customers.consents[Medium.APP].tolist(),
        *(rng.integers(0, len(of), len(ids)).tolist() for of in (FIRST, LAST, OCCUPATIONS)),
        strict=True,
    )
    for id_, is_corporate, born, income, uses_app, first, last, job in rows:
        phone = f"+44 7700 9{id_ % 100_000:05}"  # a range kept for invented numbers
        app = "true" if uses_app else "false"
        surname = LAST[last]
        customers.occupations.append(None if is_corporate else OCCUPATIONS[job])
        if is_corporate:
            trade, place = TRADES[first % len(TRADES)], PLACES[job % len(PLACES)]
            name = f"{surname} {trade}" if id_ % 3 else f"{place} {trade} {surname}"
            facts = f'{{"turnover": {income * 40}, "uses_app": {app}}}'
            yield name, None, f"FR{100_000_000 + id_}", f"office{id_}@firm.example", phone, facts
        else:
            pin = f"{born[2:4]}{born[5:7]}{born[8:10]}-{id_:07}"
            job_name = OCCUPATIONS[job]
            facts = f'{{"income": {income}, "occupation": "{job_name}", "uses_app": {app}}}'
            yield f"{FIRST[first]} {surname}", pin, None, f"c{id_}@mail.example", phone, facts
