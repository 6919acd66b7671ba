"""How many customers of a segment were ever selected, branch by branch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, or_, select

from core.access import Permission
from core.customers.model import CustomerState
from core.database import id_set
from core.measures import Rate
from core.people.model import Unit
from core.people.queries import subtree
from core.runs.model import Candidate, Run
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
    """Count the customers of segments in a unit, and who of them any run ever selected.

    Selected are those held out too: a control group is part of what was thought of. Whom a
    segment means is asked as of now; who had been selected, as of the cut-off.

    :raises NotFound: no such segment
    :raises InvalidRule: the rule of one of them can't be meant
    """
    view.authorize(Permission.SEE_PORTFOLIO)
    if not segment_ids:
        return []
    known = known_words(view)
    titles = {segment.id: segment.name for segment in known.segments.values()}
    picked = select(Run.id).where(
        or_(Run.selected_at.is_not(None), Run.is_imported)
        if cut_off_at is None
        else or_(Run.selected_at <= cut_off_at, Run.is_imported)
    )
    selected = exists().where(
        Candidate.customer_id == CustomerState.customer_id, Candidate.run_id.in_(picked)
    )
    below = id_set(view.dialect, subtree(view.session, unit_id))
    members = (
        membership(view, list(segment_ids), known=known)
        .add_columns(selected.label("selected"))
        .where(CustomerState.branch_id.in_(below))
        .subquery("members")
    )
    # Grouped by who is alike, membership and selection are asked once for each customer.
    alike = [members.c.branch_id, members.c.mask, members.c.selected]
    groups = view.session.execute(select(*alike, func.count()).group_by(*alike)).all()
    names = {unit.id: unit.name for unit in view.session.scalars(select(Unit))}
    return [
        SegmentReach(
            segment_id,
            titles[segment_id],
            tuple(
                sorted(
                    (
                        BranchReach(branch_id, names[branch_id], customers, chosen)
                        for branch_id, (customers, chosen) in _within(groups, 1 << place).items()
                    ),
                    key=lambda part: (part.branch, part.branch_id),
                )
            ),
        )
        for place, segment_id in enumerate(segment_ids)
    ]


def _within(groups: Sequence[Any], bit: int) -> dict[int, tuple[int, int]]:
    """Return for each branch how many are in a segment, and how many of them were selected."""
    found: dict[int, tuple[int, int]] = {}
    for branch_id, mask, is_selected, many in groups:
        if int(mask) & bit:
            customers, chosen = found.get(branch_id, (0, 0))
            found[branch_id] = (customers + many, chosen + (many if is_selected else 0))
    return found
