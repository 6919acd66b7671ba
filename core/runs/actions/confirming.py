"""Confirming candidates: a relationship manager answers for the own customers."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select, update

from core.access import Permission
from core.database import id_set
from core.refusals import Conflict, Invalid, NotFound
from core.runs.events import CandidatesDecided
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation, RunStatus
from core.work import Work


@dataclass(frozen=True)
class Confirm:
    """A manager's answer about some of the own customers: take them, or not and why."""

    run_id: int
    customer_ids: Collection[int]
    accept: bool
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.customer_ids:
            raise Invalid("Choose at least one customer.")
        if not self.accept and not self.reason.strip():
            raise Invalid("Say why these customers should be left out: the reason is kept.")


def confirm_candidates(work: Work, request: Confirm) -> CandidatesDecided:
    """Accept or reject all the chosen candidates, or none of them.

    Neither the screen nor the answer tells who would be held out: a manager decides blindly.

    :raises NotFound: there is no such run
    :raises Conflict: the run is launched or ended, or some candidates are not the requester's to
        confirm, or were decided meanwhile
    """
    work.authorize(Permission.CONFIRM_CANDIDATES)
    run = _open_for_confirmation(work, request.run_id)

    # Being the one who was asked is a narrower limit than the scope of any unit.
    wanted = frozenset(request.customer_ids)
    decided = work.session.scalars(
        update(Candidate)
        .where(
            Candidate.run_id == run.id,
            Candidate.customer_id.in_(id_set(work.dialect, wanted)),
            Candidate.confirmer_id == work.actor.person_id,
            Candidate.confirmation == Confirmation.PENDING.literal,
        )
        .values(
            confirmation=Confirmation.CONFIRMED if request.accept else Confirmation.REJECTED,
            confirmed_at=work.now,
            rejection=None if request.accept else request.reason.strip(),
        )
        .returning(Candidate.customer_id)
        .execution_options(synchronize_session=False)
    ).all()
    if missed := wanted - set(decided):
        raise Conflict(
            f"{len(missed)} of the chosen candidates are not yours to confirm, or were decided "
            "meanwhile. Nothing was changed; look again and choose again."
        )

    remaining, pending = work.session.execute(
        select(
            func.count().filter(Candidate.confirmation != Confirmation.REJECTED),
            func.count().filter(Candidate.confirmation == Confirmation.PENDING),
        ).where(Candidate.run_id == run.id)
    ).one()
    fact = CandidatesDecided(
        run_id=run.id,
        run=run.code,
        customer_ids=tuple(sorted(decided)),
        is_accepted=request.accept,
        reason=request.reason.strip(),
        remaining=remaining,
        pending=pending,
    )
    work.record(fact)
    return fact


def _open_for_confirmation(work: Work, run_id: int) -> Run:
    # Held until the end, so that a launch can't come in between.
    run = work.session.scalar(select(Run).where(Run.id == run_id).with_for_update(read=True))
    if run is None:
        raise NotFound("There is no such run.")
    if run.status is not RunStatus.SELECTED:
        raise Conflict(f"Run {run.code} is {run.status}: it waits for no confirmations.")
    return run
