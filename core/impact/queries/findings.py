"""What worked for whom in one run: by where, by segment, and by which way customers were met."""

from collections.abc import Sequence

from core.campaigns.rules import Metric
from core.impact.breaking import BrokenDown
from core.impact.estimates import Effect
from core.impact.findings import RATE_ONLY, Group, Split
from core.impact.queries.breakdown import broken_down
from core.impact.queries.funnel import NOT_KNOWN, FunnelRow, funnel
from core.impact.queries.runs import RunImpact
from core.impact.queries.split import EVERY_SEGMENT
from core.work import Reader

MOST = 40  # groups of one split that are kept: more, nobody reads


def what_worked(view: Reader, run: RunImpact) -> tuple[Split, ...]:
    """Compare treated with held out region by region, or branch by branch, and by segment.

    By channel there are rates only: the held out were met by none.
    """
    where = "Region", broken_down(view, run, "region")
    if len(where[1]) < 2:
        where = "Branch", broken_down(view, run, "branch")
    segments = [
        row
        for row in broken_down(view, run, EVERY_SEGMENT, exactly=True)
        if row.treated.targeted < run.treated.targeted  # everybody's segment says nothing new
    ]
    metric = run.facts.metric
    channels = [
        row
        for row in funnel(view, run_id=run.id, by=("channel",))
        if row.labels[0] != NOT_KNOWN and row.tally.rate(metric).denominator
    ]
    splits = (
        _split(where[0], [_compared(row, run) for row in where[1]]),
        _split("Segment", [_compared(row, run) for row in segments]),
        _split("Channel", [_rate(row, metric) for row in channels]),
    )
    return tuple(split for split in splits if split.groups)


def _split(label: str, groups: Sequence[Group]) -> Split:
    """Keep the largest groups, the greatest effect or rate first."""
    kept = sorted(groups[:MOST], key=_order)
    return Split(label, tuple(kept), left_out=len(groups) - len(kept))


def _order(group: Group) -> tuple[bool, float, str]:
    worth = group.treated.value if group.value is None else group.value
    return (group.value is None, -(worth or 0.0), group.label)


def _compared(row: BrokenDown, run: RunImpact) -> Group:
    effect = row.difference
    if run.report.refused is not None:
        return Group(
            row.label, row.treated.rate(run.facts.metric), None, None, None, None, None, RATE_ONLY
        )
    known = effect if isinstance(effect, Effect) else None
    return Group(
        label=row.label,
        treated=row.treated.outcome_rate,
        control=row.control.outcome_rate,
        value=known.value if known else None,
        low=known.interval.low if known else None,
        high=known.interval.high if known else None,
        p_adjusted=row.p_adjusted,
        says=row.says,
    )


def _rate(row: FunnelRow, metric: Metric) -> Group:
    rate = row.tally.rate(metric)
    return Group(row.labels[0], rate, None, None, None, None, None, RATE_ONLY)
