"""How the activities of a run of the demo bank come to be as they are, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.activities.generation import GENERATE
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
    REFUSED_OFFER,
    SYSTEM_ABORTED,
    TAKE,
    Detail,
    Outcome,
    Status,
)
from data.bulk import some
from data.demo.customers import Codes, Days, Flags, Ids
from data.demo.lives import CONTACTS, Lives
from data.demo.selection import NEVER, Scenario
from data.reference import NEEDS_TIME, NO_ANSWER, WRONG_NUMBER


@dataclass
class Ledger:
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

    @property
    def is_open(self) -> Flags:
        is_open: Flags = self.status < Status.COMPLETED.code
        return is_open


def begun(ids: Ids, branch: Ids, plan: Scenario, life: Lives) -> Ledger:
    """Return the activities as a launch makes them: held by a manager, or in the branch pool."""
    many = len(ids)
    ledger = Ledger(
        ids=ids,
        branch=branch,
        status=np.where(life.holder > 0, Status.ASSIGNED.code, Status.UNASSIGNED.code),
        reason=np.zeros(many, np.int64),
        detail=np.zeros(many, np.int64),
        person=life.holder.copy(),
        closed_at=np.full(many, NEVER),
        version=np.ones(many, np.int64),
    )
    ledger.begin(np.full(many, plan.launched_at))
    return ledger


def work(ledger: Ledger, leads: Ids, life: Lives, reasons: Mapping[str, int]) -> None:
    """Take, try, complete: what people do, in the order in which it happens to an activity."""
    taken = ~np.isnat(life.taken_at)
    for verb, rows, actor in (
        (TAKE.verb, taken & ~life.by_lead, life.taker),
        (ASSIGN.verb, taken & life.by_lead, leads),
    ):
        ledger.step(verb, Status.ASSIGNED, rows, life.taken_at, actor, person=life.taker)
    for number in range(CONTACTS):
        at, outcome = life.contact_at[:, number], life.outcome[:, number]
        why = reason_of(outcome, reasons)
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


def end(ledger: Ledger, plan: Scenario, life: Lives, reasons: Mapping[str, int]) -> None:
    """Cancel what led nowhere, abort what was left, follow the leads."""
    why = np.where(life.wrong_number, reasons[WRONG_NUMBER], reasons[NO_ANSWER])
    given_up = ~np.isnat(life.cancelled_at)
    ledger.step(CANCEL.verb, Status.CANCELLED, given_up, life.cancelled_at, life.taker, reason=why)
    aborted = np.full_like(ledger.reason, reasons[SYSTEM_ABORTED])
    ended_at = np.full(len(ledger.ids), plan.until)
    ledger.step(ABORT.verb, Status.CANCELLED, life.aborted, ended_at, reason=aborted)
    detail = np.where(life.claimed, Detail.WON.code, Detail.LOST.code)
    followed = ~np.isnat(life.lead_closed_at)
    ledger.step(
        FOLLOW_LEAD.verb,
        Status.COMPLETED,
        followed,
        life.lead_closed_at,
        life.taker,
        detail=detail,
    )


def reason_of(outcome: Codes, reasons: Mapping[str, int]) -> Ids:
    """Return the status reason that goes with what each contact came to, else 0."""
    given = {
        Outcome.NOT_REACHED: NO_ANSWER,
        Outcome.CALL_BACK: NEEDS_TIME,
        Outcome.REFUSED: REFUSED_OFFER,
    }
    return np.select(
        [outcome == each.code for each in given], [reasons[code] for code in given.values()]
    )
