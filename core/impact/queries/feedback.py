"""What analyses found and proposed, and which version of the campaign took it up."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import DesignStatus, Metric
from core.database import id_set
from core.impact.findings import Findings
from core.impact.model import Analysis
from core.impact.queries.runs import arms_of
from core.impact.rules import FeedbackState, Grade, Verdict
from core.impact.tally import Tally
from core.measures import Rate
from core.people.model import Person, Unit
from core.refusals import NotFound
from core.runs.model import Run
from core.windows import Part, Window, windowed
from core.work import Reader

_METRICS = {metric.value: metric for metric in Metric}


@dataclass(frozen=True)
class TakenUp:
    """A version that cites an analysis."""

    design_id: int
    version: int
    status: DesignStatus


@dataclass(frozen=True)
class FeedbackRow:
    """One frozen cycle with what it proposes; `proposal` counts from `sent_at` on."""

    id: int
    run_id: int
    run: str
    campaign_id: int
    campaign: str
    design_id: int
    version: int
    unit: str
    cycle: int
    cut_off_at: datetime
    verdict: Verdict
    metric: Metric
    result: Rate
    goal: float | None
    conclusion: str
    proposal: str
    sent_at: datetime | None
    author: str | None
    taken_up: tuple[TakenUp, ...]

    @property
    def state(self) -> FeedbackState:
        if self.sent_at is None:
            return FeedbackState.KEPT
        return FeedbackState.TAKEN_UP if self.taken_up else FeedbackState.SENT


def feedback(
    view: Reader,
    *,
    text: str = "",
    campaign_id: int | None = None,
    run_id: int | None = None,
    verdict: Verdict | None = None,
    state: FeedbackState | None = None,
    window: Window = Window(),  # noqa: B008  frozen
) -> Part[FeedbackRow]:
    """List the frozen cycles of runs in the asker's units, the newest first.

    :param text: part of the campaign's name or the run's code
    """
    view.authorize(Permission.SEE_IMPACT)
    statement = _analyses(view)
    if text.strip():
        found = (
            field.icontains(text.strip(), autoescape=True) for field in (Campaign.name, Run.code)
        )
        statement = statement.where(or_(*found))
    if campaign_id is not None:
        statement = statement.where(Campaign.id == campaign_id)
    if run_id is not None:
        statement = statement.where(Analysis.run_id == run_id)
    if verdict is not None:
        statement = statement.where(Analysis.verdict == verdict)
    if state is not None:
        statement = statement.where(_in_state(state))
    sorts = {
        "cut off": Analysis.cut_off_at,
        "campaign": func.lower(Campaign.name),
        "run": Run.code,
        "verdict": Analysis.verdict,
        "sent": Analysis.sent_at,
    }
    if not window.sort:
        window = Window("cut off", descending=True, first=window.first, size=window.size)
    # Of cycles frozen at one moment the later one stands first.
    rows, total = windowed(view.session, statement, window, sorts=sorts, last=-Analysis.id)
    return Part(_rows(view, rows), total)


def feedback_campaigns(view: Reader) -> list[tuple[int, str]]:
    """List the campaigns of which a cycle was frozen, by name."""
    view.authorize(Permission.SEE_IMPACT)
    rows = _analyses(view).with_only_columns(Campaign.id, Campaign.name)
    found = view.session.execute(rows.distinct().order_by(Campaign.name)).all()
    return [(id_, name) for id_, name in found]


@dataclass(frozen=True)
class FeedbackSheet:
    """One cycle in full: what was frozen, how it stands `now`, and which cycle is the `latest`.

    `grade` and `why` are the evidence that the frozen figures stand on.
    """

    row: FeedbackRow
    findings: Findings
    sentence: str
    grade: Grade
    why: str
    latest: int
    now: Rate

    @property
    def is_latest(self) -> bool:
        return self.row.cycle == self.latest

    @property
    def moved(self) -> bool:
        """Tell whether the figure is another one by now than the one that was frozen."""
        return self.now != self.row.result


def feedback_sheet(view: Reader, *, analysis_id: int) -> FeedbackSheet:
    """Return one frozen cycle beside the same figure as it stands now.

    :raises NotFound: there is none, or none in scope
    """
    view.authorize(Permission.SEE_IMPACT)
    record = view.session.execute(_analyses(view).where(Analysis.id == analysis_id)).one_or_none()
    if record is None:
        raise NotFound("There is no such analysis among those of your units.")
    [row] = _rows(view, [record])
    findings, figures, latest = view.session.execute(
        select(
            Analysis.findings,
            Analysis.figures,
            select(func.max(Analysis.cycle)).where(Analysis.run_id == row.run_id).scalar_subquery(),
        ).where(Analysis.id == analysis_id)
    ).one()
    arms = arms_of(view, [row.run_id]).get(row.run_id, [])
    treated = sum((arm.tally for arm in arms if not arm.is_control), Tally())
    impact = figures["impact"]
    refused = impact.get("refused")
    evidence = {"grade": Grade.RATES_ONLY, "why": f"Rates only: {refused}."}
    evidence = evidence if refused else impact["evidence"]
    return FeedbackSheet(
        row=row,
        findings=Findings.of(findings),
        sentence=f"No impact can be given: {refused}." if refused else impact["sentence"],
        grade=Grade(evidence["grade"]),
        why=evidence["why"],
        latest=latest,
        now=treated.rate(row.metric),
    )


def _analyses(view: Reader) -> Select[*tuple[Any, ...]]:
    """Frozen figures are of a whole run, so they are shown to whom the whole run belongs."""
    return (
        select(
            Analysis.id,
            Run.id.label("run_id"),
            Run.code.label("run"),
            Campaign.id.label("campaign_id"),
            Campaign.name.label("campaign"),
            Design.id.label("design_id"),
            Design.version,
            Unit.name.label("unit"),
            Analysis.cycle,
            Analysis.cut_off_at,
            Analysis.verdict,
            Analysis.figures,
            Analysis.conclusion,
            Analysis.proposal,
            Analysis.sent_at,
            Person.name.label("author"),
        )
        .join(Run, Run.id == Analysis.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(Unit, Unit.id == Run.unit_id)
        .outerjoin(Person, Person.id == Analysis.author_id)
        .where(view.actor.scope.limits(Run.unit_id))
    )


def _rows(view: Reader, records: Sequence[Any]) -> list[FeedbackRow]:
    citing: dict[int, list[TakenUp]] = defaultdict(list)
    designs = (
        select(Design.cited_analysis_id, Design.id, Design.version, Design.status)
        .where(Design.cited_analysis_id.in_(id_set(view.dialect, [row.id for row in records])))
        .order_by(Design.version)
    )
    for analysis_id, design_id, version, status in view.session.execute(designs):
        citing[analysis_id or 0].append(TakenUp(design_id, version, status))
    return [_row(record, tuple(citing[record.id])) for record in records]


def _row(record: Any, taken_up: tuple[TakenUp, ...]) -> FeedbackRow:
    fields = dict(record._mapping)  # noqa: SLF001  the public name of this attribute
    figures = fields.pop("figures")
    result = figures["result"]
    return FeedbackRow(
        **fields,
        metric=_METRICS[figures["metric"]],
        result=Rate(result["numerator"], result["denominator"]),
        goal=figures["goal"],
        taken_up=taken_up,
    )


def _in_state(state: FeedbackState) -> ColumnElement[bool]:
    cited = exists().where(Design.cited_analysis_id == Analysis.id).correlate(Analysis)
    if state is FeedbackState.KEPT:
        return Analysis.sent_at.is_(None)
    if state is FeedbackState.SENT:
        return Analysis.sent_at.is_not(None) & ~cited
    return Analysis.sent_at.is_not(None) & cited
