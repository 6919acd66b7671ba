"""Why one customer is held back: today, whatever the campaign; and run by run, as it was judged."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, or_, select

from core.access import Permission
from core.campaigns.arbitration import chosen_by, waiting
from core.campaigns.caps import contact_cap
from core.campaigns.left_alone import in_holdout
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import Exclusion
from core.campaigns.waterfall import in_distress, lacks_consent
from core.customers.model import CustomerState
from core.customers.rules import Medium
from core.refusals import NotFound
from core.runs.model import Candidate, Excluded, Run
from core.runs.rules import Confirmation
from core.work import Reader


@dataclass(frozen=True)
class Obstacle:
    """Why no campaign, or none through these media, may contact the customer today."""

    reason: Exclusion
    media: tuple[Medium, ...] = ()


def obstacles(view: Reader, *, customer_id: int) -> list[Obstacle]:
    """List what keeps a customer out of every campaign today, in the order of the waterfall.

    What depends on the campaign (its segment, product, exclusion list, priority) is not asked.

    :raises NotFound: there is no such customer in scope
    """
    view.authorize(Permission.SEE_CUSTOMERS)
    state = CustomerState
    tests: list[tuple[Obstacle, SQLColumnExpression[bool]]] = [
        (Obstacle(Exclusion.NOT_ACTIVE), state.is_active.is_(False)),
        (Obstacle(Exclusion.DO_NOT_CONTACT), state.do_not_contact.is_(True)),
        *((Obstacle(Exclusion.NO_CONSENT, (each,)), lacks_consent(each)) for each in Medium),
        (Obstacle(Exclusion.DISTRESS), in_distress(view)),
        *((Obstacle(reason), holds) for reason, holds in contact_cap(view)),
        (Obstacle(Exclusion.BUSY_ELSEWHERE), (state.pending > 0) | _chosen(view)),
        (Obstacle(Exclusion.HOLDOUT), in_holdout(state.customer_id, view.now.date())),
    ]
    columns: list[Any] = [holds.label(f"test_{n}") for n, (_, holds) in enumerate(tests)]
    row = view.session.execute(
        select(*columns).where(
            state.customer_id == customer_id, view.actor.scope.limits(state.branch_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such customer.")
    held = [obstacle for (obstacle, _), holds in zip(tests, row, strict=True) if holds]
    media = tuple(medium for each in held for medium in each.media)
    found = {each.reason: Obstacle(each.reason) for each in held}
    if media:
        found[Exclusion.NO_CONSENT] = Obstacle(Exclusion.NO_CONSENT, media)
    return list(found.values())


def _chosen(view: Reader) -> ColumnElement[bool]:
    return CustomerState.customer_id.in_(chosen_by([run.run_id for run in waiting(view)]))


@dataclass(frozen=True)
class Place:
    """What one run made of the customer: a candidate, or kept out for a reason. Never the arm."""

    id: int
    run: str
    campaign: str
    selected_at: datetime | None
    reason: Exclusion | None
    confirmation: Confirmation | None


def places(view: Reader, *, customer_id: int) -> list[Place]:
    """List the runs that judged a customer, the latest first.

    :raises NotFound: there is no such customer in scope
    """
    view.authorize(Permission.RUN_CAMPAIGNS, Permission.SEE_PORTFOLIO)
    in_scope = view.actor.scope.limits(CustomerState.branch_id)
    there = select(CustomerState.customer_id).where(
        CustomerState.customer_id == customer_id, in_scope
    )
    if view.session.scalar(there) is None:
        raise NotFound("There is no such customer.")
    # From the runs: of those kept out, each is found by its run only.
    statement = (
        select(
            Run.id,
            Run.code,
            Campaign.name,
            Run.selected_at,
            Excluded.reason,
            Candidate.confirmation,
        )
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .outerjoin(
            Candidate, and_(Candidate.run_id == Run.id, Candidate.customer_id == customer_id)
        )
        .outerjoin(Excluded, and_(Excluded.run_id == Run.id, Excluded.customer_id == customer_id))
        .where(
            or_(Candidate.run_id.is_not(None), Excluded.run_id.is_not(None)),
            view.actor.scope.limits(Run.unit_id),
        )
        .order_by(Run.id.desc())
    )
    return [Place(*row) for row in view.session.execute(statement)]
