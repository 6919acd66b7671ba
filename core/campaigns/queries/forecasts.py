"""How many a design would reach, step by step, and what it may bring: what an approver judges."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from sqlalchemy import func, select

from core.access import Permission
from core.campaigns.caps import Rule
from core.campaigns.gifts import gift_cost, too_few
from core.campaigns.lettering import as_text, counted, ids_told, letter_of
from core.campaigns.queries.designs import DesignSheet, sheet
from core.campaigns.rules import Exclusion, RandomisedBy
from core.campaigns.waterfall import CANDIDATE, audience, rules_of
from core.customers.model import CustomerState
from core.database import Ids
from core.people.model import Unit
from core.people.queries import inside
from core.segments.criteria import Known, spelled_out
from core.segments.model import Segment
from core.segments.queries import known_words
from core.segments.rules import SegmentKind
from core.work import Reader

BASIS = 10_000
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Step:
    """`customers` are those whom this rule is the first to keep out."""

    reason: Exclusion
    customers: int


@dataclass(frozen=True)
class Forecast:
    """What a selection in `unit` would come to now: `steps` and `eligible` add up to `population`.

    Only the capacity, which a run may set, comes on top later. `conversions`, `cost` and `net`
    are None while the design gives no rate or no costs for them; `lacks` says which. The cost has
    the gifts of the expected conversions in it, and `shortages` say of which too few are left.
    """

    unit: str
    population: int
    steps: tuple[Step, ...]
    eligible: int
    control: int
    treated: int
    conversions: float | None
    cost: Decimal | None
    net: Decimal | None
    lacks: tuple[str, ...] = ()
    shortages: tuple[str, ...] = ()


def forecast(view: Reader, *, design_id: int) -> Forecast:
    """Count whom a version would reach today in its campaign's unit, and what it may bring.

    :raises NotFound: there is no such version in scope
    :raises InvalidRule: its segment can't be selected
    """
    view.authorize(
        Permission.DESIGN_CAMPAIGNS, Permission.APPROVE_DESIGNS, Permission.SEE_PORTFOLIO
    )
    known = known_words(view)
    return forecast_of(view, sheet(view, design_id, known=known), known)


@dataclass(frozen=True)
class Counted:
    """A forecast, and where those are who could be contacted.

    `branches` holds how many each branch has, by its id; `clusters` the sizes of what is drawn
    as a whole, which is nothing where customers are drawn one by one.
    """

    forecast: Forecast
    branches: dict[int, int]
    clusters: tuple[int, ...]


def counted_for(view: Reader, design: DesignSheet, known: Known) -> Counted:
    """Count for a version at hand, once; whoever calls has asked for the permission."""
    wanted = audience(view, design.id)
    unit = view.session.get_one(Unit, wanted.campaign.unit_id)
    rules = rules_of(view, wanted, known=known)
    counts, candidates = _judged(view, unit, rules)
    counts[CANDIDATE] = len(candidates)
    return Counted(
        forecast=_forecast(design, unit.name, counts, [reason for reason, _ in rules]),
        branches=dict(zip(*_sizes(candidates[:, 0]), strict=True)),
        clusters=_clusters(candidates, design.terms.randomised_by),
    )


def _judged(view: Reader, unit: Unit, rules: Sequence[Rule]) -> tuple[Counter[int], Ids]:
    """Count the customers of a unit by the first rule that keeps them out.

    Where the others are comes beside it, a row for each: the branch, and the manager or 0.
    """
    state = CustomerState
    letters = letter_of(
        [(holds, reason.code) for reason, holds in rules],
        state.branch_id,
        func.coalesce(state.manager_id, 0),
    )
    there = inside(view.session, unit.id, state.branch_id)
    text = view.session.scalar(select(as_text(letters)).where(there))
    return counted(text), ids_told(text, each=2)


def _clusters(candidates: Ids, drawn_by: RandomisedBy) -> tuple[int, ...]:
    """Return the sizes of what is drawn as a whole; whoever has no manager is with the branch."""
    branches, managers = candidates.T
    if drawn_by is RandomisedBy.CUSTOMER:
        return ()
    if drawn_by is RandomisedBy.MANAGER:
        branches = np.where(managers > 0, managers, -branches)
    return tuple(sorted(_sizes(branches)[1]))


def _sizes(ids: Ids) -> tuple[list[int], list[int]]:
    """Return each id once, and how often it is there."""
    found, sizes = np.unique(ids, return_counts=True)
    return found.tolist(), sizes.tolist()


def forecast_of(view: Reader, design: DesignSheet, known: Known) -> Forecast:
    """Count for a version at hand; whoever calls has asked for the permission."""
    return counted_for(view, design, known).forecast


def _forecast(
    design: DesignSheet, unit: str, counts: Mapping[int, int], reasons: Sequence[Exclusion]
) -> Forecast:
    eligible = counts.get(CANDIDATE, 0)
    control = eligible * design.terms.control_share // BASIS
    treated = eligible - control
    terms = design.terms
    conversions = None if terms.expected_rate is None else treated * terms.expected_rate
    likely = Decimal(str(round(conversions or 0, 6)))
    cost = net = None
    if terms.contact_cost is not None:
        most = likely if terms.planned_gifts is None else min(likely, Decimal(terms.planned_gifts))
        gifts = (gift_cost(design.gifts) * most).quantize(_CENT)
        cost = terms.contact_cost * treated + (terms.fixed_cost or Decimal()) + gifts
    if conversions is not None and terms.value_per_conversion is not None and cost is not None:
        net = (likely * terms.value_per_conversion - cost).quantize(_CENT)
    return Forecast(
        unit=unit,
        population=sum(counts.values()),
        steps=tuple(Step(reason, counts.get(reason.code, 0)) for reason in reasons),
        eligible=eligible,
        control=control,
        treated=treated,
        conversions=conversions,
        cost=cost,
        net=net,
        lacks=tuple(
            lack
            for lack, value in (
                ("the expected conversions", terms.expected_rate),
                ("the cost of a contact", terms.contact_cost),
                ("the worth of a conversion", terms.value_per_conversion),
            )
            if value is None
        ),
        shortages=tuple(too_few(design.gifts, conversions, terms.planned_gifts)),
    )


def frozen(
    view: Reader, design: DesignSheet, known: Known, foreseen: Forecast, gate: dict[str, Any]
) -> dict[str, Any]:
    """Return what an approval freezes: the rule spelled out, the counts, the terms, the stages.

    :param gate: what was said of how far the version can show its gain, and be carried out
    """
    rule = audience_rule(view, design.terms.segment_id)
    excluded = audience_rule(view, design.terms.exclusion_segment_id)
    agreed = {
        "rule": spelled_out(rule, known),
        "exclusion": None if excluded is None else spelled_out(excluded, known),
        "says": design.says,
        "control_share": design.terms.control_share,
        "forecast": asdict(foreseen),
        "gate": gate,
        "terms": asdict(design.terms),
        "product": design.product,
        "base_product": design.base_product,
        "consumables": design.consumables,
        "gift_cost": gift_cost(design.gifts),
        "stages": [
            {
                "name": stage.terms.name,
                "begins": stage.terms.follows.says(stage.terms.start_after_days),
                "channel": stage.channel,
                "subject": stage.subject,
                "body": stage.body,
                "template": stage.template,
            }
            for stage in design.stages
        ],
    }
    plain: dict[str, Any] = json.loads(json.dumps(agreed, default=str))  # amounts as text
    return plain


def audience_rule(view: Reader, segment_id: int | None) -> Any:
    """Return the rule that a segment stands for; a fixed list stands for itself."""
    if segment_id is None:
        return None
    segment = view.session.get_one(Segment, segment_id)
    return {"segment": segment.code} if segment.kind is SegmentKind.STATIC else segment.rule
