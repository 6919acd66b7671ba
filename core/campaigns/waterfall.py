"""Which rule keeps a customer out, as one expression over the narrow state row.

A forecast and a selection ask these same rules, so that what was approved is what is selected.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    SQLColumnExpression,
    case,
    exists,
    false,
    literal,
    literal_column,
    or_,
    select,
)

from core.campaigns.arbitration import busy
from core.campaigns.caps import Rule, contact_cap
from core.campaigns.contact_policy import check_terms
from core.campaigns.left_alone import left_alone
from core.campaigns.model import (
    ActionType,
    Campaign,
    CampaignType,
    Channel,
    Content,
    Design,
    Stage,
)
from core.campaigns.rules import ActivityType, ContactRules, Exclusion, Objective
from core.customers.model import CustomerState, Holding, Indicator, Product
from core.customers.rules import IndicatorKind, Medium
from core.customers.state import valid_indicator
from core.refusals import Invalid
from core.segments.criteria import Known
from core.segments.queries import compiled, in_segment, known_words
from core.work import Reader

CANDIDATE = 0  # what `first_reason` says of a customer whom no rule keeps out


@dataclass(frozen=True)
class Audience:
    """What a design asks for, as far as it decides who is a candidate.

    `medium` is that of the first internal stage; None while no stage has content.
    """

    design: Design
    campaign: Campaign
    objective: Objective
    medium: Medium | None
    is_sales: bool


def audience(view: Reader, design_id: int) -> Audience:
    """Read the design, and the channel whose consent counts: that of the first internal stage.

    An administrative campaign, or one whose stage is administrative, asks for no sales consent.
    """
    design, campaign, objective = view.session.execute(
        select(Design, Campaign, CampaignType.objective)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .where(Design.id == design_id)
    ).one()
    first = view.session.execute(
        select(Channel.medium, Stage.activity_type)
        .select_from(Stage)
        .join(Content, Content.id == Stage.content_id)
        .join(Channel, Channel.id == Content.channel_id)
        .join(ActionType, ActionType.id == Channel.action_type_id)
        .where(Stage.design_id == design_id)
        .order_by(ActionType.is_campaign_activity.desc(), Stage.position)
        .limit(1)
    ).one_or_none()
    medium, type_ = first or (None, ActivityType.SALES)
    is_sales = objective is not Objective.ADMINISTRATIVE and type_ is ActivityType.SALES
    return Audience(design, campaign, objective, medium, is_sales)


def first_reason(rules: Sequence[Rule]) -> ColumnElement[int]:
    """Return the code of the first `Exclusion` that holds for a row of `CustomerState`, or 0."""
    return case(*((holds, reason.literal) for reason, holds in rules), else_=literal_column("0"))


def rules_of(
    view: Reader,
    wanted: Audience,
    *,
    known: Known | None = None,
    run_id: int | None = None,
    policy: ContactRules | None = None,
    of_many: bool = True,
) -> list[Rule]:
    """List the rules in the order of the waterfall; one that can't hold is left out.

    Capacity is none of them: it belongs to a run, and takes from those whom all of them leave.

    :param known: the bank's words when they are at hand already
    :param run_id: the run that selects; what it had chosen before does not stand in its way
    :param policy: a contact policy to try out, in place of the bank's
    :param of_many: false where few are asked about, whose contacts are counted for each of them
    :raises Invalid: the design has no audience, or one that can't be selected any more
    """
    known = known or known_words(view)
    state = CustomerState
    rules: list[Rule] = [
        (Exclusion.NOT_ACTIVE, ~state.is_active),
        (Exclusion.DO_NOT_CONTACT, state.do_not_contact),
    ]
    if wanted.is_sales and wanted.medium is not None:
        rules.append((Exclusion.NO_CONSENT, lacks_consent(wanted.medium)))
    rules += [
        (Exclusion.DISTRESS, in_distress(view, of_many=of_many)),
        (Exclusion.NOT_IN_SEGMENT, ~_in_audience(view, wanted.design, known, of_many=of_many)),
    ]
    rules += _exclusion_list(view, wanted.design, known, of_many=of_many)
    rules += _product_rule(view, wanted)
    if wanted.is_sales:
        if policy is None:
            check_terms(view.session, known)
        rules += contact_cap(view, of_many=of_many, rules=policy, known=known)
    taken = busy(view, wanted.campaign.priority, but_for=run_id, of_many=of_many)
    rules.append((Exclusion.BUSY_ELSEWHERE, taken))
    if wanted.is_sales:  # last, so that they count what the measurements cost
        rules += left_alone(view, wanted.design, but_for=run_id)
    return rules


def lacks_consent(medium: Medium) -> ColumnElement[bool]:
    return _mask(CustomerState.consents, medium.bit) == 0


def refuses_every_way(view: Reader) -> ColumnElement[bool]:
    """Tell of state rows whether they allow none of the ways in which our people make contact."""
    ways = view.session.scalars(
        select(Channel.medium)
        .join(ActionType, ActionType.id == Channel.action_type_id)
        .where(ActionType.is_campaign_activity)
    )
    media = sum({medium.bit for medium in ways})
    return CustomerState.consents.bitwise_and(media) == 0 if media else false()


def in_distress(view: Reader, *, of_many: bool = False) -> ColumnElement[bool]:
    """Test for a distress indicator that counts now; the bit alone may have run out.

    :param of_many: find all of them once, instead of looking each customer up
    """
    marked = _mask(CustomerState.indicators, IndicatorKind.DISTRESS.bit) != 0
    valid = select(Indicator.customer_id).where(
        Indicator.kind == IndicatorKind.DISTRESS.literal, valid_indicator(view.now)
    )
    if of_many:
        return marked & CustomerState.customer_id.in_(valid)
    return marked & valid.where(Indicator.customer_id == CustomerState.customer_id).exists()


def _in_audience(
    view: Reader, design: Design, known: Known, *, of_many: bool
) -> ColumnElement[bool]:
    # What was approved is frozen: a segment changed since then changes nothing here.
    rule = (design.frozen or {}).get("rule")
    if rule is not None:
        return compiled(view, rule, known=known, of_many=of_many)
    if design.segment_id is None:
        raise Invalid(f"Version {design.version} has no segment: nobody can be selected.")
    return in_segment(view, design.segment_id, known=known, of_many=of_many)


def _exclusion_list(view: Reader, design: Design, known: Known, *, of_many: bool) -> list[Rule]:
    if design.exclusion_segment_id is None:
        return []
    rule = (design.frozen or {}).get("exclusion")
    listed = (
        in_segment(view, design.exclusion_segment_id, known=known, of_many=of_many)
        if rule is None
        else compiled(view, rule, known=known, of_many=of_many)
    )
    return [(Exclusion.ON_EXCLUSION_LIST, listed)]


def _product_rule(view: Reader, wanted: Audience) -> list[Rule]:
    reasons: list[ColumnElement[bool]] = []
    sells = wanted.objective in {Objective.CROSS_SELL, Objective.UP_SELL}
    if sells and wanted.design.product_id is not None:
        reasons.append(_holds(view, wanted.design.product_id))
    if wanted.objective is Objective.UP_SELL and wanted.design.base_product_id is not None:
        reasons.append(~_holds(view, wanted.design.base_product_id))
    return [(Exclusion.HOLDS_PRODUCT, or_(*reasons))] if reasons else []


def _holds(view: Reader, product_id: int) -> ColumnElement[bool]:
    bit = view.session.get_one(Product, product_id).bit
    if bit is not None:
        return _mask(CustomerState.products, 1 << bit) != 0
    return exists().where(
        Holding.customer_id == CustomerState.customer_id,
        Holding.product_id == product_id,
        Holding.closed_on.is_(None),
    )


def _mask(bits: SQLColumnExpression[int], mask: int) -> ColumnElement[int]:
    wide = BigInteger if mask > 0x7FFFFFFF else Integer
    return bits.bitwise_and(literal(mask, wide))
