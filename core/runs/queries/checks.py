"""What must always be true of runs, counted for `fairlead check`: nothing should be found."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import exists, func, or_, select

from core.access import Permission
from core.campaigns.rules import RandomisedBy
from core.runs.arms import Share, arm_in_sql, drawn_in_sql, hashed_in_sql
from core.runs.model import Candidate, Excluded, Run, RunArm, WaterfallStep
from core.work import Reader

WATERFALL = "the waterfall does not add up to the population"
ARMS = "candidates are not in the arm that the hash gives them"


@dataclass(frozen=True)
class RunFault:
    """A run whose rows contradict each other, and how many of them."""

    run: str
    problem: str
    rows: int


def run_faults(view: Reader) -> list[RunFault]:
    """List runs whose waterfall does not add up, or whose arms are not as the hash says."""
    view.authorize(Permission.READ_JOURNAL)
    return [*_sums(view), *_arms(view)]


def _sums(view: Reader) -> Iterator[RunFault]:
    counted = {
        "candidates": select(Candidate.run_id, func.count().label("rows")).group_by(
            Candidate.run_id
        ),
        "excluded": select(Excluded.run_id, func.count().label("rows")).group_by(Excluded.run_id),
        "steps": select(
            WaterfallStep.run_id, func.sum(WaterfallStep.customers).label("rows")
        ).group_by(WaterfallStep.run_id),
    }
    parts = {name: statement.subquery(name) for name, statement in counted.items()}
    rows = {name: func.coalesce(part.c.rows, 0) for name, part in parts.items()}
    statement = select(Run.code, Run.population, *rows.values()).where(
        Run.population.is_not(None),
        ~Run.is_imported,
        or_(
            rows["steps"] + rows["candidates"] != Run.population,
            rows["steps"] != rows["excluded"],
        ),
        view.actor.scope.limits(Run.unit_id),
    )
    for part in parts.values():
        statement = statement.outerjoin(part, part.c.run_id == Run.id)
    for code, population, candidates, excluded, steps in view.session.execute(statement):
        off = abs(population - candidates - steps) or abs(steps - excluded)
        yield RunFault(code, WATERFALL, int(off))


def _arms(view: Reader) -> Iterator[RunFault]:
    runs = view.session.execute(
        select(Run.id, Run.code, Run.arm_key, Run.randomised_by)
        .where(Run.population.is_not(None), ~Run.is_imported, view.actor.scope.limits(Run.unit_id))
        .order_by(Run.id)
    )
    for run_id, code, key, by in runs.all():
        wrong = arms_not_as_hashed(view, run_id, key, by)
        if wrong:
            yield RunFault(code, ARMS, wrong)


def arms_not_as_hashed(
    view: Reader, run_id: int, key: int, by: RandomisedBy = RandomisedBy.CUSTOMER
) -> int:
    """Count the candidates of a run whose arm is not the one that the hash gives.

    :param by: whose hash: the customer's own, or that of the manager or branch
    """
    shares = [
        Share(arm, share)
        for arm, share in view.session.execute(
            select(RunArm.arm, RunArm.share).where(
                RunArm.run_id == run_id, RunArm.share.is_not(None)
            )
        )
        if share is not None
    ]
    of_run = Candidate.run_id == run_id
    if by is not RandomisedBy.CUSTOMER:
        cluster = drawn_in_sql(select(Candidate.cluster_id).where(of_run), key)
        rightly = Candidate.arm == arm_in_sql(cluster.c.place, shares)
        drawn = cluster.c.cluster_id == Candidate.cluster_id
        odd = select(func.count()).where(of_run, ~exists().where(drawn, rightly))
        return view.session.scalar(odd) or 0
    hashed = hashed_in_sql(select(Candidate.customer_id, Candidate.arm).where(of_run), key)
    wrong = hashed.c.arm != arm_in_sql(hashed.c.hash, shares)
    return view.session.scalar(select(func.count()).select_from(hashed).where(wrong)) or 0
