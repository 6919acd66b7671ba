"""What the actions on plans share: taking hold of one, and whether days and amounts fit."""

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from core import saying
from core.campaigns.model import Campaign
from core.portfolio.model import Plan
from core.refusals import Invalid, NotFound
from core.work import Work

MOST_MONEY = 10**13


def plan_in_scope(work: Work, plan_id: int) -> Plan:
    plan = work.session.scalar(
        select(Plan).where(Plan.id == plan_id, work.actor.scope.limits(Plan.unit_id))
    )
    if plan is None:
        raise NotFound("There is no such plan among those of your units.")
    return plan


def own_campaign(work: Work, campaign_id: int) -> Campaign:
    campaign = work.session.scalar(
        select(Campaign).where(
            Campaign.id == campaign_id, work.actor.scope.limits(Campaign.unit_id)
        )
    )
    if campaign is None:
        raise NotFound("There is no such campaign among those of your units.")
    return campaign


def check_dates(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        end, start = saying.day(ends_on), saying.day(starts_on)
        raise Invalid(f"The end, {end}, is before the start, {start}: move one.")


def check_within(starts_on: date, ends_on: date, first: date, last: date, plan: str) -> None:
    if starts_on < first or ends_on > last:
        raise Invalid(
            f"{saying.day(starts_on)} to {saying.day(ends_on)} is not within {saying.day(first)} "
            f"to {saying.day(last)}, as plan {plan} has it."
        )


def check_goal(goal: float | None) -> None:
    if goal is not None and not 0 <= goal <= 1:
        raise Invalid(f"A goal is a share between 0 and 1, not {goal}; 20 % is 0.2.")


def check_budget(budget: Decimal | None) -> None:
    if budget is not None and not 0 <= budget <= MOST_MONEY:
        raise Invalid("A budget can't be negative or beyond counting.")
