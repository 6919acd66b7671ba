"""The funnel of a run, split as asked."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, literal_column, select

from core.access import Permission
from core.impact.queries.cells import cell_counts, cells, live_counts
from core.impact.queries.groups import FOLDED, arms, check, group, joined
from core.impact.queries.kept import Kept, kept
from core.impact.queries.split import MOST_GROUPS
from core.impact.rules import Step
from core.impact.tally import Tally
from core.refusals import Invalid, NotFound
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM
from core.windows import Part, Window
from core.work import Reader

NOT_KNOWN = "not known"


@dataclass(frozen=True)
class FunnelRow:
    """One group: what it was split by, its keys to drill down with, its labels, its figures."""

    by: tuple[str, ...]
    keys: tuple[str | None, ...]
    labels: tuple[str, ...]
    tally: Tally
    as_of: datetime | None = None  # where it is not as of now

    @property
    def id(self) -> tuple[str | None, ...]:
        return self.keys


def funnel(
    view: Reader, *, run_id: int, by: Sequence[str] = (), arm: int | None = None
) -> list[FunnelRow]:
    """Count a run's candidates at every step, in one statement; the largest group first.

    Held out customers are counted when the split is by arm or `arm` asks for them, since they
    are never worked on; otherwise the figures are of all treated arms together.

    :param by: ways to split, crossed with each other: arm, branch, region, channel, month,
        attribute:NAME, segment:CODE
    :raises NotFound: there is no such run, or nobody of it is in scope
    :raises Invalid: there is no such split, or it has too many groups to read
    """
    view.authorize(Permission.SEE_IMPACT)
    check(by)
    require_run(view, run_id)
    found = kept(view, run_id, by[0]) if len(by) == 1 else None
    return _added(found, by[0], arm) if found else _counted(view, run_id, by, arm)


def _added(found: Kept, by: str, arm: int | None) -> list[FunnelRow]:
    sums: defaultdict[tuple[str | None, str | None], Tally] = defaultdict(Tally)
    for (number, *at), tally in found.tallies.items():
        if number == arm or (arm is None and number > CONTROL_ARM):
            sums[at[0], at[1]] += tally
    rows = [
        replace(_row((by,), (*at, *astuple(tally))), as_of=found.counted_at)
        for at, tally in sums.items()
    ]
    return _ordered(rows)


def _counted(view: Reader, run_id: int, by: Sequence[str], arm: int | None) -> list[FunnelRow]:
    folded = set(by) <= FOLDED
    counted = cells(view.actor.scope, [run_id]) if folded else None
    source: Any = Candidate if counted is None else counted.c
    groups = [group(view, name, source, run_id) for name in by]
    counts = live_counts() if counted is None else cell_counts(counted)
    names = [f"{part}_{place}" for part in ("key", "label") for place in range(len(groups))]
    split = [*(g.key for g in groups), *(g.label for g in groups)]
    columns: list[Any] = [c.label(name) for c, name in zip(split, names, strict=True)]
    start: Any = Candidate if counted is None else counted
    statement = joined(select(*columns, *counts).select_from(start), groups).where(
        arms(source, by, arm)
    )
    if counted is None:  # cells are of the run alone
        statement = statement.where(
            Candidate.run_id == run_id, view.actor.scope.limits(Candidate.branch_id)
        )
    elif by:  # nobody is left in a cell that all have moved on from
        statement = statement.having(func.sum(counted.c.targeted) > 0)
    # By name: PostgreSQL does not see that an expression with parameters is the same again.
    rows = view.session.execute(statement.group_by(*(literal_column(name) for name in names)))
    found = [_row(by, tuple(row)) for row in rows.fetchmany(MOST_GROUPS + 1)]
    if len(found) > MOST_GROUPS:
        raise Invalid(
            f"Split by {', '.join(by)} there are more than {MOST_GROUPS:,} groups; "
            "choose something with fewer values."
        )
    return _ordered(found)


def _ordered(rows: list[FunnelRow]) -> list[FunnelRow]:
    return sorted(rows, key=lambda row: (-row.tally.targeted, row.labels))


def _row(by: Sequence[str], row: tuple[Any, ...]) -> FunnelRow:
    size = len(by)
    labels = tuple(NOT_KNOWN if label is None else str(label) for label in row[size : 2 * size])
    keys = tuple(None if key is None else str(key) for key in row[:size])
    return FunnelRow(tuple(by), keys, labels, Tally.of(row[2 * size :]))


def require_run(view: Reader, run_id: int) -> Run:
    """Return a run of whose candidates somebody is in scope; to others it does not exist."""
    run = view.session.get(Run, run_id)
    if run is not None and not view.actor.scope.bank_wide:
        own = select(Candidate.customer_id).where(
            Candidate.run_id == run_id, view.actor.scope.limits(Candidate.branch_id)
        )
        run = run if view.session.scalar(own.limit(1)) is not None else None
    if run is None:
        raise NotFound("There is no such run among those of your units.")
    return run


def run_named(view: Reader, *, run: str) -> int:
    """Return the id of the run with this code or number.

    :raises NotFound: there is none
    """
    view.authorize(Permission.SEE_IMPACT)
    wanted = Run.code == run
    if run.isdecimal():
        wanted |= Run.id == int(run)
    found = view.session.scalars(select(Run).where(wanted).order_by(Run.code != run)).first()
    if found is None:
        raise NotFound(f"There is no run {run}.")
    return require_run(view, found.id).id


_SORTS: dict[str, Callable[[FunnelRow], Any]] = {
    **{step.value: partial(lambda step, row: row.tally.at(step), step) for step in Step},
    "outcome": lambda row: row.tally.outcome_rate.value or 0.0,
    "group": lambda row: row.labels,
}


def groups(view: Reader, *, run_id: int, by: Sequence[str], window: Window) -> Part[FunnelRow]:
    """List the groups of a split funnel one window at a time, the largest first; see `funnel`."""
    found = funnel(view, run_id=run_id, by=by)
    if window.sort:
        found.sort(key=_SORTS[window.sort], reverse=window.descending)
    return Part(found[window.first : window.first + window.size], len(found))
