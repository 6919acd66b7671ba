"""What the journal remembers about directions, and what the neighbours are told of them."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from core.journal.model import Event, Notice
from core.portfolio.rules import DirectionKind

DIRECTION = "CampaignDirection"


@dataclass(frozen=True)
class DirectionEvent(Event):
    """A fact about an item of direction, with its planned days."""

    direction_id: int
    name: str
    item: DirectionKind
    unit: str
    starts_on: date
    ends_on: date
    campaign_id: int | None

    @property
    def subjects(self) -> tuple[str, ...]:
        about = () if self.campaign_id is None else (f"campaign:{self.campaign_id}",)
        return (f"direction:{self.direction_id}", *about)

    def _notice(self, verb: str, **more: Any) -> Notice:
        payload = {
            "name": self.name,
            "kind": self.item,
            "unit": self.unit,
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
            **more,
        }
        return Notice(f"{DIRECTION}/{verb}", f"direction:{self.direction_id}", payload)


@dataclass(frozen=True)
class DirectionCreated(DirectionEvent):
    kind: ClassVar[str] = "direction.created"

    conclusion_id: int | None
    initiative_id: int | None
    threat_id: int | None
    version: int

    @property
    def notices(self) -> tuple[Notice, ...]:
        return (self._notice("Created"),)


@dataclass(frozen=True)
class DirectionChanged(DirectionEvent):
    """`what` happened: rescheduled, dropped, a design asked for, or a run started."""

    kind: ClassVar[str] = "direction.changed"

    what: str
    reason: str
    design_id: int | None
    run_id: int | None
    was: dict[str, date]
    version: int

    @property
    def notices(self) -> tuple[Notice, ...]:
        return (self._notice("Updated", what=self.what, reason=self.reason),)


@dataclass(frozen=True)
class DirectionFollowed(DirectionEvent):
    """What came of an item began or ended: its design, or its run."""

    kind: ClassVar[str] = "direction.followed"

    started_on: date | None
    ended_on: date | None
    design_id: int | None
    run_id: int | None

    @property
    def notices(self) -> tuple[Notice, ...]:
        what = "begun" if self.ended_on is None else "done"
        actual = {"started_on": self.started_on, "ended_on": self.ended_on}
        return (self._notice("Updated", what=what, **actual),)
