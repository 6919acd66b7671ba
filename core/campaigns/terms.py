"""What a design says, apart from who wrote it and how far it came."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from core.campaigns.rules import (
    MOST_CONTROL,
    ActivityType,
    Condition,
    CreateOn,
    Metric,
    RandomisedBy,
)
from core.periods import Shift
from core.refusals import Invalid

MOST_DAYS, MOST_DELAY = 365, 31
MOST_GIFTS = 10**9
_WHERE = {
    Condition.ALWAYS: "whatever came of it",
    Condition.NOT_REACHED: "where not reached",
    Condition.UNDECIDED: "where reached without a decision",
    Condition.DECLINED: "where the customer said no",
    Condition.ACCEPTED: "where the customer said yes",
}


@dataclass(frozen=True)
class DesignTerms:
    """What the version says: `control_share` in basis points, rates and gains from 0 to 1.

    Costs and value are per customer contacted, once, and per conversion, in the bank's currency;
    `transfer_price` is what the product's owner is credited for each sale. Of each gift
    `planned_gifts` are given away at most, None for as many as there are.
    """

    segment_id: int | None = None
    exclusion_segment_id: int | None = None
    product_id: int | None = None
    base_product_id: int | None = None
    qualification_id: int | None = None
    product_use: str = ""
    offer: str = ""
    transfer_price: Decimal | None = None
    pricing_frame: str = ""
    guide: str = ""
    consumable_ids: tuple[int, ...] = ()
    planned_gifts: int | None = None
    metric: Metric = Metric.CONVERSION
    goal: float | None = None
    control_share: int = 1_000
    randomised_by: RandomisedBy = RandomisedBy.CUSTOMER
    contact_cost: Decimal | None = None
    fixed_cost: Decimal | None = None
    value_per_conversion: Decimal | None = None
    expected_rate: float | None = None
    expected_gain: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.control_share <= MOST_CONTROL:
            raise Invalid(
                f"A control group of {self.control_share / 100:g} % can't be held out: its share "
                "lies between 0 and 50 %."
            )
        for name in ("goal", "expected_rate", "expected_gain"):
            share = getattr(self, name)
            if share is not None and not 0 <= share <= 1:
                raise Invalid(
                    f"The {name.replace('_', ' ')} of {share * 100:g} % makes no sense: it lies "
                    "between 0 and 100 %."
                )
        if self.planned_gifts is not None and not 1 <= self.planned_gifts <= MOST_GIFTS:
            raise Invalid(
                f"{self.planned_gifts:,} of each gift can't be planned: leave it empty for as many "
                "as there are, or choose nothing to give away."
            )
        for name, words in (
            ("contact_cost", "cost of a contact"),
            ("fixed_cost", "fixed cost"),
            ("value_per_conversion", "worth of a conversion"),
            ("transfer_price", "transfer price"),
        ):
            amount = getattr(self, name)
            if amount is not None and not 0 <= amount <= 10**13:
                raise Invalid(f"The {words} can't be {amount:,.2f}: it is nothing or more.")


@dataclass(frozen=True)
class Follow:
    """Which earlier stage one waits for, and what has to have come of that; None: for no other."""

    after_position: int | None = None
    condition: Condition = Condition.ALWAYS

    def says(self, days: int) -> str:
        """Say when a stage begins: “after stage 1, where not reached, 3 days later”."""
        if self.after_position is None:
            return f"from day {days}"
        later = "on the same day" if not days else f"{days} day{'s' if days > 1 else ''} later"
        return f"after stage {self.after_position}, {_WHERE[self.condition]}, {later}"


FIRST = Follow()


@dataclass(frozen=True)
class StageTerms:
    """Days are calendar days after the run's start; `due_days` are working days from the date.

    With `after_position` the stage follows that one, and days count from the end of its activity.
    """

    name: str
    content_id: int | None = None
    activity_type: ActivityType = ActivityType.SALES
    activity_subtype_id: int | None = None
    reason_template_id: int | None = None
    after_position: int | None = None
    condition: Condition = Condition.ALWAYS
    start_after_days: int = 0
    due_days: int = 10
    shift: Shift = Shift.SEND_AFTER
    max_delay_days: int = 7
    create_on: CreateOn = CreateOn.SHIFTED

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise Invalid("Every stage needs a name.")
        for name, most in (
            ("start_after_days", MOST_DAYS),
            ("due_days", MOST_DAYS),
            ("max_delay_days", MOST_DELAY),
        ):
            if not 0 <= getattr(self, name) <= most:
                words = name.replace("_", " ")
                raise Invalid(f"Stage {self.name}: {words} goes from 0 to {most}.")

    @property
    def follows(self) -> Follow:
        return Follow(self.after_position, self.condition)


def following_faults(stages: Sequence[tuple[str, Follow]]) -> list[str]:
    """Say what is wrong with what stages, by name and in their order, wait for."""
    faults = []
    for position, (name, follows) in enumerate(stages, start=1):
        after, fault = follows.after_position, None
        if after is None:
            if follows.condition is not Condition.ALWAYS:
                fault = f"“{follows.condition}” is said of an earlier stage: choose which."
        elif after == position:
            fault = "it can't follow itself: choose an earlier stage."
        elif not 0 < after <= len(stages):
            fault = f"it follows stage {after}, which there is not: choose an earlier one."
        elif after > position:
            fault = f"it follows stage {after}, which comes later: choose an earlier one."
        if fault:
            faults.append(f"Stage {position}, {name}: {fault}")
    return faults


def without(stages: Sequence[StageTerms], position: int) -> list[StageTerms]:
    """Leave out one stage, and let those that follow others keep following them.

    :raises Invalid: another stage follows the one to be left out
    """
    kept = []
    for place, stage in enumerate(stages, start=1):
        after = stage.after_position
        if place == position:
            continue
        if after == position:
            raise Invalid(
                f"Stage {place}, {stage.name}, follows stage {position}: change it first."
            )
        moved_up = after is not None and after > position
        kept.append(replace(stage, after_position=after - 1) if moved_up and after else stage)
    return kept


def differences(before: Any, after: Any) -> dict[str, tuple[Any, Any]]:
    """Return what differs between two terms of one kind, by field: what it was, what it is."""
    return {
        field.name: (getattr(before, field.name), getattr(after, field.name))
        for field in fields(before)
        if getattr(before, field.name) != getattr(after, field.name)
    }
