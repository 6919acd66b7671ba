"""What another contact policy would change, before it is saved. Nothing is written."""

from dataclasses import dataclass
from itertools import chain

import numpy as np
from sqlalchemy import false, func, not_, or_, select

from core.campaigns.caps import holders_of
from core.campaigns.model import Campaign, Design
from core.campaigns.queries.policy import SEE_POLICY
from core.campaigns.rules import ContactRules, Exclusion
from core.campaigns.waterfall import audience, rules_of
from core.customers.model import CustomerState
from core.database import Ids
from core.people.queries import subtree
from core.refusals import Invalid
from core.runs.model import Run
from core.runs.queries.capping import judged, nearly_capped, sales
from core.runs.queries.looking import Bools, active, look
from core.runs.rules import RunStatus
from core.segments.criteria import Known
from core.segments.queries import known_words, tally, usable
from core.work import Reader

MOST_RUNS = 12  # each is a look at the customers of its unit


@dataclass(frozen=True)
class Simulation:
    """How many the policy holds as it is, and as it would be; some are newly held or free."""

    before: int
    after: int
    newly_held: int
    newly_free: int


@dataclass(frozen=True)
class Change:
    """Whom of a segment the policy holds as it is, and as it would be."""

    id: int
    name: str
    customers: int
    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before


@dataclass(frozen=True)
class RunChange:
    """How many candidates a planned run would select now, before its capacity; `problem`: none."""

    id: int
    run: str
    campaign: str
    before: int | None
    after: int | None
    problem: str = ""


@dataclass(frozen=True)
class RunChanges:
    """Planned runs, and how many were not looked at: those that start last."""

    runs: tuple[RunChange, ...]
    others: int


def simulate(view: Reader, *, rules: ContactRules) -> Simulation:
    """Count whom the policy holds by cap or quiet period, as it is and as `rules` would have it.

    Of active customers in scope.
    """
    view.authorize(*SEE_POLICY)
    _, before, after = _held(view, rules, known_words(view))
    told = (before, after, after & ~before, before & ~after)
    return Simulation(*(int(np.count_nonzero(each)) for each in told))


def simulate_segments(view: Reader, *, rules: ContactRules) -> list[Change]:
    """Count the same by segment, by name."""
    view.authorize(*SEE_POLICY)
    known = known_words(view)
    ids = usable(known).ids
    customers, *held = _held(view, rules, known)
    groups = [customers[each] for each in held]
    everybody, before, after = tally(view, groups, ids, known=known, limits=active(view))
    names = {segment.id: segment.name for segment in known.segments.values()}
    return [Change(id_, names[id_], everybody[id_], before[id_], after[id_]) for id_ in ids]


def simulate_runs(view: Reader, *, rules: ContactRules) -> RunChanges:
    """Count the candidates of the runs in scope that have not selected yet."""
    view.authorize(*SEE_POLICY)
    known, runs = known_words(view), _planned(view)
    return RunChanges(
        tuple(_run(view, *run, rules, known) for run in runs[:MOST_RUNS]), len(runs[MOST_RUNS:])
    )


def _held(view: Reader, rules: ContactRules, known: Known) -> tuple[Ids, Bools, Bools]:
    """Find customers, and who of them is held by the policy as it is and as `rules` would have it.

    Whoever is not among them is held by neither.
    """
    policies = [holders_of(view, of_many=True, rules=each, known=known) for each in (None, rules)]
    contacts = sales(view, policies)
    seen = look(view, chain(*policies), nearly_capped(view, policies, contacts))
    is_asked = seen.asked.has(seen.ids)
    before, after = (each.holds & is_asked for each in judged(view, seen, policies, contacts))
    return seen.ids, before, after


def _planned(view: Reader) -> list[tuple[Run, str]]:
    """List the runs in scope that wait for their selection, those first that start first."""
    rows = view.session.execute(
        select(Run, Campaign.name)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(
            Run.status == RunStatus.PLANNED,
            Run.ends_on >= view.now.date(),
            view.actor.scope.limits(Run.unit_id),
        )
        .order_by(Run.starts_on, Run.id)
    )
    return [(run, campaign) for run, campaign in rows]


def _run(view: Reader, run: Run, campaign: str, rules: ContactRules, known: Known) -> RunChange:
    """Judge by the rules of the waterfall: only what it says of the policy differs."""
    wanted = audience(view, run.design_id)
    try:
        judged = [rules_of(view, wanted, known=known, policy=policy) for policy in (None, rules)]
    except Invalid as refusal:
        return RunChange(run.id, run.code, campaign, None, None, str(refusal))
    others = [holds for reason, holds in judged[0] if reason is not Exclusion.CONTACT_CAP]
    held = [
        or_(false(), *(holds for reason, holds in each if reason is Exclusion.CONTACT_CAP))
        for each in judged
    ]
    before, after = view.session.execute(
        select(func.count().filter(not_(held[0])), func.count().filter(not_(held[1])))
        .select_from(CustomerState)
        .where(
            CustomerState.branch_id.in_(subtree(view.session, run.unit_id)),
            not_(or_(false(), *others)),
        )
    ).one()
    return RunChange(run.id, run.code, campaign, before, after)
