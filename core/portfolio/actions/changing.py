"""Changing what an entry of a plan is to reach, when, and for how much."""

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from core.access import Permission
from core.portfolio.actions.holding import check_budget, check_dates, check_goal, check_within
from core.portfolio.events import PlanEntryChanged
from core.portfolio.model import Plan, PlanEntry
from core.refusals import Conflict, Invalid, NotFound
from core.work import Work


@dataclass(frozen=True)
class EntryTerms:
    """`goal` is a share, and None only while no design was asked for."""

    goal: float | None
    starts_on: date
    ends_on: date
    budget: Decimal | None

    def __post_init__(self) -> None:
        check_goal(self.goal)
        check_dates(self.starts_on, self.ends_on)
        check_budget(self.budget)


@dataclass(frozen=True)
class ChangeEntry:
    """`seen` is what the requester was looking at, so that nobody's change is overwritten."""

    entry_id: int
    seen: EntryTerms
    terms: EntryTerms


def change_entry(work: Work, request: ChangeEntry) -> PlanEntryChanged:
    """Change goal, days and budget of an entry; runs that were started keep their own days.

    :raises NotFound: no such entry, or out of scope
    :raises Invalid: the days are not within the plan, or a campaign would have no goal
    :raises Conflict: somebody else changed it since the requester looked
    """
    work.authorize(Permission.DESIGN_CAMPAIGNS)
    found = work.session.execute(
        select(PlanEntry, Plan)
        .join(Plan, Plan.id == PlanEntry.plan_id)
        .where(PlanEntry.id == request.entry_id, work.actor.scope.limits(PlanEntry.unit_id))
        .with_for_update(of=PlanEntry)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such entry among the plans of your units.")
    entry, plan = found
    terms = request.terms
    if _terms_of(entry) != request.seen:
        raise Conflict("The entry was changed by somebody else. Look again.")
    if terms.goal is None and entry.campaign_id is not None:
        raise Invalid("In a plan a campaign has a goal: say which share of customers.")
    check_within(terms.starts_on, terms.ends_on, plan.starts_on, plan.ends_on, plan.code)

    names = [each.name for each in fields(EntryTerms)]
    for name in names:
        setattr(entry, name, getattr(terms, name))
    work.session.flush()

    both = {name: (getattr(request.seen, name), getattr(terms, name)) for name in names}
    fact = PlanEntryChanged(
        plan_id=plan.id,
        plan=plan.code,
        entry_id=entry.id,
        campaign_id=entry.campaign_id,
        changes={name: pair for name, pair in both.items() if pair[0] != pair[1]},
    )
    work.record(fact)
    return fact


def _terms_of(entry: PlanEntry) -> EntryTerms:
    return EntryTerms(**{each.name: getattr(entry, each.name) for each in fields(EntryTerms)})
