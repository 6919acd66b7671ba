"""Write the work of a run of the demo bank: activities with their history, answers, leads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import Connection

from core.activities.generation import GENERATE
from core.activities.model import Activity, Attempt, Change
from core.activities.rules import (
    ABORT,
    ASSIGN,
    ATTEMPT,
    ATTEMPT_OUTCOMES,
    CANCEL,
    CLOSED,
    COMPLETE,
    DETAIL_OF,
    ENDING_OUTCOMES,
    FOLLOW_LEAD,
    SYSTEM_ABORTED,
    TAKE,
    Detail,
    Outcome,
    Status,
)
from core.responses.model import Lead, Response
from core.responses.rules import LeadStatus
from data.bulk import write
from data.demo.bank import Staff
from data.demo.customers import PRODUCTS, Customers, Days, Flags, Ids
from data.demo.lives import CONTACTS, Lives
from data.demo.selection import NEVER, Scenario
from data.reference import NEEDS_TIME, NO_ANSWER, REFUSED_OFFER, WRONG_NUMBER


@dataclass
class _Ledger:
    """What the activities of one run look like, and each step of how they came to it."""

    ids: Ids
    branch: Ids
    status: Ids
    reason: Ids
    detail: Ids
    person: Ids
    closed_at: Days
    version: Ids
    history: list[dict[str, Any]] = field(default_factory=list)

    def step(
        self, verb: str, target: Status, rows: Flags, at: Days, actor: Ids | None = None, **to: Ids
    ) -> None:
        """Move these activities and write that into the history."""
        before = (self.status[rows], self.reason[rows], self.detail[rows], self.person[rows])
        self.status[rows] = target.code
        for name, value in to.items():
            getattr(self, name)[rows] = value[rows]
        if target in CLOSED:
            self.closed_at[rows] = np.where(
                np.isnat(self.closed_at[rows]), at[rows], self.closed_at[rows]
            )
        self.version[rows] += 1
        self._remember(verb, rows, at, actor, before)

    def begin(self, at: Days) -> None:
        """Begin the history of every activity, with nothing before it."""
        rows = np.ones(len(self.ids), bool)
        nothing = np.zeros(len(self.ids), np.int64)
        self._remember(GENERATE, rows, at, None, (None, nothing, nothing, nothing))

    def _remember(
        self, verb: str, rows: Flags, at: Days, actor: Ids | None, before: tuple[Any, ...]
    ) -> None:
        status, reason, detail, person = before
        self.history.append(
            {
                "activity_id": self.ids[rows],
                "at": at[rows],
                "actor_id": None if actor is None else actor[rows],
                "verb": verb,
                "from_status": status,
                "to_status": self.status[rows],
                "from_reason_id": some(reason),
                "to_reason_id": some(self.reason[rows]),
                "from_detail": some(detail),
                "to_detail": some(self.detail[rows]),
                "from_person_id": some(person),
                "to_person_id": some(self.person[rows]),
                "from_branch_id": None if status is None else self.branch[rows],
                "to_branch_id": self.branch[rows],
            }
        )


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
    held = life.holder > 0
    ledger = _Ledger(
        ids=np.arange(first_id, first_id + many),
        branch=customers.unit_id[life.places],
        status=np.where(held, Status.ASSIGNED.code, Status.UNASSIGNED.code),
        reason=np.zeros(many, np.int64),
        detail=np.zeros(many, np.int64),
        person=life.holder.copy(),
        closed_at=np.full(many, NEVER),
        version=np.ones(many, np.int64),
    )
    ledger.begin(np.full(many, plan.launched_at))
    _work(ledger, staff.leads[customers.branch[life.places]], life, reasons)
    _end(ledger, plan, life, reasons)

    contacted_at = np.where(np.isin(life.outcome, _REACHED), life.contact_at, NEVER)
    last_contact = np.fmax.reduce(contacted_at, axis=1)
    is_open = ledger.status < Status.COMPLETED.code
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
            "next_action_at": np.where(is_open, life.promised_at, NEVER),
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
    _attempts(connection, ledger, life, reasons)
    if plan.is_sales:
        _responses(connection, ledger, customers, plan, life)
        _leads(connection, ledger, customers, plan, life)
    customers.worked(life.places, is_open, last_contact, refused_at(life))
    return many


def _work(ledger: _Ledger, leads: Ids, life: Lives, reasons: Mapping[str, int]) -> None:
    """Take, try, complete: what people do, in the order in which it happens to an activity."""
    taken = ~np.isnat(life.taken_at)
    for verb, rows, actor in (
        (TAKE.verb, taken & ~life.by_lead, life.taker),
        (ASSIGN.verb, taken & life.by_lead, leads),
    ):
        ledger.step(verb, Status.ASSIGNED, rows, life.taken_at, actor, person=life.taker)
    for number in range(CONTACTS):
        at, outcome = life.contact_at[:, number], life.outcome[:, number]
        why = _reason_of(outcome, reasons)
        tried = np.isin(outcome, [each.code for each in ATTEMPT_OUTCOMES])
        changes = tried & ((why != ledger.reason) | (ledger.status != Status.IN_PROGRESS.code))
        ledger.version[tried & ~changes] += 1
        ledger.step(ATTEMPT.verb, Status.IN_PROGRESS, changes, at, life.taker, reason=why)
        detail = np.select(
            [outcome == each.code for each in DETAIL_OF], [d.code for d in DETAIL_OF.values()]
        )
        done = np.isin(outcome, [each.code for each in ENDING_OUTCOMES])
        ledger.step(
            COMPLETE.verb, Status.COMPLETED, done, at, life.taker, reason=why, detail=detail
        )


def _end(ledger: _Ledger, plan: Scenario, life: Lives, reasons: Mapping[str, int]) -> None:
    """Cancel what led nowhere, abort what was left, follow the leads."""
    why = np.where(life.wrong_number, reasons[WRONG_NUMBER], reasons[NO_ANSWER])
    given_up = ~np.isnat(life.cancelled_at)
    ledger.step(CANCEL.verb, Status.CANCELLED, given_up, life.cancelled_at, life.taker, reason=why)
    aborted = np.full_like(ledger.reason, reasons[SYSTEM_ABORTED])
    ended_at = np.full(len(ledger.ids), plan.until)
    ledger.step(ABORT.verb, Status.CANCELLED, life.aborted, ended_at, reason=aborted)
    detail = np.where(life.buys, Detail.WON.code, Detail.LOST.code)
    followed = ~np.isnat(life.lead_closed_at)
    ledger.step(
        FOLLOW_LEAD.verb,
        Status.COMPLETED,
        followed,
        life.lead_closed_at,
        life.taker,
        detail=detail,
    )


def _attempts(
    connection: Connection, ledger: _Ledger, life: Lives, reasons: Mapping[str, int]
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
                "outcome": outcome,
                "reason_id": some(_reason_of(outcome, reasons)),
                "note": "",
            },
        )


def _responses(
    connection: Connection, ledger: _Ledger, customers: Customers, plan: Scenario, life: Lives
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
    connection: Connection, ledger: _Ledger, customers: Customers, plan: Scenario, life: Lives
) -> None:
    opened_at = first(life, Outcome.ACCEPTED)
    rows = ~np.isnat(opened_at)
    closed = ~np.isnat(life.lead_closed_at)
    won = (closed & life.buys)[rows]
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


_REACHED = [each.code for each in Outcome if each.is_reached]


def _reason_of(outcome: Ids, reasons: Mapping[str, int]) -> Ids:
    """Return the status reason that goes with what each contact came to, else 0."""
    given = {
        Outcome.NOT_REACHED: NO_ANSWER,
        Outcome.CALL_BACK: NEEDS_TIME,
        Outcome.REFUSED: REFUSED_OFFER,
    }
    return np.select(
        [outcome == each.code for each in given], [reasons[code] for code in given.values()]
    )


def refused_at(life: Lives) -> Days:
    """Return when each customer said no, if so."""
    return first(life, Outcome.REFUSED)


def first(life: Lives, *wanted: Outcome) -> Days:
    """Return when each activity first came to one of these outcomes."""
    is_one = np.isin(life.outcome, [each.code for each in wanted])
    earliest: Days = np.fmin.reduce(np.where(is_one, life.contact_at, NEVER), axis=1)
    return earliest


def text_where(rows: Flags, text: str) -> list[str | None]:
    """Return the text in these rows and nothing in the others."""
    return [text if row else None for row in rows.tolist()]


def some(ids: Ids | None) -> Any:
    """Return ids with nothing in the places of zeros."""
    return None if ids is None else np.ma.masked_equal(ids, 0)
