"""The results of a finished campaign from a file: a closed run and its candidates."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    SmallInteger,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.types import TypeEngine

from core.campaigns.model import Channel
from core.customers.model import Customer, CustomerState
from core.database import Moment, Number
from core.impact.upkeep import unfold
from core.intake.actions.contacts import forget_contacts, recall_contacts
from core.intake.actions.finished import FinishedRun, finished_run, sum_up
from core.intake.actions.kinds import Taking, staged_columns
from core.intake.actions.records import Part, Records, table_of
from core.intake.actions.requests import Batch, ImportedCampaign
from core.intake.actions.staging import Stage
from core.intake.rules import Effect, IntakeKind
from core.refusals import Invalid
from core.runs.model import Candidate
from core.runs.rules import CONTROL_ARM, TREATED_ARM, Confirmation

_CANDIDATES = table_of(Candidate)
_CANDIDATE = _CANDIDATES.c
_MOMENTS = (
    "assigned_at",
    "attempted_at",
    "reached_at",
    "responded_at",
    "converted_at",
    "won_at",
    "outcome_at",
)
NOON = time(12)  # only the day of a result is known; noon keeps it in every zone of a country


class Results(Taking):
    run: FinishedRun

    @property
    def campaign(self) -> ImportedCampaign:
        if self.request.campaign is None:
            raise Invalid("The mapping of results needs a [campaign] with a code and a name.")
        return self.request.campaign

    def columns(self) -> dict[str, TypeEngine[Any]]:
        return (
            staged_columns(IntakeKind.RESULTS, self.request.fields)
            | {"at": Moment(), "customer_id": Number, "branch_id": Integer()}
            | {"channel_id": Integer(), "arm_no": SmallInteger(), "tries": Integer()}
            | {name: Moment() for name in _MOMENTS}
        )

    def prepared(self, batch: Batch) -> Batch:
        """Add the moment that each day stands for."""
        days = batch.columns["date"]
        moments = {day: self._moment(day) for day in set(days)}
        at = [moments[day] for day in days]
        return Batch(batch.rows, {**batch.columns, "at": at}, batch.rejections)

    def find(self, stage: Stage) -> None:
        rows, run = stage.rows, stage.connection.execute
        run(
            update(rows)
            .where(
                rows.c.customer == Customer.customer_no, CustomerState.customer_id == Customer.id
            )
            .values(
                customer_id=Customer.id,
                branch_id=CustomerState.branch_id,
                arm_no=self._arm(rows.c),
            )
        )
        stage.reject_unknown("customer", "customer_id", "customer")
        if "channel" in rows.c:
            run(update(rows).where(rows.c.channel == Channel.name).values(channel_id=Channel.id))
            stage.reject_unknown("channel", "channel_id", "channel")
        if "arm" in rows.c:
            stage.reject_unknown("arm", "arm_no", "arm")
            stage.reject_empty("arm", "is empty, so the customer's group is unknown")
        moments = self._moments(rows.c)
        run(update(rows).values(**moments, tries=self._tries(rows.c, moments["attempted_at"])))
        days = stage.connection.execute(select(func.min(rows.c.date), func.max(rows.c.date))).one()
        today = self.work.now.date()
        self.run = finished_run(
            self.work,
            self.campaign,
            (days[0] or today, days[1] or today),
            bank_name=self.request.references.bank_name,
        )
        for table, ids in self.run.created.items():
            self.created[table] = self.created.get(table, []) + ids

    def records(self, stage: Stage) -> Records:
        row = stage.rows.c
        created = {
            "branch_id": row.branch_id,
            "confirmation": Confirmation.CONFIRMED,
            "confirmed_at": row.at,
            "is_imported": True,
        }
        return result_records(stage.dialect, set(row.keys()), run_id=self.run.id, created=created)

    def write(self, stage: Stage, records: Records) -> None:
        unfold(self.work.session, self.run.id)
        changed = [Effect.CREATE.code, Effect.UPDATE.code]
        touched = select(stage.rows.c.customer_id).where(stage.rows.c.effect.in_(changed))
        forget_contacts(self.work, self.run.id, touched)
        records.create(stage)
        records.change(stage)
        recall_contacts(self.work, touched)
        sum_up(self.work, self.run.id, self.campaign)

    def _moment(self, day: str) -> int | str:
        at = datetime.combine(date.fromisoformat(day), NOON, self.work.now.tzinfo)
        if self.work.dialect == "sqlite":
            micro: int = Moment().process_bind_param(at, self.work.session.get_bind().dialect)
            return micro
        return at.astimezone(UTC).isoformat()

    def _arm(self, row: Any) -> ColumnElement[Any]:
        if "arm" not in row:
            return literal(TREATED_ARM)
        return case({arm.name: arm.arm for arm in self.campaign.arms}, value=row.arm, else_=null())

    def _moments(self, row: Any) -> Mapping[str, ColumnElement[Any]]:
        treated = row.arm_no > CONTROL_ARM
        won = row.outcome.is_(true())
        reached = row.reached.is_(true()) if "reached" in row else won & treated
        tried = or_(reached, row.attempts > 0) if "attempts" in row else or_(reached, treated)
        conditions = {
            "assigned_at": treated,
            "attempted_at": tried,
            "reached_at": reached,
            "responded_at": and_(reached, treated),
            # Who has the outcome without having been reached didn't get it from this campaign.
            "converted_at": and_(won, treated, reached),
            "won_at": and_(won, treated, reached),
            "outcome_at": won,
        }
        return {name: case((condition, row.at)) for name, condition in conditions.items()}

    def _tries(self, row: Any, attempted_at: ColumnElement[Any]) -> ColumnElement[Any]:
        guess = case((attempted_at.is_not(None), 1), else_=0)
        return func.coalesce(row.attempts, guess) if "attempts" in row else guess


def result_records(
    dialect: str, mapped: set[str], *, run_id: int, created: Mapping[str, Any] | None = None
) -> Records:
    """Return the records of an import of results into one run."""
    columns = {name: _CANDIDATE[name] for name in _MOMENTS}
    columns |= {"arm_no": _CANDIDATE.arm, "tries": _CANDIDATE.attempts}
    if "channel" in mapped:
        columns["channel_id"] = _CANDIDATE.channel_id
    if "value" in mapped:
        columns["value"] = _CANDIDATE.outcome_value
    given = {"run_id": run_id, **(created or {})}
    part = Part(_CANDIDATES, _CANDIDATE.customer_id, columns, created=given)
    return Records(
        dialect,
        parts=(part,),
        natural=_CANDIDATE.customer_id,
        staged_key="customer_id",
        among=_CANDIDATE.run_id == run_id,
    )
