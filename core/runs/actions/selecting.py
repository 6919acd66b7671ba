"""Selecting candidates: everybody in the unit gets an arm, or the first rule that keeps out."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from core.access import GRANTS, Permission
from core.campaigns.arbitration import take_turn
from core.campaigns.waterfall import CANDIDATE, audience, first_reason, rules_of
from core.customers.model import Customer, CustomerState
from core.database import Moment, Money, Number, affected
from core.journal.model import Entry
from core.journal.outbox import tell_of_each
from core.people.model import Person, PersonRole
from core.people.queries import subtree
from core.refusals import Invalid
from core.runs.actions.drawing import check_clusters, drawn
from core.runs.events import CONFIRMATION_WANTED, CandidatesSelected
from core.runs.model import Candidate, Excluded, Run, WaterfallStep
from core.runs.moves import moved
from core.runs.rules import CONTROL_ARM, SELECT, Confirmation, Exclusion
from core.work import Work

# Every customer is looked at once. Both databases keep this table to the one connection and,
# like everything here, undo it with the transaction.
_CLASSIFIED = Table(
    "classified",
    MetaData(),
    Column("customer_id", Number),
    Column("branch_id", Integer),
    Column("manager_id", Integer),
    Column("worth", Money),
    Column("reason", SmallInteger),
    prefixes=["TEMPORARY"],
)
_C = _CLASSIFIED.c


@dataclass(frozen=True)
class SelectCandidates:
    run_id: int


def select_candidates(work: Work, request: SelectCandidates) -> CandidatesSelected:
    """Classify every customer of the run's unit, in one pass and by the approved rule.

    Selecting again, which is possible until the launch, replaces candidates and decisions.

    :raises NotFound: no such run, or out of scope
    :raises Conflict: the run is launched or ended
    :raises Invalid: the approved design can't be selected by any more, or one manager or branch
        has all candidates and is to be drawn as a whole
    """
    work.authorize_move(SELECT)
    run = moved(work, request.run_id, SELECT, selected_at=work.now)
    wanted = audience(work, run.design_id)
    if wanted.medium is None:
        raise Invalid(f"Version {wanted.design.version} has no stage with content: choose one.")
    units = subtree(work.session, run.unit_id)
    if not units:
        raise Invalid(f"Run {run.code} has no unit to select in.")
    take_turn(work)
    reason = first_reason(rules_of(work, wanted, run_id=run.id))

    is_repeated = _forget(work, run.id)
    _CLASSIFIED.create(work.session.connection())
    affected(
        work.session,
        insert(_CLASSIFIED).from_select(
            [column.name for column in _C],
            select(
                CustomerState.customer_id,
                CustomerState.branch_id,
                CustomerState.manager_id,
                CustomerState.yearly_value,
                reason,
            ).where(CustomerState.branch_id.in_(units)),
        ),
    )
    _insert_candidates(work, run)
    _insert_excluded(work, run)
    counts = _count(work, run)
    _CLASSIFIED.drop(work.session.connection())
    run.population = sum(counts.values())
    run.frozen_rule = (wanted.design.frozen or {}).get("rule")

    fact = CandidatesSelected(
        run_id=run.id,
        run=run.code,
        population=run.population,
        candidates=counts[CANDIDATE],
        control=_candidates(work, run, Candidate.arm == CONTROL_ARM),
        pending=_candidates(work, run, Candidate.confirmation == Confirmation.PENDING),
        excluded={why.value: counts.get(why.code, 0) for why in Exclusion},
        is_repeated=is_repeated,
    )
    entry = work.record(fact)
    _ask_for_confirmations(work, run, entry, wanted.campaign.code)
    return fact


def _forget(work: Work, run_id: int) -> bool:
    """Delete an earlier selection, and tell whether there was one."""
    found = 0
    for table in (WaterfallStep, Excluded, Candidate):
        found += affected(work.session, delete(table).where(table.run_id == run_id))
    return found > 0


def _insert_candidates(work: Work, run: Run) -> None:
    """Give each candidate an arm; beyond the capacity, the best are taken and no more."""
    taken = drawn(work, run, select(*_C).where(_C.reason == CANDIDATE))
    confirmer = Person.id
    rows = (
        select(
            literal(run.id),
            taken.c.customer_id,
            taken.c.branch_id,
            taken.c.arm,
            taken.c.cluster_id,
            case(
                (confirmer.is_not(None), Confirmation.PENDING.literal),
                else_=Confirmation.CONFIRMED.literal,
            ),
            confirmer,
            case((confirmer.is_(None), literal(work.now, Moment))),
            literal(0),
            literal(value=False),
        )
        .select_from(taken)
        .outerjoin(Person, (Person.id == taken.c.manager_id) & _may_confirm())
    )
    columns = [
        "run_id",
        "customer_id",
        "branch_id",
        "arm",
        "cluster_id",
        "confirmation",
        "confirmer_id",
        "confirmed_at",
        "attempts",
        "is_imported",
    ]
    affected(work.session, insert(Candidate).from_select(columns, rows))
    check_clusters(work, run)
    if run.capacity is not None:
        is_taken = exists().where(
            Candidate.run_id == run.id, Candidate.customer_id == _C.customer_id
        )
        beyond = update(_CLASSIFIED).where(_C.reason == CANDIDATE, ~is_taken)
        affected(work.session, beyond.values(reason=Exclusion.CAPACITY.literal))


def _may_confirm() -> Any:
    """Ask only managers who are here and whose role lets them answer."""
    roles = [role for role, granted in GRANTS.items() if Permission.CONFIRM_CANDIDATES in granted]
    answers = exists().where(PersonRole.person_id == Person.id, PersonRole.role.in_(roles))
    return Person.is_active & answers


def _insert_excluded(work: Work, run: Run) -> None:
    rows = select(literal(run.id), _C.customer_id, _C.reason).where(_C.reason != CANDIDATE)
    columns = ["run_id", "customer_id", "reason"]
    affected(work.session, insert(Excluded).from_select(columns, rows))


def _count(work: Work, run: Run) -> dict[int, int]:
    """Count customers by reason, keep the counts as the run's waterfall, and return them."""
    customers = func.count().label("customers")
    rows = work.session.execute(select(_C.reason, customers).group_by(_C.reason))
    counts = {CANDIDATE: 0} | {row.reason: row.customers for row in rows}
    work.session.add_all(
        WaterfallStep(run_id=run.id, reason=why, customers=counts.get(why.code, 0))
        for why in Exclusion
    )
    return counts


def _candidates(work: Work, run: Run, which: Any) -> int:
    found = work.session.scalar(
        select(func.count()).select_from(Candidate).where(Candidate.run_id == run.id, which)
    )
    return found or 0


def _ask_for_confirmations(work: Work, run: Run, entry: Entry, campaign: str) -> None:
    tell_of_each(
        work.session,
        entry,
        CONFIRMATION_WANTED,
        select(Candidate.customer_id)
        .join(Customer, Customer.id == Candidate.customer_id)
        .join(Person, Person.id == Candidate.confirmer_id)
        .where(Candidate.run_id == run.id, Candidate.confirmation == Confirmation.PENDING.literal),
        subject=literal("customer:") + Customer.customer_no,
        payload={
            "run": run.code,
            "campaign": campaign,
            "customer": Customer.customer_no,
            "person": Person.staff_no,
        },
    )
