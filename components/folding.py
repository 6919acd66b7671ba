"""Keeping the cells behind figures close to what people do, a moment after they did it."""

import time
from threading import Lock

from sqlalchemy.exc import DBAPIError

from components import server
from core.database import lost_a_race
from core.impact.upkeep import fold_apart

SECONDS = 10.0  # what changes meanwhile is counted beside the cells, which is soon done
_busy = Lock()
_folded_at = -SECONDS  # by the clock of this process


def fold_now_and_then() -> None:
    """Fold what changed, unless this process has just done so or is doing so.

    Figures are the same either way; only how fast they are read depends on it.
    """
    global _folded_at  # noqa: PLW0603  one clock for all visitors of this process
    if time.monotonic() - _folded_at < SECONDS or not _busy.acquire(blocking=False):
        return
    _folded_at = time.monotonic()
    try:
        fold_apart(server.engine(), now=server.now())
    except DBAPIError as error:
        if not lost_a_race(error):  # then there is always a next time
            raise
    finally:
        _busy.release()
