"""Customers from a file: the wide record, its state row and consents."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    Select,
    case,
    exists,
    insert,
    literal,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.types import TypeEngine

from core.activities.actions.aborting import end_unwelcome, hold_pending
from core.customers.attributes import Placed, brought, followed, placed
from core.customers.model import Consent, Customer, CustomerState
from core.customers.rules import Origin
from core.database import Facts
from core.intake.actions.kinds import Taking, staged_columns
from core.intake.actions.records import Part, Records, kept_number, table_of
from core.intake.actions.staging import Stage, refresh_statistics
from core.intake.model import Intake, IntakeRow
from core.intake.rules import CONSENTS, Effect, IntakeKind
from core.people.model import Person, Unit
from core.people.rules import UnitKind
from core.work import Work

ATTRIBUTES = "attributes"
_CUSTOMERS, _STATES = table_of(Customer), table_of(CustomerState)
_CUSTOMER, _STATE = _CUSTOMERS.c, _STATES.c
_WIDE = ("kind", "name", "pin", "fiscal_no", "email", "phone", ATTRIBUTES)
_NARROW = (
    "kind",  # in both: rules over many customers read the narrow row only
    "is_active",
    "do_not_contact",
    "born_on",
    "joined_on",
    "balance",
    "yearly_value",
    "churn_risk",
)
_ID_OF = {"branch": "branch_id", "manager": "manager_id"}
_CONSENTS = "consents"
_TOUCHED = (Effect.CREATE.code, Effect.UPDATE.code)


class Customers(Taking):
    def columns(self) -> dict[str, TypeEngine[Any]]:
        columns = staged_columns(IntakeKind.CUSTOMERS, self.request.fields)
        if self.request.references.attributes:
            columns[ATTRIBUTES] = Facts
        return columns | {"branch_id": Integer(), "manager_id": Integer()}

    def find(self, stage: Stage) -> None:
        rows = stage.rows
        if "branch" in rows.c:
            stage.connection.execute(
                update(rows)
                .where(rows.c.branch == Unit.code, Unit.kind == UnitKind.BRANCH, Unit.is_active)
                .values(branch_id=Unit.id)
            )
            stage.reject_unknown("branch", "branch_id", "branch")
        if "manager" in rows.c:
            stage.connection.execute(
                update(rows)
                .where(rows.c.manager == Person.staff_no, Person.is_active)
                .values(manager_id=Person.id)
            )
            stage.reject_unknown("manager", "manager_id", "active person with the staff number")
        if decides_contact(rows.c.keys()):
            named = select(Customer.id).join(rows, rows.c.customer_no == Customer.customer_no)
            hold_pending(self.work, named)

    def records(self, stage: Stage) -> Records:
        mapped = set(stage.rows.c.keys())
        told, names = None, [each.name for each in self.request.references.attributes]
        if mapped & CONSENTS.keys():
            told = (
                _mask(stage, lambda column: column.is_not(None)),
                _mask(stage, lambda column: column.is_(true())),
            )
        known = placed(self.work.session, names)
        made = brought(stage.dialect, stage.rows.c[ATTRIBUTES], known) if known else {}
        return customer_records(
            stage.dialect, mapped, now=self.work.now, told=told, known=known, made=made
        )

    def limit(self, stage: Stage) -> None:
        stage.reject_empty("name", "a new customer needs a name", effect=Effect.CREATE)
        stage.reject_empty("branch", "a new customer needs a branch", effect=Effect.CREATE)

    def write(self, stage: Stage, records: Records) -> None:
        records.create(stage)
        records.change(stage)
        self._consents(stage)
        if decides_contact(stage.rows.c.keys()):
            changed = stage.rows.c.effect == Effect.UPDATE.code  # new customers have no work
            touched = select(stage.rows.c.record_id).where(changed)
            self.ended = end_unwelcome(self.work, touched)

    def _consents(self, stage: Stage) -> None:
        rows, selects = stage.rows, []
        for name, medium in CONSENTS.items():
            if name not in rows.c:
                continue
            origin = self.request.origins.get(name, Origin.SOURCE)
            stage.connection.execute(
                update(Consent)
                .where(
                    Consent.customer_id == rows.c.record_id,
                    Consent.medium == medium,
                    rows.c.effect == Effect.UPDATE.code,
                    Consent.is_given != rows.c[name],
                )
                .values(is_given=rows.c[name], since=self.work.now, origin=origin)
            )
            told = exists().where(Consent.customer_id == rows.c.record_id, Consent.medium == medium)
            selects.append(
                select(
                    rows.c.record_id,
                    literal(medium, Consent.__table__.c.medium.type).label("medium"),
                    rows.c[name],
                    literal(self.work.now, Consent.__table__.c.since.type),
                    literal(origin, Consent.__table__.c.origin.type),
                ).where(rows.c.effect.in_(_TOUCHED), rows.c[name].is_not(None), ~told)
            )
        if selects:
            columns = ["customer_id", "medium", "is_given", "since", "origin"]
            new = union_all(*selects).subquery()
            stage.connection.execute(
                insert(Consent).from_select(
                    columns, select(new).order_by(new.c.record_id, new.c.medium)
                )
            )
            refresh_statistics(stage, table_of(Consent))


def decides_contact(fields: Iterable[str]) -> bool:
    """Test whether an import of these fields can forbid contacts that were allowed."""
    return not {"do_not_contact", *CONSENTS}.isdisjoint(fields)


def customer_records(
    dialect: str,
    mapped: AbstractSet[str],
    *,
    now: datetime,
    told: tuple[ColumnElement[int], ColumnElement[int]] | None = None,
    known: Sequence[Placed] = (),
    made: Mapping[str, ColumnElement[Any]] = MappingProxyType({}),
) -> Records:
    """Return the records of an import of customers that brings the fields `mapped`.

    The mask of consents is written with the rest, so that nothing has to be derived afterwards.

    :param told: masks of the consents of which a staged row knows, and of those that are given
    :param known: the attributes it brings that have a place in the state row
    :param made: what stands in these places of new rows
    """
    wide: dict[str, Column[Any]] = {name: _CUSTOMER[name] for name in _WIDE if name in mapped}
    narrow: dict[str, Column[Any]] = {name: _STATE[name] for name in _NARROW if name in mapped}
    narrow |= {_ID_OF[name]: _STATE[_ID_OF[name]] for name in _ID_OF if name in mapped}
    consents = to_be = _consents_now(mapped)
    created, touched = dict(made), followed(dialect, known)
    if told is not None:
        asked, given = told
        to_be = _as_told(consents, asked, given)
        created["consents"] = given
        touched["consents"] = _as_told(_STATE.consents, asked, given)
    moments = {"updated_at": now}
    return Records(
        dialect,
        parts=(
            Part(
                _CUSTOMERS,
                _CUSTOMER.id,
                wide,
                created=moments | {"created_at": now},
                touched=moments,
            ),
            Part(_STATES, _STATE.customer_id, narrow, created=created, touched=touched),
        ),
        natural=_CUSTOMER.customer_no,
        staged_key="customer_no",
        extra={_CONSENTS: (consents, to_be)} if mapped & CONSENTS.keys() else {},
    )


def restore_consents(work: Work, customer_ids: Select[tuple[int]], intake: Intake) -> None:
    """Give and take consents as they were before an import of customers."""
    before = kept_number(work.dialect, IntakeRow.before, _CONSENTS)
    for name in intake.mapping["taken"]["fields"]:
        if (medium := CONSENTS.get(name)) is None:
            continue
        work.session.execute(
            update(Consent)
            .where(
                Consent.customer_id.in_(customer_ids),
                Consent.medium == medium,
                IntakeRow.intake_id == intake.id,
                IntakeRow.record_id == Consent.customer_id,
            )
            .values(is_given=before.bitwise_and(literal(medium.bit, Integer)) != 0)
            .execution_options(synchronize_session=False)
        )


def _consents_now(mapped: AbstractSet[str]) -> ColumnElement[int]:
    mask = sum(medium.bit for name, medium in CONSENTS.items() if name in mapped)
    return _STATE.consents.bitwise_and(literal(mask, Integer))


def _as_told(
    mask: ColumnElement[int], known: ColumnElement[int], given: ColumnElement[int]
) -> ColumnElement[int]:
    return mask.bitwise_and(known.bitwise_not()).bitwise_or(given)


def _mask(stage: Stage, counts: Callable[[Column[Any]], ColumnElement[bool]]) -> ColumnElement[int]:
    bits = [
        case((counts(stage.rows.c[name]), literal(medium.bit, Integer)), else_=0)
        for name, medium in CONSENTS.items()
        if name in stage.rows.c
    ]
    total: ColumnElement[int] = bits[0]
    for bit in bits[1:]:
        total = total + bit
    return total
