"""What finished runs of the same kind came to: the rates to expect, and how hard customers are."""

from collections import defaultdict
from typing import Any

from sqlalchemy import case, func, literal, or_, select

from core.campaigns.model import Campaign, CampaignType, Design
from core.campaigns.queries import DesignSheet
from core.campaigns.rules import Objective
from core.gate.pooling import Kind, Past, RateForecast, pooled
from core.impact.queries.cells import cells
from core.impact.rules import Absent, Reason
from core.impact.tally import Tally
from core.runs.model import Run
from core.runs.rules import CONTROL_ARM, RunStatus
from core.work import Reader

# Of whom the product is to be kept, most have it in the end: such rates tell nothing of a sale.
_KEEPS = frozenset({Objective.RETENTION})
_SELLS = frozenset({Objective.CROSS_SELL, Objective.UP_SELL, Objective.ACTIVATION})
_SERVES = frozenset({Objective.ADMINISTRATIVE})
_COUNTS = ["targeted", "attempted", "reached", "responded", "converted", "outcomes", "attempts"]


def rates_for(view: Reader, design: DesignSheet) -> RateForecast:
    """Pool the runs in scope that are over; whoever calls has asked for the permission.

    A run that was stopped, or goes on, has not come to what it would have.
    """
    kind = Kind(design.objective, design.terms.product_id)
    aim = next(aim for aim in (_KEEPS, _SELLS, _SERVES) if kind.objective in aim)
    held_out, treated = list[Past](), list[Past]()
    tallies: defaultdict[Kind, Tally] = defaultdict(Tally)
    for of, is_control, runs, tally in _counted(view, aim):
        (held_out if is_control else treated).append(Past(of, tally.outcome_rate, runs))
        if not is_control:
            tallies[of] += tally
    if aim is _SERVES:  # nobody converts, but customers take as many attempts
        nothing = Absent(Reason.NO_OUTCOME)
        return RateForecast(nothing, nothing, _closest(tallies, kind))
    return RateForecast(
        treated=pooled(treated, kind) or Absent(Reason.NO_HISTORY),
        base=pooled(held_out, kind) or Absent(Reason.NO_HISTORY),
        past=_closest(tallies, kind),
    )


def _counted(view: Reader, aim: frozenset[Objective]) -> list[tuple[Kind, bool, int, Tally]]:
    over = or_(Run.is_imported, Run.status == RunStatus.COMPLETED)
    seen = or_(Run.is_imported, Run.outcomes_seen_at.is_not(None), literal(aim is _SERVES))
    wanted = (
        select(Run.id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .where(over, seen, CampaignType.objective.in_(aim))
    )
    counted = cells(view.actor.scope, wanted)
    is_control = case((counted.c.arm == CONTROL_ARM, 1), else_=0).label("is_control")
    # Few runs have many cells: they are added up before anything is looked up of them.
    of_run = (
        select(
            counted.c.run_id,
            is_control,
            *(func.sum(counted.c[name]).label(name) for name in _COUNTS),
        )
        .group_by(counted.c.run_id, is_control)
        .subquery("of_run")
    )
    keys = (CampaignType.objective, Design.product_id, of_run.c.is_control)
    sums = (func.sum(of_run.c[name]) for name in _COUNTS)
    rows = view.session.execute(
        select(*keys, func.count(), *sums)
        .select_from(of_run)
        .join(Run, Run.id == of_run.c.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .group_by(*keys)
        .order_by(*keys)
    )
    return [
        (Kind(objective, product_id), bool(control), runs, _tally(counts))
        for objective, product_id, control, runs, *counts in rows
    ]


def _tally(counts: list[Any]) -> Tally:
    known: dict[str, Any] = dict(zip(_COUNTS, map(int, counts), strict=True))
    return Tally(**known)


def _closest(tallies: dict[Kind, Tally], kind: Kind) -> Tally:
    alike = [of for of in tallies if of.objective is kind.objective]
    for chosen in ([of for of in alike if of == kind], alike, list(tallies)):
        total = sum((tallies[of] for of in chosen), Tally())
        if total.targeted:
            return total
    return Tally()
