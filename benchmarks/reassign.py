"""Handing out 100,000 activities at once, on both databases, against SQL written by hand.

Both ways work in turn on the same bank and undo what they did. Use:
python -m benchmarks.reassign [activities [rounds]]
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import false, func, insert, literal, select, text, true
from sqlalchemy.orm import Session

from benchmarks.bank import NOW, build
from benchmarks.places import Postgresql, Sqlite, server
from core.access import SYSTEM
from core.activities.actions.assignment import AssignMatching, assign_matching
from core.activities.model import Activity, Change
from core.activities.queries.filters import ActivityFilter
from core.customers.model import CustomerState
from core.database import connect, write_turn
from core.runs.model import Candidate
from core.runs.rules import TREATED_ARM, Confirmation
from core.work import rehearsing

LIMIT = 2.0  # ratio to the hand-written SQL


def main(activities: int = 100_000, rounds: int = 5) -> bool:
    """Measure both databases, print what came out, and tell whether it is within the limit."""
    with tempfile.TemporaryDirectory(prefix="fairlead-benchmark-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        good = _measured(Sqlite(Path(folder)).url, activities, rounds)
        with server(folder) as url:
            return _measured(Postgresql(url).url, activities, rounds) and good


def _measured(url: str, activities: int, rounds: int) -> bool:
    engine = connect(url)
    build(engine, activities)
    from_id, to_id = _gathered(engine)
    taken: dict[str, list[float]] = {"hand": [], "ours": []}
    moved = {}
    for round_ in range(rounds):
        for way in ("hand", "ours") if round_ % 2 == 0 else ("ours", "hand"):
            with rehearsing(engine, SYSTEM, now=NOW) as work:
                started = time.perf_counter()
                if way == "hand":
                    _by_hand(work.session, from_id, to_id)
                else:
                    matching = ActivityFilter(person_id=from_id)
                    assign_matching(work, AssignMatching(matching, to_id, seen_at=NOW))
                taken[way].append(time.perf_counter() - started)
                mine = select(func.count()).where(Activity.person_id == to_id)
                told = select(func.count()).where(Change.to_person_id == to_id)
                moved[way] = work.session.scalar(mine), work.session.scalar(told)
    engine.dispose()
    if moved["hand"] != moved["ours"]:
        raise AssertionError(f"The two ways differ: {moved}")
    ratio = statistics.median(taken["ours"]) / statistics.median(taken["hand"])
    shown = [" ".join(f"{seconds:.2f}" for seconds in taken[way]) for way in ("hand", "ours")]
    print(f"{engine.dialect.name} reassign {moved['ours'][0]:,} activities:", end=" ")
    print(f"by hand {shown[0]} s, ours {shown[1]} s, ratio {ratio:.2f}", flush=True)
    return ratio <= LIMIT


def _gathered(engine) -> tuple[int, int]:
    """Give all work to one person of one branch; return the person and a colleague."""
    with write_turn(engine), Session(engine) as session, session.begin():
        branch = session.scalar(text("SELECT min(unit_id) FROM person"))
        from_id, to_id = session.scalars(
            text("SELECT id FROM person WHERE unit_id = :unit ORDER BY id LIMIT 2"),
            {"unit": branch},
        )
        like = select(Activity.__table__).limit(1).subquery()
        others = [column.name for column in like.c if column.name not in {"id", "customer_id"}]
        idle = (
            select(CustomerState.customer_id, *(like.c[name] for name in others))
            .join(like, true())
            .where(CustomerState.pending == 0)
        )
        session.execute(insert(Activity).from_select(["customer_id", *others], idle))
        session.execute(
            text("UPDATE activity SET status = 1, person_id = :person, branch_id = :unit"),
            {"person": from_id, "unit": branch},
        )
        known = select(
            Activity.run_id,
            Activity.customer_id,
            Activity.branch_id,
            literal(TREATED_ARM),
            Confirmation.CONFIRMED.literal,
            Activity.created_at,
            literal(0),
            false(),
        )
        columns = ("run_id", "customer_id", "branch_id", "arm", "confirmation", "assigned_at")
        columns += ("attempts", "is_imported")
        session.execute(insert(Candidate).from_select(columns, known))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return from_id, to_id


def _by_hand(session: Session, from_id: int, to_id: int) -> None:
    now = "1" if session.get_bind().dialect.name == "sqlite" else "now()"
    session.execute(
        text(
            f"""INSERT INTO activity_change (activity_id, at, verb, from_status, to_status,
              from_person_id, to_person_id, from_branch_id, to_branch_id)
            SELECT id, {now}, 'assign', status, 1, person_id, :to, branch_id, branch_id
            FROM activity WHERE person_id = :from AND status IN (0, 1, 2)"""
        ),
        {"from": from_id, "to": to_id},
    )
    session.execute(
        text(
            """UPDATE activity SET status = 1, person_id = :to, reason_id = NULL,
              version = version + 1 WHERE person_id = :from AND status IN (0, 1, 2)"""
        ),
        {"from": from_id, "to": to_id},
    )


if __name__ == "__main__":
    sys.exit(0 if main(*(int(number) for number in sys.argv[1:])) else 1)
