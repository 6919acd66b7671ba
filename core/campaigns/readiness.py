"""What a version still lacks before approval can be asked for, in plain words."""

from dataclasses import dataclass

from core.campaigns.rules import (
    MOST_CONTROL,
    ActivityType,
    Condition,
    Objective,
    ReasonUse,
    unknown_tokens,
)
from core.campaigns.terms import FIRST, Follow, following_faults

_ANSWERS = {Condition.ACCEPTED, Condition.DECLINED}


@dataclass(frozen=True)
class StagePlan:
    """What decides whether one stage of a design is ready; None for what is not chosen yet.

    `template` holds the name of the reason template and how many reasons it offers for In
    progress and for Cancelled.
    """

    position: int
    name: str
    content: str | None
    subject: str
    body: str
    channel: str | None
    is_internal: bool | None
    template: tuple[str, int, int] | None
    type: ActivityType = ActivityType.SALES
    follows: Follow = FIRST


@dataclass(frozen=True)
class Plan:
    """What decides whether a design is ready to be asked approval for."""

    objective: Objective
    has_segment: bool
    segment_problem: str | None
    product: str | None
    base_product: str | None
    offer: str
    control_share: int
    stages: tuple[StagePlan, ...]


def shortcomings(plan: Plan) -> list[str]:
    """Say everything that is missing before approval can be asked for; nothing if all is there."""
    missing = []
    if not plan.has_segment:
        missing.append("Choose the audience: a segment.")
    if plan.segment_problem:
        missing.append(f"The audience can't be selected. {plan.segment_problem}")
    if plan.objective in {Objective.CROSS_SELL, Objective.UP_SELL} and plan.product is None:
        missing.append(f"A {plan.objective} offers a product: choose which.")
    if plan.objective is Objective.UP_SELL and plan.base_product is None:
        missing.append("An up-sell starts from a product that the customer holds: choose which.")
    if plan.product is not None and plan.product == plan.base_product:
        missing.append(f"The offered product and the base product are both {plan.product}.")
    if not 0 <= plan.control_share <= MOST_CONTROL:
        missing.append("The control share lies between 0 and 50 %.")
    if not plan.stages:
        missing.append("Add at least one stage.")
    missing += following_faults([(stage.name, stage.follows) for stage in plan.stages])
    for stage in plan.stages:
        gaps = _gaps(stage, plan) + _unanswered(stage, plan.stages)
        missing += [f"Stage {stage.position}, {stage.name}: {gap}" for gap in gaps]
    return missing


def _gaps(stage: StagePlan, plan: Plan) -> list[str]:
    if stage.content is None:
        return ["choose its content."]
    gaps = []
    said = f"{stage.subject}\n{stage.body}"
    if not stage.body.strip():
        gaps.append(f"the content “{stage.content}” says nothing.")
    if unknown := unknown_tokens(said):
        gaps.append(f"the content “{stage.content}” names {', '.join(unknown)}, which is unknown.")
    if "{offer}" in said and not plan.offer.strip():
        gaps.append("its content names {offer}, but this design makes none.")
    if "{product}" in said and plan.product is None:
        gaps.append("its content names {product}, but this design has none.")
    if stage.is_internal is None:
        gaps.append(f"the channel {stage.channel} has no default action type.")
    if stage.is_internal:
        gaps += _template_gaps(stage.template)
    return gaps


def _unanswered(stage: StagePlan, stages: tuple[StagePlan, ...]) -> list[str]:
    """Say so if the stage waits for an answer that the one before it can't bring."""
    after, condition = stage.follows.after_position, stage.follows.condition
    earlier = next((each for each in stages if each.position == after), None)
    if earlier is None or condition is Condition.ALWAYS:
        return []
    whatever = f"choose “{Condition.ALWAYS}”."
    if earlier.is_internal is False:
        return [f"nobody answers the messages of stage {after}: {whatever}"]
    if earlier.type is not ActivityType.SALES and condition in _ANSWERS:
        return [f"stage {after} is {earlier.type}, nobody says yes or no to it: {whatever}"]
    return []


def _template_gaps(template: tuple[str, int, int] | None) -> list[str]:
    if template is None:
        return ["choose its reason template: an internal stage can't be worked without one."]
    name, in_progress, cancelled = template
    counts = {ReasonUse.IN_PROGRESS: in_progress, ReasonUse.CANCELLED: cancelled}
    return [
        f"the reason template “{name}” offers no reason for {use}."
        for use, count in counts.items()
        if not count
    ]
