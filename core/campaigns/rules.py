"""How a design lives, and the words of a campaign. Nothing here touches the database."""

import re
from dataclasses import dataclass

from core.access import Permission
from core.database import Coded
from core.lifecycle import Lifecycle, Move
from core.refusals import Invalid


class Objective(Coded):
    """What a campaign is for; it decides which holdings exclude a customer."""

    CROSS_SELL = "cross-sell", 1
    UP_SELL = "up-sell", 2
    RETENTION = "retention", 3
    ACTIVATION = "activation", 4
    ADMINISTRATIVE = "administrative", 5


class Priority(Coded):
    """A lower code is more urgent."""

    HIGH = "High", 1
    MEDIUM = "Medium", 2
    LOW = "Low", 3
    VERY_LOW = "Very Low", 4


class ActivityType(Coded):
    SALES = "sales", 1
    ADMINISTRATIVE = "administrative", 2


class Metric(Coded):
    """What a design is judged by. Each has a numerator and a denominator in the funnel."""

    CONVERSION = "conversion", 1  # won leads ÷ confirmed candidates
    RESPONSE = "response", 2  # positive responses ÷ confirmed candidates
    REACH = "reach", 3  # reached ÷ confirmed candidates
    UPTAKE = "uptake", 4  # outcome observed ÷ treated candidates


class Exclusion(Coded):
    """Why a customer is not a candidate: the first that holds, in this order of codes."""

    NOT_ACTIVE = "not active", 1
    DO_NOT_CONTACT = "do not contact", 2
    NO_CONSENT = "no consent for the channel", 3
    DISTRESS = "distress indicator", 4
    NOT_IN_SEGMENT = "not in the segment rule", 5
    ON_EXCLUSION_LIST = "on an exclusion list", 6
    HOLDS_PRODUCT = "already holds the product, or lacks the base product", 7
    CONTACT_CAP = "contact cap", 8
    BUSY_ELSEWHERE = "open activity in a campaign of higher or equal priority", 9
    CAPACITY = "capacity", 10


class RandomisedBy(Coded):
    """Who is drawn into the arms: customers one by one, or all customers of one of these."""

    CUSTOMER = "customer", 1
    MANAGER = "relationship manager", 2
    BRANCH = "branch", 3


class Condition(Coded):
    """What has to have come of the earlier stage for a customer to get a later one."""

    ALWAYS = "whatever came of it", 1
    NOT_REACHED = "not reached", 2
    UNDECIDED = "reached, no decision yet", 3
    DECLINED = "said no", 4
    ACCEPTED = "said yes", 5


class CreateOn(Coded):
    PLANNED = "planned date", 1
    SHIFTED = "shifted date", 2


class ReasonUse(Coded):
    """For which target status a template offers a reason."""

    IN_PROGRESS = "In progress", 1
    CANCELLED = "Cancelled", 2


class DesignStatus(Coded):
    DRAFT = "draft", 1
    SUBMITTED = "waiting for approval", 2
    APPROVED = "approved", 3
    RETURNED = "sent back", 4
    WITHDRAWN = "withdrawn", 5


_DESIGN = frozenset({Permission.DESIGN_CAMPAIGNS})
_APPROVE = frozenset({Permission.APPROVE_DESIGNS})

SUBMIT = Move(
    "ask for approval",
    frozenset({DesignStatus.DRAFT, DesignStatus.RETURNED}),
    DesignStatus.SUBMITTED,
    _DESIGN,
)
APPROVE = Move("approve", frozenset({DesignStatus.SUBMITTED}), DesignStatus.APPROVED, _APPROVE)
SEND_BACK = Move("send back", frozenset({DesignStatus.SUBMITTED}), DesignStatus.RETURNED, _APPROVE)
WITHDRAW = Move(
    "withdraw",
    frozenset({DesignStatus.DRAFT, DesignStatus.SUBMITTED, DesignStatus.RETURNED}),
    DesignStatus.WITHDRAWN,
    _DESIGN,
)
DESIGN_LIFECYCLE = Lifecycle(
    initial=(DesignStatus.DRAFT,), moves=(SUBMIT, APPROVE, SEND_BACK, WITHDRAW)
)
EDITABLE = frozenset({DesignStatus.DRAFT, DesignStatus.RETURNED})
MOST_CONTROL = 5_000  # basis points

TOKENS = ("{customer name}", "{offer}", "{product}", "{branch}", "{person}")
_TOKEN = re.compile(r"\{[^{}]*\}?|\}")


def unknown_tokens(text: str) -> list[str]:
    """Return what stands in braces in `text` but is no token, a brace left open included."""
    return [found for found in _TOKEN.findall(text) if found not in TOKENS]


MOST_DAYS = 10_000
MOST_OVERRIDES = 20  # each is judged with every customer who was contacted of late


@dataclass(frozen=True)
class ContactTerms:
    """So many sales contacts in `period_days` at most; none for `quiet_days` after a refusal."""

    most_contacts: int
    period_days: int
    quiet_days: int

    def __post_init__(self) -> None:
        if self.most_contacts < 0 or self.period_days < 1 or self.quiet_days < 0:
            raise Invalid("Contacts and quiet days count from 0 on, the period from one day on.")
        if max(self.most_contacts, self.period_days, self.quiet_days) > MOST_DAYS:
            raise Invalid(f"Numbers beyond {MOST_DAYS:,} make no policy.")


@dataclass(frozen=True)
class ContactRules:
    """The bank's terms, and those of segments by id, which hold instead of them.

    A customer of several such segments is held by the strictest: if any of them holds, and for
    as long as any of them does.
    """

    bank: ContactTerms
    overrides: tuple[tuple[int, ContactTerms], ...] = ()

    def __post_init__(self) -> None:
        if self.bank.most_contacts < 1:
            raise Invalid("Allow the bank's customers at least one contact; a segment may have 0.")
        if len(self.overrides) > MOST_OVERRIDES:
            raise Invalid(f"At most {MOST_OVERRIDES} segments can have terms of their own.")

    def with_override(self, segment_id: int, terms: ContactTerms | None) -> "ContactRules":
        """Return the rules with other terms for one segment; None gives it the bank's."""
        others = tuple(each for each in self.overrides if each[0] != segment_id)
        return ContactRules(self.bank, others if terms is None else (*others, (segment_id, terms)))


@dataclass(frozen=True)
class StagePlan:
    """What decides whether one stage of a design is ready; None for what is not chosen yet.

    `template` holds the name of the reason template and how many reasons it offers for In
    progress and for Cancelled.
    """

    position: int
    name: str
    content: str | None
    subject: str
    body: str
    channel: str | None
    is_internal: bool | None
    template: tuple[str, int, int] | None


@dataclass(frozen=True)
class Plan:
    """What decides whether a design is ready to be asked approval for."""

    objective: Objective
    has_segment: bool
    segment_problem: str | None
    product: str | None
    base_product: str | None
    offer: str
    control_share: int
    stages: tuple[StagePlan, ...]


def shortcomings(plan: Plan) -> list[str]:
    """Say everything that is missing before approval can be asked for; nothing if all is there."""
    missing = []
    if not plan.has_segment:
        missing.append("Choose the audience: a segment.")
    if plan.segment_problem:
        missing.append(f"The audience can't be selected. {plan.segment_problem}")
    if plan.objective in {Objective.CROSS_SELL, Objective.UP_SELL} and plan.product is None:
        missing.append(f"A {plan.objective} offers a product: choose which.")
    if plan.objective is Objective.UP_SELL and plan.base_product is None:
        missing.append("An up-sell starts from a product that the customer holds: choose which.")
    if plan.product is not None and plan.product == plan.base_product:
        missing.append(f"The offered product and the base product are both {plan.product}.")
    if not 0 <= plan.control_share <= MOST_CONTROL:
        missing.append("The control share lies between 0 and 50 %.")
    if not plan.stages:
        missing.append("Add at least one stage.")
    for stage in plan.stages:
        missing += [f"Stage {stage.position}, {stage.name}: {gap}" for gap in _gaps(stage, plan)]
    return missing


def _gaps(stage: StagePlan, plan: Plan) -> list[str]:
    if stage.content is None:
        return ["choose its content."]
    gaps = []
    said = f"{stage.subject}\n{stage.body}"
    if not stage.body.strip():
        gaps.append(f"the content “{stage.content}” says nothing.")
    if unknown := unknown_tokens(said):
        gaps.append(f"the content “{stage.content}” names {', '.join(unknown)}, which is unknown.")
    if "{offer}" in said and not plan.offer.strip():
        gaps.append("its content names {offer}, but this design makes none.")
    if "{product}" in said and plan.product is None:
        gaps.append("its content names {product}, but this design has none.")
    if stage.is_internal is None:
        gaps.append(f"the channel {stage.channel} has no default action type.")
    if stage.is_internal:
        gaps += _template_gaps(stage.template)
    return gaps


def _template_gaps(template: tuple[str, int, int] | None) -> list[str]:
    if template is None:
        return ["choose its reason template: an internal stage can't be worked without one."]
    name, in_progress, cancelled = template
    counts = {ReasonUse.IN_PROGRESS: in_progress, ReasonUse.CANCELLED: cancelled}
    return [
        f"the reason template “{name}” offers no reason for {use}."
        for use, count in counts.items()
        if not count
    ]
