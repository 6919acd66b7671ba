"""What the journal remembers about answers and leads, and what the neighbours are told."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from core.activities.events import ActivityCompleted
from core.activities.rules import Detail
from core.journal.model import Event, Notice
from core.responses.rules import LeadStatus
from core.runs.events import INDICATOR_CLEARED

LEAD = "LeadAndOpportunity"


@dataclass(frozen=True)
class OpenedLead:
    """A lead as the sales process beside us needs it: codes that it knows, not our ids."""

    lead_id: int
    customer: str
    campaign: str
    type: str
    version: int
    run: str
    product: str | None
    agreement_no: str | None
    person: str | None
    opened_at: datetime


@dataclass(frozen=True)
class CustomerResponded(ActivityCompleted):
    """The customer accepted or refused; an accepted offer comes with its lead."""

    kind: ClassVar[str] = "customer.responded"

    customer_no: str
    lead: OpenedLead | None = None
    indicator_cleared: bool = False

    @property
    def subjects(self) -> tuple[str, ...]:
        leads = (f"lead:{self.lead.lead_id}",) if self.lead else ()
        return super().subjects + leads

    @property
    def notices(self) -> tuple[Notice, ...]:
        told = super().notices
        if self.lead is not None:
            payload = dict(vars(self.lead))
            told += (Notice(f"{LEAD}/Created", f"lead:{self.lead.lead_id}", payload),)
        if self.indicator_cleared:
            payload = {"customer": self.customer_no, "run_id": self.run_id}
            told += (Notice(INDICATOR_CLEARED, f"customer:{self.customer_no}", payload),)
        return told


@dataclass(frozen=True)
class NotNoted:
    """An activity on which a call could not be noted, and why."""

    activity_id: int
    reason: str


@dataclass(frozen=True)
class CallNoted(Event):
    """One call was about several activities; what it came to is told of each by its own fact."""

    kind: ClassVar[str] = "call.noted"

    customer_id: int
    noted: tuple[int, ...]
    refused: tuple[NotNoted, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        activities = (f"activity:{activity_id}" for activity_id in self.noted)
        return (f"customer:{self.customer_id}", *activities)


@dataclass(frozen=True)
class _OfLead(Event):
    lead_id: int
    activity_id: int
    customer_id: int
    run_id: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (
            f"lead:{self.lead_id}",
            f"activity:{self.activity_id}",
            f"customer:{self.customer_id}",
            f"run:{self.run_id}",
        )


@dataclass(frozen=True)
class LeadClosed(_OfLead):
    """What became of a lead."""

    def _told(self, detail: Detail, payload: dict[str, Any]) -> tuple[Notice, ...]:
        execution = {"activity_id": self.activity_id, "run_id": self.run_id, "detail": detail}
        return (
            Notice("Execution/Updated", f"activity:{self.activity_id}", execution),
            Notice(f"{LEAD}/Updated", f"lead:{self.lead_id}", {"lead_id": self.lead_id} | payload),
        )


@dataclass(frozen=True)
class LeadWon(LeadClosed):
    kind: ClassVar[str] = "lead.won"

    value: Decimal | None

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._told(Detail.WON, {"status": LeadStatus.WON, "value": self.value})


@dataclass(frozen=True)
class LeadLost(LeadClosed):
    kind: ClassVar[str] = "lead.lost"

    reason: str

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._told(Detail.LOST, {"status": LeadStatus.LOST, "reason": self.reason})


@dataclass(frozen=True)
class LeadCorrected(LeadClosed):
    """What was noted of a lead by mistake was put right."""

    kind: ClassVar[str] = "lead.corrected"

    was: LeadStatus
    status: LeadStatus
    detail: Detail
    value: Decimal | None
    reason: str

    @property
    def notices(self) -> tuple[Notice, ...]:
        payload = {"status": self.status, "value": self.value, "reason": self.reason}
        return self._told(self.detail, payload)


@dataclass(frozen=True)
class GiftGiven(_OfLead):
    """A thing was given to the customer of a lead; `left` is how many remain in stock."""

    kind: ClassVar[str] = "gift.given"

    consumable_id: int
    gift: str
    unit_cost: Decimal
    left: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (*super().subjects, f"consumable:{self.consumable_id}")
