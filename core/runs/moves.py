"""Moving a run: one statement compares the status and sets the next, so that one of two wins."""

from typing import Any

from sqlalchemy import select, update

from core.lifecycle import Move
from core.refusals import Conflict, Invalid, NotFound
from core.runs.model import Run
from core.runs.rules import RunStatus
from core.work import Reader, Work


def run_in_scope(view: Reader, run_id: int) -> Run:
    """Return a run of the requester's units.

    :raises NotFound: there is none with this id, or it is another unit's
    """
    run = view.session.scalar(
        select(Run).where(Run.id == run_id, view.actor.scope.limits(Run.unit_id))
    )
    if run is None:
        raise NotFound("There is no such run among those of your units.")
    return run


def moved(work: Work, run_id: int, move: Move[RunStatus], **values: Any) -> Run:
    """Move a run to the target of `move`, and hold it until the work is done.

    :raises NotFound: no such run, or another unit's
    :raises Invalid: the run was carried out elsewhere and only its result is here
    :raises Conflict: the run is not, or no longer, in a state that this move starts from
    """
    found = work.session.scalar(
        update(Run)
        .where(
            Run.id == run_id,
            Run.status.in_(move.sources),
            ~Run.is_imported,
            work.actor.scope.limits(Run.unit_id),
        )
        .values(status=move.target, version=Run.version + 1, **values)
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    )
    if found is None:
        run = run_in_scope(work, run_id)
        if run.is_imported:
            raise Invalid(f"Run {run.code} was carried out elsewhere; here it can only be read.")
        allowed = " or ".join(sorted(move.sources))
        raise Conflict(
            f"Run {run.code} is {run.status} by now. To {move.verb} it has to be {allowed}."
        )
    return work.session.get_one(Run, run_id, populate_existing=True)
