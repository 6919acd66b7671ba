"""Working time for whole sets of moments, without a loop over them."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from core.hours.working import NeverOpens, WorkingTime, table_of

Epochs = NDArray[np.int64]  # seconds since 1970


class Timeline:
    """The working time of some years for whole sets of moments, to the minute like one by one.

    Moments are seconds since 1970, of which the part of a minute is dropped.
    """

    def __init__(self, working_time: WorkingTime, first: date, last: date) -> None:
        """Cover the days from `first` to `last`, and at least a year on each side."""
        table = table_of(working_time, first.year - 1, last.year + 1)
        columns = (np.array(column, dtype=np.int64) for column in table)
        self._opens, self._closes, self._begun, self._done = columns

    def clock(self, epochs: Epochs) -> Epochs:
        """Return the working minutes that have passed at each moment since the first year."""
        minutes = epochs // 60
        if not len(self._opens):
            return np.zeros_like(minutes)
        at = np.searchsorted(self._opens, minutes, side="right") - 1
        known = np.maximum(at, 0)
        passed = np.minimum(minutes, self._closes[known]) - self._opens[known]
        return np.where(at < 0, 0, self._begun[known] + passed)

    def between(self, starts: Epochs, ends: Epochs) -> Epochs:
        """Return the working minutes from each start to its end."""
        return self.clock(ends) - self.clock(starts)

    def is_open(self, epochs: Epochs) -> NDArray[np.bool_]:
        return self.clock(epochs // 60 * 60 + 60) > self.clock(epochs)

    def add(self, epochs: Epochs, minutes: Epochs) -> Epochs:
        """Return for each moment the one so many working minutes on, as `WorkingTime.add`.

        :raises NeverOpens: the years do not hold so many
        """
        wanted = self.clock(epochs) + minutes
        moves = minutes != 0
        total = self._done[-1] if len(self._done) else 0
        if np.any(moves & ((wanted < 0) | (wanted > total))):
            raise NeverOpens("The calendar has not enough working time in these years.")
        if not moves.any():
            return epochs
        ahead = np.searchsorted(self._done, wanted, side="left")
        back = np.searchsorted(self._begun, wanted, side="right") - 1
        at = np.clip(np.where(minutes > 0, ahead, back), 0, len(self._opens) - 1)
        return np.where(moves, (self._opens[at] + wanted - self._begun[at]) * 60, epochs)
