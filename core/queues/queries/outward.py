"""What goes wrong towards customers besides their activities: refused contacts, late messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from core.access import Permission
from core.activities.model import Message
from core.activities.rules import MessageStatus
from core.campaigns.model import Campaign, Design
from core.journal.events import ContactRefused
from core.journal.model import Entry
from core.people.model import Person
from core.runs.model import Run
from core.windows import Part, Window, windowed
from core.work import Reader

SHOWN = timedelta(days=7)  # how long tries at held-out customers are shown


@dataclass(frozen=True)
class HeldOutTry:
    """Somebody tried to contact a customer whom a run holds out, and was refused."""

    id: int
    at: datetime
    person: str | None
    run: str | None


@dataclass(frozen=True)
class LateMessages:
    """The messages of one run that should have gone out before today."""

    id: int
    run: str
    campaign: str
    first_on: date
    messages: int


def held_out_tries(
    view: Reader,
    *,
    window: Window = Window(descending=True),  # noqa: B008  frozen
) -> Part[HeldOutTry]:
    """List who tried lately to contact a held-out customer, the last first."""
    view.authorize(Permission.RUN_CAMPAIGNS)
    statement = select(Entry.id, Entry.at, Person.name, Entry.facts).outerjoin(
        Person, Person.id == Entry.actor_id
    )
    statement = statement.where(
        Entry.kind == ContactRefused.kind,
        Entry.at >= view.now - SHOWN,
        view.actor.scope.limits(Person.unit_id),
    )
    rows, total = windowed(view.session, statement, window, sorts={"time": Entry.at}, last=Entry.id)
    return Part([HeldOutTry(row.id, row.at, row.name, _run_of(row.facts)) for row in rows], total)


def late_messages(view: Reader) -> list[LateMessages]:
    """List the runs of the actor's units with messages that were to go out before today."""
    view.authorize(Permission.RUN_CAMPAIGNS)
    statement = (
        select(Run.id, Run.code, Campaign.name, func.min(Message.send_on), func.count())
        .join(Run, Run.id == Message.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(
            Message.status == MessageStatus.QUEUED.literal,
            Message.send_on < view.now.date(),
            view.actor.scope.limits(Run.unit_id),
        )
        .group_by(Run.id, Run.code, Campaign.name)
        .order_by(func.min(Message.send_on), Run.id)
    )
    return [LateMessages(*row) for row in view.session.execute(statement)]


def _run_of(facts: Mapping[str, object]) -> str | None:
    about = facts.get("about")
    named = about if isinstance(about, list) else []
    return next((each.removeprefix("run:") for each in named if each.startswith("run:")), None)
