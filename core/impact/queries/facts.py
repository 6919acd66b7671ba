"""Which run it is, what it was to reach, and on which terms it was carried out."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Numeric, ScalarSelect, Select, exists, func, select, type_coerce

from core.campaigns.model import ActivitySubtype, Campaign, Design, Stage
from core.campaigns.rules import Metric, RandomisedBy
from core.impact.money import Terms
from core.people.model import Unit
from core.runs.model import Leak, Run
from core.runs.rules import RunStatus
from core.segments.model import Segment
from core.settings import settings

_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class RunFacts:
    """Which run it is, what it was to reach, and what it cost."""

    run_id: int
    code: str
    campaign_id: int
    campaign_code: str
    campaign: str
    version: int
    unit_id: int
    unit: str
    status: RunStatus
    starts_on: date
    ends_on: date
    launched_at: datetime | None
    finished_at: datetime | None
    outcomes_seen_at: datetime | None
    is_imported: bool
    metric: Metric
    goal: float | None
    expected_rate: float | None
    contact_cost: Decimal | None
    fixed_cost: Decimal | None
    product_id: int | None
    segment_id: int | None
    segment: str | None
    transfer_price: Decimal | None
    minutes: Decimal | None
    drawn_by: RandomisedBy
    control_share: int
    has_leaks: bool
    treated: int | None = None  # in the whole bank, where only a part of it is looked at

    @property
    def terms(self) -> Terms:
        bank = settings()
        return Terms(
            bank.currency,
            contact_cost=self.contact_cost,
            fixed_cost=self.fixed_cost,
            hour_cost=bank.contact_hour_cost,
            minutes=self.minutes,
            transfer_price=self.transfer_price,
            treated=self.treated,
        )

    @property
    def is_running(self) -> bool:
        return self.status in {RunStatus.LAUNCHED, RunStatus.PAUSED}

    @property
    def is_cut_short(self) -> bool:
        """Tell whether it was stopped so soon that nothing can have come of it."""
        if self.status is not RunStatus.STOPPED or self.launched_at is None or self.is_imported:
            return False
        return self.finished_at is not None and self.finished_at - self.launched_at <= _A_DAY

    @property
    def has_outcome(self) -> bool:
        """Tell whether there is an outcome to speak of: brought along, or a product to open."""
        return self.is_imported or self.product_id is not None

    @property
    def is_observed(self) -> bool:
        return self.is_imported or self.outcomes_seen_at is not None


def facts_of_runs() -> Select[*tuple[Any, ...]]:
    """Return a statement of what `RunFacts` is made of, for runs that the caller chooses."""
    return (
        select(
            Run.id,
            Run.code,
            Campaign.id,
            Campaign.code,
            Campaign.name,
            Design.version,
            Unit.id,
            Unit.name,
            Run.status,
            Run.starts_on,
            Run.ends_on,
            Run.launched_at,
            Run.finished_at,
            Run.outcomes_seen_at,
            Run.is_imported,
            Design.metric,
            Design.goal,
            Design.expected_rate,
            Design.contact_cost,
            Design.fixed_cost,
            Design.product_id,
            Segment.id,
            Segment.name,
            Design.transfer_price,
            type_coerce(_minutes(), Numeric(asdecimal=True)),
            Run.randomised_by,
            Run.control_share,
            exists().where(Leak.run_id == Run.id),
        )
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(Unit, Unit.id == Run.unit_id)
        .outerjoin(Segment, Segment.id == Design.segment_id)
    )


def _minutes() -> ScalarSelect[Any]:
    """Return the minutes that a contact of the design takes, on average over its stages."""
    return (
        select(func.avg(ActivitySubtype.minutes))
        .join(Stage, Stage.activity_subtype_id == ActivitySubtype.id)
        .where(Stage.design_id == Design.id)
        .correlate(Design)
        .scalar_subquery()
    )
