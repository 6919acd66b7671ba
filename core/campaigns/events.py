"""What the journal remembers about campaigns, their designs and the words they are made of."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from core.journal.model import Event, Notice


@dataclass(frozen=True)
class CampaignEvent(Event):
    campaign_id: int
    code: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"campaign:{self.campaign_id}",)


@dataclass(frozen=True)
class CampaignCreated(CampaignEvent):
    kind: ClassVar[str] = "campaign.created"

    name: str
    type: str
    priority: str
    starts_on: date
    ends_on: date
    unit: str


@dataclass(frozen=True)
class CampaignChanged(CampaignEvent):
    """`changes` holds what it was and what it is now, by the name of the column."""

    kind: ClassVar[str] = "campaign.changed"

    changes: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class DesignEvent(CampaignEvent):
    """A fact about one version; BIAN calls it the customer campaign specification."""

    design_id: int
    version: int
    row_version: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"campaign:{self.campaign_id}", f"design:{self.design_id}")

    @property
    def notices(self) -> tuple[Notice, ...]:
        return (self._notice("Updated"),)

    def _notice(self, verb: str, **more: Any) -> Notice:
        payload = {"campaign": self.code, "version": self.version, "fact": self.kind, **more}
        subject = f"campaign:{self.code}/{self.version}"
        return Notice(f"CustomerCampaignSpecification/{verb}", subject, payload)


@dataclass(frozen=True)
class DesignDrafted(DesignEvent):
    """`copied_from` is the version whose terms and stages it starts with.

    `cloned_from` names the campaign and version, where these are another campaign's.
    """

    kind: ClassVar[str] = "design.drafted"

    copied_from: int | None
    cloned_from: str | None = None

    @property
    def notices(self) -> tuple[Notice, ...]:
        return (self._notice("Created", copiedFrom=self.copied_from),)


@dataclass(frozen=True)
class DesignChanged(DesignEvent):
    """`changes` holds what it was and what it is now; `copied_from` is set on a new version."""

    kind: ClassVar[str] = "design.changed"

    changes: dict[str, tuple[Any, Any]]
    copied_from: int | None

    @property
    def notices(self) -> tuple[Notice, ...]:
        verb = "Updated" if self.copied_from is None else "Created"
        return (self._notice(verb, copiedFrom=self.copied_from),)


@dataclass(frozen=True)
class StagesSet(DesignEvent):
    kind: ClassVar[str] = "design.stages-set"

    stages: tuple[str, ...]
    copied_from: int | None

    @property
    def notices(self) -> tuple[Notice, ...]:
        verb = "Updated" if self.copied_from is None else "Created"
        return (self._notice(verb, stages=self.stages),)


@dataclass(frozen=True)
class FeedbackTakenUp(DesignEvent):
    """A version takes up what an analysis proposed, or no more; a new version may begin by it."""

    kind: ClassVar[str] = "design.feedback-taken-up"

    analysis_id: int | None
    run: str | None
    cycle: int | None
    copied_from: int | None

    @property
    def notices(self) -> tuple[Notice, ...]:
        verb = "Updated" if self.copied_from is None else "Created"
        return (self._notice(verb, run=self.run, cycle=self.cycle, copiedFrom=self.copied_from),)


@dataclass(frozen=True)
class DesignSubmitted(DesignEvent):
    kind: ClassVar[str] = "design.submitted"

    decide_by: date | None


@dataclass(frozen=True)
class DesignApproved(DesignEvent):
    """`override` is why it was agreed to although it can hardly show its gain."""

    kind: ClassVar[str] = "design.approved"

    comment: str
    frozen: dict[str, Any]
    override: str = ""


@dataclass(frozen=True)
class DesignSentBack(DesignEvent):
    kind: ClassVar[str] = "design.sent-back"

    comment: str


@dataclass(frozen=True)
class DesignWithdrawn(DesignEvent):
    kind: ClassVar[str] = "design.withdrawn"


@dataclass(frozen=True)
class ReferenceSaved(Event):
    """A word that campaigns are made of was added or changed: a channel, a reason, a template."""

    kind: ClassVar[str] = "reference.saved"

    what: str
    id: int
    name: str
    is_new: bool
    terms: dict[str, Any]

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"{self.what.replace(' ', '-')}:{self.id}",)


@dataclass(frozen=True)
class ReferenceDropped(Event):
    """Something that an administrator had set was taken away, such as a retry rule."""

    kind: ClassVar[str] = "reference.dropped"

    what: str
    id: int
    name: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"{self.what.replace(' ', '-')}:{self.id}",)
