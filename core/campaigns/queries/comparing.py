"""What a later version of a campaign changed, in words."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.campaigns.queries.designs import DesignSheet
from core.campaigns.queries.stages import StageSheet
from core.campaigns.terms import differences

_SHARES = {"control_share": 0.01, "goal": 100, "expected_rate": 100}  # what makes each a percentage


@dataclass(frozen=True)
class Change:
    """One thing that differs between two versions, in words."""

    what: str
    before: str
    after: str


def changes_between(before: DesignSheet, after: DesignSheet) -> list[Change]:
    """Say what a later version changed: its terms by name, and its stages one by one."""
    names = {
        "segment_id": ("Audience", before.segment, after.segment),
        "exclusion_segment_id": ("Exclusion list", before.exclusion, after.exclusion),
        "product_id": ("Product", before.product, after.product),
        "base_product_id": ("Base product", before.base_product, after.base_product),
        "qualification_id": ("Qualification", before.qualification, after.qualification),
        "consumable_ids": (
            "Given away",
            ", ".join(before.consumables),
            ", ".join(after.consumables),
        ),
    }
    changes = []
    for name, (was, became) in differences(before.terms, after.terms).items():
        what, *both = names.get(name, (name.replace("_", " ").capitalize(), was, became))
        if name in _SHARES:
            both = [
                None if share is None else f"{share * _SHARES[name]:g} %" for share in (was, became)
            ]
        changes.append(Change(what, *(_word(value) for value in both)))
    if not changes and before.says != after.says:
        changes.append(Change("Rule of the audience", before.says, after.says))
    if before.cited != after.cited:
        cited = (each.cited.said if each.cited else "none" for each in (before, after))
        changes.append(Change("Takes up", *cited))
    return changes + _stage_changes(before.stages, after.stages)


def _stage_changes(before: tuple[StageSheet, ...], after: tuple[StageSheet, ...]) -> list[Change]:
    changes = []
    for place in range(max(len(before), len(after))):
        was = _stage(before[place]) if place < len(before) else "none"
        became = _stage(after[place]) if place < len(after) else "none"
        if was != became:
            changes.append(Change(f"Stage {place + 1}", was, became))
    return changes


def _stage(stage: StageSheet) -> str:
    terms = stage.terms
    words = [
        f"{terms.name}: {stage.content or 'no content'} by {stage.channel or 'no channel'}",
        f"{terms.activity_type}{f' ({stage.subtype})' if stage.subtype else ''}",
        f"reasons {stage.template or 'none'}",
        f"{terms.follows.says(terms.start_after_days)}, due in {terms.due_days} working days",
        f"weekends: {terms.shift}, by {terms.max_delay_days} days at most",
        f"made on the {terms.create_on}",
    ]
    return "; ".join(words)


def _word(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return "none" if value is None or value == "" else str(value)
