"""What the journal remembers about results, and what the neighbours are told of them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from core.impact.rules import Verdict
from core.journal.model import Event, Notice

FEEDBACK = "AnalysisFeedback"
PERFORMANCE_CAPTURED = "CustomerCampaignDesign/PerformanceCaptured"
DESIGN_FEEDBACK = "CustomerCampaignDesign/FeedbackCaptured"


@dataclass(frozen=True)
class OutcomesObserved(Event):
    """`changed` counts the customers whose outcome is not what it was before."""

    kind: ClassVar[str] = "run.outcomes-observed"

    run_id: int
    run: str
    changed: int
    outcomes: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"run:{self.run_id}",)


@dataclass(frozen=True)
class RunsFolded(Event):
    """These runs were folded into cells, and so many candidates changed since they were."""

    kind: ClassVar[str] = "runs.folded"

    run_ids: tuple[int, ...]
    cells: int
    changed: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(f"run:{id_}" for id_ in self.run_ids)


@dataclass(frozen=True)
class _OfAnalysis(Event):
    """What became of the analysis of one cycle of a run."""

    analysis_id: int
    run_id: int
    run: str
    campaign_id: int
    campaign: str
    design_id: int
    version: int
    cycle: int
    verdict: Verdict

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"run:{self.run_id}", f"design:{self.design_id}", f"campaign:{self.campaign_id}")


@dataclass(frozen=True)
class RunAnalysed(_OfAnalysis):
    """One cycle of a run was measured and frozen; `figures` is what was measured.

    `answered` are the threats that the campaign answers: they show this effect from now on.
    """

    kind: ClassVar[str] = "run.analysed"

    unit: str
    set_up: dict[str, Any]
    cut_off_at: datetime
    conclusion: str
    figures: dict[str, Any] = field(repr=False)
    answered: tuple[int, ...] = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        return (*super().subjects, *(f"threat:{id_}" for id_ in self.answered))

    @property
    def notices(self) -> tuple[Notice, ...]:
        told = {
            "run": self.run,
            "campaign": self.campaign,
            "version": self.version,
            "unit": self.unit,
            "cycle": self.cycle,
            "cut_off_at": self.cut_off_at,
            "verdict": self.verdict,
        }
        return (
            Notice(
                f"{FEEDBACK}/Created", f"run:{self.run}", {**told, "conclusion": self.conclusion}
            ),
            Notice(
                PERFORMANCE_CAPTURED,
                f"design:{self.campaign}/{self.version}",
                {**told, "set_up": self.set_up, "result": self.figures},
            ),
        )


@dataclass(frozen=True)
class FeedbackSent(_OfAnalysis):
    """What an analysis proposes was put to those who design the next version."""

    kind: ClassVar[str] = "analysis.feedback-sent"

    proposal: str

    @property
    def notices(self) -> tuple[Notice, ...]:
        told = {
            "run": self.run,
            "campaign": self.campaign,
            "version": self.version,
            "cycle": self.cycle,
            "verdict": self.verdict,
            "proposal": self.proposal,
        }
        return (
            Notice(f"{FEEDBACK}/Updated", f"run:{self.run}", told),
            Notice(DESIGN_FEEDBACK, f"design:{self.campaign}/{self.version}", told),
        )
