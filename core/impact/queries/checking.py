"""Whether what was folded is still what would be counted."""

from dataclasses import dataclass

from sqlalchemy import Double, Integer, cast, func, literal_column, or_, select, union_all

from core.access import Permission
from core.impact.model import RunFold
from core.impact.queries.cells import KEYS, changes, counted, stored
from core.impact.tally import COUNTS
from core.runs.model import Candidate, CountedCandidate, Run
from core.work import Reader

_CLOSE = 1e-9  # squares are summed in floating point, in an order of the database's own


@dataclass(frozen=True)
class CellDifference:
    """One cell that is not the sum of its candidates: how many too many it says are there."""

    run_id: int
    run: str
    branch_id: int
    arm: int
    channel_id: int
    customers: int


def cells_that_differ(view: Reader) -> list[CellDifference]:
    """Count every folded run anew and list the cells that, with what changed, say otherwise."""
    view.authorize(Permission.READ_JOURNAL)
    sign = literal_column("1", Integer)
    folded = select(RunFold.run_id)
    read = (stored(), *changes(CountedCandidate.run_id.in_(folded)))
    both = union_all(
        *(part.add_columns(sign.label("sign")) for part in read),
        counted(Candidate.run_id.in_(folded)).add_columns((-sign).label("sign")),
    ).subquery("both")
    sums = [func.sum(cast(both.c[name], Double) * both.c.sign) for name in COUNTS]
    sizes = [func.sum(func.abs(cast(both.c[name], Double))) for name in COUNTS]
    keys = [both.c[name] for name in KEYS]
    statement = (
        select(keys[0], Run.code, *keys[1:], sums[0])
        .select_from(both)
        .join(Run, Run.id == both.c.run_id)
        .group_by(Run.code, *keys)
        .having(or_(*(func.abs(d) > _CLOSE * size for d, size in zip(sums, sizes, strict=True))))
        .order_by(Run.code, *keys[1:])
    )
    rows = view.session.execute(statement)
    return [
        CellDifference(run_id, run, branch_id, arm, channel_id, int(customers))
        for run_id, run, branch_id, arm, channel_id, customers in rows
    ]
