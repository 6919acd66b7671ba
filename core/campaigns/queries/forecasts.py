"""How many a design would reach, step by step, and what it may bring: what an approver judges."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import SQLColumnExpression, select

from core.access import Permission
from core.campaigns.caps import Rule
from core.campaigns.gifts import gift_cost, too_few
from core.campaigns.lettering import as_text, counted, letter_of
from core.campaigns.queries.designs import DesignSheet, sheet
from core.campaigns.rules import Exclusion, RandomisedBy
from core.campaigns.waterfall import CANDIDATE, audience, rules_of
from core.customers.model import CustomerState
from core.people.model import Unit
from core.people.queries import subtree
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
    drawn_by = design.terms.randomised_by
    keys = (CustomerState.manager_id,) if drawn_by is RandomisedBy.MANAGER else ()
    counts, branches = Counter[int](), Counter[int]()
    drawn = Counter[tuple[int | None, int | None]]()
    for code, (branch_id, *manager_ids), customers in _reasons(view, unit, rules, *keys):
        counts[code] += customers
        if code == CANDIDATE:
            branches[branch_id] += customers
            manager_id = manager_ids[0] if manager_ids else None
            # Whoever has no manager is drawn with the branch.
            drawn[manager_id, None if manager_id else branch_id] += customers
    one_by_one = drawn_by is RandomisedBy.CUSTOMER
    return Counted(
        forecast=_forecast(design, unit.name, counts, [reason for reason, _ in rules]),
        branches=dict(branches),
        clusters=() if one_by_one else tuple(sorted(drawn.values())),
    )


def _reasons(
    view: Reader, unit: Unit, rules: Sequence[Rule], *keys: SQLColumnExpression[Any]
) -> Iterator[tuple[int, tuple[Any, ...], int]]:
    """Count the customers of a unit by the first rule that keeps them out, by branch and keys.

    The reasons of each branch come as one text, a letter for each customer.
    """
    letter = letter_of([(holds, reason.code) for reason, holds in rules], other=CANDIDATE)
    branch_id: SQLColumnExpression[int] = CustomerState.branch_id
    if unit.parent_id is None and view.dialect == "postgresql":
        branch_id = branch_id + 0  # by its index it would look everybody up one by one
    rows = select(letter.label("letter"), branch_id.label("branch_id"), *keys).where(
        branch_id.in_(subtree(view.session, unit.id))
    )
    if view.dialect == "postgresql":
        rows = rows.offset(0)  # else the columns are sorted, and judged only then
    letters, *by = rows.subquery().c
    for text, *of in view.session.execute(select(as_text(letters), *by).group_by(*by)):
        for code, customers in counted(text).items():
            yield code, tuple(of), customers


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
