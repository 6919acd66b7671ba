"""What the journal remembers about plans, and what the neighbours are told of them."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from core.campaigns.rules import Metric
from core.journal.model import Event, Notice

PLAN = "CustomerCampaignPortfolioManagementPlan"


@dataclass(frozen=True)
class PlanCreated(Event):
    kind: ClassVar[str] = "plan.created"

    plan_id: int
    plan: str
    name: str
    unit: str
    starts_on: date
    ends_on: date

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"plan:{self.plan_id}",)

    @property
    def notices(self) -> tuple[Notice, ...]:
        payload = {
            "plan": self.plan,
            "name": self.name,
            "unit": self.unit,
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
        }
        return (Notice(f"{PLAN}/Created", f"plan:{self.plan}", payload),)


@dataclass(frozen=True)
class PlanEntryAdded(Event):
    """A campaign entered a plan, with what it is to reach there."""

    kind: ClassVar[str] = "plan.entry-added"

    plan_id: int
    plan: str
    entry_id: int
    campaign_id: int
    campaign: str
    unit: str
    metric: Metric
    goal: float
    starts_on: date
    ends_on: date

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"plan:{self.plan_id}", f"campaign:{self.campaign_id}")

    @property
    def notices(self) -> tuple[Notice, ...]:
        payload = {
            "plan": self.plan,
            "campaign": self.campaign,
            "unit": self.unit,
            "metric": self.metric,
            "goal": self.goal,
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
        }
        return (Notice(f"{PLAN}/Updated", f"plan:{self.plan}", payload),)
