"""Take a file in, or try out what that would do."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import func, select

from core.access import Permission
from core.intake.actions.customers import Customers
from core.intake.actions.holdings import Holdings
from core.intake.actions.kinds import Taking
from core.intake.actions.moves import Moves
from core.intake.actions.rates import Rates
from core.intake.actions.records import Records
from core.intake.actions.references import create_references
from core.intake.actions.requests import TakeIn, Verdict
from core.intake.actions.results import Results
from core.intake.actions.staging import Stage, close_stage, load, open_stage
from core.intake.events import IntakeApplied
from core.intake.model import Intake
from core.intake.rules import KEYS, Effect, IntakeKind
from core.refusals import Invalid
from core.work import Work

SHOWN = 20  # rejected rows that are told at once; their file has all of them
ONE_AT_A_TIME = 7_301_100  # the number of an advisory lock
TAKERS: Mapping[IntakeKind, type[Taking]] = {
    IntakeKind.CUSTOMERS: Customers,
    IntakeKind.HOLDINGS: Holdings,
    IntakeKind.RESULTS: Results,
    IntakeKind.MOVES: Moves,
    IntakeKind.RATES: Rates,
}


class RowsRejected(Invalid):
    """Some rows can't be taken in, so none were."""

    def __init__(self, verdict: Verdict) -> None:
        first = verdict.rejections[0]
        value = "" if first.value is None else f" “{first.value}”"
        some = f"{verdict.rejected:,} of {verdict.rows:,} rows are"
        super().__init__(
            f"{'1 row is' if verdict.rejected == 1 else some} rejected, so nothing was imported."
            f" Row {first.row:,}, {first.field}{value}: {first.reason}."
            " Correct the file, or choose to import the other rows."
        )
        self.verdict = verdict


def try_out(work: Work, request: TakeIn) -> Verdict:
    """Say truly what an import would do. It needs a transaction that is undone afterwards.

    :raises NotAllowed: importing is for administrators of the whole bank
    :raises Invalid: the file or its mapping can't be used at all
    """
    return _judged_file(work, request).verdict


def take_in(work: Work, request: TakeIn) -> IntakeApplied:
    """Import a file whole: every row that is new or different, in this one transaction.

    :raises NotAllowed: importing is for administrators of the whole bank
    :raises RowsRejected: some rows can't be taken in and `keep_good_rows` wasn't chosen
    :raises Invalid: the file or its mapping can't be used at all
    """
    judged = _judged_file(work, request)
    verdict, stage = judged.verdict, judged.stage
    if verdict.rejected and not request.keep_good_rows:
        raise RowsRejected(verdict)

    judged.taking.write(stage, judged.records)
    intake_id = _intake(work, request, verdict, judged.taking)
    judged.records.remember(stage, intake_id)
    close_stage(stage.connection)

    fact = IntakeApplied(
        intake_id=intake_id,
        what=request.kind,
        source=request.source,
        file_name=request.file_name,
        sha256=request.sha256,
        created=verdict.created,
        updated=verdict.updated,
        unchanged=verdict.unchanged,
        rejected=verdict.rejected,
        **asdict(judged.taking.ended),
    )
    work.record(fact)
    return fact


@dataclass(frozen=True)
class _Judged:
    taking: Taking
    stage: Stage
    records: Records
    verdict: Verdict


def _judged_file(work: Work, request: TakeIn) -> _Judged:
    """Read the whole file and resolve what each row would do; only references are created."""
    allow_import(work)
    connection = work.session.connection()
    queue_up(work)
    taking = TAKERS[request.kind](work, request)
    taking.created |= create_references(work.session, request.references)
    stage = open_stage(connection, taking.columns())
    key = KEYS[request.kind]
    if not load(stage, map(taking.prepared, request.batches), key=key):
        raise Invalid(f"{request.file_name} has a header but no rows.")
    stage.reject_repeated(key)
    taking.find(stage)
    records = taking.records(stage)
    records.match(stage)
    taking.limit(stage)
    for rejections in stage.rejections():
        request.on_rejected(rejections)
    verdict = Verdict(
        created=stage.count(Effect.CREATE),
        updated=stage.count(Effect.UPDATE),
        unchanged=stage.count(Effect.UNCHANGED),
        rejected=stage.count_rejected(),
        rejections=stage.first_rejections(SHOWN),
    )
    return _Judged(taking, stage, records, verdict)


def allow_import(work: Work) -> None:
    """Continue only for somebody who may change the customers of every branch."""
    work.authorize(Permission.IMPORT)
    if not work.actor.scope.bank_wide:
        work.refuse("importing, which reaches every branch of the bank")


def queue_up(work: Work) -> None:
    """Wait until no other import is under way: two of one file would both create its rows."""
    if work.dialect == "postgresql":
        work.session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))


def _intake(work: Work, request: TakeIn, verdict: Verdict, taking: Taking) -> int:
    mapping = dict(request.mapping) | {
        "taken": {
            "fields": [*request.fields],
            "attributes": [attribute.name for attribute in request.references.attributes],
            "created": {table: ids for table, ids in taking.created.items() if ids},
            "run": request.campaign.code if request.campaign else None,
        }
    }
    row = Intake(
        kind=request.kind,
        source=request.source,
        file_name=request.file_name,
        sha256=request.sha256,
        mapping=mapping,
        at=work.now,
        actor_id=work.actor.person_id,
        created=verdict.created,
        updated=verdict.updated,
        unchanged=verdict.unchanged,
        rejected=verdict.rejected,
    )
    work.session.add(row)
    work.session.flush()
    return row.id
