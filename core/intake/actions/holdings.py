"""Holdings from a file: agreements of known customers on known products."""

from typing import Any

from sqlalchemy import Integer, Text, cast, literal, select, union, update
from sqlalchemy.types import TypeEngine

from core.customers.model import Customer, Holding, Product
from core.customers.state import refresh_products
from core.database import Number
from core.intake.actions.kinds import Taking, staged_columns
from core.intake.actions.records import Part, Records, kept_number, table_of
from core.intake.actions.staging import Stage
from core.intake.rules import Effect, IntakeKind

_HOLDINGS = table_of(Holding)
_HOLDING = _HOLDINGS.c
_OWN = ("status", "balance", "opened_on", "closed_on")


class Holdings(Taking):
    def columns(self) -> dict[str, TypeEngine[Any]]:
        columns = staged_columns(IntakeKind.HOLDINGS, self.request.fields)
        return columns | {"customer_id": Number, "product_id": Integer()}

    def find(self, stage: Stage) -> None:
        rows = stage.rows
        product = select(Product.id).where(Product.code == rows.c.product).scalar_subquery()
        customer = select(Customer.id).where(Customer.customer_no == rows.c.customer)
        stage.connection.execute(
            update(rows).values(customer_id=customer.scalar_subquery(), product_id=product)
        )
        stage.reject_unknown("customer", "customer_id", "customer")
        stage.reject_unknown("product", "product_id", "product")
        if {"opened_on", "closed_on"} <= set(rows.c.keys()):
            reason = literal("is before the day on which the holding was opened")
            stage.reject(
                "closed_on",
                select(rows.c.row_no, reason, cast(rows.c.closed_on, Text)).where(
                    rows.c.closed_on < rows.c.opened_on
                ),
            )

    def records(self, stage: Stage) -> Records:
        return holding_records(stage.dialect, set(stage.rows.c.keys()))

    def write(self, stage: Stage, records: Records) -> None:
        rows = stage.rows
        records.create(stage)
        records.change(stage)
        touched = rows.c.effect.in_([Effect.CREATE.code, Effect.UPDATE.code])
        before = kept_number(stage.dialect, rows.c.before, "customer_id")
        owners = union(
            select(rows.c.customer_id).where(touched),
            select(before).where(rows.c.effect == Effect.UPDATE.code),
        ).subquery()
        refresh_products(self.work.session, customer_ids=select(owners.c[0]))


def holding_records(dialect: str, mapped: set[str]) -> Records:
    """Return the records of an import of holdings that brings the fields `mapped`."""
    columns = {name: _HOLDING[name] for name in _OWN if name in mapped}
    columns |= {"customer_id": _HOLDING.customer_id, "product_id": _HOLDING.product_id}
    return Records(
        dialect,
        parts=(Part(_HOLDINGS, _HOLDING.id, columns),),
        natural=_HOLDING.agreement_no,
        staged_key="agreement_no",
    )
