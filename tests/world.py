"""A small bank that most tests live in. Ids are fixed, so tests may name them.

Two branches of one region: North (people, customers) and South. Every role has somebody.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from core.access import Actor, Role, Scope
from core.campaigns.model import (
    ActionType,
    ActivitySubtype,
    CampaignSubtype,
    CampaignType,
    Channel,
    ContactPolicy,
    Content,
    ReasonTemplate,
    StatusReason,
    TemplateReason,
)
from core.campaigns.rules import ActivityType, Objective, ReasonUse
from core.customers.model import Consent, Customer, CustomerState, Holding, Product
from core.customers.rules import CustomerKind, Medium
from core.people.model import Person, PersonQualification, PersonRole, Qualification, Team, Unit
from core.people.rules import JobFunction, UnitKind

BANK, REGION, NORTH, SOUTH, CENTRE = 1, 2, 3, 4, 5
TEAM_NORTH, TEAM_SOUTH = 1, 2
CURRENT, SAVINGS, CARD, GOLD, INSURANCE = 1, 2, 3, 4, 5
CERTIFIED = 1  # the qualification "savings advice"
VISIT, CALL, EMAIL = 1, 2, 3  # channels; the first two make activities, the third messages
REASONS = 1  # the reason template
NO_ANSWER, NEEDS_TIME, REFUSED_OFFER, WRONG_NUMBER, ABORTED = 1, 2, 3, 4, 5


@dataclass(frozen=True)
class World:
    """Who is who: actors by first name."""

    actors: dict[str, Actor] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Actor:
        try:
            return self.__dict__["actors"][name]
        except KeyError:
            raise AttributeError(name) from None


PEOPLE = (
    # id, first name, role, unit, team, job function
    (1, "ann", Role.AGENT, NORTH, TEAM_NORTH, JobFunction.RELATIONSHIP_MANAGER),
    (2, "ben", Role.AGENT, NORTH, TEAM_NORTH, JobFunction.TELLER),
    (3, "lea", Role.TEAM_LEAD, NORTH, TEAM_NORTH, JobFunction.OTHER),
    (4, "sam", Role.AGENT, SOUTH, TEAM_SOUTH, JobFunction.TELLER),
    (5, "lou", Role.TEAM_LEAD, SOUTH, TEAM_SOUTH, JobFunction.OTHER),
    (6, "mia", Role.CAMPAIGN_MANAGER, BANK, None, JobFunction.OTHER),
    (7, "max", Role.CAMPAIGN_MANAGER, BANK, None, JobFunction.OTHER),
    (8, "pia", Role.APPROVER, BANK, None, JobFunction.OTHER),
    (9, "eve", Role.EXECUTIVE, BANK, None, JobFunction.OTHER),
    (10, "ada", Role.ADMINISTRATOR, BANK, None, JobFunction.OTHER),
    (11, "tom", Role.AUDITOR, BANK, None, JobFunction.OTHER),
)
NORTH_CUSTOMERS = range(1, 11)
SOUTH_CUSTOMERS = range(11, 16)


def everybody() -> World:
    """Return the actors of the small bank."""
    return World({row[1]: _actor(row) for row in PEOPLE})


def build(session: Session, *, now: datetime) -> None:
    """Fill an empty schema: people, products, channels, reasons and fifteen customers.

    Customers 1 to 10 are North's, 11 to 15 South's. All are active, consent to every medium
    and hold a current account; 7 also holds savings, 8 holds a card and no current account.
    Ann is the relationship manager of 1 and 2.
    """
    _units(session)
    _people(session)
    _campaign_words(session)
    _customers(session, now)


def _units(session: Session) -> None:
    session.add_all(
        [
            Unit(id=BANK, code="BANK", name="The Bank", kind=UnitKind.BANK),
            Unit(id=REGION, code="R1", name="Region", kind=UnitKind.REGION, parent_id=BANK),
            Unit(id=NORTH, code="B1", name="North", kind=UnitKind.BRANCH, parent_id=REGION),
            Unit(id=SOUTH, code="B2", name="South", kind=UnitKind.BRANCH, parent_id=REGION),
            Unit(id=CENTRE, code="C1", name="Calls", kind=UnitKind.CONTACT_CENTRE, parent_id=BANK),
        ]
    )
    session.flush()
    session.add_all(
        [
            Team(id=TEAM_NORTH, name="North team", unit_id=NORTH),
            Team(id=TEAM_SOUTH, name="South team", unit_id=SOUTH),
        ]
    )
    session.flush()


def _people(session: Session) -> None:
    session.add(Qualification(id=CERTIFIED, code="SAV", name="Savings advice"))
    for id_, first, _role, unit, team, job in PEOPLE:
        session.add(
            Person(
                id=id_,
                staff_no=f"S{id_:03}",
                name=f"{first.title()} Example",
                email=f"{first}@bank.example",
                unit_id=unit,
                team_id=team,
                job_function=job,
            )
        )
    session.flush()
    session.add_all([PersonRole(person_id=row[0], role=row[2]) for row in PEOPLE])
    session.add(PersonQualification(person_id=1, qualification_id=CERTIFIED))
    session.flush()


def _campaign_words(session: Session) -> None:
    session.add_all(
        [
            Product(id=CURRENT, code="current", name="Current account", bit=0),
            Product(id=SAVINGS, code="savings", name="Savings account", bit=1),
            Product(id=CARD, code="card", name="Classic card", category="card", bit=2),
            Product(id=GOLD, code="gold", name="Gold card", category="card", bit=3),
            Product(id=INSURANCE, code="insurance", name="Home insurance", bit=None),
        ]
    )
    session.add_all(
        [
            CampaignType(id=1, name="Cross-sell", objective=Objective.CROSS_SELL),
            CampaignType(id=2, name="Up-sell", objective=Objective.UP_SELL),
            CampaignType(id=3, name="Retention", objective=Objective.RETENTION),
            CampaignType(id=4, name="Administrative", objective=Objective.ADMINISTRATIVE),
        ]
    )
    session.flush()
    session.add(CampaignSubtype(id=1, type_id=1, name="Savings"))
    session.add_all(
        [
            ActivitySubtype(id=1, type=ActivityType.SALES, name="Offer"),
            ActivitySubtype(id=2, type=ActivityType.ADMINISTRATIVE, name="Document renewal"),
            ActionType(id=1, name="Internal activity", is_campaign_activity=True),
            ActionType(id=2, name="Message", is_campaign_activity=False),
            StatusReason(id=NO_ANSWER, code="no-answer", value="Client didn't answer"),
            StatusReason(id=NEEDS_TIME, code="needs-time", value="Client needs time to decide"),
            StatusReason(id=REFUSED_OFFER, code="refused", value="Client refused offer"),
            StatusReason(id=WRONG_NUMBER, value="Wrong phone number"),
            StatusReason(id=ABORTED, code="system-aborted", value="System aborted", is_system=True),
            ReasonTemplate(id=REASONS, name="Sales contact"),
            ContactPolicy(id=1, most_contacts=3, period_days=90, quiet_days=90),
        ]
    )
    session.flush()
    in_progress, cancelled = ReasonUse.IN_PROGRESS, ReasonUse.CANCELLED
    session.add_all(
        TemplateReason(template_id=REASONS, reason_id=reason, use=use)
        for reason, use in (
            (NO_ANSWER, in_progress),
            (NEEDS_TIME, in_progress),
            (REFUSED_OFFER, cancelled),
            (WRONG_NUMBER, cancelled),
            (NO_ANSWER, cancelled),
            (NEEDS_TIME, cancelled),
        )
    )
    session.add_all(
        [
            Channel(id=VISIT, name="Branch visit", medium=Medium.BRANCH, action_type_id=1),
            Channel(id=CALL, name="Phone call", medium=Medium.PHONE, action_type_id=1),
            Channel(id=EMAIL, name="Email", medium=Medium.EMAIL, action_type_id=2),
        ]
    )
    session.flush()
    session.add_all(
        [
            Content(
                id=channel,
                name=f"Offer by {name}",
                channel_id=channel,
                subject="An offer for {customer name}",
                body="Good day {customer name}, we have something for you: {offer}.",
            )
            for channel, name in ((VISIT, "visit"), (CALL, "call"), (EMAIL, "email"))
        ]
    )
    session.flush()


def _customers(session: Session, now: datetime) -> None:
    everybody = [*NORTH_CUSTOMERS, *SOUTH_CUSTOMERS]
    for id_ in everybody:
        session.add(
            Customer(
                id=id_,
                customer_no=f"C{id_}",
                kind=CustomerKind.PRIVATE,
                name=f"Customer {id_:02} Example",
                pin=f"19{id_:02}0101-{id_:04}",
                attributes={},
                created_at=now,
                updated_at=now,
            )
        )
    session.flush()
    consents = sum(medium.bit for medium in Medium)
    for id_ in everybody:
        products = {7: 0b11, 8: 0b100}.get(id_, 0b1)
        session.add(
            CustomerState(
                customer_id=id_,
                branch_id=NORTH if id_ in NORTH_CUSTOMERS else SOUTH,
                manager_id=1 if id_ in (1, 2) else None,
                born_on=date(1960 + id_, 1, 1),
                joined_on=now.date() - timedelta(days=1000),
                products=products,
                consents=consents,
            )
        )
        for product in (CURRENT, SAVINGS, CARD):
            if products & 1 << product - 1:
                session.add(
                    Holding(
                        agreement_no=f"A{id_}-{product}",
                        customer_id=id_,
                        product_id=product,
                        opened_on=now.date() - timedelta(days=900),
                    )
                )
        session.add_all(
            Consent(customer_id=id_, medium=medium, is_given=True, since=now) for medium in Medium
        )
    session.flush()


def _actor(row: tuple[int, str, Role, int, int | None, JobFunction]) -> Actor:
    id_, first, role, unit, team, _job = row
    return Actor(
        person_id=id_,
        name=f"{first.title()} Example",
        roles=frozenset({role}),
        scope=Scope(bank_wide=True) if unit == BANK else Scope(unit_ids=(unit,), team_id=team),
        unit_id=unit,
    )
