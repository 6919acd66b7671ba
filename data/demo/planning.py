"""Plan the demo bank's year: which campaign has to come to what, and when."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from core.campaigns.model import Campaign
from core.campaigns.rules import Metric
from core.portfolio.model import Plan, PlanEntry
from data.demo.bank import Staff
from data.demo.campaigns import CAMPAIGNS


def found_plan(
    session: Session, staff: Staff, campaigns: Mapping[str, Any], now: datetime
) -> dict[str, int]:
    """Insert this year's plan; returns the entry of each campaign by code."""
    today = now.date()
    first = date(today.year, 1, 1)
    plan = Plan(
        code=f"PLAN-{today.year}",
        name=f"Campaign plan {today.year}",
        unit_id=staff.bank_id,
        starts_on=min(first, today - timedelta(days=330)),
        ends_on=max(date(today.year, 12, 31), today + timedelta(days=120)),
    )
    session.add(plan)
    session.flush()
    entries = {}
    for spec in CAMPAIGNS:
        if spec.goal is None:
            continue
        campaign: Campaign = campaigns[spec.code][0]
        entry = PlanEntry(
            plan_id=plan.id,
            campaign_id=campaign.id,
            unit_id=staff.bank_id,
            metric=Metric.CONVERSION,
            goal=spec.goal,
            starts_on=campaign.starts_on,
            ends_on=campaign.ends_on,
        )
        session.add(entry)
        session.flush()
        entries[spec.code] = entry.id
    return entries
