"""Judging the portfolio: freeze what campaigns and segments came to, and conclude from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core import saying
from core.access import Permission
from core.coverage.queries.cells import segments_in_use
from core.market.actions.recording import region_of
from core.people.model import Unit
from core.portfolio.actions.freezing import cite, keep_campaign, keep_segment
from core.portfolio.actions.holding import plan_in_scope
from core.portfolio.assessment_events import AssessmentMade
from core.portfolio.model import (
    Assessment,
    Conclusion,
    Plan,
)
from core.portfolio.queries.past import AsItWas
from core.portfolio.queries.performance import Performance, performance
from core.portfolio.queries.reach import SegmentReach, reach
from core.portfolio.rules import Verb
from core.refusals import Conflict, Invalid
from core.segments.queries import MOST_SEGMENTS
from core.work import Work


@dataclass(frozen=True)
class Conclude:
    """What follows for a campaign or a segment; that nothing follows may be said of all."""

    verb: Verb
    text: str
    campaign_id: int | None = None
    segment_id: int | None = None

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise Invalid(f"Say why, or how: “{self.verb}” alone tells nobody what to do.")
        if self.campaign_id is not None and self.segment_id is not None:
            raise Invalid("A conclusion is about a campaign or about a segment, not both.")
        if self.verb is Verb.AMEND and self.campaign_id is None:
            raise Invalid("What is amended is a campaign: name it.")
        if self.verb is not Verb.NONE and self.campaign_id is None and self.segment_id is None:
            raise Invalid(f"Name the campaign or the segment to {self.verb}.")


@dataclass(frozen=True, kw_only=True)
class Assess:
    """A request to judge a plan, or a unit with its campaigns.

    :ivar then: as it was then, counted a moment ago; left out, as it is now
    :ivar segment_ids: whose coverage is judged
    :ivar cited: market tasks that were looked at; those not concluded are refreshed by that
    """

    conclusions: Sequence[Conclude]
    plan_id: int | None = None
    unit_id: int | None = None
    name: str = ""
    then: AsItWas | None = None
    segment_ids: Sequence[int] = ()
    cited: Sequence[int] = ()

    def __post_init__(self) -> None:
        if (self.plan_id is None) == (self.unit_id is None):
            raise Invalid("An assessment is of a plan or of a unit: name one.")
        if not self.conclusions:
            raise Invalid("Conclude something, if only that nothing has to change, and why.")
        if len(set(self.segment_ids)) > MOST_SEGMENTS:
            raise Invalid(f"At most {MOST_SEGMENTS} segments are assessed at once.")


def assess(work: Work, request: Assess) -> AssessmentMade:
    """Freeze what a plan's or a unit's campaigns and segments came to, with what is concluded.

    :raises NotFound: no such plan, unit, segment or task, or out of scope
    :raises Invalid: nothing is there to assess, or a conclusion is about what was not assessed
    :raises Conflict: what was counted as it was is no longer what is asked for
    """
    work.authorize(Permission.STEER_PORTFOLIO)
    cut_off_at = work.now if request.then is None else request.then.cut_off_at
    plan = None if request.plan_id is None else plan_in_scope(work, request.plan_id)
    unit = region_of(work, plan.unit_id if plan is not None else request.unit_id or 0)
    # As it is now is known without reading every candidate; as it was is counted before.
    found = performance(
        work,
        plan_id=request.plan_id,
        unit_id=request.unit_id,
        cut_off_at=None if request.then is None else cut_off_at,
        counted=None if request.then is None else request.then.figures,
    )
    segments = _segments(work, request, unit)
    _check_assessed(request.conclusions, found, segments)

    assessment = Assessment(
        name=request.name.strip() or _name(plan, unit, cut_off_at),
        plan_id=request.plan_id,
        unit_id=unit.id,
        cut_off_at=cut_off_at,
        author_id=work.actor.person_id,
        made_at=work.now,
    )
    work.session.add(assessment)
    work.session.flush()
    for judged in found:
        keep_campaign(work, assessment.id, judged)
    for covered in segments:
        keep_segment(work, assessment.id, covered, min(covered.counted_at, cut_off_at))
    cited = [cite(work, assessment.id, task_id) for task_id in dict.fromkeys(request.cited)]
    conclusions = [
        Conclusion(
            assessment_id=assessment.id,
            verb=each.verb,
            campaign_id=each.campaign_id,
            segment_id=each.segment_id,
            text=each.text.strip(),
        )
        for each in request.conclusions
    ]
    work.session.add_all(conclusions)
    work.session.flush()

    fact = AssessmentMade(
        assessment_id=assessment.id,
        name=assessment.name,
        plan_id=assessment.plan_id,
        plan=None if plan is None else plan.code,
        unit=unit.code,
        cut_off_at=assessment.cut_off_at,
        campaigns=tuple(_told(judged) for judged in found),
        segments=tuple(
            {"segment": each.segment, "customers": each.customers, "selected": each.selected}
            for each in segments
        ),
        cited=tuple(cited),
        conclusion_ids=tuple(conclusion.id for conclusion in conclusions),
        conclusions=tuple((each.verb, each.text.strip()) for each in request.conclusions),
        about=tuple({each.campaign_id for each in request.conclusions if each.campaign_id}),
    )
    work.record(fact)
    return fact


def _segments(work: Work, request: Assess, unit: Unit) -> list[SegmentReach]:
    ids, then = tuple(dict.fromkeys(request.segment_ids)), request.then
    if then is None:
        return reach(work, unit_id=unit.id, segment_ids=ids)
    _in_use, later = segments_in_use(work, ids, then.counted_at)
    if unit.id != then.unit_id or set(ids) - then.segments.keys() or set(ids) & set(later):
        raise Conflict("The unit or a segment is another since it was counted: count again.")
    return [then.segments[id_] for id_ in ids]


def _name(plan: Plan | None, unit: Unit, cut_off_at: datetime) -> str:
    about = plan.name if plan is not None else unit.name
    return f"{about}, {saying.day(cut_off_at.date())}"


def _check_assessed(
    conclusions: Sequence[Conclude],
    found: Sequence[Performance],
    segments: Sequence[SegmentReach],
) -> None:
    campaigns = {judged.campaign_id for judged in found} | {None}
    covered = {each.segment_id for each in segments} | {None}
    for conclusion in conclusions:
        if conclusion.campaign_id not in campaigns:
            raise Invalid("A conclusion is about a campaign that is not part of this assessment.")
        if conclusion.segment_id not in covered:
            raise Invalid(
                "A conclusion is about a segment whose coverage is not part of this assessment."
            )


def _told(judged: Performance) -> dict[str, str | int | float | None]:
    return {
        "campaign": judged.campaign,
        "version": judged.version,
        "metric": judged.metric,
        "goal": judged.goal,
        "numerator": judged.numerator,
        "denominator": judged.denominator,
        "standing": judged.standing,
    }
