"""What a new bank starts with: types, channels, reasons, retry rules, policy, service levels.

All of it can be changed and added to in Administration, without a release.
"""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.activities.model import RetryRule
from core.activities.rules import REFUSED_OFFER, SYSTEM_ABORTED, Outcome, RetryEnd
from core.campaigns.model import (
    ActionType,
    ActivitySubtype,
    CampaignSubtype,
    CampaignType,
    Channel,
    ContactPolicy,
    ReasonTemplate,
    StatusReason,
    TemplateReason,
)
from core.campaigns.rules import ActivityType, Objective, ReasonUse
from core.customers.rules import Medium
from core.people.model import Unit
from core.people.rules import UnitKind
from core.service.model import ServiceLevel
from core.service.rules import DEFAULTS
from core.settings import settings

NO_ANSWER, NEEDS_TIME = "no-answer", "needs-time"
WRONG_NUMBER = "wrong-number"
REASONS = {
    NO_ANSWER: "Client didn't answer",
    NEEDS_TIME: "Client needs time to decide",
    REFUSED_OFFER: "Client refused offer",
    WRONG_NUMBER: "Wrong phone number",
    SYSTEM_ABORTED: "System aborted",
}
OFFERED = (
    (NO_ANSWER, ReasonUse.IN_PROGRESS),
    (NEEDS_TIME, ReasonUse.IN_PROGRESS),
    (REFUSED_OFFER, ReasonUse.CANCELLED),
    (WRONG_NUMBER, ReasonUse.CANCELLED),
    (NO_ANSWER, ReasonUse.CANCELLED),
    (NEEDS_TIME, ReasonUse.CANCELLED),
)
SALES_CONTACT, ADMINISTRATIVE_CONTACT = "Sales contact", "Administrative contact"
VISIT, CALL = "Branch visit", "Phone call"
CHANNELS = (  # name, medium, whether it makes work for our people
    (VISIT, Medium.BRANCH, True),
    (CALL, Medium.PHONE, True),
    ("Email", Medium.EMAIL, False),
    ("Text message", Medium.SMS, False),
    ("Letter", Medium.POST, False),
    ("App message", Medium.APP, False),
)
_HOUR, _DAY = 60, 24 * 60
RETRIES = (  # outcome, minutes until the next try, tries, and why it ends then
    (Outcome.NOT_REACHED, 4 * _HOUR, 4, NO_ANSWER),
    (Outcome.CALL_BACK, 2 * _DAY, 5, NEEDS_TIME),
)
CAMPAIGN_TYPES = {
    Objective.CROSS_SELL: ("Cross-sell", ("Savings", "Insurance", "Investments", "Cards")),
    Objective.UP_SELL: ("Up-sell", ("Cards", "Accounts")),
    Objective.RETENTION: ("Retention", ("Active retention", "Renewal")),
    Objective.ACTIVATION: ("Activation", ("Dormant accounts", "Digital channels")),
    Objective.ADMINISTRATIVE: ("Administrative", ("Know your customer", "Documents")),
}
ACTIVITY_SUBTYPES = {
    ActivityType.SALES: ("Offer", "Renewal", "Advice"),
    ActivityType.ADMINISTRATIVE: ("Contact details", "Document renewal"),
}


def lay_down(session: Session, *, bank_name: str) -> bool:
    """Insert the words and the bank's own unit, unless the database has some already.

    A bank that does not say yet in which currency its amounts are says so from now on.
    """
    currency = settings().currency
    if session.scalar(select(Unit.id).limit(1)) is not None:
        unsaid = Unit.parent_id.is_(None), Unit.currency.is_(None)
        session.execute(update(Unit).where(*unsaid).values(currency=currency))
        return False
    session.add(Unit(code="BANK", name=bank_name, kind=UnitKind.BANK, currency=currency))
    session.add(ContactPolicy(id=1, most_contacts=3, period_days=90, quiet_days=90))
    session.add_all(
        ServiceLevel(priority=priority, at_risk_bp=level.at_risk_bp, target_bp=level.target_bp)
        for priority, level in DEFAULTS.items()
    )
    _types(session)
    _channels(session)
    _reasons(session)
    return True


def _types(session: Session) -> None:
    types = {
        objective: CampaignType(name=name, objective=objective)
        for objective, (name, _subtypes) in CAMPAIGN_TYPES.items()
    }
    session.add_all(types.values())
    session.flush()
    for objective, (_name, subtypes) in CAMPAIGN_TYPES.items():
        session.add_all(
            CampaignSubtype(type_id=types[objective].id, name=name) for name in subtypes
        )
    for type_, names in ACTIVITY_SUBTYPES.items():
        session.add_all(ActivitySubtype(type=type_, name=name) for name in names)
    session.flush()


def _channels(session: Session) -> None:
    internal = ActionType(name="Internal activity", is_campaign_activity=True)
    message = ActionType(name="Message", is_campaign_activity=False)
    session.add_all([internal, message])
    session.flush()
    session.add_all(
        Channel(name=name, medium=medium, action_type_id=(internal if makes_work else message).id)
        for name, medium, makes_work in CHANNELS
    )
    session.flush()


def _reasons(session: Session) -> None:
    reasons = {
        code: StatusReason(code=code, value=value, is_system=code == SYSTEM_ABORTED)
        for code, value in REASONS.items()
    }
    templates = [ReasonTemplate(name=name) for name in (SALES_CONTACT, ADMINISTRATIVE_CONTACT)]
    session.add_all([*reasons.values(), *templates])
    session.flush()
    session.add_all(
        TemplateReason(template_id=template.id, reason_id=reasons[code].id, use=use)
        for template in templates
        for code, use in OFFERED
        if code != REFUSED_OFFER or template.name == SALES_CONTACT
    )
    session.flush()
    session.add_all(
        RetryRule(
            template_id=template.id,
            outcome=outcome,
            delay_minutes=minutes,
            most_attempts=tries,
            ending=RetryEnd.CANCEL,
            reason_id=reasons[code].id,
        )
        for template in templates
        for outcome, minutes, tries, code in RETRIES
    )
    session.flush()
