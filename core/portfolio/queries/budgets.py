"""What the entries of a plan may cost, what was agreed to, and what was spent so far."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import DesignStatus
from core.campaigns.visibility import visible
from core.database import id_set
from core.impact.breaking import together
from core.impact.money import costs_of
from core.impact.queries.facts import RunFacts, facts_of_runs
from core.impact.queries.runs import arms_of
from core.portfolio.model import PlanEntry
from core.refusals import NotFound
from core.runs.model import Run
from core.work import Reader

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class BudgetRow:
    """Money of one entry, in the bank's currency; None where nobody said what it costs.

    :ivar committed: what the newest approved version was forecast to cost, wherever it is
        carried out; entries of the same campaign share it
    :ivar spent: contacts made and gifts given so far, and what each launched run costs once
    :ivar sharing: how many entries of the plan share what was committed, this one among them
    """

    entry_id: int
    campaign_id: int | None
    campaign: str
    planned: Decimal | None
    committed: Decimal | None
    spent: Decimal | None
    sharing: int = 1

    @property
    def left(self) -> Decimal | None:
        """Return what is left of the plan after the larger of promised and spent.

        What several entries share was promised to none of them alone, so only spending counts.
        """
        if self.planned is None:
            return None
        promised = self.committed if self.sharing == 1 else None
        return self.planned - max(promised or Decimal(0), self.spent or Decimal(0))


def committed_in_all(rows: Iterable[BudgetRow]) -> Decimal | None:
    """Add up what was committed, once for each campaign; None where nothing was."""
    known = {row.campaign_id: row.committed for row in rows if row.committed is not None}
    return sum(known.values(), Decimal(0)) if known else None


def plan_budget(view: Reader, *, plan_id: int) -> list[BudgetRow]:
    """Say what each entry of a plan may cost, was agreed to cost, and has cost."""
    view.authorize(Permission.SEE_PORTFOLIO)
    rows = view.session.execute(
        select(
            PlanEntry.id,
            PlanEntry.campaign_id,
            func.coalesce(Campaign.name, PlanEntry.name),
            PlanEntry.budget,
        )
        .outerjoin(Campaign, Campaign.id == PlanEntry.campaign_id)
        .where(PlanEntry.plan_id == plan_id, view.actor.scope.limits(PlanEntry.unit_id))
        .order_by(PlanEntry.starts_on, PlanEntry.id)
    ).all()
    committed = _committed(view, [row.campaign_id for row in rows if row.campaign_id])
    spent = _spent(view, [row.id for row in rows])
    sharing = _sharing(view, plan_id)
    return [
        BudgetRow(
            entry_id,
            campaign_id,
            campaign,
            budget,
            committed.get(campaign_id or 0),
            spent.get(entry_id),
            sharing.get(campaign_id or 0, 1),
        )
        for entry_id, campaign_id, campaign, budget in rows
    ]


def campaign_budget(view: Reader, *, campaign_id: int) -> BudgetRow:
    """Say the same of a campaign over all plans that it is in, and of its runs outside of any.

    :raises NotFound: no such campaign in scope
    """
    view.authorize(Permission.SEE_PORTFOLIO, Permission.DESIGN_CAMPAIGNS)
    seen = select(Campaign.id).where(Campaign.id == campaign_id, visible(view))
    if view.session.scalar(seen) is None:
        raise NotFound("There is no such campaign among those of your units.")
    planned = view.session.scalars(
        select(PlanEntry.budget).where(
            PlanEntry.campaign_id == campaign_id, view.actor.scope.limits(PlanEntry.unit_id)
        )
    )
    known = [budget for budget in planned if budget is not None]
    costs = _costs(view, Design.campaign_id == campaign_id)
    return BudgetRow(
        0,
        campaign_id,
        "",
        sum(known, Decimal(0)) if known else None,
        _committed(view, [campaign_id]).get(campaign_id),
        sum((cost for _, cost in costs), Decimal(0)) if costs else None,
    )


def _committed(view: Reader, campaign_ids: Sequence[int]) -> dict[int, Decimal]:
    """Return what the newest approved version of each campaign was forecast to cost."""
    designs = view.session.execute(
        select(Design.campaign_id, Design.frozen)
        .where(
            Design.campaign_id.in_(id_set(view.dialect, campaign_ids)),
            Design.status == DesignStatus.APPROVED,
        )
        .order_by(Design.version)
    )
    found: dict[int, Decimal] = {}
    for campaign_id, frozen in designs:
        cost = ((frozen or {}).get("forecast") or {}).get("cost")
        found.pop(campaign_id, None)
        if cost is not None:
            found[campaign_id] = Decimal(cost).quantize(_CENT)
    return found


def _sharing(view: Reader, plan_id: int) -> dict[int, int]:
    """Return in how many entries of a plan each campaign is, also in those of other units."""
    rows = view.session.execute(
        select(PlanEntry.campaign_id, func.count())
        .where(PlanEntry.plan_id == plan_id, PlanEntry.campaign_id.is_not(None))
        .group_by(PlanEntry.campaign_id)
    )
    return {int(campaign_id): entries for campaign_id, entries in rows if campaign_id is not None}


def _spent(view: Reader, entry_ids: Sequence[int]) -> dict[int, Decimal]:
    found: dict[int, Decimal] = defaultdict(Decimal)
    for entry_id, cost in _costs(view, Run.plan_entry_id.in_(id_set(view.dialect, entry_ids))):
        if entry_id is not None:
            found[entry_id] += cost
    return found


def _costs(view: Reader, which: Any) -> list[tuple[int | None, Decimal]]:
    """Return what each launched run costs so far, with its entry; not where nobody gave costs.

    It is what the run's impact takes off, so that both say the same.
    """
    rows = view.session.execute(
        facts_of_runs()
        .add_columns(Run.plan_entry_id)
        .where(
            which,
            or_(Run.launched_at.is_not(None), Run.is_imported),
            view.actor.scope.limits(Run.unit_id),
        )
        .order_by(Run.id)
    )
    entries = {(facts := RunFacts(*row[:-1])): row[-1] for row in rows}
    arms = arms_of(view, [facts.run_id for facts in entries], {})
    found = []
    for facts, entry_id in entries.items():
        treated = together(arms.get(facts.run_id, ()), control=False)
        costs = costs_of(treated.tally, facts.terms, treated.tally.targeted, gifts=treated.gifts)
        if facts.terms.is_priced or costs.offer:
            known = (costs.contact, costs.offer, facts.fixed_cost)
            found.append((entry_id, sum((part for part in known if part), Decimal(0))))
    return found
