"""What must always be true of the market, counted for `fairlead check`."""

from sqlalchemy import func, select

from core.access import Permission
from core.market.model import CompetitorMove, CompetitorRate
from core.market.rules import doubt
from core.work import Reader


def mistaken_doubts(view: Reader) -> int:
    """Count moves and rates that are doubted without a reason, or believed in spite of one."""
    view.authorize(Permission.READ_JOURNAL)
    return sum(
        view.session.scalar(
            select(func.count())
            .select_from(model)
            .where(model.is_plausible == model.quality_flag.is_not(None))
        )
        or 0
        for model in (CompetitorMove, CompetitorRate)
    )


def believed_moves_that_cannot_be(view: Reader) -> int:
    """Count moves that are facts, though their values can't be."""
    view.authorize(Permission.READ_JOURNAL)
    move = CompetitorMove
    values = view.session.execute(
        select(move.kind, move.side, move.old_value, move.new_value)
        .where(move.is_plausible)
        .execution_options(yield_per=10_000)
    )
    return sum(doubt(*row) is not None for row in values)
