"""What another contact policy would change, before it is saved. Nothing is written."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, func, not_, or_, select

from core.campaigns.caps import contact_cap
from core.campaigns.model import Campaign, Design
from core.campaigns.queries.policy import SEE_POLICY
from core.campaigns.rules import ContactRules, Exclusion
from core.campaigns.waterfall import audience, rules_of
from core.customers.model import CustomerState
from core.people.queries import subtree
from core.refusals import Invalid
from core.runs.model import Run
from core.runs.rules import RunStatus
from core.segments.criteria import Known
from core.segments.queries import MOST_SEGMENTS, known_words, mask, usable
from core.work import Reader

MOST_RUNS = 12  # each is a look at the customers of its unit


@dataclass(frozen=True)
class Change:
    """How many the policy holds as it is, and as it would be; `name` says of whom."""

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
class Simulation:
    """Everybody, then the segments by name; `newly_held` and `newly_free` customers change."""

    everybody: Change
    newly_held: int
    newly_free: int
    segments: tuple[Change, ...]
    runs: tuple[RunChange, ...]
    other_runs: int  # planned runs that were not looked at: those that start last


def simulate(view: Reader, *, rules: ContactRules) -> Simulation:
    """Count whom the policy holds by cap or quiet period, as it is and as `rules` would have it.

    Of active customers in scope, and of the runs that have not selected yet. Segments beyond the
    first 62 by name are left out.
    """
    view.authorize(*SEE_POLICY)
    known = known_words(view)
    ids = usable(known).ids[:MOST_SEGMENTS]
    names = {segment.id: segment.name for segment in known.segments.values()}
    each = (
        select(
            mask(view, ids, known=known).label("mask"),
            _holds(view, None, known).label("before"),
            _holds(view, rules, known).label("after"),
        )
        .where(CustomerState.is_active, view.actor.scope.limits(CustomerState.branch_id))
        .subquery("each")
    )
    columns = (each.c.mask, each.c.before, each.c.after)
    counts = [Counter[int]() for _ in range(3)]  # of segments: customers, held before, held after
    total = [0, 0, 0]
    newly_held = newly_free = 0
    for marks, before, after, customers in view.session.execute(
        select(*columns, func.count()).group_by(*columns)
    ):
        parts = (customers, customers * bool(before), customers * bool(after))
        newly_held += customers * (after and not before)
        newly_free += customers * (before and not after)
        total = [one + part for one, part in zip(total, parts, strict=True)]
        for place, segment_id in enumerate(ids):
            if marks >> place & 1:
                for count, part in zip(counts, parts, strict=True):
                    count[segment_id] += part
    runs = _planned(view)
    return Simulation(
        everybody=Change(0, "Everybody", *total),
        newly_held=newly_held,
        newly_free=newly_free,
        segments=tuple(Change(id_, names[id_], *(count[id_] for count in counts)) for id_ in ids),
        runs=tuple(_run(view, *run, rules, known) for run in runs[:MOST_RUNS]),
        other_runs=len(runs[MOST_RUNS:]),
    )


def _holds(view: Reader, rules: ContactRules | None, known: Known) -> ColumnElement[bool]:
    parts = contact_cap(view, of_many=True, rules=rules, known=known)
    return or_(false(), *(holds for _, holds in parts))


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
