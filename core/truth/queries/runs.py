"""What reported conversions of runs are worth: counted, restated, branch by branch."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from core.campaigns.rules import RandomisedBy
from core.impact.estimates import Effect, difference_of_rates
from core.impact.queries.facts import RunFacts
from core.impact.queries.runs import RunImpact, impact, impacts
from core.impact.rules import Absent, Reason
from core.impact.tally import Tally
from core.measures import Rate
from core.responses.model import Lead
from core.responses.rules import LeadStatus
from core.runs.model import Run
from core.truth.estimates import Score, extrapolated, score
from core.truth.queries.branches import BranchTruth, Looked, branches_of
from core.truth.queries.bursts import Burst, bursts, kept_bursts, times_of
from core.truth.queries.claims import known
from core.truth.queries.kept import kept
from core.truth.rules import Check, reported_by
from core.truth.sentences import says
from core.windows import Part, Window
from core.work import Reader


@dataclass(frozen=True)
class Truth:
    """What one run reported and what stands of it; `refused` says why it can't be checked.

    What people reported is restated by its counts and its rate. The effect counts openings alike
    in every arm, so that no report can change it: that is the restated one. Runs with many reports
    are checked now and then: `checked_at` is when, where that is read.
    """

    impact: RunImpact
    branches: tuple[BranchTruth, ...]
    known_until: date | None
    refused: Reason | None = None
    repeats: int = 0
    bursts: tuple[Burst, ...] = ()
    checked_at: datetime | None = None

    @property
    def id(self) -> int:
        return self.facts.run_id

    @property
    def facts(self) -> RunFacts:
        return self.impact.facts

    @property
    def check(self) -> Check:
        return sum((branch.check for branch in self.branches), Check())

    @property
    def looked(self) -> Looked:
        return sum((branch.looked for branch in self.branches), Looked())

    @property
    def is_checked(self) -> bool:
        """Tell whether anything was reported that could be held against the holdings."""
        return self.refused is None and self.check.reported > 0

    @property
    def score(self) -> Score | Absent:
        return Absent(self.refused) if self.refused else score(self.check)

    @property
    def extrapolated(self) -> Score | Absent:
        return Absent(self.refused) if self.refused else extrapolated(self.check, self.looked.drawn)

    @property
    def reported(self) -> Rate:
        return self.impact.treated.rate(reported_by(self.facts.metric))

    @property
    def restated(self) -> Rate:
        return self.check.restate(self.reported)

    @property
    def funnel(self) -> Tally:
        """Return the treated funnel with what does not stand taken out of its last steps."""
        tally = self.impact.treated
        sales_out = sum(branch.sales_out for branch in self.branches)
        return replace(
            tally, converted=tally.converted - self.check.taken_out, won=tally.won - sales_out
        )

    @property
    def believed(self) -> Effect | Absent:
        """Return the effect that it would be if every report were an opening, seen or not."""
        control = self.impact.control
        refused = self.refused or self.impact.report.refused
        if refused is None and self.impact.report.drawn_by is not RandomisedBy.CUSTOMER:
            refused = Reason.NOT_ALONE
        if refused is not None or control is None:
            return Absent(refused or Reason.NO_CONTROL)
        treated = self.impact.treated
        unseen = sum(branch.unseen for branch in self.branches)
        claimed = Rate(treated.outcomes + unseen, treated.targeted)
        return difference_of_rates(claimed, control.outcome_rate)

    @property
    def measured(self) -> Effect | Absent:
        """Return the effect on openings, found alike in every arm: no report has a part in it."""
        report, control = self.impact.report, self.impact.control
        if report.refused is not None or control is None:
            return Absent(report.refused or Reason.NO_CONTROL)
        if len(report.comparisons) == 1:
            return report.comparisons[0].difference
        if report.drawn_by is not RandomisedBy.CUSTOMER:
            return Absent(Reason.NOT_ALONE)
        return difference_of_rates(self.impact.treated.outcome_rate, control.outcome_rate)

    @property
    def sentence(self) -> str:
        return says(self.check, self.reported, self.restated, self.refused)


def truth(view: Reader, *, run_id: int) -> Truth:
    """Hold what was reported of one run against the holdings, on the customers in scope.

    :raises NotFound: there is no such run, or nobody of it is in scope
    """
    found = restated(view, run_id=run_id)
    if found.refused is not None:
        return found
    run = view.session.get_one(Run, run_id)
    if found.checked_at is not None and view.actor.scope.bank_wide:
        piled = kept_bursts(view, run_id)
    else:
        piled = bursts(view, run_id=run_id, times=times_of(view, run))
    return replace(found, repeats=_repeats(view, run_id), bursts=tuple(piled))


def restated(view: Reader, *, run_id: int) -> Truth:
    """Count what stands of one run without looking for bursts and further leads; see `truth`."""
    [found] = _truths(view, [impact(view, run_id=run_id)])
    return found


def truths(view: Reader, *, window: Window) -> Part[Truth]:
    """List the runs that were launched here about a product, the latest start first."""
    every = [run for run in impacts(view) if _refused(run.facts) is None and run.facts.launched_at]
    shown = every[window.first : window.first + window.size]
    return Part(_truths(view, shown), len(every))


def _refused(facts: RunFacts) -> Reason | None:
    if facts.is_imported:
        return Reason.ELSEWHERE
    return Reason.UNNAMED_PRODUCT if facts.product_id is None else None


def _truths(view: Reader, runs: Collection[RunImpact]) -> list[Truth]:
    by = known(view)
    ids = [run.id for run in runs if _refused(run.facts) is None]
    branches = branches_of(view, ids, by) if ids else {}
    checked = kept(view, ids, by) if ids else {}
    return [
        Truth(
            run,
            tuple(branches.get(run.id, ())),
            by.day,
            refused=_refused(run.facts),
            checked_at=checked.get(run.id),
        )
        for run in runs
    ]


def _repeats(view: Reader, run_id: int) -> int:
    """Count leads of customers who have one already: the funnel counts a customer once."""
    many: Any = func.count() - func.count(Lead.customer_id.distinct())
    leads = select(many).where(Lead.run_id == run_id, Lead.status != LeadStatus.LOST)
    return view.session.scalar(leads) or 0
