"""The runs that offer a product, and in which periods each of them goes on."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, or_, select

from core.campaigns.model import Campaign, CampaignType, Design, Stage
from core.coverage.rules import AIMS, Aim, Period
from core.runs.model import Run, RunStage
from core.runs.rules import RunStatus
from core.work import Reader

_LIVE = (RunStatus.SELECTED, RunStatus.LAUNCHED, RunStatus.PAUSED)


@dataclass(frozen=True)
class Offer:
    """A run that offers a product; `held` has the bit of each period that it goes on in.

    `waits` says that treated candidates wait for work of it that is not made yet; what only
    follows on other work is waited for by nobody.
    """

    run_id: int
    product_id: int
    aim: Aim
    held: int
    waits: bool
    is_imported: bool


def offers(view: Reader, periods: Sequence[Period]) -> list[Offer]:
    """Read the runs that sell or keep a product, and in which of the periods each goes on."""
    zone = view.now.tzinfo
    is_made = exists().where(RunStage.run_id == Run.id, RunStage.stage_id == Stage.id)
    rows = view.session.execute(
        select(
            Run.id,
            Run.status,
            Run.is_imported,
            func.coalesce(Run.selected_at, Run.launched_at, Run.initiated_at),
            Run.finished_at,
            Design.product_id,
            CampaignType.objective,
            exists().where(
                Stage.design_id == Run.design_id, Stage.after_position.is_(None), ~is_made
            ),
        )
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .where(
            Design.product_id.is_not(None),
            CampaignType.objective.in_(list(AIMS)),
            or_(Run.status == RunStatus.SELECTED, Run.launched_at.is_not(None)),
        )
        .order_by(Run.id)
    )
    found = []
    for id_, status, is_imported, begins, ends, product_id, objective, ahead in rows:
        is_live = status in _LIVE
        held = 0
        for at, period in enumerate(periods):
            is_on = is_live or (ends is not None and ends >= period.since(zone))
            held |= (1 << at) if is_on and begins < period.until(zone) else 0
        waits = status is RunStatus.SELECTED or (is_live and bool(ahead))
        found.append(Offer(id_, product_id or 0, AIMS[objective], held, waits, is_imported))
    return found
