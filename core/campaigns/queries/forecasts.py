"""How many a design would reach, step by step, and what it may bring: what an approver judges."""

import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, literal_column, select

from core.access import Permission
from core.campaigns.model import Campaign
from core.campaigns.queries.designs import DesignSheet, sheet
from core.campaigns.rules import ActivityType, Objective
from core.customers.model import CustomerState
from core.people.queries import subtree
from core.segments.criteria import Known, spelled_out
from core.segments.model import Segment
from core.segments.queries import compiled, known_words
from core.segments.rules import SegmentKind
from core.work import Reader

BASIS = 10_000


@dataclass(frozen=True)
class Step:
    """`customers` are those whom this rule is the first to keep out."""

    rule: str
    customers: int


@dataclass(frozen=True)
class Forecast:
    """`steps` and `eligible` add up to `population`; contact caps and capacity come on top later.

    `conversions`, `cost` and `net` are None while the design gives no rate or no costs for them.
    """

    population: int
    steps: tuple[Step, ...]
    eligible: int
    control: int
    treated: int
    conversions: float | None
    cost: Decimal | None
    net: Decimal | None


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


def forecast_of(view: Reader, design: DesignSheet, known: Known) -> Forecast:
    """Count for a version at hand; whoever calls has asked for the permission."""
    unit_id = view.session.scalar(select(Campaign.unit_id).where(Campaign.id == design.campaign_id))
    rules = _rules(view, design, known)
    reason = case(
        *((compiled(view, rule, known=known), literal_column(str(n))) for n, (_, rule) in rules),
        else_=literal_column("0"),
    )
    units = () if unit_id is None else subtree(view.session, unit_id)
    statement = (
        select(reason.label("reason"), func.count())
        .select_from(CustomerState)
        .where(CustomerState.branch_id.in_(units))
        .group_by("reason")
    )
    counts = {int(number): customers for number, customers in view.session.execute(statement)}
    eligible = counts.get(0, 0)
    control = eligible * design.terms.control_share // BASIS
    treated = eligible - control
    terms = design.terms
    conversions = None if terms.expected_rate is None else treated * terms.expected_rate
    cost = None
    if terms.contact_cost is not None or terms.fixed_cost is not None:
        cost = (terms.contact_cost or Decimal()) * treated + (terms.fixed_cost or Decimal())
    net = None
    if conversions is not None and terms.value_per_conversion is not None:
        gain = Decimal(str(round(conversions, 6))) * terms.value_per_conversion
        net = (gain - (cost or Decimal())).quantize(Decimal("0.01"))
    return Forecast(
        population=sum(counts.values()),
        steps=tuple(Step(name, counts.get(number, 0)) for number, (name, _) in rules),
        eligible=eligible,
        control=control,
        treated=treated,
        conversions=conversions,
        cost=cost,
        net=net,
    )


def frozen(view: Reader, design: DesignSheet, known: Known) -> dict[str, Any]:
    """Return what an approval freezes: the rule spelled out, the counts, the terms, the stages."""
    rule = audience_rule(view, design.terms.segment_id)
    excluded = audience_rule(view, design.terms.exclusion_segment_id)
    agreed = {
        "rule": spelled_out(rule, known),
        "exclusion": None if excluded is None else spelled_out(excluded, known),
        "says": design.says,
        "control_share": design.terms.control_share,
        "forecast": asdict(forecast_of(view, design, known)),
        "terms": asdict(design.terms),
        "product": design.product,
        "base_product": design.base_product,
        "stages": [
            {
                "name": stage.terms.name,
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


def _rules(
    view: Reader, design: DesignSheet, known: Known
) -> list[tuple[int, tuple[str, dict[str, Any]]]]:
    """List the rules that keep customers out, in the order of a selection, numbered from 1."""
    terms = design.terms
    rules: list[tuple[str, dict[str, Any]]] = [
        ("not active", {"field": "active", "is": "=", "value": False}),
        ("do not contact", {"field": "do_not_contact", "is": "=", "value": True}),
    ]
    inside = [stage for stage in design.stages if stage.is_internal] or list(design.stages)
    sells = design.objective is not Objective.ADMINISTRATIVE
    if (
        inside
        and inside[0].medium
        and sells
        and inside[0].terms.activity_type is ActivityType.SALES
    ):
        medium = inside[0].medium.value
        rules.append((f"no consent for contact by {medium}", {"consent": medium, "given": False}))
    rules.append(("distress indicator", {"indicator": "distress"}))
    audience = audience_rule(view, terms.segment_id)
    if audience is not None:
        rules.append(("not in the segment", {"none": [audience]}))
    listed = audience_rule(view, terms.exclusion_segment_id)
    if listed is not None:
        rules.append(("on the exclusion list", listed))
    codes = {product.id: code for code, product in known.products.items()}
    if design.objective in {Objective.CROSS_SELL, Objective.UP_SELL} and terms.product_id:
        held = {"holds": {"product": codes[terms.product_id]}}
        rules.append((f"already holds {design.product}", held))
    if design.objective is Objective.UP_SELL and terms.base_product_id:
        lacking = {"lacks": {"product": codes[terms.base_product_id]}}
        rules.append((f"does not hold {design.base_product}", lacking))
    return list(enumerate(rules, start=1))
