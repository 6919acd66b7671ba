"""How a design lives, and the words of a campaign. Nothing here touches the database."""

from core.access import Permission
from core.database import Coded
from core.lifecycle import Lifecycle, Move


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
