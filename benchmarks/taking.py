"""*Take next* with 1, 8 and 32 workers on PostgreSQL, against the claims of two job queues.

Everybody claims from one line of the same length in one database, turn about. Ours is twice:
the whole action, with history, candidate, journal and notice, and the bare claim in it. Use:
python -m benchmarks.taking [waiting [rounds]]
"""

import asyncio
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, func, insert, select, text, true, update
from sqlalchemy.orm import Session

from benchmarks import peers
from benchmarks.bank import NOW, build
from benchmarks.places import Postgresql, server
from core.access import Actor, Role, Scope
from core.activities.actions.claiming import claim, claimed_by
from core.activities.actions.taking import TakeNext, take_next
from core.activities.model import Activity, Change
from core.activities.rules import TAKE, Status
from core.customers.model import CustomerState
from core.database import connect, write_turn
from core.journal.model import Entry
from core.people.model import Person
from core.runs.model import Candidate
from core.runs.rules import TREATED_ARM, Confirmation
from core.work import changing

WORKERS = (1, 8, 32)
CLAIMS = 320  # of all workers together, in one turn
SERVERS = 4  # engines that the workers of ours share, as processes of the product would
ACTION, BARE = "take next", "bare claim"


@dataclass
class Taken:
    """What one way of claiming has come to with so many workers."""

    rates: list[float] = field(default_factory=list)  # claims per second, turn by turn
    waits: list[float] = field(default_factory=list)  # seconds of each claim
    ids: list[int] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def p99(self) -> float:
        return sorted(self.waits)[int(len(self.waits) * 0.99)] * 1000


def main(waiting: int = 50_000, rounds: int = 5) -> bool:
    """Measure, print what came out, and tell whether nobody claims quicker than we do."""
    with tempfile.TemporaryDirectory(prefix="fairlead-benchmark-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        with server(folder) as url:
            return _measured(Postgresql(url).url, waiting, rounds)


def _measured(url: str, waiting: int, rounds: int) -> bool:
    engines = [connect(url) for _ in range(SERVERS)]
    build(engines[0], waiting)
    actors = _in_one_pool(engines[0], max(WORKERS))
    plain = url.replace("postgresql+psycopg", "postgresql")
    ways: dict[str, Callable[[int, Taken], None]] = {
        ACTION: lambda many, taken: _in_threads(
            taken, [_action(engines[n % SERVERS], actors[n]) for n in range(many)]
        ),
        BARE: lambda many, taken: _in_threads(
            taken, [_bare(engines[n % SERVERS], actors[n]) for n in range(many)]
        ),
    }
    with asyncio.Runner() as runner:
        for name in ("procrastinate", "pgqueuer"):
            runner.run(getattr(peers, f"{name}_line")(plain, waiting))
            claimer = getattr(peers, name)

            async def opened(claimer=claimer):
                return [await claimer(plain) for _ in range(max(WORKERS))]

            ready = runner.run(opened())
            ways[name] = lambda many, taken, ready=ready: runner.run(_in_tasks(taken, ready[:many]))
        results = {(way, many): Taken() for way in ways for many in WORKERS}
        for way, one_turn in ways.items():
            one_turn(max(WORKERS), Taken())  # statements are prepared, connections are open
            print(f"{way} is ready", flush=True)
        for round_ in range(rounds):
            order = list(ways) if round_ % 2 == 0 else list(reversed(ways))
            for many in WORKERS:
                for way in order:
                    ways[way](many, results[way, many])
    _exactly_once(engines[0], results, rounds)
    return _told(results)


def _in_one_pool(engine: Engine, many: int) -> list[Actor]:
    """Give everybody's work to the pool of one branch; return so many agents of it."""
    with write_turn(engine), Session(engine) as session, session.begin():
        branch = session.scalar(select(func.min(Person.unit_id)))
        like = select(Activity.__table__).limit(1).subquery()
        others = [column.name for column in like.c if column.name not in {"id", "customer_id"}]
        idle = (
            select(CustomerState.customer_id, *(like.c[name] for name in others))
            .join(like, true())
            .where(CustomerState.pending == 0)
        )
        session.execute(insert(Activity).from_select(["customer_id", *others], idle))
        session.execute(update(Activity).values(branch_id=branch))
        columns = {
            "run_id": Activity.run_id,
            "customer_id": Activity.customer_id,
            "branch_id": Activity.branch_id,
            "arm": text(str(TREATED_ARM)),
            "confirmation": Confirmation.CONFIRMED.literal,
            "attempts": text("0"),
            "is_imported": text("false"),
        }
        rows = select(*columns.values()).select_from(Activity)
        session.execute(insert(Candidate).from_select(list(columns), rows))
        first = select(Person.id).order_by(Person.id).limit(many).scalar_subquery()
        moved = update(Person).where(Person.id.in_(first)).values(unit_id=branch)
        people = session.scalars(moved.returning(Person.id)).all()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    scope, roles = Scope(unit_ids=(branch,)), frozenset({Role.AGENT})
    return [Actor(id_, f"Person {id_}", roles, scope, unit_id=branch) for id_ in people]


def _action(engine: Engine, actor: Actor) -> Callable[[], int]:
    def take() -> int:
        with changing(engine, actor, now=NOW) as work:
            return take_next(work, TakeNext()).activity_id

    return take


def _bare(engine: Engine, actor: Actor) -> Callable[[], int]:
    statement, values = claim(None), claimed_by(actor, NOW)

    def take() -> int:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return connection.execute(statement, values).one().id

    return take


def _in_threads(taken: Taken, takes: list[Callable[[], int]]) -> None:
    start = threading.Barrier(len(takes) + 1)
    each = CLAIMS // len(takes)

    def carry_out(take: Callable[[], int]) -> None:
        start.wait()
        for _ in range(each):
            began = time.perf_counter()
            taken.ids.append(take())
            taken.waits.append(time.perf_counter() - began)

    threads = [threading.Thread(target=carry_out, args=(take,)) for take in takes]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    taken.rates.append(each * len(takes) / (time.perf_counter() - began))


async def _in_tasks(taken: Taken, claimers: list[peers.Claimer]) -> None:
    """Let peers claim; what ends their jobs is not counted, though they need it to stay quick."""
    each = CLAIMS // len(claimers)
    claimed: list[list] = [[] for _ in claimers]

    async def carry_out(place: int) -> None:
        for _ in range(each):
            began = time.perf_counter()
            claimed[place].append(await claimers[place].claim())
            taken.waits.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(carry_out(place) for place in range(len(claimers))))
    taken.rates.append(each * len(claimers) / (time.perf_counter() - began))
    taken.ids += [job.id for jobs in claimed for job in jobs]
    for claimer, jobs in zip(claimers, claimed, strict=True):
        await claimer.finish(jobs)


def _exactly_once(engine: Engine, results: dict[tuple[str, int], Taken], rounds: int) -> None:
    """Check that nothing was given twice, and that history and journal tell every take."""
    for way in {way for way, _ in results}:
        ids = [id_ for many in WORKERS for id_ in results[way, many].ids]
        if len(ids) != len(set(ids)) or len(ids) != rounds * CLAIMS * len(WORKERS):
            raise AssertionError(f"{way}: {len(ids)} claims of {len(set(ids))} different ones")
    with Session(engine) as session:

        def count(column, *which) -> int:
            return session.scalar(select(func.count(column)).where(*which))

        told = count(Change.id, Change.verb == TAKE.verb)
        journaled = count(Entry.id, Entry.kind == "activity.taken")
        stamped = count(Candidate.customer_id, Candidate.assigned_at.is_not(None))
        held = count(Activity.id, Activity.status != Status.UNASSIGNED)
    taken = CLAIMS * (rounds * len(WORKERS) + 1)
    if {told, journaled, stamped} != {taken} or held != 2 * taken:
        raise AssertionError(f"{told}, {journaled}, {stamped} of {taken} told; {held} held")


def _told(results: dict[tuple[str, int], Taken]) -> bool:
    quickest = True
    for many in WORKERS:
        for way in (ACTION, BARE, "procrastinate", "pgqueuer"):
            taken = results[way, many]
            print(f"{many:2} workers {way:13} {taken.rate:6.0f}/s, p99 {taken.p99:6.1f} ms", end="")
            if way in (ACTION, BARE):
                ratios = {
                    peer: taken.rate / results[peer, many].rate
                    for peer in ("procrastinate", "pgqueuer")
                }
                quickest &= way != ACTION or min(ratios.values()) >= 1
                print("".join(f", {ratio:.2f} of {peer}" for peer, ratio in ratios.items()), end="")
            print(flush=True)
    return quickest


if __name__ == "__main__":
    sys.exit(0 if main(*(int(number) for number in sys.argv[1:])) else 1)
