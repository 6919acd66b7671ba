"""What runs changed: one in full, and all of them side by side."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import func, select

from core.access import Permission, Scope
from core.campaigns.model import Design
from core.campaigns.rules import RandomisedBy
from core.impact.estimates import Effect
from core.impact.measuring import measure
from core.impact.queries.cells import cell_counts, cells
from core.impact.queries.clustered import clean_controls, clusters_by_arm
from core.impact.queries.facts import RunFacts, facts_of_runs
from core.impact.queries.funnel import require_run
from core.impact.queries.gifts import gifts_by_arm
from core.impact.report import Arm, Comparison, Drawing, Report
from core.impact.tally import Tally
from core.runs.model import Run, RunArm
from core.runs.rules import CONTROL_ARM
from core.work import Reader


@dataclass(frozen=True)
class RunImpact:
    """A run with its result; `treated` are all treated arms together."""

    facts: RunFacts
    treated: Tally
    report: Report

    @property
    def id(self) -> int:
        return self.facts.run_id

    @property
    def sentence(self) -> str:
        """Say the result; of a run that goes on, that it is not the last word."""
        said = self.report.sentence
        if self.facts.is_running and self.report.refused is None:
            return f"So far: {said[:1].lower()}{said[1:]}"
        return said

    @property
    def gifts(self) -> Decimal:
        """Return what was given away, at what it cost."""
        return sum((arm.gifts for arm in self.report.arms), Decimal(0))

    @property
    def control(self) -> Tally | None:
        """Return the held out, if there are any."""
        found = (arm.tally for arm in self.report.arms if arm.is_control and arm.tally.targeted)
        return next(found, None)

    @property
    def best(self) -> Comparison | None:
        """Return the comparison that speaks for the run: of several arms, the largest gain."""
        known = [c for c in self.report.comparisons if isinstance(c.difference, Effect)]
        return max(known, key=gain, default=None)


def gain(comparison: Comparison) -> float:
    """Return by how much the treated differ, or 0 where that can't be said."""
    return comparison.difference.value if isinstance(comparison.difference, Effect) else 0.0


def impact(view: Reader, *, run_id: int) -> RunImpact:
    """Measure one run, on the customers in the asker's scope.

    Customers count as they were assigned, also those whom a manager rejected or nobody
    reached: leaving them out of one arm only would flatter the campaign.

    :raises NotFound: there is no such run, or nobody of it is in scope
    """
    view.authorize(Permission.SEE_IMPACT)
    require_run(view, run_id)
    facts = RunFacts(*view.session.execute(facts_of_runs().where(Run.id == run_id)).one())
    treated = _treated(view, [run_id]).get(run_id)
    arms = arms_of(view, [run_id], {run_id: facts.drawn_by})
    leaky = {run_id} if facts.has_leaks else set()
    clean = clean_controls(view, arms, leaky).get(run_id)
    return _measured(replace(facts, treated=treated), arms[run_id], clean)


def impacts(view: Reader, *, segment_id: int | None = None) -> list[RunImpact]:
    """Measure every run that was launched and has somebody in scope, the latest start first.

    Effects of different runs are never added up: their customers may be the same.

    :param segment_id: only runs of designs whose audience is this segment
    """
    view.authorize(Permission.SEE_IMPACT)
    statement = facts_of_runs().order_by(Run.starts_on.desc(), Run.id.desc())
    if segment_id is not None:
        statement = statement.where(Design.segment_id == segment_id)
    every = [RunFacts(*row) for row in view.session.execute(statement)]
    ids = None if segment_id is None else [facts.run_id for facts in every]
    arms = arms_of(view, ids, {facts.run_id: facts.drawn_by for facts in every})
    treated = _treated(view, ids)
    clean = clean_controls(view, arms, {facts.run_id for facts in every if facts.has_leaks})
    return [
        _measured(
            replace(facts, treated=treated.get(facts.run_id)),
            arms[facts.run_id],
            clean.get(facts.run_id),
        )
        for facts in every
        if facts.run_id in arms
    ]


def to_observe(view: Reader) -> list[int]:
    """List the runs whose outcomes may still change.

    They were launched here, and looked at last before their end had passed.
    """
    view.authorize(Permission.ANALYSE)
    statement = (
        select(Run.id, Run.ends_on, Run.outcomes_seen_at)
        .join(Design, Design.id == Run.design_id)
        .where(
            Run.launched_at.is_not(None),
            ~Run.is_imported,
            Design.product_id.is_not(None),
            view.actor.scope.limits(Run.unit_id),
        )
        .order_by(Run.id)
    )
    return [
        run_id
        for run_id, ends_on, seen_at in view.session.execute(statement)
        if seen_at is None or seen_at.astimezone(view.now.tzinfo).date() <= ends_on
    ]


def _measured(facts: RunFacts, arms: Sequence[Arm], clean: Arm | None) -> RunImpact:
    treated = sum((arm.tally for arm in arms if not arm.is_control), Tally())
    drawing = Drawing(facts.drawn_by, facts.control_share, clean, facts.is_cut_short)
    report = measure(arms, facts.terms, is_observed=facts.is_observed, drawing=drawing)
    return RunImpact(facts, treated, report)


def _treated(view: Reader, run_ids: Sequence[int] | None) -> dict[int, int]:
    """Count whom runs treated in the whole bank: of a branch's cost the fixed one is a part."""
    if view.actor.scope.bank_wide:
        return {}
    counted = cells(Scope(bank_wide=True), run_ids)
    rows = view.session.execute(
        select(counted.c.run_id, func.sum(counted.c.targeted))
        .where(counted.c.arm > CONTROL_ARM)
        .group_by(counted.c.run_id)
    )
    return {run_id: int(treated) for run_id, treated in rows}


def arms_of(
    view: Reader,
    run_ids: Sequence[int] | None,
    drawn: Mapping[int, RandomisedBy] | None = None,
) -> dict[int, list[Arm]]:
    """Count every arm of these runs, or of all that were launched; control comes first.

    :param drawn: who was drawn in each run, where that is known already
    """
    counted = cells(view.actor.scope, run_ids)
    arm = (counted.c.run_id, counted.c.arm, RunArm.name, RunArm.share)
    rows = view.session.execute(
        select(*arm, *cell_counts(counted))
        .outerjoin(RunArm, (RunArm.run_id == counted.c.run_id) & (RunArm.arm == counted.c.arm))
        .group_by(*arm)
        .order_by(counted.c.run_id, counted.c.arm)
    )
    gifts, clusters = gifts_by_arm(view, run_ids), clusters_by_arm(view, run_ids, drawn)
    found: defaultdict[int, list[Arm]] = defaultdict(list)
    for run_id, number, name, share, *counts in rows:
        given = gifts.get((run_id, number), Decimal(0))
        whole = clusters.get((run_id, number))
        arm_name, tally = name or f"arm {number}", Tally.of(counts)
        found[run_id].append(Arm(number, arm_name, share, tally, given, whole))
    return dict(found)
