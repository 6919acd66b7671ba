"""Counting coverage anew when somebody asks, instead of waiting for the next morning."""

from dataclasses import dataclass

from core.access import Permission
from core.coverage.events import CoverageCounted
from core.coverage.queries.counting import Counted
from core.coverage.upkeep import keep
from core.work import Work


@dataclass(frozen=True)
class KeepCounted:
    """What was counted a moment ago by `count`, with the rights of the same person."""

    counted: Counted


def keep_counted(work: Work, request: KeepCounted) -> CoverageCounted:
    """Let everybody see what was counted; who counted later meanwhile is overwritten."""
    work.authorize(Permission.ANALYSE)
    counted = request.counted

    cells = keep(work.session, counted)

    fact = CoverageCounted(
        first=min(period.first for period in counted.periods),
        last=max(period.last for period in counted.periods),
        segments=len(counted.segment_ids),
        products=len(counted.product_ids),
        cells=cells,
    )
    work.record(fact)
    return fact
