"""Which stages of a run are to be made now, on which days, and for whom of those who wait."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import exists, literal, or_, select

from core.activities.following import Following
from core.activities.recipients import Plan, candidates
from core.activities.rules import SETTLED
from core.activities.schedule import StageDays, stage_days
from core.campaigns.model import (
    ActionType,
    Campaign,
    CampaignType,
    Channel,
    Content,
    Design,
    Stage,
)
from core.campaigns.rules import ActivityType, Objective
from core.hours import WorkingTime
from core.people.queries.working import working_times
from core.runs.model import Run, RunStage
from core.work import Work

_DAY = timedelta(days=1)


def plans(work: Work, run: Run, *, with_first_day: bool = False) -> list[Plan]:
    """List the stages that are to be made by today and have not been made, in order.

    One that follows another is listed for each day on which the earlier one ended for somebody
    who is ready by now. What would have to be done after the run's last day is never made.

    :param with_first_day: also those of the run's first day, however far ahead it is; nothing has
        ended yet then
    """
    rows = work.session.execute(
        select(Stage, Content, Channel, ActionType.is_campaign_activity, CampaignType.objective)
        .join(Content, Content.id == Stage.content_id)
        .join(Channel, Channel.id == Content.channel_id)
        .join(ActionType, ActionType.id == Channel.action_type_id)
        .join(Design, Design.id == Stage.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .where(
            Stage.design_id == run.design_id,
            or_(
                Stage.after_position.is_not(None),
                ~exists().where(RunStage.run_id == run.id, RunStage.stage_id == Stage.id),
            ),
        )
        .order_by(Stage.position)
    )
    hours = working_times(work.session)
    found: list[Plan] = []
    for stage, content, channel, is_internal, objective in rows:
        days = stage_days(stage, run.starts_on, hours[run.unit_id], made_at=work.now)
        unit_days = _of_units(stage, run.starts_on, hours, work.now)
        is_sales = stage.activity_type is ActivityType.SALES
        asks = is_sales and objective is not Objective.ADMINISTRATIVE
        plan = Plan(stage, content, channel, is_internal, days, unit_days, asks)
        is_first = with_first_day and stage.start_after_days == 0
        is_due = days.made_on <= work.now.date() and days.activity_on <= run.ends_on
        if stage.after_position is not None:
            found += [] if with_first_day else _following(work, run, plan, hours)
        elif is_first or is_due:
            found.append(plan)
    return found


def _of_units(
    stage: Stage, since: date, hours: Mapping[int, WorkingTime], now: datetime
) -> dict[int, StageDays]:
    """Return the days of a stage for every unit; those that keep the same hours share them."""
    days = {alike: stage_days(stage, since, alike, made_at=now) for alike in set(hours.values())}
    return {unit_id: days[of_unit] for unit_id, of_unit in hours.items()}


def _following(
    work: Work, run: Run, plan: Plan, hours: Mapping[int, WorkingTime]
) -> Iterator[Plan]:
    """Make a plan for each day on which the earlier stage ended for those who are ready by now."""
    stage = plan.stage
    earlier_id, is_internal = work.session.execute(
        select(Stage.id, ActionType.is_campaign_activity)
        .join(Content, Content.id == Stage.content_id)
        .join(Channel, Channel.id == Content.channel_id)
        .join(ActionType, ActionType.id == Channel.action_type_id)
        .where(Stage.design_id == stage.design_id, Stage.position == stage.after_position)
    ).one()
    waiting = Following(stage.id, earlier_id, is_internal, stage.condition)
    if not plan.is_internal:  # messages leave on one day, as those of a first stage do
        hours = dict.fromkeys(hours, hours[run.unit_id])
    kept = work.session.get(RunStage, (run.id, stage.id))
    settled = work.now if kept is None else kept.made_at - SETTLED
    for day in _days(work, waiting, run, hours[run.unit_id]):
        of_units = _of_units(stage, day, hours, work.now)
        ready = {
            unit_id: days
            for unit_id, days in of_units.items()
            if days.made_on <= hours[unit_id].day_of(work.now)
            and days.activity_on <= run.ends_on
            # Whoever was ready on an earlier day had it made when it was made last, but for what
            # was still being committed then. Nobody is ready before that day itself, even where
            # the stage is sent before a free one.
            and (kept is None or max(day, days.made_on) >= hours[unit_id].day_of(settled))
        }
        zones: defaultdict[str, list[int]] = defaultdict(list)
        for unit_id in ready:
            zones[hours[unit_id].zone].append(unit_id)
        found = replace(
            plan,
            days=of_units[run.unit_id],
            unit_days=ready,
            follows=replace(waiting, ended_on=day, zones=zones),
        )
        # Only where somebody is ready: what makes nothing is not told of.
        if ready and work.session.scalar(candidates(work, run, found, literal(1)).limit(1)):
            yield found


def _days(work: Work, waiting: Following, run: Run, hours: WorkingTime) -> list[date]:
    """List the days on which the earlier stage may have ended for somebody, found by an index."""
    first, last = work.session.execute(waiting.span(run.id)).one()
    if first is None:
        return []
    days = [hours.day_of(end) if isinstance(end, datetime) else end for end in (first, last)]
    # Elsewhere it may have been the day before, or the day after.
    begun, over = days[0] - _DAY, days[1] + _DAY
    return [begun + _DAY * n for n in range((over - begun).days + 1)]
