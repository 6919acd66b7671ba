"""Who is who in the walks of A1: the story as it is told, and another one told the same way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from core.access import Actor, Role, Scope
from core.activities.rules import Outcome
from core.customers.model import Consent, Customer, CustomerState, Holding, Indicator
from core.customers.rules import CustomerKind, IndicatorKind, Medium
from core.impact.rules import Verdict
from core.people.model import Person, PersonQualification, PersonRole
from core.runs.rules import Exclusion
from tests import world as w
from tests.conftest import NOW

YES, NO = Outcome.ACCEPTED, Outcome.REFUSED
CALL_BACK, NOT_REACHED = Outcome.CALL_BACK, Outcome.NOT_REACHED


@dataclass(frozen=True)
class Case:
    """One story: customers by id, what they answer, and what the numbers must come to."""

    product: int
    rule: dict[str, Any]
    unit: int
    prepare: Callable[[Session], None]
    agent: str  # relationship manager and certified
    lead: str
    uncertified: Actor
    excluded: dict[int, Exclusion]
    managed: set[int]
    rejected: set[int]
    answers: dict[int, Outcome]
    won: set[int]
    goal: float
    verdict: Verdict

    @property
    def fit(self) -> set[int]:
        return set(self.answers) | self.rejected

    def answered(self, *outcomes: Outcome) -> set[int]:
        return {customer for customer, outcome in self.answers.items() if outcome in outcomes}


def _rule(*parts: dict[str, Any]) -> dict[str, Any]:
    active = {"field": "active", "is": "=", "value": True}
    return {"all": [active, *parts, {"indicator": "distress", "set": False}]}


def _distress(session: Session, customer_id: int) -> None:
    session.add(Indicator(customer_id=customer_id, kind=IndicatorKind.DISTRESS, valid_from=NOW))
    session.execute(
        update(CustomerState)
        .where(CustomerState.customer_id == customer_id)
        .values(indicators=IndicatorKind.DISTRESS.bit)
    )


def _inactive(session: Session, customer_id: int) -> None:
    session.execute(
        update(CustomerState)
        .where(CustomerState.customer_id == customer_id)
        .values(is_active=False)
    )


def _north(session: Session) -> None:
    _distress(session, 9)
    _inactive(session, 10)


def _south(session: Session) -> None:
    """Let South have fifteen customers, Sam manage and be certified, and Zoe not."""
    session.add(
        Person(
            id=21, staff_no="S021", name="Zoe Example", email="zoe@bank.example", unit_id=w.SOUTH
        )
    )
    session.flush()
    session.add(PersonRole(person_id=21, role=Role.AGENT))
    session.add(PersonQualification(person_id=4, qualification_id=w.CERTIFIED))
    more = range(16, 26)
    consents = sum(medium.bit for medium in Medium)
    session.execute(
        insert(Customer),
        [
            {
                "id": id_,
                "customer_no": f"C{id_}",
                "kind": CustomerKind.CORPORATE,
                "name": f"Firm {id_} Ltd",
                "attributes": {},
                "created_at": NOW,
                "updated_at": NOW,
            }
            for id_ in more
        ],
    )
    session.execute(
        insert(CustomerState),
        [
            {
                "customer_id": id_,
                "branch_id": w.SOUTH,
                "products": 0b100 if id_ == 20 else 0b1,
                "consents": 0 if id_ == 25 else consents,
                "manager_id": 4 if id_ in (16, 17) else None,
            }
            for id_ in more
        ],
    )
    session.execute(
        insert(Consent),
        [
            {"customer_id": id_, "medium": medium, "is_given": id_ != 25, "since": NOW}
            for id_ in more
            for medium in Medium
        ],
    )
    session.execute(
        update(CustomerState).where(CustomerState.customer_id == 11).values(manager_id=4)
    )
    held = [(id_, w.CARD if id_ == 20 else w.CURRENT) for id_ in more]
    held += [(18, w.INSURANCE), (19, w.INSURANCE)]
    session.add_all(
        Holding(
            agreement_no=f"B{customer}-{product}",
            customer_id=customer,
            product_id=product,
            opened_on=NOW.date() - timedelta(days=500),
        )
        for customer, product in held
    )
    _distress(session, 21)
    _inactive(session, 22)


def _colleague(id_: int, name: str, unit: int, team: int | None) -> Actor:
    scope = Scope(unit_ids=(unit,), team_id=team)
    return Actor(id_, name, frozenset({Role.AGENT}), scope, unit_id=unit)


AS_TOLD = Case(
    product=w.SAVINGS,
    rule=_rule({"holds": {"product": "current"}}, {"lacks": {"product": "savings"}}),
    unit=w.NORTH,
    prepare=_north,
    agent="ann",
    lead="lea",
    uncertified=_colleague(2, "Ben Example", w.NORTH, w.TEAM_NORTH),
    excluded={
        7: Exclusion.NOT_IN_SEGMENT,
        8: Exclusion.NOT_IN_SEGMENT,
        9: Exclusion.DISTRESS,
        10: Exclusion.NOT_ACTIVE,
    },
    managed={1, 2},
    rejected={2},
    answers={1: YES, 3: NO, 4: CALL_BACK, 5: NOT_REACHED, 6: YES},
    won={1},
    goal=0.2,
    verdict=Verdict.MET,
)

TOLD_ANEW = Case(
    product=w.INSURANCE,
    rule=_rule({"holds": {"product": "current"}}),
    unit=w.SOUTH,
    prepare=_south,
    agent="sam",
    lead="lou",
    uncertified=_colleague(21, "Zoe Example", w.SOUTH, None),
    excluded={
        18: Exclusion.HOLDS_PRODUCT,
        19: Exclusion.HOLDS_PRODUCT,
        20: Exclusion.NOT_IN_SEGMENT,
        21: Exclusion.DISTRESS,
        22: Exclusion.NOT_ACTIVE,
        25: Exclusion.NO_CONSENT,
    },
    managed={11, 16, 17},
    rejected={11, 17},
    answers={
        12: NOT_REACHED,
        13: YES,
        14: NO,
        15: YES,
        16: YES,
        23: CALL_BACK,
        24: NOT_REACHED,
    },
    won={13, 16},
    goal=0.7,
    verdict=Verdict.MISSED,
)
START, END = date(2026, 3, 2), date(2026, 4, 30)
