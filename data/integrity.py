"""Is what the database holds consistent? One row for each thing that must always be true."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from sqlalchemy import Connection, ForeignKeyConstraint, and_, exists, func, select, text

from core.activities.queries import checks as activities
from core.customers.queries.checking import state_differences
from core.distribution.queries import checks as distribution
from core.exchange.checks import orphaned_notices
from core.impact.queries import checks as impact
from core.impact.queries.checking import cells_that_differ
from core.market.queries import checks as market
from core.queues.queries.checking import closed_days_that_differ
from core.rebuilding import PARTS
from core.runs.queries.checks import ARMS, WATERFALL, run_faults
from core.schema import METADATA
from core.service.queries.checking import service_cells_that_differ
from core.work import Reader

MAPPED = 1 << 36  # bytes of the file at most
REBUILD = "fairlead rebuild"
SOUND, WHOLE = "the database file is sound", "the database file is whole, its indexes too"
Tell = Callable[[str, int, int], None]  # what is being done, how much is done, of how much


@dataclass(frozen=True)
class Finding:
    """`violations` counts what contradicts `rule`; none is as it should be.

    `remedy` is the command that puts it right; what is not derived has none.
    """

    rule: str
    violations: int
    seconds: float  # that it took to look
    remedy: str | None = None


def _run_rows(view: Reader, problem: str) -> int:
    return sum(fault.rows for fault in run_faults(view) if fault.problem == problem)


RULES: dict[str, Callable[[Reader], int]] = {
    SOUND: lambda view: _damage(view.session.connection(), "quick_check"),
    "every reference leads somewhere": lambda view: _dangling(view.session.connection()),
    "waterfall and candidates add up to the population": lambda view: _run_rows(view, WATERFALL),
    "arms are as the hash says": lambda view: _run_rows(view, ARMS),
    "no work for customers held out": activities.work_for_held_out,
    "contacts with who is held out of all are counted": activities.untold_leaks,
    "each stage made as much work as it says": activities.miscounted_stages,
    "each history leads to how the activity is": activities.broken_histories,
    "activities have the attempts they count": activities.miscounted_attempts,
    "work handed out by rule follows the rule": distribution.decisions_that_differ,
    "who was to get work by rule got it": distribution.decisions_not_carried_out,
    "the funnel has the attempts of the activities": activities.unfounded_attempts,
    "the funnel has the answers and leads there are": impact.unfounded_results,
    "nobody skips a step of the funnel": impact.funnels_out_of_order,
    "folded figures are those of the candidates": lambda view: len(cells_that_differ(view)),
    "folded due days are those of the activities": service_cells_that_differ,
    "kept closed work is that of the activities": lambda view: len(closed_days_that_differ(view)),
    "what a version takes up was sent to an earlier one": impact.mistaken_citations,
    "what is doubted on the market has its reason": market.mistaken_doubts,
    "no rate that can't be is a fact": market.believed_moves_that_cannot_be,
    "customers' states are as their sources say": lambda view: state_differences(view).total,
    "what neighbours were told is in the journal": orphaned_notices,
}
DEEP: dict[str, Callable[[Reader], int]] = {
    WHOLE: lambda view: _damage(view.session.connection(), "integrity_check"),
    **{rule: violations for rule, violations in RULES.items() if rule != SOUND},
}


def examine(
    view: Reader,
    *,
    deep: bool = False,
    tell: Tell = lambda _step, _done, _of: None,
    note: Callable[[Finding], None] = lambda _finding: None,
) -> list[Finding]:
    """Count what contradicts each rule; many statements read whole tables, so this takes time.

    :param deep: look at all of SQLite's file, every index row by row; not only whether it is sound
    :param note: is told of each rule as soon as it was looked at
    """
    # Of PostgreSQL's own indexes nothing more is asked, so nothing more is said of them.
    rules = DEEP if deep and view.dialect == "sqlite" else RULES
    findings = []
    for done, (rule, violations) in enumerate(rules.items()):
        tell(rule.capitalize(), done, len(rules))
        begun = monotonic()
        count, seconds = violations(view), round(monotonic() - begun, 1)
        found = Finding(rule, count, seconds, REBUILD if count and rule in PARTS else None)
        note(found)
        findings.append(found)
    return findings


def _damage(connection: Connection, how: str) -> int:
    if connection.dialect.name == "sqlite":
        # Read in place, the file is not copied page by page.
        connection.exec_driver_sql(f"PRAGMA mmap_size = {MAPPED}")
        faults = connection.exec_driver_sql(f"PRAGMA {how}").scalars().all()
        connection.exec_driver_sql("PRAGMA mmap_size = 0")
        return 0 if faults == ["ok"] else len(faults)
    # What PostgreSQL itself marks as unusable or counted as damaged.
    statement = """
        SELECT (SELECT count(*) FROM pg_index WHERE NOT (indisvalid AND indisready))
             + (SELECT count(*) FROM pg_constraint WHERE NOT convalidated)
             + (SELECT coalesce(sum(checksum_failures), 0) FROM pg_stat_database
                WHERE datname = current_database())
    """
    return int(connection.scalar(text(statement)) or 0)


def _dangling(connection: Connection) -> int:
    if connection.dialect.name == "sqlite":
        return len(connection.exec_driver_sql("PRAGMA foreign_key_check").all())
    return sum(_unmet(connection, key) for key in _keys())


def _keys() -> list[ForeignKeyConstraint]:
    return [
        constraint
        for table in METADATA.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, ForeignKeyConstraint)
    ]


def _unmet(connection: Connection, key: ForeignKeyConstraint) -> int:
    child, parent = key.table, key.referred_table.alias("parent")
    met = exists().where(
        and_(*(parent.c[part.column.name] == part.parent for part in key.elements))
    )
    given = and_(*(column.is_not(None) for column in key.columns))
    statement = select(func.count()).select_from(child).where(given, ~met.correlate(child))
    return connection.scalar(statement) or 0
