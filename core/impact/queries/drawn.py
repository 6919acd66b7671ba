"""Managers or branches that were drawn as a whole, in groups of their customers."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Select, func, literal_column, select

from core.impact.clusters import Clusters
from core.runs.model import Candidate
from core.work import Reader

Sums: TypeAlias = tuple[float, float, float, float]  # customers, reached, outcomes, their money
Drawn: TypeAlias = defaultdict[tuple[Any, ...], dict[int | None, Sums]]


def drawn_in_groups(
    view: Reader,
    run_id: int,
    by: Sequence[Any],
    join: Callable[[Select[Any]], Select[Any]],
) -> Drawn:
    """Sum up what was drawn as a whole, by arm and group, in one look at a run's candidates.

    :param by: labelled columns that say in which group a candidate is
    :param join: adds to the statement what these columns read
    """
    has_outcome = Candidate.outcome_at.is_not(None)
    statement = select(
        Candidate.arm,
        *by,
        Candidate.cluster_id,
        func.count(),
        func.count(Candidate.reached_at),
        func.count(Candidate.outcome_at),
        func.sum(Candidate.outcome_value).filter(has_outcome),
    ).select_from(Candidate)
    names: list[Any] = [literal_column(each.name) for each in by]
    rows = view.session.execute(
        join(statement)
        .where(Candidate.run_id == run_id, view.actor.scope.limits(Candidate.branch_id))
        .group_by(Candidate.arm, *names, Candidate.cluster_id)
    )
    found: Drawn = defaultdict(dict)
    for arm, *rest in rows:
        *group, cluster_id, customers, reached, outcomes, value = rest
        sums = (float(customers), float(reached), float(outcomes), float(value or 0))
        found[(arm, *group)][cluster_id] = sums
    return found


def add_up(known: dict[int | None, Sums], more: Mapping[int | None, Sums]) -> None:
    """Add the sums of the same clusters in another part of a group."""
    for cluster_id, sums in more.items():
        before = known.get(cluster_id, (0.0, 0.0, 0.0, 0.0))
        known[cluster_id] = tuple(x + y for x, y in zip(before, sums, strict=True))  # type: ignore[assignment]  # four of them


def clusters_of(clusters: Mapping[int | None, Sums]) -> Clusters:
    columns = list(zip(*clusters.values(), strict=True)) or [(), (), (), ()]
    return Clusters.from_arrays(*columns)
