"""Reported conversions and what the holdings say, for tests of the truth check."""

from datetime import timedelta

from sqlalchemy import func, insert, select

from core.activities.model import Activity
from core.activities.rules import DETAIL_OF, Outcome, Status
from core.campaigns.model import Design, Stage
from core.campaigns.rules import ActivityType, Priority
from core.customers.model import Holding
from core.responses.model import Lead, Response
from core.responses.rules import LeadStatus
from core.runs.model import Candidate, Run
from tests import world as w
from tests.conftest import NOW
from tests.making.results import candidates

TODAY = NOW.date()


def day(days):
    """A day so many days ago."""
    return TODAY - timedelta(days=days)


def ago(days):
    """A moment in the morning so many days ago."""
    return NOW - timedelta(days=days)


def known_until(session, day=TODAY):
    """Let the holdings be known until a day: somebody opened something on it."""
    held(session, [1], day, product=w.GOLD)


def held(session, customers, opened_on, *, product=w.SAVINGS, closed_on=None):
    many = session.scalar(select(func.count()).select_from(Holding))
    session.execute(
        insert(Holding),
        [
            {
                "agreement_no": f"T{number}",
                "customer_id": customer,
                "product_id": product,
                "opened_on": opened_on,
                "closed_on": closed_on,
            }
            for number, customer in enumerate(customers, start=many)
        ],
    )


def reported(session, run_id, customers, *, contact=50, yes=None, won=45, **columns):
    """Insert treated candidates who were contacted, said yes and bought so many days ago.

    :param yes: when they said yes, if not at the first contact
    :param won: when the sale was reported, or None for a yes without one
    """
    yes = contact if yes is None else yes
    moments = dict.fromkeys(("assigned_at", "attempted_at", "reached_at"), ago(contact))
    moments |= dict.fromkeys(("responded_at", "converted_at"), ago(yes))
    moments["won_at"] = None if won is None else ago(won)
    candidates(session, run_id, list(customers), **moments | columns)


def answered(
    session, run_id, customers, at, *, outcome=Outcome.ACCEPTED, lead=None, person_id=1, stage=0
):
    """Insert work of candidates that a person closed with an answer, and a yes with its lead."""
    run = session.get_one(Run, run_id)
    stages = select(Stage.id).where(Stage.design_id == run.design_id).order_by(Stage.position)
    stage_id = session.scalars(stages).all()[stage]
    campaign_id = session.get_one(Design, run.design_id).campaign_id
    branches = dict(
        session.execute(
            select(Candidate.customer_id, Candidate.branch_id).where(Candidate.run_id == run_id)
        ).all()
    )
    first = (session.scalar(select(func.max(Activity.id))) or 0) + 1
    of = {"run_id": run_id, "person_id": person_id}
    work = {
        "stage_id": stage_id,
        "campaign_id": campaign_id,
        "type": ActivityType.SALES,
        "priority": Priority.MEDIUM,
        "status": Status.COMPLETED,
        "is_completed": True,
        "detail": DETAIL_OF[outcome],
        "activity_on": at.date(),
        "ends_on": at.date(),
        "due_at": at,
        "closed_at": at,
        "created_at": at,
    }
    numbered = [
        {**of, "customer_id": customer, "activity_id": id_}
        for id_, customer in enumerate(customers, start=first)
    ]
    session.execute(
        insert(Activity),
        [
            {
                **of,
                **work,
                "id": each["activity_id"],
                "customer_id": each["customer_id"],
                "branch_id": branches[each["customer_id"]],
            }
            for each in numbered
        ],
    )
    session.execute(insert(Response), [{**n, "outcome": outcome, "at": at} for n in numbered])
    if lead is not None:
        opened = {
            "campaign_id": campaign_id,
            "design_id": run.design_id,
            "product_id": w.SAVINGS,
            "status": lead,
            "opened_at": at,
            "closed_at": None if lead is LeadStatus.OPEN else at,
            "version": 1,
        }
        session.execute(insert(Lead), [{**n, **opened} for n in numbered])
