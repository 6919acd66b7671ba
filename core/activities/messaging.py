"""Writing the messages of an external stage: content rendered for everybody in one statement."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, String, func, insert, literal, select

from core.activities.model import Message
from core.activities.recipients import Plan, candidates
from core.activities.rules import MessageStatus
from core.campaigns.model import Design
from core.customers.model import Customer, CustomerState, Product
from core.database import Moment, affected
from core.people.model import Person, Unit
from core.runs.model import Candidate, Run
from core.work import Work


def make_messages(work: Work, run: Run, plan: Plan) -> int:
    """Queue a message for each candidate, as it will be read; return how many."""
    manager = select(Person.id, Person.name).where(Person.is_active).subquery("manager")
    replaced = (
        ("{branch}", Unit.name),
        ("{person}", func.coalesce(manager.c.name, Unit.name)),
        ("{customer name}", Customer.name),  # last, so that no name is read as a token
    )
    offer, product = work.session.execute(
        select(Design.offer, Product.name)
        .outerjoin(Product, Product.id == Design.product_id)
        .where(Design.id == run.design_id)
    ).one()
    known = (("{offer}", offer), ("{product}", product or ""))
    columns: dict[str, Any] = {
        "run_id": literal(run.id),
        "stage_id": literal(plan.stage.id),
        "customer_id": Candidate.customer_id,
        "channel_id": literal(plan.channel.id),
        "status": MessageStatus.QUEUED.literal,
        "subject": _rendered(plan.content.subject, known, replaced),
        "body": _rendered(plan.content.body, known, replaced),
        "send_on": literal(plan.days.activity_on),
        "created_at": literal(work.now, Moment),
    }
    rows = (
        candidates(work, run, plan, *columns.values())
        .join(Customer, Customer.id == Candidate.customer_id)
        .join(Unit, Unit.id == CustomerState.branch_id)
        .outerjoin(manager, manager.c.id == CustomerState.manager_id)
    )
    return affected(work.session, insert(Message).from_select(list(columns), rows))


def _rendered(
    text: str,
    known: Sequence[tuple[str, str]],
    replaced: Sequence[tuple[str, SQLColumnExpression[str]]],
) -> ColumnElement[str]:
    for token, value in known:
        text = text.replace(token, value)
    rendered: ColumnElement[str] = literal(text, String)
    for token, column in replaced:
        if token in text:
            rendered = func.replace(rendered, token, column)
    return rendered
