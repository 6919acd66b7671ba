"""What the journal remembers about the market, and what the neighbours are told of it."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from core.journal.model import Event, Notice
from core.market.rules import MoveKind, Side

MARKET_TRACKING = "MarketTracking"


def tracked(subject: str, **payload: Any) -> tuple[Notice, ...]:
    """Tell the neighbours that what is known of the market has changed."""
    return (Notice(f"{MARKET_TRACKING}/Updated", subject, payload),)


@dataclass(frozen=True)
class CompetitorAdded(Event):
    kind: ClassVar[str] = "competitor.added"

    competitor_id: int
    name: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"competitor:{self.competitor_id}",)

    @property
    def notices(self) -> tuple[Notice, ...]:
        return tracked(f"competitor:{self.name}", competitor=self.name)


@dataclass(frozen=True)
class CompetitorRenamed(Event):
    """A competitor has another name; the earlier one still leads to it."""

    kind: ClassVar[str] = "competitor.renamed"

    competitor_id: int
    was: str
    name: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"competitor:{self.competitor_id}",)

    @property
    def notices(self) -> tuple[Notice, ...]:
        return tracked(f"competitor:{self.name}", competitor=self.name, was=self.was)


@dataclass(frozen=True)
class CompetitorsMerged(Event):
    """Two names turned out to be one competitor: `moves` and `rates` went over to the other."""

    kind: ClassVar[str] = "competitor.merged"

    competitor_id: int
    name: str
    merged_id: int
    merged: str
    moves: int
    rates: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"competitor:{self.competitor_id}", f"competitor:{self.merged_id}")

    @property
    def notices(self) -> tuple[Notice, ...]:
        return tracked(f"competitor:{self.name}", competitor=self.name, merged=self.merged)


@dataclass(frozen=True)
class MoveRecorded(Event):
    """Somebody noted by hand what a competitor, or nobody in particular, did."""

    kind: ClassVar[str] = "move.recorded"

    move_id: int
    source_no: str
    competitor: str | None
    what: MoveKind
    moved_on: date
    product_category: str
    product_name: str
    side: Side | None
    terms: str | None
    old_value: float | None
    new_value: float | None
    unit: str | None
    quality_flag: str | None

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"move:{self.move_id}",)

    @property
    def notices(self) -> tuple[Notice, ...]:
        return tracked(
            f"move:{self.source_no}",
            competitor=self.competitor,
            kind=self.what,
            moved_on=self.moved_on,
            product_category=self.product_category,
            product=self.product_name,
            terms=self.terms,
            old_value=self.old_value,
            new_value=self.new_value,
            region=self.unit,
            doubtful=self.quality_flag,
        )


@dataclass(frozen=True)
class ProductRateSet(Event):
    """A product of ours bears a rate from a day on; `was` is the rate that it bore before.

    It is a correction when that same day had a rate already.
    """

    kind: ClassVar[str] = "product-rate.set"

    rate_id: int
    product_id: int
    product: str
    unit: str
    product_category: str
    side: Side
    terms: str
    rate: float
    valid_from: date
    was: float | None
    is_correction: bool

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"product:{self.product_id}", f"product-rate:{self.rate_id}")
