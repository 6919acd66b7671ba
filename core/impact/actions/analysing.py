"""Analysing a cycle of a run: measure, freeze, judge, and tell the design."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select, update

from core.access import Permission
from core.campaigns.model import Campaign, CampaignType, Channel, Content, Design, Stage
from core.campaigns.rules import Objective
from core.customers.model import Product
from core.database import Moment
from core.impact.actions.observing import look, observable
from core.impact.estimates import Interval, rate_interval
from core.impact.events import RunAnalysed
from core.impact.findings import Findings, suggestions
from core.impact.model import Analysis
from core.impact.plain import rate_plain, report_plain, tally_plain
from core.impact.queries.findings import what_worked
from core.impact.queries.runs import RunImpact, impact
from core.impact.rules import verdict
from core.market.model import Threat
from core.market.rules import ThreatStatus
from core.people.model import Unit
from core.refusals import Conflict
from core.runs.model import Run
from core.runs.moves import run_in_scope
from core.work import Work


@dataclass(frozen=True)
class AnalyseRun:
    """A request to measure a run as it stands now; `conclusion` is what is made of it."""

    run_id: int
    conclusion: str = ""


def analyse_run(work: Work, request: AnalyseRun) -> RunAnalysed:
    """Freeze the next cycle of a run: figures up to now, the verdict, and what worked for whom.

    :raises NotFound: no such run, or out of scope
    :raises Conflict: the run is not launched yet
    """
    work.authorize(Permission.ANALYSE)
    run = _locked(work, request.run_id)
    if run.launched_at is None and not run.is_imported:
        raise Conflict(f"Run {run.code} is not launched: there is nothing to analyse yet.")
    if observable(work, run):
        look(work, run)

    measured = impact(work, run_id=run.id)
    judged = measured.treated.rate(measured.facts.metric)
    span, goal = rate_interval(judged), measured.facts.goal
    highest = span.high if isinstance(span, Interval) else None
    judgement = verdict(judged, goal, highest=highest)
    splits = what_worked(work, measured)
    asked = suggestions(
        measured.report,
        splits,
        judged=judged,
        goal=goal,
        verdict=judgement,
        is_duty=_is_duty(work, run),
    )
    analysis = Analysis(
        run_id=run.id,
        cycle=_next_cycle(work, run.id),
        cut_off_at=work.now,
        figures=_figures(measured),
        findings=Findings(splits, asked).plain,
        verdict=judgement,
        conclusion=request.conclusion.strip(),
        author_id=work.actor.person_id,
        at=work.now,
    )
    work.session.add(analysis)
    work.session.flush()
    answered = _answered(work, measured.facts.campaign_id, analysis.id)

    fact = RunAnalysed(
        analysis_id=analysis.id,
        run_id=run.id,
        run=run.code,
        campaign_id=measured.facts.campaign_id,
        campaign=measured.facts.campaign_code,
        design_id=run.design_id,
        version=measured.facts.version,
        unit=work.session.get_one(Unit, run.unit_id).code,
        set_up=_set_up(work, run),
        cycle=analysis.cycle,
        cut_off_at=analysis.cut_off_at,
        verdict=analysis.verdict,
        conclusion=analysis.conclusion,
        figures=analysis.figures,
        answered=answered,
    )
    work.record(fact)
    return fact


def _locked(work: Work, run_id: int) -> Run:
    run = run_in_scope(work, run_id)
    # Held until the end: two people analysing at once make two cycles, one after the other.
    work.session.refresh(run, with_for_update=True)
    return run


def _is_duty(work: Work, run: Run) -> bool:
    objective = work.session.scalar(
        select(CampaignType.objective)
        .join(Campaign, Campaign.type_id == CampaignType.id)
        .join(Design, Design.campaign_id == Campaign.id)
        .where(Design.id == run.design_id)
    )
    return objective is Objective.ADMINISTRATIVE


def _next_cycle(work: Work, run_id: int) -> int:
    last = work.session.scalar(select(func.max(Analysis.cycle)).where(Analysis.run_id == run_id))
    return (last or 0) + 1


def _answered(work: Work, campaign_id: int, analysis_id: int) -> tuple[int, ...]:
    """Let the threats that the campaign answers show this analysis: they are answered by now."""
    rows = work.session.scalars(
        update(Threat)
        .where(Threat.campaign_id == campaign_id, Threat.status != ThreatStatus.DISMISSED)
        .values(
            status=ThreatStatus.ANSWERED,
            analysis_id=analysis_id,
            closed_at=func.coalesce(Threat.closed_at, literal(work.now, Moment)),
            version=Threat.version + 1,
        )
        .returning(Threat.id)
    )
    return tuple(sorted(rows))


def _figures(measured: RunImpact) -> dict[str, Any]:
    facts = measured.facts
    return {
        "funnel": tally_plain(measured.treated),
        "metric": facts.metric.value,
        "goal": facts.goal,
        "result": rate_plain(measured.treated.rate(facts.metric)),
        "impact": report_plain(measured.report),
    }


def _set_up(work: Work, run: Run) -> dict[str, Any]:
    """Return what the result was reached with, for those who design the next version."""
    design, type_, product = work.session.execute(
        select(Design, CampaignType.name, Product.code)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .outerjoin(Product, Product.id == Design.product_id)
        .where(Design.id == run.design_id)
    ).one()
    stages = work.session.execute(
        select(Stage.name, Channel.name)
        .join(Content, Content.id == Stage.content_id)
        .join(Channel, Channel.id == Content.channel_id)
        .where(Stage.design_id == design.id)
        .order_by(Stage.position)
    )
    return {
        "type": type_,
        "product": product,
        "offer": design.offer,
        "control_share": run.control_share / 10_000,
        "stages": [{"stage": stage, "channel": channel} for stage, channel in stages],
    }
