"""Competitors that the rows of a file name: found however they are spelt, or created once."""

from collections.abc import Sequence

from sqlalchemy import Text, cast, func, insert, literal, select, update

from core.intake.actions.kinds import Taking
from core.intake.actions.staging import Stage
from core.market.model import Competitor
from core.market.rules import spelling


def spelt(names: Sequence[str | None]) -> list[str | None]:
    """Return each name as its twins would write it alike."""
    known: dict[str, str] = {}
    return [None if name is None else known.setdefault(name, spelling(name)) for name in names]


def find_competitors(taking: Taking, stage: Stage) -> None:
    """Look up the staged competitors, former and merged names as whom they are; add new ones.

    Of new names that are twins the first of the file stands.
    """
    rows, session = stage.rows, taking.work.session
    stage.reject(
        "competitor",
        select(rows.c.row_no, literal("has no letters or figures"), rows.c.competitor).where(
            rows.c.spelling == ""
        ),
    )
    first = select(func.min(rows.c.row_no)).group_by(rows.c.spelling)
    named = (
        select(rows.c.competitor, rows.c.spelling)
        .where(
            rows.c.row_no.in_(first),
            rows.c.spelling.is_not(None),
            rows.c.spelling.not_in(select(Competitor.spelling)),
        )
        .order_by(rows.c.row_no)
    )
    if new := [
        {"name": name, "spelling": spelt_} for name, spelt_ in stage.connection.execute(named)
    ]:
        taking.created["competitor"] = list(
            session.scalars(insert(Competitor).returning(Competitor.id), new)
        )
    stage.connection.execute(
        update(rows)
        .where(rows.c.spelling == Competitor.spelling)
        .values(competitor_id=func.coalesce(Competitor.same_as_id, Competitor.id))
    )


def reject_ahead(taking: Taking, stage: Stage, field: str) -> None:
    """Set aside what is dated after today."""
    rows, day = stage.rows, stage.rows.c[field]
    reason = literal("is ahead; what has not happened yet can't be taken in")
    found = select(rows.c.row_no, reason, cast(day, Text))
    stage.reject(field, found.where(day > taking.work.now.date()))
