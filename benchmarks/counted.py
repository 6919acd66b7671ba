"""The figures of a finished run counted from the rows by SQL written by hand: the truth to meet."""

from datetime import date
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from benchmarks.finished import AGES
from core.database import Day
from core.impact.tally import Tally

Counts = tuple[int, int, int, int]  # customers, reached, with the outcome, its money in cents
_COUNTS = """count(*), count(c.reached_at), count(c.outcome_at),
  coalesce(sum(CASE WHEN c.outcome_at IS NOT NULL THEN c.outcome_value END), 0)"""
_OF = "FROM candidate c JOIN customer_state s ON s.customer_id = c.customer_id"
_GROUPS = {
    "arm": ("'all'", "FROM candidate c"),
    "branch": ("CAST(c.branch_id AS TEXT)", "FROM candidate c"),
    "attribute:job": (
        {"sqlite": "json_extract(k.attributes, '$.job')", "postgresql": "k.attributes ->> 'job'"},
        "FROM candidate c JOIN customer k ON k.id = c.customer_id",
    ),
    "month": (
        {
            "sqlite": "strftime('%Y-%m', c.attempted_at / 1000000, 'unixepoch')",
            "postgresql": "to_char(c.attempted_at AT TIME ZONE 'UTC', 'YYYY-MM')",
        },
        "FROM candidate c",
    ),
    "day": (
        {
            "sqlite": "date(c.outcome_at / 1000000, 'unixepoch')",
            "postgresql": "to_char(c.outcome_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
        },
        "FROM candidate c",
    ),
}
_RUNS = f"SELECT c.run_id, c.arm, {_COUNTS} FROM candidate c GROUP BY c.run_id, c.arm"
_MET = """SELECT o.run_id, count(*) FROM candidate c
  JOIN candidate o ON o.customer_id = c.customer_id AND o.run_id <> c.run_id AND o.arm > 0
  JOIN run mine ON mine.id = c.run_id JOIN run other ON other.id = o.run_id
  WHERE c.run_id = :run_id AND c.arm > 0
  AND other.starts_on <= mine.ends_on AND mine.starts_on <= other.ends_on GROUP BY o.run_id"""


def by_hand(session: Session, run_id: int, by: str, today: date) -> dict[tuple[Any, int], Counts]:
    """Count a run by group and arm; segments one after the other."""
    if by == "segments":
        return _segments(session, run_id, today)
    key, source = _GROUPS[by]
    if isinstance(key, dict):
        key = key[session.get_bind().dialect.name]
    statement = f"SELECT {key}, c.arm, {_COUNTS} {source} WHERE c.run_id = :run_id GROUP BY 1, 2"
    return _read(session.execute(text(statement), {"run_id": run_id}))


def runs_by_hand(session: Session) -> dict[tuple[Any, int], Counts]:
    """Count every run by arm."""
    return _read(session.execute(text(_RUNS)))


def met_by_hand(session: Session, run_id: int) -> dict[int, int]:
    """Count with which runs one had treated customers in common while both went on."""
    return {other: many for other, many in session.execute(text(_MET), {"run_id": run_id})}  # noqa: C416  plain numbers


def tallied(tally: Tally) -> Counts:
    """Return of a tally what is counted by hand."""
    return tally.targeted, tally.reached, tally.outcomes, int(tally.value * 100)


def _segments(session: Session, run_id: int, today: date) -> dict[tuple[Any, int], Counts]:
    rules = [
        (
            "s.born_on > :after AND s.born_on <= :until",
            {"after": _years_before(today, age + 15), "until": _years_before(today, age)},
        )
        for age in AGES
    ]
    rules += [("s.churn_risk > 0.5", {}), ("s.products & 1 <> 0", {})]
    found: dict[tuple[Any, int], Counts] = {}
    for number, (rule, days) in enumerate(rules):
        statement = f"SELECT 's{number}', c.arm, {_COUNTS} {_OF} WHERE c.run_id = :run_id AND {rule} GROUP BY c.arm"  # noqa: E501  one line of SQL
        born = (bindparam(name, day, type_=Day) for name, day in days.items())
        found |= _read(session.execute(text(statement).bindparams(*born), {"run_id": run_id}))
    return found


def _years_before(day: date, years: int) -> date:
    return day.replace(year=day.year - years)


def _read(rows: Any) -> dict[tuple[Any, int], Counts]:
    return {(key, arm): tuple(map(int, counts)) for key, arm, *counts in rows}  # type: ignore[misc]  # four of them
