"""Write the work of a run of the demo bank: activities with their history, answers, leads."""

from collections.abc import Mapping

import numpy as np
from sqlalchemy import Connection

from core.activities.model import Activity, Attempt, Change
from core.activities.rules import DETAIL_OF, Outcome, Promise, Status
from core.responses.model import Lead, Response
from core.responses.rules import LeadStatus
from data.bulk import some, text_where, write
from data.demo.bank import Staff
from data.demo.customers import PRODUCTS, Customers
from data.demo.ledger import Ledger, begun, end, reason_of, work
from data.demo.lives import CONTACTS, Lives
from data.demo.selection import NEVER, Scenario

_REACHED = [each.code for each in Outcome if each.is_reached]


def activities(
    connection: Connection,
    customers: Customers,
    staff: Staff,
    plan: Scenario,
    life: Lives,
    *,
    first_id: int,
    reasons: Mapping[str, int],
) -> int:
    """Write activities, history, attempts, responses and leads; return how many activities."""
    many = len(life.places)
    ids = np.arange(first_id, first_id + many)
    ledger = begun(ids, customers.unit_id[life.places], plan, life)
    work(ledger, staff.leads[customers.branch[life.places]], life, reasons)
    end(ledger, plan, life, reasons)
    _write(connection, customers, plan, life, ledger)
    _attempts(connection, ledger, plan, life, reasons)
    if plan.is_sales:
        _responses(connection, ledger, customers, plan, life)
        _leads(connection, ledger, customers, plan, life)
    return many


def _write(
    connection: Connection, customers: Customers, plan: Scenario, life: Lives, ledger: Ledger
) -> None:
    many = len(life.places)
    contacted_at = np.where(np.isin(life.outcome, _REACHED), life.contact_at, NEVER)
    last_contact = np.fmax.reduce(contacted_at, axis=1)
    promised = ledger.is_open & ~np.isnat(life.promised_at)
    write(
        connection,
        Activity,
        {
            "id": ledger.ids,
            "run_id": plan.run_id,
            "stage_id": plan.stage_id,
            "campaign_id": plan.campaign_id,
            "customer_id": customers.ids[life.places],
            "type": plan.type.code,
            "subtype_id": plan.subtype_id,
            "priority": plan.priority.code,
            "status": ledger.status,
            "detail": some(ledger.detail),
            "reason_id": some(ledger.reason),
            "branch_id": ledger.branch,
            "person_id": some(ledger.person),
            "activity_on": np.full(many, plan.activity_on),
            "ends_on": np.full(many, plan.due_at.astype("datetime64[D]")),
            "due_at": np.full(many, plan.due_at),
            "next_action_at": np.where(promised, life.promised_at, NEVER),
            "promise": some(np.where(promised, Promise.MINE_ONLY.code, 0)),
            "attempts": (life.outcome > 0).sum(axis=1),
            "contacted_at": last_contact,
            "closed_at": ledger.closed_at,
            "is_completed": ledger.status == Status.COMPLETED.code,
            "created_at": np.full(many, plan.launched_at),
            "version": ledger.version,
        },
    )
    for changes in ledger.history:
        write(connection, Change, changes)
    customers.worked(life.places, ledger.is_open, last_contact, life.refused_at)


def _attempts(
    connection: Connection,
    ledger: Ledger,
    plan: Scenario,
    life: Lives,
    reasons: Mapping[str, int],
) -> None:
    for number in range(CONTACTS):
        rows = life.outcome[:, number] > 0
        outcome = life.outcome[rows, number]
        write(
            connection,
            Attempt,
            {
                "activity_id": ledger.ids[rows],
                "at": life.contact_at[rows, number],
                "person_id": life.taker[rows],
                "channel_id": plan.channel_id,
                "outcome": outcome,
                "reason_id": some(reason_of(outcome, reasons)),
                "note": "",
            },
        )


def _responses(
    connection: Connection, ledger: Ledger, customers: Customers, plan: Scenario, life: Lives
) -> None:
    """Write the yes or no of everybody who gave one: it was the last contact."""
    answered = np.isin(life.outcome, [each.code for each in DETAIL_OF])
    rows = answered.any(axis=1)
    last = np.argmax(answered, axis=1)
    each = np.arange(len(ledger.ids))
    write(
        connection,
        Response,
        {
            "activity_id": ledger.ids[rows],
            "run_id": plan.run_id,
            "customer_id": customers.ids[life.places[rows]],
            "outcome": life.outcome[each, last][rows],
            "note": "",
            "at": life.contact_at[each, last][rows],
            "person_id": life.taker[rows],
        },
    )


def _leads(
    connection: Connection, ledger: Ledger, customers: Customers, plan: Scenario, life: Lives
) -> None:
    opened_at = life.first(Outcome.ACCEPTED)
    rows = ~np.isnat(opened_at)
    closed = ~np.isnat(life.lead_closed_at)
    won = (closed & life.claimed)[rows]
    status = np.select([won, closed[rows]], [LeadStatus.WON.code, LeadStatus.LOST.code], 1)
    product = plan.product
    base = plan.base_product
    write(
        connection,
        Lead,
        {
            "activity_id": ledger.ids[rows],
            "run_id": plan.run_id,
            "campaign_id": plan.campaign_id,
            "design_id": plan.design_id,
            "customer_id": customers.ids[life.places[rows]],
            "product_id": None if product is None else customers.product_ids[product],
            "agreement_no": (
                None if base is None else customers.agreements(life.places[rows], base)
            ),
            "person_id": life.taker[rows],
            "status": status,
            "value": 0 if product is None else PRODUCTS[product].margin * 100,
            "opened_at": opened_at[rows],
            "closed_at": life.lead_closed_at[rows],
            "loss_reason": text_where(status == LeadStatus.LOST.code, "Chose another bank"),
            "version": 1 + closed[rows],
        },
    )
