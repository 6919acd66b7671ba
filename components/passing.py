"""A server's own clock: once a minute it carries out what time alone brings."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from components import server
from core.passing import pass_time

_log = logging.getLogger(__name__)
_due = Event()


@contextmanager
def passing(*, every: float) -> Iterator[None]:
    """Let time pass in a thread of its own, until the server stops.

    :param every: seconds from one time to the next; 0 leaves it to `fairlead tick`
    """
    if not every:
        yield
        return
    stop = Event()
    _due.clear()
    thread = Thread(target=_pass, args=(stop, every), name="passing time", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        soon()
        thread.join()


def soon() -> None:
    """Let time pass now rather than in a minute: there is new work to be handed out."""
    _due.set()


def _pass(stop: Event, every: float) -> None:
    while True:
        _due.wait(every)
        if stop.is_set():
            return
        _due.clear()
        once()


def once() -> None:
    """Do it one time; what goes wrong is logged, and the next time tries again."""
    try:
        passed = pass_time(server.engine(), now=server.now())
    except Exception:  # noqa: BLE001  the outermost door of this thread: it must live on
        _log.exception("time could not pass")
        return
    if passed.made or passed.ended:
        _log.info("made work of %d runs, ended %d", len(passed.made), len(passed.ended))
    for given in passed.given:
        _log.info("handed out %d activities by rule", given.given)
