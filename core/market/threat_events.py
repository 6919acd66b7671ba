"""What the journal remembers about threats and what they are watched by, and who is told."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from core.journal.model import Event, Notice
from core.market.events import tracked
from core.market.rules import ConclusionKind, Side


@dataclass(frozen=True)
class _OfWatch(Event):
    watch_id: int
    product: str
    unit: str
    product_category: str
    terms: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"watch:{self.watch_id}",)


@dataclass(frozen=True)
class WatchSet(_OfWatch):
    """`was` is the threshold, in points, that held until now."""

    kind: ClassVar[str] = "watch.set"

    side: Side
    threshold: float
    was: float | None


@dataclass(frozen=True)
class WatchRetired(_OfWatch):
    kind: ClassVar[str] = "watch.retired"


@dataclass(frozen=True)
class ThreatsFound(Event):
    """Moves of competitors were seen to threaten customers of ours.

    `overtaken` are earlier threats in whose place these stand.
    """

    kind: ClassVar[str] = "threats.found"

    threat_ids: tuple[int, ...]
    names: tuple[str, ...]
    overtaken: tuple[int, ...] = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(f"threat:{id_}" for id_ in (*self.threat_ids, *self.overtaken))

    @property
    def notices(self) -> tuple[Notice, ...]:
        each = zip(self.threat_ids, self.names, strict=True)
        return tuple(n for id_, name in each for n in tracked(f"threat:{id_}", threat=name))


@dataclass(frozen=True)
class ThreatNoted(Event):
    """Somebody concluded by hand that customers of ours are exposed, or could be won for more."""

    kind: ClassVar[str] = "threat.noted"

    threat_id: int
    name: str
    what: ConclusionKind
    unit: str
    product: str | None
    segment: str | None
    deadline: date | None
    customers: int
    balance: Decimal

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"threat:{self.threat_id}",)

    @property
    def notices(self) -> tuple[Notice, ...]:
        return tracked(
            f"threat:{self.threat_id}", threat=self.name, kind=self.what, customers=self.customers
        )


@dataclass(frozen=True)
class ThreatDismissed(Event):
    kind: ClassVar[str] = "threat.dismissed"

    threat_id: int
    name: str
    reason: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"threat:{self.threat_id}",)

    @property
    def notices(self) -> tuple[Notice, ...]:
        return tracked(f"threat:{self.threat_id}", threat=self.name, dismissed=self.reason)
