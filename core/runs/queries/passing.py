"""Which runs time alone moves on: those that wait for a day, and those whose last day is over."""

from sqlalchemy import ColumnElement, exists, or_, select

from core.access import Permission
from core.campaigns.model import Stage
from core.runs.model import Run, RunStage
from core.runs.rules import RunStatus
from core.work import Reader


def with_stages_ahead(view: Reader) -> list[int]:
    """List the launched runs that may still get work.

    Some stage of theirs is not made yet, or follows another, whose customers come to it one by one.
    """
    is_made = exists().where(RunStage.run_id == Run.id, RunStage.stage_id == Stage.id)
    ahead = exists().where(
        Stage.design_id == Run.design_id, or_(~is_made, Stage.after_position.is_not(None))
    )
    return _ids(view, Run.status == RunStatus.LAUNCHED, Run.ends_on >= view.now.date(), ahead)


def past_their_end(view: Reader) -> list[int]:
    """List the runs under way whose last day is over."""
    under_way = (RunStatus.LAUNCHED, RunStatus.PAUSED)
    return _ids(view, Run.status.in_(under_way), Run.ends_on < view.now.date())


def _ids(view: Reader, *which: ColumnElement[bool]) -> list[int]:
    view.authorize(Permission.RUN_CAMPAIGNS)
    statement = select(Run.id).where(*which, ~Run.is_imported, view.actor.scope.limits(Run.unit_id))
    return list(view.session.scalars(statement.order_by(Run.id)))
