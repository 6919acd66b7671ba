"""Undo an import: delete what it created, restore what it changed, leave alone what moved on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, Select, Table, delete, literal, select, union

from core import saying
from core.activities.actions.aborting import Ended, end_unwelcome, hold_pending
from core.customers.attributes import placed
from core.customers.model import Consent, Customer, CustomerState
from core.customers.state import refresh_state
from core.impact.model import RunFold
from core.impact.upkeep import unfold
from core.intake.actions.contacts import forget_contacts, recall_contacts
from core.intake.actions.customers import (
    ATTRIBUTES,
    customer_records,
    decides_contact,
    restore_consents,
)
from core.intake.actions.finished import sum_up
from core.intake.actions.holdings import holding_records
from core.intake.actions.moves import move_records
from core.intake.actions.rates import rate_records
from core.intake.actions.records import Records, kept_number, table_of
from core.intake.actions.results import result_records
from core.intake.actions.taking import allow_import, queue_up
from core.intake.actions.undoing import (
    KeptRecord,
    Undoing,
    open_undoing,
    references_to,
    remove_unused,
)
from core.intake.events import IntakeReverted
from core.intake.model import Intake, IntakeRow
from core.intake.rules import Effect, IntakeKind
from core.refusals import Conflict, NotFound
from core.runs.model import Candidate, Run, RunArm
from core.work import Work

# These rows belong to a record and go with it; any other reference keeps it.
_OWNED: Mapping[IntakeKind, tuple[Table, ...]] = {
    IntakeKind.CUSTOMERS: (table_of(Consent), table_of(CustomerState)),
    IntakeKind.HOLDINGS: (),
    IntakeKind.RESULTS: (),
    IntakeKind.MOVES: (),
    IntakeKind.RATES: (),
}


@dataclass(frozen=True)
class Revert:
    """A request to undo one import."""

    intake_id: int


@dataclass(frozen=True)
class Reversal:
    fact: IntakeReverted
    kept: tuple[KeptRecord, ...]


def revert(work: Work, request: Revert) -> Reversal:
    """Put everything back as it was before an import, except what changed since.

    :raises NotFound: there is no such import
    :raises Conflict: it was undone already
    """
    allow_import(work)
    queue_up(work)
    intake = work.session.get(Intake, request.intake_id)
    if intake is None:
        raise NotFound(f"There is no import {request.intake_id}.")
    if intake.reverted_at is not None:
        undone_on = saying.day(intake.reverted_at.astimezone(work.now.tzinfo))
        raise Conflict(f"Import {intake.id} was undone on {undone_on} already.")

    run_id = _run(work, intake)
    records = _records(work, intake, run_id)
    if decides := decides_contact(intake.mapping["taken"]["fields"]):
        hold_pending(work, _touched(intake))
    undoing = open_undoing(work.session.connection(), intake.id, records)
    _keep_what_is_used(undoing, intake.kind, run_id)
    kept = undoing.kept(_number(intake.kind, records))
    restored, deleted = undoing.count(Effect.UPDATE), undoing.count(Effect.CREATE)
    if run_id is not None:
        unfold(work.session, run_id)
        forget_contacts(work, run_id, undoing.undone())
    undoing.restore()
    if intake.kind is IntakeKind.CUSTOMERS:
        restore_consents(work, undoing.chosen(Effect.UPDATE), intake)
    undoing.remove(_OWNED[intake.kind])
    _bring_up_to_date(work, intake, run_id)
    ended = end_unwelcome(work, _touched(intake)) if decides else Ended()
    undoing.close()
    remove_unused(work.session, intake.mapping["taken"]["created"])

    intake.reverted_at, intake.kept = work.now, len(kept)
    fact = IntakeReverted(
        intake_id=intake.id,
        what=intake.kind,
        deleted=deleted,
        restored=restored,
        kept=len(kept),
        **asdict(ended),
    )
    work.record(fact)
    return Reversal(fact, kept)


def _run(work: Work, intake: Intake) -> int | None:
    code = intake.mapping["taken"]["run"]
    if code is None:
        return None
    found = work.session.scalar(select(Run.id).where(Run.code == code))
    if found is None:
        raise NotFound(f"The run {code} isn't there any more.")
    return found


def _records(work: Work, intake: Intake, run_id: int | None) -> Records:
    taken = intake.mapping["taken"]
    mapped = {*taken["fields"], *([ATTRIBUTES] if taken["attributes"] else [])}
    if run_id is not None:
        return result_records(work.dialect, mapped, run_id=run_id)
    match intake.kind:
        case IntakeKind.CUSTOMERS:
            known = placed(work.session, taken["attributes"])
            return customer_records(work.dialect, mapped, now=work.now, known=known)
        case IntakeKind.HOLDINGS:
            return holding_records(work.dialect, mapped)
        case IntakeKind.RATES:
            return rate_records(work.dialect, mapped, source=intake.source)
        case _:
            return move_records(work.dialect, mapped, now=work.now, source=intake.source)


def _number(kind: IntakeKind, records: Records) -> ColumnElement[str]:
    if kind is not IntakeKind.RESULTS:
        return records.natural
    number: ColumnElement[str] = (
        select(Customer.customer_no)
        .where(Customer.id == Candidate.customer_id)
        .correlate(Candidate)
        .scalar_subquery()
    )
    return number


def _keep_what_is_used(undoing: Undoing, kind: IntakeKind, run_id: int | None) -> None:
    """Leave alone what something else refers to by now."""
    if run_id is not None:
        own = (table_of(Candidate), table_of(RunArm), table_of(RunFold))
        for name, using in references_to(table_of(Run).c.id, literal(run_id), owned=own):
            undoing.keep(f"its run is used by the {name}", using)
        return
    key, rows = undoing.records.main.key, undoing.rows.c
    for name, using in references_to(key, rows.record_id, owned=_OWNED[kind]):
        undoing.keep(f"is used by a {name}", using & (rows.effect == Effect.CREATE.code))


def _touched(intake: Intake) -> Select[int]:
    return select(IntakeRow.record_id).where(IntakeRow.intake_id == intake.id)


def _bring_up_to_date(work: Work, intake: Intake, run_id: int | None) -> None:
    """Let what is derived from the records follow them."""
    if intake.kind is IntakeKind.CUSTOMERS:
        refresh_state(work.session, now=work.now, customer_ids=_touched(intake))
    rows = select(IntakeRow).where(IntakeRow.intake_id == intake.id)
    if intake.kind is IntakeKind.HOLDINGS:
        owners = union(
            *(
                rows.with_only_columns(kept_number(work.dialect, snapshot, "customer_id"))
                for snapshot in (IntakeRow.before, IntakeRow.after)
            )
        ).subquery()
        refresh_state(work.session, now=work.now, customer_ids=select(owners.c[0]))
    if run_id is None:
        return
    recall_contacts(work, _touched(intake))
    if not sum_up(work, run_id):
        work.session.execute(delete(RunArm).where(RunArm.run_id == run_id))
