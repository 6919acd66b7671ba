"""How much work branches can do by a day, and how many customers that is. No database here."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Figures: TypeAlias = NDArray[np.float64]
WHOLE = 10_000  # shares are in basis points
_ENOUGH = 1e-6  # of a customer: rounding keeps nobody from being worked


@dataclass(frozen=True)
class Need:
    """What one treated customer takes of the branches' people; nothing where messages do it all.

    People are first needed `after_days` days after the start: messages may go before.
    """

    minutes: float
    activities: float
    attempts: float = 1.0
    after_days: int = 0


@dataclass(frozen=True)
class BranchRoom:
    """A branch that is to treat customers, and for how many its people have time."""

    branch: str
    customers: int
    worked: int
    hours_needed: float
    hours_free: float

    @property
    def is_short(self) -> bool:
        return self.worked < self.customers


@dataclass(frozen=True, eq=False)
class Hands:
    """What the branches' qualified people are free to do, by the end of each day from `first` on.

    Rows are branches, columns days; both figures grow from day to day. `customers` are those of
    the branch who could be contacted, of whom some will be held out.
    """

    first: date
    branches: tuple[str, ...]
    customers: Figures
    minutes: Figures
    contacts: Figures

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.minutes.shape[1] - 1)

    def place(self, day: date) -> int:
        """Return the column of a day: the last one of later days, and -1 of those gone by."""
        return min(max((day - self.first).days, -1), int(self.minutes.shape[1]) - 1)

    def worked(self, treated: Figures, need: Need, day: int) -> Figures:
        """Return how many of the treated each branch can work by the end of a day."""
        if not need.activities:
            return treated
        if day < 0:
            return np.zeros_like(treated)
        room = self.contacts[:, day] / need.activities
        if need.minutes:
            room = np.minimum(room, self.minutes[:, day] / need.minutes)
        return np.minimum(treated, np.floor(room + _ENOUGH))

    def reach(self, need: Need, *, control_share: int, day: int) -> float:
        """Return the share of the treated who can be worked by the end of a day."""
        treated = self.customers * (1 - control_share / WHOLE)
        everybody = float(treated.sum())
        worked = float(self.worked(treated, need, day).sum())
        return min(worked / everybody, 1.0) if everybody else 0.0

    def _whole(self, control_share: int) -> Figures:
        """Split the treated over the branches in whole customers that add up to all of them."""
        exact = self.customers * (WHOLE - control_share) / WHOLE
        whole = np.floor(exact + _ENOUGH)
        everybody = int(self.customers.sum())
        left = everybody - everybody * control_share // WHOLE - int(whole.sum())
        whole[np.argsort(whole - exact, kind="stable")[:left]] += 1
        split: Figures = whole
        return split

    def rooms(self, need: Need, *, control_share: int, day: int) -> tuple[BranchRoom, ...]:
        """Return how each branch stands, those that lack most hands first."""
        treated = self._whole(control_share)
        worked = self.worked(treated, need, day)
        free = self.minutes[:, day] / 60 if day >= 0 else np.zeros(len(self.branches))
        rows = [
            BranchRoom(
                branch=name,
                customers=int(customers),
                worked=int(done),
                hours_needed=float(customers) * need.minutes / 60,
                hours_free=float(hours),
            )
            for name, customers, done, hours in zip(
                self.branches, treated, worked, free, strict=True
            )
        ]
        return tuple(sorted(rows, key=lambda row: (row.worked - row.customers, row.branch)))
