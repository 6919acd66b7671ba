"""What the journal remembers of assessments, and what the neighbours are told of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from core.journal.model import Event, Notice
from core.portfolio.events import ASSESSMENT
from core.portfolio.rules import Verb


@dataclass(frozen=True)
class AssessmentMade(Event):
    """A plan or a unit was judged; `about` are the campaigns that something is concluded for."""

    kind: ClassVar[str] = "assessment.made"

    assessment_id: int
    name: str
    plan_id: int | None
    plan: str | None
    unit: str
    cut_off_at: datetime
    campaigns: tuple[dict[str, Any], ...]
    segments: tuple[dict[str, Any], ...]
    cited: tuple[str, ...]
    conclusion_ids: tuple[int, ...]
    conclusions: tuple[tuple[Verb, str], ...]
    about: tuple[int, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        plan = () if self.plan_id is None else (f"plan:{self.plan_id}",)
        about = (f"campaign:{id_}" for id_ in self.about)
        return (f"assessment:{self.assessment_id}", *plan, *about)

    @property
    def notices(self) -> tuple[Notice, ...]:
        payload = {
            "name": self.name,
            "plan": self.plan,
            "unit": self.unit,
            "cut_off_at": self.cut_off_at,
            "campaigns": self.campaigns,
            "segments": self.segments,
            "market_tasks": self.cited,
            "conclusions": [{"verb": verb, "text": text} for verb, text in self.conclusions],
        }
        return (Notice(f"{ASSESSMENT}/Created", f"assessment:{self.assessment_id}", payload),)
