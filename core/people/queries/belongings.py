"""What somebody has that others would have to take over before the person's roles may go."""

from sqlalchemy import Integer, column, func, select, table
from sqlalchemy.orm import Session

from core.access import Permission

# Confirmations and work belong to later parts of the business; only this is read here.
_CANDIDATE = table(
    "candidate", column("run_id", Integer), column("confirmer_id", Integer), column("confirmation")
)
_RUN = table("run", column("id", Integer), column("status", Integer))
_ACTIVITY = table("activity", column("person_id", Integer), column("status", Integer))
_OPEN = (1, 2)  # assigned, in progress
_PENDING, _SELECTED = 1, 2  # of a confirmation, of a run


def left_undone(session: Session, person_id: int, lost: frozenset[Permission]) -> str:
    """Say what somebody could no longer do who loses these rights, if there is anything to do."""
    parts = []
    if Permission.WORK_ACTIVITIES in lost:
        of_person = (_ACTIVITY.c.person_id == person_id, _ACTIVITY.c.status.in_(_OPEN))
        work = session.scalar(select(func.count()).select_from(_ACTIVITY).where(*of_person))
        parts.append(_counted(work or 0, "open activity", "open activities"))
    if Permission.CONFIRM_CANDIDATES in lost:
        waiting = _CANDIDATE.c.run_id.in_(select(_RUN.c.id).where(_RUN.c.status == _SELECTED))
        asked = (_CANDIDATE.c.confirmer_id == person_id, _CANDIDATE.c.confirmation == _PENDING)
        counted = select(func.count()).select_from(_CANDIDATE).where(*asked, waiting)
        wanted = session.scalar(counted)
        parts.append(_counted(wanted or 0, "confirmation to give", "confirmations to give"))
    return " and ".join(part for part in parts if part)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}" if number else ""
