"""What pages of the Work group ask, against the least that somebody would ask by hand for it.

By hand nothing is masked, nobody's part is told from another's, and no order is thought about:
that is the limit.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks.handwritten import moment_of
from core.access import Actor
from core.activities.queries.counts import my_counts, team_counts
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.lists import my_list, team_list
from core.customers.queries.searching import customers
from core.queues.queries.exceptions import exceptions
from core.queues.queries.gathering import By
from core.queues.queries.monitor import monitor
from core.work import reading

LIMIT, TIMES = 5.0, 7  # ratio to the hand, of what is felt at all
UNFELT = 0.1  # seconds
_ROW = """SELECT a.id, a.version, c.name, a.type, a.status, a.customer_id, k.name, k.pin,
  k.fiscal_no, a.person_id, p.name, a.branch_id, b.name, a.priority, a.activity_on, a.ends_on,
  a.due_at, a.next_action_at, a.closed_at, a.attempts, s.name, r.code
  FROM activity a JOIN campaign c ON c.id = a.campaign_id JOIN customer k ON k.id = a.customer_id
  LEFT JOIN person p ON p.id = a.person_id JOIN unit b ON b.id = a.branch_id
  JOIN stage s ON s.id = a.stage_id JOIN run r ON r.id = a.run_id"""


@dataclass(frozen=True)
class Question:
    name: str
    who: str
    ours: Callable[..., Any]
    filters: dict[str, Any]
    by_hand: tuple[str, ...]


def questions(product: str, now: datetime, part: str) -> list[Question]:
    at = moment_of(product, now)
    mine, team = "a.person_id = {me} AND a.status IN (1, 2)", "a.branch_id = {branch}"
    pending = f"{team} AND a.status IN (0, 1, 2)"
    late = f"count(*) FILTER (WHERE a.due_at < {at})"
    figures = ("unassigned", "open", "overdue", "due", "closed", "kept", "reached", "converted")
    sums = ", ".join(f"sum({name})" for name in figures)
    like = "lower(k.name) LIKE" if product == "sqlite" else "k.name ILIKE"
    named = f"""customer k JOIN customer_state s ON s.customer_id = k.id
      WHERE s.branch_id = {{branch}} AND {like} '%{part.lower()}%'"""
    return [
        Question("own list", "agent", my_list, {}, (
            f"SELECT count(*) FROM activity a WHERE {mine}",
            f"{_ROW} WHERE {mine} ORDER BY a.due_at, a.priority, a.id LIMIT 50")),
        Question("own counts", "agent", my_counts, {}, (
            f"SELECT count(*), {late} FROM activity a WHERE {mine}",
            "SELECT count(*) FROM activity a WHERE a.status = 0 AND a.branch_id = {branch}")),
        Question("team list", "lead", team_list, {"matching": ActivityFilter()}, (
            f"SELECT count(*) FROM activity a WHERE {pending}",
            f"{_ROW} WHERE {pending} ORDER BY a.due_at, a.priority, a.id LIMIT 50")),
        Question("team counts", "lead", team_counts, {}, (
            f"SELECT a.status, count(*), {late} FROM activity a WHERE {pending} GROUP BY 1",)),
        Question("a name", "lead", customers, {"text": part}, (
            f"SELECT count(*) FROM {named}",
            f"SELECT k.id, k.customer_no, k.name FROM {named} ORDER BY k.id LIMIT 50")),
        Question("the monitor", "manager", monitor, {"by": By.RUN}, (
            f"SELECT run_id, {sums} FROM work_cell GROUP BY run_id",
            "SELECT run_id, day, sum(closed) FROM closed_cell GROUP BY run_id, day")),
        Question("exceptions", "manager", exceptions, {}, (
            "SELECT trouble, branch_id, activities FROM trouble_cell",
            f"SELECT run_id, {sums} FROM work_cell GROUP BY run_id",
            "SELECT run_id, day, sum(closed) FROM closed_cell GROUP BY run_id, day")),
    ]  # fmt: skip


def against_the_hand(engine: Engine, now: datetime, actors: dict[str, Actor], part: str) -> bool:
    """Time each way turn about, print it, and tell whether ours is within its limit."""
    good, product = True, engine.dialect.name
    for question in questions(product, now, part):
        actor = actors[question.who]
        known = {"me": actor.person_id, "branch": actor.unit_id}
        by_hand = [text(statement.format(**known)) for statement in question.by_hand]
        taken: dict[str, list[float]] = {"hand": [], "ours": []}
        for _ in range(TIMES):
            started = time.perf_counter()
            with Session(engine) as session:
                for statement in by_hand:
                    session.execute(statement).all()
            taken["hand"].append(time.perf_counter() - started)
            started = time.perf_counter()
            with reading(engine, actor, now=now) as view:
                question.ours(view, **question.filters)
            taken["ours"].append(time.perf_counter() - started)
        hand, ours = (statistics.median(each) for each in taken.values())
        fits = ours <= max(hand * LIMIT, UNFELT)
        good &= fits
        print(
            f"{product:10} {question.name:12} by hand {hand * 1000:7.1f} ms, ours"
            f" {ours * 1000:7.1f} ms, ratio {ours / hand:.2f}{'' if fits else '  SLOW'}",
            flush=True,
        )
    return good
