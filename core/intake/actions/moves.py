"""Competitors' moves, and events of the market, from a file."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Boolean, Float, Integer, Text, cast, literal, null, select, update
from sqlalchemy.types import TypeEngine

from core.intake.actions.competitors import find_competitors, reject_ahead, spelt
from core.intake.actions.kinds import Taking, staged_columns
from core.intake.actions.records import Part, Records, table_of
from core.intake.actions.requests import Batch
from core.intake.actions.staging import Stage
from core.intake.rules import FIELDS, IntakeKind
from core.market.model import CompetitorMove
from core.market.rules import MoveKind, Side, doubt
from core.people.model import Unit

_MOVES = table_of(CompetitorMove)
_MOVE = _MOVES.c
_WORKED_OUT = ("competitor_id", "is_plausible", "old_value", "quality_flag", "unit_id")


class Moves(Taking):
    def columns(self) -> dict[str, TypeEngine[Any]]:
        named = tuple(name for name in self.request.fields if name != "change")
        return staged_columns(IntakeKind.MOVES, named) | {
            "competitor": Text(),
            "spelling": Text(),
            "competitor_id": Integer(),
            "old_value": Float(),
            "quality_flag": Text(),
            "is_plausible": Boolean(),
            "unit_id": Integer(),
        }

    def prepared(self, batch: Batch) -> Batch:
        """Work out the old values from the changes, and mark what can't be."""
        given = dict(batch.columns)
        empty: Sequence[Any] = [None] * len(batch.rows)
        changes = given.pop("change", empty)
        new = given.get("new_value", empty)
        old = [
            round(to - change, 6) if from_ is None and None not in (to, change) else from_
            for from_, to, change in zip(given.get("old_value", empty), new, changes, strict=True)
        ]
        kinds = {kind.code: kind for kind in MoveKind}
        sides: dict[int | None, Side | None] = {side.code: side for side in Side}
        flags = [
            flag or doubt(kinds[kind], sides.get(side), from_, to)
            for flag, kind, side, from_, to in zip(
                given.get("quality_flag", empty),
                given["kind"],
                given.get("side", empty),
                old,
                new,
                strict=True,
            )
        ]
        names = given.get("competitor", empty)
        given |= {
            "competitor": names,
            "spelling": spelt(names),
            "old_value": old,
            "quality_flag": flags,
            "is_plausible": [flag is None for flag in flags],
        }
        return replace(batch, columns=given)

    def find(self, stage: Stage) -> None:
        rows = stage.rows
        is_event = rows.c.kind == MoveKind.MARKET_EVENT.code
        missing = literal("is empty; only an event of the market is nobody's")
        stage.reject(
            "competitor",
            select(rows.c.row_no, missing, cast(null(), Text)).where(
                ~is_event, rows.c.competitor.is_(None)
            ),
        )
        nobodys = literal("is given for an event of the market, which is nobody's")
        stage.reject(
            "competitor",
            select(rows.c.row_no, nobodys, rows.c.competitor).where(
                is_event, rows.c.competitor.is_not(None)
            ),
        )
        reject_ahead(self, stage, "moved_on")
        if "region" in rows.c:
            stage.connection.execute(
                update(rows).where(rows.c.region == Unit.code).values(unit_id=Unit.id)
            )
            stage.reject_unknown("region", "unit_id", "unit with the code")
        find_competitors(self, stage)

    def records(self, stage: Stage) -> Records:
        return move_records(
            stage.dialect,
            set(stage.rows.c.keys()),
            now=self.work.now,
            source=self.request.source,
        )

    def write(self, stage: Stage, records: Records) -> None:
        records.create(stage)
        records.change(stage)


def move_records(dialect: str, mapped: set[str], *, now: Any, source: str) -> Records:
    """Return the records of an import of moves that brings the fields `mapped`.

    :param source: of new moves, where the file doesn't say one for each
    """
    own = {field.name for field in FIELDS[IntakeKind.MOVES]} & set(_MOVE.keys()) & mapped
    named = (own | set(_WORKED_OUT)) - {"source_no"}
    created = {"recorded_at": now} | ({} if "source" in own else {"source": source})
    return Records(
        dialect,
        parts=(
            Part(
                _MOVES,
                _MOVE.id,
                {name: _MOVE[name] for name in sorted(named)},
                created=created,
            ),
        ),
        natural=_MOVE.source_no,
        staged_key="source_no",
    )
