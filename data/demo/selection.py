"""Who takes part in a run of the demo bank: by the product's own waterfall and hash."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.campaigns.rules import ActivityType, Priority
from core.customers.rules import Medium
from core.runs.arms import WHOLE, hashed
from core.runs.rules import CONTROL_ARM, TREATED_ARM, Confirmation, Exclusion
from data.demo.customers import Customers, Days, Flags, Ids

NEVER = np.datetime64("NaT", "us")
MINUTE = np.timedelta64(60_000_000, "us")
DAY = np.timedelta64(86_400_000_000, "us")
_QUIET = np.timedelta64(90, "D")


@dataclass(frozen=True)
class Scenario:
    """A run, and the truth about it that its measurement has to find again.

    `base_rate` of everybody buys anyway; `treated_rate` of the treated buys, those who are
    reached accounting for the difference. `until` is now, or when the run was completed.
    """

    run_id: int
    design_id: int
    campaign_id: int
    stage_id: int
    channel_id: int
    subtype_id: int | None
    arm_key: int
    control_share: int
    type: ActivityType
    priority: Priority
    medium: Medium
    audience: Callable[[Customers, np.datetime64], Flags]
    unit_ids: Ids  # of the branches that take part
    certified_only: bool
    product: int | None
    base_product: int | None
    base_rate: float
    treated_rate: float
    reach: float
    effort: float  # the share of the work that is ever begun
    false_reports: float  # sales that are reported on top of those that were made
    selected_at: np.datetime64
    launched_at: np.datetime64 | None
    until: np.datetime64
    is_finished: bool
    mornings: Days  # nine o'clock of each working day that the work takes, in UTC
    activity_on: np.datetime64
    due_at: np.datetime64

    @property
    def followed_until(self) -> np.datetime64:
        """Return until when leads and purchases are followed: past the end of the work."""
        return self.until + 60 * DAY if self.is_finished else self.until

    @property
    def is_sales(self) -> bool:
        return self.type is ActivityType.SALES


@dataclass
class Selection:
    """Places of candidates and of those left out; candidates' arrays are parallel."""

    population: int
    candidates: Ids
    arm: Ids
    confirmation: Ids  # codes
    confirmed_at: Days
    asked: Flags  # a relationship manager was, or is to be, asked
    excluded: Ids
    reasons: Ids  # codes

    @property
    def is_worked(self) -> Flags:
        worked: Flags = (self.arm != CONTROL_ARM) & (
            self.confirmation == Confirmation.CONFIRMED.code
        )
        return worked

    @property
    def left_alone(self) -> Ids:
        """Return the places of those who fit as well as any candidate, and were not to be asked."""
        spared = (Exclusion.CONTACT_CAP.code, Exclusion.HOLDOUT.code)
        places: Ids = self.excluded[np.isin(self.reasons, spared)]
        return places

    @property
    def is_rejected(self) -> Flags:
        rejected: Flags = self.confirmation == Confirmation.REJECTED.code
        return rejected


def select(customers: Customers, plan: Scenario, rng: np.random.Generator) -> Selection:
    """Choose candidates by the waterfall of the product, and give them their arms by its hash."""
    day = plan.selected_at.astype("datetime64[D]")
    members = np.flatnonzero((customers.joined < day) & np.isin(customers.unit_id, plan.unit_ids))
    why = _first_reason(customers, plan, members)
    candidates = members[why == 0]
    hashes = hashed(customers.ids[candidates], plan.arm_key)
    arm = np.where(hashes % WHOLE < plan.control_share, CONTROL_ARM, TREATED_ARM)
    asked = customers.manager_id[candidates] > 0
    confirmation = np.full(len(candidates), Confirmation.CONFIRMED.code)
    confirmed_at = np.full(len(candidates), plan.selected_at)
    answered = plan.selected_at + minutes(rng.integers(60, 3_000, len(candidates)))
    confirmed_at[asked] = answered[asked]
    if plan.launched_at is None:
        waits = asked & (rng.random(len(candidates)) < 0.6)
        confirmation[waits] = Confirmation.PENDING.code
        confirmed_at[waits] = NEVER
        asked_twice = asked & ~waits & (rng.random(len(candidates)) < 0.1)
    else:
        confirmed_at = np.minimum(confirmed_at, plan.launched_at)
        asked_twice = asked & (rng.random(len(candidates)) < 0.03)
    confirmation[asked_twice] = Confirmation.REJECTED.code
    return Selection(
        population=len(members),
        candidates=candidates,
        arm=arm,
        confirmation=confirmation,
        confirmed_at=confirmed_at,
        asked=asked,
        excluded=members[why != 0],
        reasons=why[why != 0],
    )


def _first_reason(customers: Customers, plan: Scenario, members: Ids) -> Ids:
    held = customers.held[members]
    nobody = np.zeros(len(members), bool)
    has = nobody if plan.product is None else held[:, plan.product]
    lacks = nobody if plan.base_product is None else ~held[:, plan.base_product]
    consents = customers.consents[plan.medium][members]
    quiet = customers.last_refusal[members] > plan.selected_at - _QUIET
    rules = {
        Exclusion.NOT_ACTIVE: ~customers.is_active[members],
        Exclusion.DO_NOT_CONTACT: customers.do_not_contact[members],
        Exclusion.NO_CONSENT: ~consents if plan.is_sales else nobody,
        Exclusion.DISTRESS: customers.in_distress[members],
        Exclusion.NOT_IN_SEGMENT: ~plan.audience(customers, plan.selected_at)[members],
        Exclusion.ON_EXCLUSION_LIST: customers.on_staff_list[members] if plan.is_sales else nobody,
        Exclusion.HOLDS_PRODUCT: has | lacks,
        Exclusion.CONTACT_CAP: quiet if plan.is_sales else nobody,
        Exclusion.HOLDOUT: customers.held_out[members] if plan.is_sales else nobody,
    }
    return np.select(list(rules.values()), [reason.code for reason in rules], default=0)


def minutes(count: Any) -> Any:
    """Return a length of time, or an array of them."""
    return count * MINUTE
