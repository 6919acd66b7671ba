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
    CONTROL_ELSEWHERE = "held out by a running campaign for the same product", 10
    HOLDOUT = "held out of all sales campaigns", 11
    CAPACITY = "capacity", 12


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
