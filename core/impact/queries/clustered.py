"""Managers or branches that were drawn as a whole, and held out customers who were contacted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from core.campaigns.rules import RandomisedBy
from core.impact.clusters import PAIRS, Clusters, Of
from core.impact.queries.cells import cells, live_counts
from core.impact.report import Arm
from core.impact.tally import Tally
from core.runs.model import Candidate, Leak, Run
from core.runs.rules import CONTROL_ARM
from core.work import Reader

_ZERO: ColumnElement[Any] = literal_column("0")


def clusters_by_arm(
    view: Reader,
    run_ids: Sequence[int] | None,
    drawn: Mapping[int, RandomisedBy] | None = None,
) -> dict[tuple[int, int], Clusters]:
    """Sum up the clusters of runs that were not drawn customer by customer, by run and arm.

    Branches are those that cells tell apart; managers are counted over the candidates.

    :param drawn: who was drawn in each run, where that is known already
    """
    drawn = _drawn(view, run_ids) if drawn is None else drawn
    branches = [id_ for id_, by in drawn.items() if by is RandomisedBy.BRANCH]
    managers = [id_ for id_, by in drawn.items() if by is RandomisedBy.MANAGER]
    found: dict[tuple[int, int], Clusters] = {}
    if branches:
        found |= _summed(view, _by_branch(view, branches))
    if managers:
        found |= _summed(view, _by_manager(view, Candidate.run_id.in_(managers)))
    return found


def clean_controls(
    view: Reader, arms: Mapping[int, Sequence[Arm]], leaky: Collection[int]
) -> dict[int, Arm]:
    """Count the control groups anew without those who were contacted all the same.

    Only runs that have such customers are looked at, and returned: reached, or a leak noted.

    :param leaky: the runs of which a leak is noted
    """
    controls = {
        run_id: arm
        for run_id, every in arms.items()
        for arm in every
        if arm.is_control and (arm.tally.reached or run_id in leaky)
    }
    if not controls:
        return {}
    leaked = exists().where(
        Leak.run_id == Candidate.run_id, Leak.customer_id == Candidate.customer_id
    )
    of_clean = (
        Candidate.arm == CONTROL_ARM,
        Candidate.reached_at.is_(None),
        ~leaked,
        view.actor.scope.limits(Candidate.branch_id),
    )
    rows = view.session.execute(
        select(Candidate.run_id, *live_counts())
        .where(Candidate.run_id.in_(controls), *of_clean)
        .group_by(Candidate.run_id)
    )
    tallies = {run_id: Tally.of(counts) for run_id, *counts in rows}
    in_clusters = [run_id for run_id, arm in controls.items() if arm.clusters is not None]
    clusters: dict[tuple[int, int], Clusters] = {}
    if in_clusters:
        rows_of = _by_manager(view, Candidate.run_id.in_(in_clusters), *of_clean)
        clusters = _summed(view, rows_of)
    clean = {
        run_id: replace(
            arm,
            tally=tallies.get(run_id, Tally()),
            clusters=clusters.get((run_id, CONTROL_ARM), Clusters.none())
            if arm.clusters is not None
            else None,
        )
        for run_id, arm in controls.items()
    }
    # A leak may be of somebody out of the asker's scope.
    return {id_: arm for id_, arm in clean.items() if arm.tally != controls[id_].tally}


def _drawn(view: Reader, run_ids: Sequence[int] | None) -> dict[int, RandomisedBy]:
    statement = select(Run.id, Run.randomised_by).where(
        Run.randomised_by != RandomisedBy.CUSTOMER,
        or_(Run.launched_at.is_not(None), Run.is_imported),
    )
    if run_ids is not None:
        statement = statement.where(Run.id.in_(run_ids))
    return {run_id: by for run_id, by in view.session.execute(statement)}  # noqa: C416  for mypy


def _by_branch(view: Reader, run_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    counted = cells(view.actor.scope, run_ids)
    of = counted.c
    return (
        select(
            of.run_id,
            of.arm,
            func.sum(of.targeted).label("customers"),
            func.sum(of.reached).label("reached"),
            func.sum(of.outcomes).label("outcomes"),
            func.sum(of.value).label("value"),
        )
        .group_by(of.run_id, of.arm, of.branch_id)
        .having(func.sum(of.targeted) > 0)
    )


def _by_manager(view: Reader, *which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    has_outcome = Candidate.outcome_at.is_not(None)
    return (
        select(
            Candidate.run_id,
            Candidate.arm,
            func.count().label("customers"),
            func.count(Candidate.reached_at).label("reached"),
            func.count(Candidate.outcome_at).label("outcomes"),
            func.sum(Candidate.outcome_value).filter(has_outcome).label("value"),
        )
        .where(*which, view.actor.scope.limits(Candidate.branch_id))
        .group_by(Candidate.run_id, Candidate.arm, Candidate.cluster_id)
    )


def _summed(view: Reader, each: Select[*tuple[Any, ...]]) -> dict[tuple[int, int], Clusters]:
    """Add up clusters, and the products of their sums, by run and arm."""
    of = each.subquery("clusters").c
    money = cast(func.coalesce(of.value, _ZERO), Double) / 100  # stored in cents
    columns = {
        Of.CUSTOMERS: cast(of.customers, Double),
        Of.REACHED: cast(of.reached, Double),
        Of.OUTCOMES: cast(of.outcomes, Double),
        Of.VALUE: money,
    }
    sums = [func.sum(columns[one]) for one in Of]
    products = [func.sum(columns[one] * columns[other]) for one, other in PAIRS]
    rows = view.session.execute(
        select(of.run_id, of.arm, func.count(), *sums, *products).group_by(of.run_id, of.arm)
    )
    return {(run_id, arm): Clusters.read(counts) for run_id, arm, *counts in rows}
