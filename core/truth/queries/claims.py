"""What people reported as converted, and until when the holdings are known."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
)

from core.campaigns.model import Campaign, CampaignType, Design
from core.campaigns.rules import Metric, Objective
from core.customers.model import Holding, Product
from core.responses.model import Lead
from core.responses.rules import LeadStatus
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM
from core.settings import settings
from core.truth.model import Review
from core.truth.queries.days import day_numbered, day_of, number_of
from core.truth.rules import Finding
from core.work import Reader

_MOMENT = Candidate.converted_at.type


@dataclass(frozen=True)
class Known:
    """Until which day openings are known, and how many days one may come after its report."""

    until: int
    days: int

    @property
    def day(self) -> date | None:
        return day_numbered(self.until) if self.until else None


def known(view: Reader) -> Known:
    """Say until when the holdings are known: until the last day on which anything was opened.

    Nothing is missing that could not have come in yet, when the holdings are brought in late.
    """
    last = (
        select(func.max(Holding.opened_on))
        .where(Holding.product_id == Product.id, Holding.opened_on <= view.now.date())
        .scalar_subquery()
    )
    day = view.session.scalar(select(func.max(last)).select_from(Product))
    return Known(0 if day is None else number_of(day), settings().opening_days)


def claimed() -> ColumnElement[bool]:
    """Restrict candidates, with their `Design`, to those whom people reported as converted.

    That is a sale, or under the metric *response* a yes; a yes whose lead was lost claims nothing.
    """
    of = (Lead.run_id == Candidate.run_id, Lead.customer_id == Candidate.customer_id)
    lost = and_(
        exists().where(*of, Lead.status == LeadStatus.LOST.literal),
        ~exists().where(*of, Lead.status != LeadStatus.LOST.literal),
    )
    return and_(
        Candidate.arm > CONTROL_ARM,
        Candidate.converted_at.is_not(None),  # said for the partial indexes too
        or_(
            Candidate.won_at.is_not(None),
            and_(Design.metric == Metric.RESPONSE.literal, ~lost),
        ),
    )


def claims_of(view: Reader, run_ids: Collection[int], by: Known) -> Select[*tuple[Any, ...]]:
    """Select the reports of these runs, and all others about the same customers and products."""
    customers = select(Candidate.customer_id).where(
        Candidate.run_id.in_(run_ids), Candidate.converted_at.is_not(None)
    )
    products = select(Design.product_id).join(Run).where(Run.id.in_(run_ids))
    contact_at = func.coalesce(
        Candidate.reached_at, Candidate.attempted_at, Candidate.converted_at, type_=_MOMENT
    )
    reported_at = func.coalesce(Candidate.won_at, Candidate.converted_at, type_=_MOMENT)
    return (
        select(
            Candidate.run_id,
            Candidate.customer_id,
            Candidate.branch_id,
            Design.product_id,
            (CampaignType.objective == Objective.RETENTION.literal).label("keeps"),
            contact_at.label("contact_at"),
            day_of(view, contact_at).label("contact_day"),
            Candidate.converted_at,
            Candidate.won_at,
            Candidate.outcome_at,
            reported_at.label("reported_at"),
            (day_of(view, reported_at) + by.days).label("due_day"),
            Review.finding,
            Review.at_random,
            (func.coalesce(Review.finding, Finding.OPEN.literal) == Finding.FALSE.literal).label(
                "is_false"
            ),
        )
        .select_from(Candidate)
        .join(Run, Run.id == Candidate.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .outerjoin(
            Review,
            and_(Review.run_id == Candidate.run_id, Review.customer_id == Candidate.customer_id),
        )
        .where(
            Candidate.customer_id.in_(customers),
            Design.product_id.in_(products),
            ~Run.is_imported,
            claimed(),
        )
    )
