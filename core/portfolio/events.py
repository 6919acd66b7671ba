"""What the journal remembers about plans, and what the neighbours are told of them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from core.campaigns.rules import Metric
from core.journal.model import Event, Notice

PLAN = "CustomerCampaignPortfolioManagementPlan"
ASSESSMENT = "PerformanceAssessment"


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


@dataclass(frozen=True)
class PlanEntryFilled(PlanEntryAdded):
    """The campaign came that an entry kept its place for under a name."""

    kind: ClassVar[str] = "plan.entry-filled"

    name: str | None


@dataclass(frozen=True)
class PlanEntryChanged(Event):
    """`changes` holds what it was and what it is now, by the name of the column."""

    kind: ClassVar[str] = "plan.entry-changed"

    plan_id: int
    plan: str
    entry_id: int
    campaign_id: int | None
    changes: dict[str, tuple[Any, Any]]

    @property
    def subjects(self) -> tuple[str, ...]:
        about = () if self.campaign_id is None else (f"campaign:{self.campaign_id}",)
        return (f"plan:{self.plan_id}", *about)

    @property
    def notices(self) -> tuple[Notice, ...]:
        payload = {"plan": self.plan, "entry": self.entry_id, "changes": self.changes}
        return (Notice(f"{PLAN}/Updated", f"plan:{self.plan}", payload),)


@dataclass(frozen=True)
class InitiativeTaken(Event):
    """A wish of the business has its place in a plan and its market task.

    `is_new` is false for what was taken up before, which is answered but not journaled again.
    """

    kind: ClassVar[str] = "initiative.taken"

    initiative_id: int
    reference: str
    source: str
    name: str
    plan_id: int
    plan: str
    entry_id: int
    task_id: int
    task: str | None
    budget: Decimal | None
    starts_on: date
    ends_on: date
    is_new: bool

    @property
    def subjects(self) -> tuple[str, ...]:
        return (
            f"initiative:{self.initiative_id}",
            f"plan:{self.plan_id}",
            f"market-task:{self.task_id}",
        )

    @property
    def notices(self) -> tuple[Notice, ...]:
        payload = {
            "plan": self.plan,
            "initiative": self.reference,
            "name": self.name,
            "budget": self.budget,
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
        }
        return (Notice(f"{PLAN}/Updated", f"plan:{self.plan}", payload),)


@dataclass(frozen=True)
class BriefMade(Event):
    """A campaign was opened with its first draft, for the cause that is named."""

    kind: ClassVar[str] = "brief.made"

    campaign_id: int
    code: str
    design_id: int
    row_version: int
    segment_id: int | None
    entry_id: int | None
    because: str
    threat_id: int | None
    initiative_id: int | None
    direction_id: int | None
    gap: dict[str, Any] | None

    @property
    def subjects(self) -> tuple[str, ...]:
        causes = {
            "threat": self.threat_id,
            "initiative": self.initiative_id,
            "direction": self.direction_id,
        }
        named = (f"{what}:{id_}" for what, id_ in causes.items() if id_ is not None)
        return (f"campaign:{self.campaign_id}", f"design:{self.design_id}", *named)
