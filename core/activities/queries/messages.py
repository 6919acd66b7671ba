"""The messages of a run: to whom, by which way, on which day, and what became of each."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from core.access import Permission
from core.activities.model import Message
from core.activities.rules import MessageStatus
from core.campaigns.model import Channel, Stage
from core.customers.model import Customer
from core.runs.model import Candidate
from core.runs.moves import run_in_scope
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class MessageRow:
    """One message; its text has the customer's name in it, so it stays out of lists."""

    id: int
    customer_no: str
    stage: str
    channel: str
    send_on: date
    status: MessageStatus


def messages(view: Reader, *, run_id: int, window: Window | None = None) -> Part[MessageRow]:
    """List the messages of a run's external stages, in the order of their days.

    :raises NotFound: no such run among those of the actor's units
    """
    view.authorize(Permission.RUN_CAMPAIGNS)
    run_in_scope(view, run_id)
    statement = (
        select(
            Message.id,
            Customer.customer_no,
            Stage.name,
            Channel.name,
            Message.send_on,
            Message.status,
        )
        .join(Customer, Customer.id == Message.customer_id)
        .join(Stage, Stage.id == Message.stage_id)
        .join(Channel, Channel.id == Message.channel_id)
        .join(
            Candidate,
            (Candidate.run_id == Message.run_id) & (Candidate.customer_id == Message.customer_id),
        )
        .where(Message.run_id == run_id, view.actor.scope.limits(Candidate.branch_id))
    )
    sorts = {
        "send_on": Message.send_on,
        "customer_no": Customer.customer_no,
        "stage": Stage.name,
        "status": Message.status,
    }
    rows, total = windowed(
        view.session, statement, window or Window(), sorts=sorts, last=Message.id
    )
    return Part([MessageRow(*row) for row in rows], total)
