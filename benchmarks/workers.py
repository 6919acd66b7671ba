"""Workers who claim when they are told to, every one in a process of its own.

In one process, threads of ours and tasks of theirs would wait for the same interpreter, and how
each shares it would be measured. A worker here is what both sides grow by: one more process with
one connection. All are open from the beginning; who is not told to claim costs nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from benchmarks import peers
from benchmarks.bank import NOW
from core.access import Actor
from core.activities.actions.taking import TakeNext, take_next
from core.database import connect
from core.work import changing

READY = 0.02  # seconds from telling the workers to their first claim
WARM = 12  # claims until every statement is prepared and planned


@dataclass
class Told:
    """What one worker tells of one turn; moments are of the clock that all processes share."""

    ids: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)  # seconds of each claim
    began: float = 0
    ended: float = 0


def take_next_again_and_again(line: Connection, url: str, actor: Actor) -> None:
    """Take what is next, the whole action as a click of the product carries it out."""
    engine = connect(url)

    def turn(claims: int, told: Told) -> None:
        for _ in range(claims):
            began = time.perf_counter()
            with changing(engine, actor, now=NOW) as work:
                fact = take_next(work, TakeNext())
            told.waits.append(time.perf_counter() - began)
            told.ids.append(fact.activity_id)

    _obey(line, turn)
    engine.dispose()


def claim_again_and_again(
    line: Connection, opened: Callable[[str], Awaitable[peers.Claimer]], url: str
) -> None:
    """Claim jobs of a queue; ending them is not measured, though it needs that to stay quick."""
    with asyncio.Runner() as runner:
        claimer = runner.run(_awaited(opened(url)))

        async def turn(claims: int, told: Told) -> list[Any]:
            jobs = []
            for _ in range(claims):
                began = time.perf_counter()
                jobs.append(await claimer.claim())
                told.waits.append(time.perf_counter() - began)
            told.ids.extend(job.id for job in jobs)
            return jobs

        _obey(
            line,
            lambda claims, told: runner.run(turn(claims, told)),
            lambda jobs: runner.run(_awaited(claimer.finish(jobs))),
        )
        runner.run(_awaited(claimer.close()))


class Workers:
    """Processes that do the same, and that take turns with others who do something else."""

    def __init__(self, works: Callable[..., None], arguments: Sequence[tuple[Any, ...]]) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload([__name__])
        self._lines, self._processes = [], []
        for each in arguments:
            line, theirs = context.Pipe()
            process = context.Process(target=works, args=(theirs, *each), daemon=True)
            process.start()
            self._lines.append(line)
            self._processes.append(process)
        self.warm = self.claim(len(arguments), WARM)

    def claim(self, many: int, each: int) -> list[Told]:
        """Let so many of them claim so often at once; return what they tell."""
        at = time.perf_counter() + READY
        for line in self._lines[:many]:
            line.send((each, at))
        return [line.recv() for line in self._lines[:many]]

    def close(self) -> None:
        for line, process in zip(self._lines, self._processes, strict=True):
            line.send(None)
            process.join()


def _obey(
    line: Connection,
    turn: Callable[[int, Told], Any],
    afterwards: Callable[[Any], None] = lambda _: None,
) -> None:
    while (order := line.recv()) is not None:
        claims, at = order
        told = Told()
        # Until the moment that all were told: nobody is measured while others still wake up.
        time.sleep(max(0, at - time.perf_counter()))
        told.began = time.perf_counter()
        claimed = turn(claims, told)
        told.ended = time.perf_counter()
        afterwards(claimed)
        line.send(told)


async def _awaited(what: Awaitable[Any]) -> Any:
    return await what
