"""How many customers of a segment were ever selected, branch by branch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from core.access import Permission
from core.coverage.model import CoverageSegment
from core.coverage.queries.cells import counted, segments_in_use
from core.coverage.queries.judging import ever_selected
from core.coverage.rules import OLD, ROLLING
from core.customers.model import CustomerState
from core.database import id_set
from core.measures import Rate
from core.people.model import Unit
from core.people.queries import subtree
from core.segments.criteria import Known
from core.segments.queries import membership
from core.segments.queries.vocabulary import known_words
from core.work import Reader


@dataclass(frozen=True)
class BranchReach:
    """What a segment has in one branch."""

    branch_id: int
    branch: str
    customers: int
    selected: int


@dataclass(frozen=True)
class SegmentReach:
    """A segment with the customers it has, and those of them who were ever selected."""

    segment_id: int
    segment: str
    parts: tuple[BranchReach, ...]
    counted_at: datetime

    @property
    def customers(self) -> int:
        return sum(part.customers for part in self.parts)

    @property
    def selected(self) -> int:
        return sum(part.selected for part in self.parts)

    @property
    def coverage(self) -> Rate:
        return Rate(self.selected, self.customers)


def reach(
    view: Reader,
    *,
    unit_id: int,
    segment_ids: Sequence[int],
    cut_off_at: datetime | None = None,
) -> list[SegmentReach]:
    """Say how many customers segments have in a unit, and who of them any run ever selected.

    As of now it is read from what coverage counted last, if that was of late and the segment has
    meant the same since. Otherwise the customers are counted: whom a segment means is asked as
    of now; who had been selected, as of the cut-off.

    :raises NotFound: no such segment
    :raises InvalidRule: the rule of one of them can't be meant
    """
    view.authorize(Permission.SEE_PORTFOLIO)
    if not segment_ids:
        return []
    known = known_words(view)
    titles = {segment.id: segment.name for segment in known.segments.values()}
    names = {unit.id: unit.name for unit in view.session.scalars(select(Unit))}
    below = id_set(view.dialect, subtree(view.session, unit_id))
    found = _kept(view, segment_ids, below) if cut_off_at is None else {}
    if lacking := [id_ for id_ in segment_ids if id_ not in found]:
        found |= _counted(view, lacking, known, below, cut_off_at)
    return [
        SegmentReach(
            segment_id,
            titles[segment_id],
            tuple(
                sorted(
                    (
                        BranchReach(branch_id, names[branch_id], customers, chosen)
                        for branch_id, (customers, chosen) in found[segment_id].branches.items()
                    ),
                    key=lambda part: (part.branch, part.branch_id),
                )
            ),
            found[segment_id].at,
        )
        for segment_id in segment_ids
    ]


@dataclass(frozen=True)
class _Found:
    """Customers and selected ones by branch, and when they were counted."""

    at: datetime
    branches: dict[int, tuple[int, int]]


def _kept(view: Reader, segment_ids: Sequence[int], below: Select[tuple[int]]) -> dict[int, _Found]:
    """Read what coverage counted; segments that mean others by now, or are new, are left out."""
    kept, _period = counted(view, days=ROLLING[0], first=None, last=None)
    if kept is None or view.now - kept.counted_at > OLD:
        return {}
    in_use, later = segments_in_use(view, segment_ids, kept.counted_at)
    unmeant = {*later, *map(int, kept.left_out)}
    found = {id_: _Found(kept.counted_at, {}) for id_ in in_use if id_ not in unmeant}
    rows = view.session.execute(
        select(
            CoverageSegment.segment_id,
            CoverageSegment.branch_id,
            CoverageSegment.customers,
            CoverageSegment.selected,
        ).where(
            CoverageSegment.count_id == kept.id,
            CoverageSegment.segment_id.in_(found),
            CoverageSegment.branch_id.in_(below),
            view.actor.scope.limits(CoverageSegment.branch_id),
        )
    )
    for segment_id, branch_id, customers, selected in rows:
        found[segment_id].branches[branch_id] = (customers, selected)
    return found


def _counted(
    view: Reader,
    segment_ids: Sequence[int],
    known: Known,
    below: Select[tuple[int]],
    cut_off_at: datetime | None,
) -> dict[int, _Found]:
    members = (
        membership(view, list(segment_ids), known=known)
        .add_columns(ever_selected(cut_off_at).label("selected"))
        .where(CustomerState.branch_id.in_(below))
        .subquery("members")
    )
    # Grouped by who is alike, membership and selection are asked once for each customer.
    alike = [members.c.branch_id, members.c.mask, members.c.selected]
    groups = view.session.execute(select(*alike, func.count()).group_by(*alike)).all()
    return {
        segment_id: _Found(view.now, _within(groups, 1 << place))
        for place, segment_id in enumerate(segment_ids)
    }


def _within(groups: Sequence[Any], bit: int) -> dict[int, tuple[int, int]]:
    """Return for each branch how many are in a segment, and how many of them were selected."""
    found: dict[int, tuple[int, int]] = {}
    for branch_id, mask, is_selected, many in groups:
        if int(mask) & bit:
            customers, chosen = found.get(branch_id, (0, 0))
            found[branch_id] = (customers + many, chosen + (many if is_selected else 0))
    return found
