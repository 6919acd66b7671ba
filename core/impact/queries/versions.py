"""What the versions of one campaign came to, side by side with what was changed between them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from sqlalchemy import or_, select

from core.access import Permission
from core.campaigns.model import Design
from core.campaigns.queries.comparing import Change, changes_between
from core.campaigns.queries.designs import sheet
from core.campaigns.rules import Metric
from core.impact.metrics import METRICS
from core.impact.queries.compared import By, Compared, side_by_side
from core.impact.queries.overlaps import shared
from core.impact.queries.runs import RunImpact, arms_of, impact
from core.impact.sentences import points, sum_sentence
from core.impact.tally import Tally
from core.measures import Rate
from core.runs.model import Run
from core.work import Reader


@dataclass(frozen=True)
class VersionResult:
    """What one version came to in all its runs.

    `only` is its run where there is just one, `several` are its runs with their sum, where that
    may be given.
    """

    design_id: int
    version: int
    runs: tuple[str, ...]
    starts_on: date
    ends_on: date
    metric: Metric
    goal: float | None
    treated: Tally
    only: RunImpact | None
    several: Compared | None = None

    @property
    def effect(self) -> str:
        """Say what it changed against its own held out customers, or why nobody can."""
        if self.only is not None:
            return self.only.sentence
        if self.several is None:
            return "Nobody was treated yet."
        return sum_sentence(len(self.several.runs), self.several.conversions)


def version_results(view: Reader, *, campaign_id: int) -> list[VersionResult]:
    """List the versions of a campaign that were carried out in the asker's units, in order.

    The counts of several runs add up; their effects do where no customer was in two of them.
    """
    view.authorize(Permission.SEE_IMPACT)
    rows = view.session.execute(
        select(Run, Design)
        .join(Design, Design.id == Run.design_id)
        .where(
            Design.campaign_id == campaign_id,
            or_(Run.launched_at.is_not(None), Run.is_imported),
            view.actor.scope.limits(Run.unit_id),
        )
        .order_by(Design.version, Run.starts_on, Run.id)
    )
    versions: dict[int, list[tuple[Run, Design]]] = defaultdict(list)
    for run, design in rows:
        versions[design.version].append((run, design))
    ids = [run.id for carried in versions.values() for run, _ in carried]
    arms, met = arms_of(view, ids), shared(view, ids)
    found = []
    for version, carried in versions.items():
        runs, design = [run for run, _ in carried], carried[0][1]
        treated = [arm.tally for run in runs for arm in arms.get(run.id, ()) if not arm.is_control]
        measured = [impact(view, run_id=run.id) for run in runs if run.id in arms]
        several = side_by_side(measured, By.VERSION, met) if len(measured) > 1 else [None]
        found.append(
            VersionResult(
                design_id=design.id,
                version=version,
                runs=tuple(run.code for run in runs),
                starts_on=min(run.starts_on for run in runs),
                ends_on=max(run.ends_on for run in runs),
                metric=design.metric,
                goal=design.goal,
                treated=sum(treated, Tally()),
                only=measured[0] if len(measured) == 1 else None,
                several=several[0],
            )
        )
    return found


@dataclass(frozen=True)
class VersionsCompared:
    """Two versions by the metric of the later one; `sentence` says what may be read into it."""

    before: VersionResult
    after: VersionResult
    metric: Metric
    sentence: str
    changes: tuple[Change, ...]


def versions_compared(view: Reader, *, campaign_id: int) -> list[VersionsCompared]:
    """Compare every version that was carried out with the one carried out before, the latest first.

    Rates only: versions are not randomised against each other.
    """
    found = version_results(view, campaign_id=campaign_id)
    pairs = pairwise(found)
    return [
        VersionsCompared(
            before,
            after,
            after.metric,
            sentence(before, after),
            tuple(changes_between(sheet(view, before.design_id), sheet(view, after.design_id))),
        )
        for before, after in reversed(list(pairs))
    ]


def sentence(before: VersionResult, after: VersionResult) -> str:
    """Say how two versions differ, and that this is no effect of what was changed."""
    metric = after.metric
    rates = [each.treated.rate(metric) for each in (before, after)]
    if rates[0].value is None or rates[1].value is None:
        empty = before if rates[0].value is None else after
        return (
            f"Version {empty.version} has nobody to count {METRICS[metric].label.lower()} of yet, "
            "so there is nothing to compare."
        )
    apart = before.ends_on < after.starts_on or after.ends_on < before.starts_on
    when = "carried out at different times and " if apart else ""
    return (
        f"{METRICS[metric].label}: version {after.version} {_written(rates[1])}, version "
        f"{before.version} {_written(rates[0])}, {points(rates[1].value - rates[0].value)} "
        f"percentage points. These are rates only: the versions were {when}not randomised "
        "against each other, so the difference is no effect of what was changed."
    )


def _written(rate: Rate) -> str:
    share = 0.0 if rate.value is None else 100 * rate.value
    return f"{share:.1f} % ({rate.numerator:,} of {rate.denominator:,})"
