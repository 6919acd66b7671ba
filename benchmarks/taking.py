"""*Take next* with 1, 8 and 32 workers on PostgreSQL, against the claims of two job queues.

Everybody claims from one line of the same length, on one server with the same settings, turn about,
and every worker is a process with one connection. Of ours it is the whole action: right, claim,
history, candidate, journal, notice, commit. Of theirs it is the claim as their own worker asks for
it: procrastinate's through its pool, which makes sure of the connection first; pgqueuer's by its
driver. All commit each claim. Use: python -m benchmarks.taking [waiting [rounds]]
"""

import asyncio
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, func, insert, select, text, true, update
from sqlalchemy.orm import Session

from benchmarks import peers
from benchmarks.bank import build
from benchmarks.places import Postgresql, server
from benchmarks.workers import WARM, Told, Workers, claim_again_and_again, take_next_again_and_again
from core.access import Actor, Role, Scope
from core.activities.model import Activity, Change
from core.activities.rules import TAKE, Status
from core.customers.model import CustomerState
from core.database import connect, write_turn
from core.journal.model import Entry
from core.people.model import Person
from core.runs.model import Candidate
from core.runs.rules import TREATED_ARM, Confirmation

WORKERS = (1, 8, 32)
CLAIMS = 192  # of all workers together, in one turn: short turns share what else goes on
OURS, PEERS = "take next", ("procrastinate", "pgqueuer")


@dataclass
class Taken:
    """What one way of claiming has come to with so many workers."""

    rates: list[float] = field(default_factory=list)  # claims per second, turn by turn
    waits: list[float] = field(default_factory=list)  # seconds of each claim
    ids: list[int] = field(default_factory=list)

    def add(self, told: list[Told]) -> None:
        took = max(each.ended for each in told) - min(each.began for each in told)
        ids = [id_ for each in told for id_ in each.ids]
        self.rates.append(len(ids) / took)
        self.ids += ids
        self.waits += [wait for each in told for wait in each.waits]

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    def within(self, share: float) -> float:
        """Return in how many milliseconds such a share of the claims was answered."""
        return sorted(self.waits)[int(len(self.waits) * share)] * 1000


def main(waiting: int = 50_000, rounds: int = 15) -> bool:
    """Measure, print what came out, and tell whether nobody claims quicker than we do."""
    with tempfile.TemporaryDirectory(prefix="fairlead-benchmark-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        with server(folder) as url:
            return _measured(Postgresql(url).url, waiting, rounds)


def _measured(url: str, waiting: int, rounds: int) -> bool:
    engine = connect(url)
    build(engine, waiting)
    actors = _in_one_pool(engine, max(WORKERS))
    engine.dispose()  # the workers take nearly all connections that a server grants
    plain = url.replace("postgresql+psycopg", "postgresql")
    everybody = {OURS: Workers(take_next_again_and_again, [(url, each) for each in actors])}
    for name in PEERS:
        asyncio.run(getattr(peers, f"{name}_line")(plain, waiting))
        claimers = [(getattr(peers, name), plain)] * len(actors)
        everybody[name] = Workers(claim_again_and_again, claimers)
    results = {(way, many): Taken() for way in everybody for many in WORKERS}
    for round_ in range(rounds):
        order = list(everybody) if round_ % 2 == 0 else list(reversed(everybody))
        for many in WORKERS:
            for way in order:
                results[way, many].add(everybody[way].claim(many, CLAIMS // many))
    for workers in everybody.values():
        workers.close()
    _exactly_once(engine, results, rounds)
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
    taken = CLAIMS * rounds * len(WORKERS) + WARM * max(WORKERS)
    if {told, journaled, stamped, held} != {taken}:
        raise AssertionError(f"{told}, {journaled}, {stamped} of {taken} told; {held} held")


def _told(results: dict[tuple[str, int], Taken]) -> bool:
    quickest = True
    for many in WORKERS:
        for way in (OURS, *PEERS):
            taken = results[way, many]
            waits = f"p50 {taken.within(0.5):5.2f} ms, p99 {taken.within(0.99):6.2f} ms"
            print(f"{many:2} workers {way:13} {taken.rate:6.0f}/s, {waits}", end="")
            if way == OURS:
                ratios = {peer: taken.rate / results[peer, many].rate for peer in PEERS}
                quickest &= min(ratios.values()) >= 1
                print("".join(f", {ratio:.2f} of {peer}" for peer, ratio in ratios.items()), end="")
            print(flush=True)
    return quickest


if __name__ == "__main__":
    sys.exit(0 if main(*(int(number) for number in sys.argv[1:])) else 1)
