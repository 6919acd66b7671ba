"""Competitors' moves from a file."""

from typing import Any

from sqlalchemy import Integer, insert, select, update
from sqlalchemy.types import TypeEngine

from core.intake.actions.kinds import Taking, staged_columns
from core.intake.actions.records import Part, Records, table_of
from core.intake.actions.staging import Stage
from core.intake.rules import FIELDS, IntakeKind
from core.market.model import Competitor, CompetitorMove
from core.market.rules import spelling

_MOVES = table_of(CompetitorMove)
_MOVE = _MOVES.c


class Moves(Taking):
    def columns(self) -> dict[str, TypeEngine[Any]]:
        columns = staged_columns(IntakeKind.MOVES, self.request.fields)
        return columns | {"competitor_id": Integer()}

    def find(self, stage: Stage) -> None:
        """Name the competitors, and add those who are new."""
        rows, session = stage.rows, self.work.session
        known = select(Competitor.name)
        named = select(rows.c.competitor).distinct().where(rows.c.competitor.not_in(known))
        new = sorted(stage.connection.scalars(named))
        if new:
            self.created["competitor"] = list(
                session.scalars(
                    insert(Competitor).returning(Competitor.id),
                    [{"name": name, "spelling": spelling(name)} for name in new],
                )
            )
        stage.connection.execute(
            update(rows)
            .where(rows.c.competitor == Competitor.name)
            .values(competitor_id=Competitor.id)
        )

    def records(self, stage: Stage) -> Records:
        return move_records(stage.dialect, set(stage.rows.c.keys()), now=self.work.now)

    def write(self, stage: Stage, records: Records) -> None:
        records.create(stage)
        records.change(stage)


def move_records(dialect: str, mapped: set[str], *, now: Any) -> Records:
    """Return the records of an import of moves that brings the fields `mapped`."""
    own = {field.name for field in FIELDS[IntakeKind.MOVES]} & set(_MOVE.keys()) & mapped
    columns = {name: _MOVE[name] for name in sorted(own - {"source_no"})}
    return Records(
        dialect,
        parts=(
            Part(
                _MOVES,
                _MOVE.id,
                columns | {"competitor_id": _MOVE.competitor_id},
                created={"recorded_at": now},
            ),
        ),
        natural=_MOVE.source_no,
        staged_key="source_no",
    )
