"""What a later version of a campaign changed, in words."""

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from core.campaigns.queries.designs import DesignSheet
from core.campaigns.queries.stages import StageSheet
from core.campaigns.terms import differences

# What makes each of these a percentage.
_SHARES = {"control_share": 0.01, "goal": 100, "expected_rate": 100, "expected_gain": 100}
_NONE = "none"


@dataclass(frozen=True)
class Change:
    """One thing that differs between two versions, in words."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Side(Change):
    """One thing that two versions say, each in its words, and whether it differs."""

    is_changed: bool


def changes_between(before: DesignSheet, after: DesignSheet) -> list[Change]:
    """Say what a later version changed: its terms by name, and its stages one by one."""
    return [
        Change(each.what, each.before, each.after)
        for each in side_by_side(before, after)
        if each.is_changed
    ]


def side_by_side(before: DesignSheet, after: DesignSheet) -> list[Side]:
    """Set all that two versions say beside each other; what both leave open is left out."""
    changed = differences(before.terms, after.terms)
    was, became = _terms(before), _terms(after)
    rows = [Side(_label(name), was[name], became[name], name in changed) for name in was]
    same_audience = before.terms.segment_id == after.terms.segment_id
    rule_changed = same_audience and before.says != after.says
    rows.insert(1, Side("Rule of the audience", before.says, after.says, rule_changed))
    cited = {each.id: each.cited.said if each.cited else _NONE for each in (before, after)}
    is_cited_anew = before.cited != after.cited
    rows.append(Side("Takes up", cited[before.id], cited[after.id], is_cited_anew))
    for place in range(max(len(before.stages), len(after.stages))):
        then, now = _stage(before.stages, place), _stage(after.stages, place)
        rows.append(Side(f"Stage {place + 1}", then, now, then != now))
    return [row for row in rows if row.is_changed or {row.before, row.after} - {_NONE, ""}]


_LABELS = {
    "segment_id": "Audience",
    "exclusion_segment_id": "Exclusion list",
    "product_id": "Product",
    "base_product_id": "Base product",
    "qualification_id": "Qualification",
    "consumable_ids": "Given away",
    "planned_gifts": "Of each at most",
}


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def _terms(design: DesignSheet) -> dict[str, str]:
    """Return the words of each term, by its field."""
    named = {
        "segment_id": design.segment,
        "exclusion_segment_id": design.exclusion,
        "product_id": design.product,
        "base_product_id": design.base_product,
        "qualification_id": design.qualification,
        "consumable_ids": ", ".join(design.consumables),
    }
    told = {}
    for field in fields(design.terms):
        value = named.get(field.name, getattr(design.terms, field.name))
        if field.name in _SHARES and value is not None:
            value = f"{value * _SHARES[field.name]:g} %"
        told[field.name] = _word(value)
    return told


def _stage(stages: tuple[StageSheet, ...], place: int) -> str:
    if place >= len(stages):
        return _NONE
    stage = stages[place]
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
    return _NONE if value is None or value == "" else str(value)
