"""What the journal remembers about runs, and what the neighbours are told of it."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from core.journal.model import Event, Notice
from core.runs.rules import RunStatus

PROCEDURE = "CustomerCampaignProcedure"
SELECTION = "CandidateSelection"
CONFIRMATION_WANTED = "CustomerRelationshipManagement/ConfirmationWanted"
INDICATOR_SET = "PartyRoutingProfile/IndicatorSet"
INDICATOR_CLEARED = "PartyRoutingProfile/IndicatorCleared"


@dataclass(frozen=True)
class _RunFact(Event):
    """`run_id` finds the run here; `run` is its code, by which the neighbours know it."""

    run_id: int
    run: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"run:{self.run_id}",)

    def _notice(self, type_: str, **payload: Any) -> tuple[Notice, ...]:
        return (Notice(type_, f"run:{self.run}", {"run": self.run} | payload),)


@dataclass(frozen=True)
class RunStarted(_RunFact):
    kind: ClassVar[str] = "run.started"

    campaign_id: int
    campaign: str
    type: str
    design_id: int
    version: int
    unit: str
    description: str
    starts_on: date
    ends_on: date
    control_share: int
    plan_entry_id: int | None

    @property
    def subjects(self) -> tuple[str, ...]:
        return (*super().subjects, f"campaign:{self.campaign_id}", f"design:{self.design_id}")

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._notice(
            f"{PROCEDURE}/Created",
            campaign=self.campaign,
            type=self.type,
            version=self.version,
            unit=self.unit,
            description=self.description,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
        )


@dataclass(frozen=True)
class CandidatesSelected(_RunFact):
    """`excluded` counts customers by the first rule that kept them out."""

    kind: ClassVar[str] = "run.selected"

    population: int
    candidates: int
    control: int
    pending: int
    excluded: dict[str, int]
    is_repeated: bool

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._notice(
            f"{SELECTION}/{'Updated' if self.is_repeated else 'Created'}",
            population=self.population,
            candidates=self.candidates,
            control=self.control,
            confirmations_wanted=self.pending,
            excluded=self.excluded,
        )


@dataclass(frozen=True)
class CandidatesDecided(_RunFact):
    kind: ClassVar[str] = "run.candidates-decided"

    customer_ids: tuple[int, ...]
    is_accepted: bool
    reason: str
    remaining: int
    pending: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (*super().subjects, *(f"customer:{id_}" for id_ in self.customer_ids))

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._notice(
            f"{SELECTION}/Updated",
            accepted=len(self.customer_ids) if self.is_accepted else 0,
            rejected=0 if self.is_accepted else len(self.customer_ids),
            candidates=self.remaining,
            confirmations_wanted=self.pending,
        )


@dataclass(frozen=True)
class RunLaunched(_RunFact):
    """`left_out` were waiting for confirmation; `opted_out` may not be contacted any more.

    `released` candidates, treated and held out alike, are left to campaigns of higher priority.
    """

    kind: ClassVar[str] = "run.launched"

    campaign_id: int
    treated: int
    control: int
    left_out: int
    opted_out: int
    activities: int
    held: int
    messages: int
    released: int = 0

    @property
    def subjects(self) -> tuple[str, ...]:
        return (*super().subjects, f"campaign:{self.campaign_id}")

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._notice(
            f"{PROCEDURE}/Updated",
            status=RunStatus.LAUNCHED,
            treated=self.treated,
            control=self.control,
            activities=self.activities,
            messages=self.messages,
            released=self.released,
        )


@dataclass(frozen=True)
class WorkMade(_RunFact):
    """The stages of a launched run that fell due later got their activities and messages."""

    kind: ClassVar[str] = "run.work-made"

    stages: tuple[str, ...]
    activities: int
    held: int
    messages: int


@dataclass(frozen=True)
class RunMoved(_RunFact):
    kind: ClassVar[str] = "run.moved"

    verb: str
    status: RunStatus
    reason: str = ""

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._notice(f"{PROCEDURE}/Updated", status=self.status, reason=self.reason)


@dataclass(frozen=True)
class RunEnded(_RunFact):
    """What was still open is aborted, what was queued is withdrawn, indicators are cleared."""

    kind: ClassVar[str] = "run.ended"

    status: RunStatus
    reason: str
    finished_at: str
    aborted: int
    withdrawn: int
    indicators_cleared: int
    batch_id: int | None

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._notice(
            f"{PROCEDURE}/Updated",
            status=self.status,
            finished_at=self.finished_at,
            reason=self.reason,
        )
