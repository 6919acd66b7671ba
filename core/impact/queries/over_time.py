"""What a run changed by the end of each day, for those who look at it while it goes on."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from sqlalchemy import func, select

from core.campaigns.model import Campaign, CampaignType, Design
from core.campaigns.rules import Objective
from core.impact.over_time import Standing, proven_since, standings
from core.impact.queries.runs import RunImpact, impact
from core.impact.rules import Absent, Reason
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM
from core.work import Reader


@dataclass(frozen=True)
class OverTime:
    """The standing of a run at the end of each day; all treated arms together."""

    days: tuple[Standing, ...]

    @property
    def last(self) -> Standing:
        return self.days[-1]

    @property
    def proven_since(self) -> date | None:
        """Return since when the effect has been proven without a break, if it is."""
        return proven_since(self.days)


def over_time(view: Reader, *, run_id: int) -> OverTime | Absent:
    """Follow the effect of a run from its launch until now, or until its last day.

    Outcomes count on their day, of all customers as they were assigned.

    :raises NotFound: there is no such run, or nobody of it is in scope
    """
    found = impact(view, run_id=run_id)
    if found.report.refused is not None:
        return Absent(found.report.refused)
    # Clusters of which nothing can be said don't say either how much wider the band should be.
    difference = found.report.comparisons[0].difference
    if isinstance(difference, Absent):
        return difference
    if _keeps(view, run_id):
        return Absent(Reason.AT_THE_END)
    new = _new_by_day(view, run_id)
    first, last = _span(view, found, sorted(new))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    control = found.control
    assert control is not None  # noqa: S101  without one the report is refused
    followed = standings(
        [(day, *new.get(day, (0, 0))) for day in days],
        treated=found.treated.targeted,
        control=control.targeted,
        planned=found.facts.expected_rate,
        inflation=found.report.design_effect,
    )
    return OverTime(tuple(followed)) if followed else Absent(Reason.ALL_CONVERTED)


def _new_by_day(view: Reader, run_id: int) -> dict[date, tuple[int, int]]:
    """Count treated and control by the day of their outcome.

    An outcome is kept as noon of its day, so that there are as many moments as days.
    """
    rows = view.session.execute(
        select(Candidate.arm, Candidate.outcome_at, func.count())
        .where(
            Candidate.run_id == run_id,
            Candidate.outcome_at.is_not(None),
            view.actor.scope.limits(Candidate.branch_id),
        )
        .group_by(Candidate.arm, Candidate.outcome_at)
    )
    found: defaultdict[date, list[int]] = defaultdict(lambda: [0, 0])
    for arm, noon, customers in rows:
        assert noon is not None  # noqa: S101  as was asked for
        found[noon.astimezone(UTC).date()][arm == CONTROL_ARM] += customers
    return {day: (treated, control) for day, (treated, control) in found.items()}


def _span(view: Reader, run: RunImpact, outcomes: Sequence[date]) -> tuple[date, date]:
    facts = run.facts
    first, last = facts.starts_on, min(facts.ends_on, view.now.date())
    if facts.launched_at is not None:
        first = facts.launched_at.astimezone(view.now.tzinfo).date()
    return min((first, last, *outcomes[:1])), max((last, *outcomes[-1:]))


def _keeps(view: Reader, run_id: int) -> bool:
    objective = view.session.scalar(
        select(CampaignType.objective)
        .join(Campaign, Campaign.type_id == CampaignType.id)
        .join(Design, Design.campaign_id == Campaign.id)
        .join(Run, Run.design_id == Design.id)
        .where(Run.id == run_id)
    )
    return objective is Objective.RETENTION
