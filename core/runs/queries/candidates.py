"""One customer's place in a run: why in, why out, who has to confirm."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, func, select

from core.access import Permission, Sight, masked
from core.campaigns.model import Campaign, Design
from core.customers.model import Customer, CustomerState
from core.people.model import Person, Unit
from core.refusals import NotFound
from core.runs.model import Candidate, Excluded, Run, RunArm
from core.runs.moves import run_in_scope
from core.runs.rules import Confirmation, Exclusion, RunStatus
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class CandidateRow:
    """A candidate as a campaign manager sees it: the name as far as the sight allows."""

    customer_id: int
    customer_no: str
    name: str | None
    branch: str
    arm: str | None
    confirmation: Confirmation
    confirmer: str | None
    confirmed_at: datetime | None
    rejection: str | None

    @property
    def id(self) -> int:
        """Return what tells the rows of one run apart."""
        return self.customer_id


def candidates(
    view: Reader,
    *,
    run_id: int,
    confirmation: Confirmation | None = None,
    arm: int | None = None,
    window: Window | None = None,
) -> Part[CandidateRow]:
    """List a run's candidates, by customer number.

    :raises NotFound: no such run among those of the actor's units
    """
    view.authorize(Permission.RUN_CAMPAIGNS)
    run_in_scope(view, run_id)
    which = [Candidate.run_id == run_id, view.actor.scope.limits(Candidate.branch_id)]
    if confirmation is not None:
        which.append(Candidate.confirmation == confirmation)
    if arm is not None:
        which.append(Candidate.arm == arm)
    statement = (
        select(
            Candidate.customer_id,
            Customer.customer_no,
            Customer.name,
            Unit.name,
            RunArm.name,
            Candidate.confirmation,
            Person.name,
            Candidate.confirmed_at,
            Candidate.rejection,
        )
        .select_from(Candidate)
        .join(Customer, Customer.id == Candidate.customer_id)
        .join(Unit, Unit.id == Candidate.branch_id)
        .outerjoin(RunArm, (RunArm.run_id == Candidate.run_id) & (RunArm.arm == Candidate.arm))
        .outerjoin(Person, Person.id == Candidate.confirmer_id)
        .where(*which)
    )
    sorts = {
        "customer_no": Candidate.customer_id,
        "branch": Unit.name,
        "confirmation": Candidate.confirmation,
        "confirmer": Person.name,
    }
    rows, total = windowed(
        view.session,
        statement,
        window or Window(),
        sorts=sorts,
        last=Candidate.customer_id,
        counted=select(Candidate.customer_id).where(*which),
    )
    return Part(
        [CandidateRow(row[0], row[1], _as_allowed(view, row[2]), *row[3:]) for row in rows], total
    )


@dataclass(frozen=True)
class Why:
    """The rule that let a customer in or kept the customer out, and a sentence that says so."""

    customer_no: str
    name: str | None
    is_candidate: bool
    reason: Exclusion | None
    arm: str | None
    confirmation: Confirmation | None
    sentence: str


def why(view: Reader, *, run_id: int, customer_no: str) -> Why:
    """Answer for one customer why the run takes the customer in, or does not.

    :raises NotFound: no such run or customer among those of the actor's units
    """
    view.authorize(Permission.RUN_CAMPAIGNS)
    run = run_in_scope(view, run_id)
    given = customer_no.strip()
    # As it is usually written the index finds it; only what nobody has is looked for in all.
    usual = Customer.customer_no.in_({given, given.upper(), given.lower()})
    anyhow = func.lower(Customer.customer_no) == given.lower()
    row = _customer(view, given, usual) or _customer(view, given, anyhow)
    if row is None:
        raise NotFound(f"There is no customer {given} in your units.")
    number, name = row.customer_no, _as_allowed(view, row.name)
    reason = view.session.scalar(
        select(Excluded.reason).where(Excluded.run_id == run_id, Excluded.customer_id == row.id)
    )
    if reason is not None:
        said = f"{number} was kept out: {reason}."
        return Why(number, name, False, reason, None, None, said)
    found = view.session.execute(
        select(RunArm.name, Candidate.confirmation, Candidate.rejection)
        .select_from(Candidate)
        .outerjoin(RunArm, (RunArm.run_id == Candidate.run_id) & (RunArm.arm == Candidate.arm))
        .where(Candidate.run_id == run_id, Candidate.customer_id == row.id)
    ).one_or_none()
    if found is None:
        said = (
            f"{number} was not looked at: the customer is not of this run's unit, or came later."
            if run.population is not None
            else f"Run {run.code} has not selected its candidates yet."
        )
        return Why(number, name, False, None, None, None, said)
    arm, confirmation, rejection = found
    said = f"{number} fits the approved rule and no rule keeps the customer out; {confirmation}"
    said += f": {rejection}." if rejection else "."
    return Why(number, name, True, None, arm, confirmation, said)


@dataclass(frozen=True)
class ConfirmationWanted:
    """A customer of the person who asks, proposed by a run. Which arm it is stays hidden."""

    run_id: int
    run: str
    campaign: str
    offer: str
    customer_id: int
    customer_no: str
    name: str
    branch: str

    @property
    def id(self) -> int:
        """Return what tells the rows of one run apart."""
        return self.customer_id


def _customer(view: Reader, given: str, which: ColumnElement[bool]) -> Row[int, str, str] | None:
    return view.session.execute(
        select(Customer.id, Customer.customer_no, Customer.name)
        .join(CustomerState, CustomerState.customer_id == Customer.id)
        .where(which, view.actor.scope.limits(CustomerState.branch_id))
        .order_by(Customer.customer_no != given)
    ).first()


def confirmations_wanted(view: Reader, *, run_id: int | None = None) -> list[ConfirmationWanted]:
    """List the own customers that wait for the asker's yes or no, run by run."""
    view.authorize(Permission.CONFIRM_CANDIDATES)
    statement = (
        select(
            Run.id,
            Run.code,
            Campaign.name,
            Design.offer,
            Customer.id,
            Customer.customer_no,
            Customer.name,
            Unit.name,
        )
        .select_from(Candidate)
        .join(Run, Run.id == Candidate.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(Customer, Customer.id == Candidate.customer_id)
        .join(Unit, Unit.id == Candidate.branch_id)
        .where(
            Candidate.confirmer_id == view.actor.person_id,
            Candidate.confirmation == Confirmation.PENDING.literal,
            Run.status == RunStatus.SELECTED,
        )
        .order_by(Run.starts_on, Run.id, Customer.name, Customer.id)
    )
    if run_id is not None:
        statement = statement.where(Run.id == run_id)
    return [ConfirmationWanted(*row) for row in view.session.execute(statement)]


def _as_allowed(view: Reader, name: str) -> str | None:
    # A run's candidates are nobody's own work yet: only the widest sight sees names plainly.
    match view.actor.sight:
        case Sight.EVERYBODY:
            return name
        case Sight.NEVER:
            return None
    return masked(name)
