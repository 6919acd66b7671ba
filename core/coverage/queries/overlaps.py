"""How many campaigns the same customers had in a period, and which of them together."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Integer, cast, distinct, func, or_, select

from core.campaigns.model import Campaign, CampaignType, Design
from core.campaigns.rules import Objective
from core.coverage.rules import Period
from core.customers.model import CustomerState
from core.database import row_set
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, Confirmation
from core.work import Reader

Counts: TypeAlias = dict[tuple[int, ...], int]
MOST = 24  # campaigns told apart: the latest ones; how many a customer had counts them all
_AT_ONCE = 20_000


@dataclass(frozen=True)
class Overlaps:
    """`many`: customers by branch and number of campaigns; `pairs`: by branch and two campaigns.

    Of a campaign with itself the pair counts all its customers.
    """

    many: Counts
    pairs: Counts


def overlaps(view: Reader, period: Period) -> Overlaps:
    """Count the customers whom campaigns that went on in the period treated, held out ones not."""
    runs = runs_in(view, period)
    if not runs:
        return Overlaps({}, {})
    told = list(dict.fromkeys(campaign_id for _run_id, campaign_id in runs))[:MOST]
    bits = {campaign_id: 1 << place for place, campaign_id in enumerate(told)}
    rows = [(run_id, campaign, bits.get(campaign, 0)) for run_id, campaign in runs]
    columns = {"run_id": Integer(), "campaign_id": Integer(), "bit": BigInteger()}
    of = row_set(view.dialect, rows, **columns).subquery("of")
    each = (
        select(
            Candidate.customer_id,
            func.count(distinct(of.c.campaign_id)).label("campaigns"),
            cast(func.sum(distinct(of.c.bit)), BigInteger).label("mask"),
        )
        .join(Candidate, Candidate.run_id == of.c.run_id)
        .where(
            Candidate.arm > CONTROL_ARM,
            Candidate.confirmation != Confirmation.REJECTED.literal,
        )
        .group_by(Candidate.customer_id)
        .subquery("each")
    )
    keys = (CustomerState.branch_id, each.c.campaigns, each.c.mask)
    alike = (
        select(*keys, func.count())
        .join_from(each, CustomerState, CustomerState.customer_id == each.c.customer_id)
        .group_by(*keys)
    )
    many: Counts = {}
    pairs: dict[int, NDArray[np.int64]] = {}
    places = np.arange(len(told), dtype=np.int64)
    for part in view.session.execute(alike, execution_options={"yield_per": _AT_ONCE}).partitions():
        groups = np.array([tuple(row) for row in part], np.int64)
        for branch_id in np.unique(groups[:, 0]).tolist():
            mine = groups[groups[:, 0] == branch_id]
            for number, customers in zip(mine[:, 1].tolist(), mine[:, 3].tolist(), strict=True):
                key = (branch_id, number)
                many[key] = many.get(key, 0) + customers
            inside = mine[:, 2, None] >> places & 1
            found = inside.T @ (inside * mine[:, 3, None])
            pairs[branch_id] = pairs.get(branch_id, 0) + found
    return Overlaps(many, _pairs(pairs, told))


def _pairs(found: dict[int, NDArray[np.int64]], told: list[int]) -> Counts:
    pairs: Counts = {}
    for branch_id, together in found.items():
        for one, other in zip(*np.nonzero(np.triu(together)), strict=True):
            first, second = sorted((told[one], told[other]))
            pairs[branch_id, first, second] = int(together[one, other])
    return pairs


def runs_in(view: Reader, period: Period) -> list[tuple[int, int]]:
    """List runs and campaigns that went on in the period, the latest campaigns first."""
    zone = view.now.tzinfo
    rows = view.session.execute(
        select(Run.id, Campaign.id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .where(
            CampaignType.objective != Objective.ADMINISTRATIVE,
            Run.launched_at < period.until(zone),
            or_(Run.finished_at.is_(None), Run.finished_at >= period.since(zone)),
        )
        .order_by(Campaign.starts_on.desc(), Campaign.id.desc(), Run.id)
    )
    return [(run_id, campaign_id) for run_id, campaign_id in rows]
