"""What competitors' products bear on a day, from a file."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Boolean, Integer, Text, exists, update
from sqlalchemy.types import TypeEngine

from core.intake.actions.competitors import find_competitors, reject_ahead, spelt
from core.intake.actions.kinds import Taking, staged_columns
from core.intake.actions.records import Part, Records, table_of
from core.intake.actions.requests import Batch
from core.intake.actions.staging import Stage
from core.intake.rules import FIELDS, Effect, IntakeKind
from core.market.model import CompetitorRate
from core.market.rules import MoveKind, Side, doubt

_RATES = table_of(CompetitorRate)
_RATE = _RATES.c
_WORKED_OUT = ("competitor_id", "is_plausible", "quality_flag")


class Rates(Taking):
    def columns(self) -> dict[str, TypeEngine[Any]]:
        return staged_columns(IntakeKind.RATES, self.request.fields) | {
            "source_no": Text(),
            "spelling": Text(),
            "competitor_id": Integer(),
            "quality_flag": Text(),
            "is_plausible": Boolean(),
        }

    def prepared(self, batch: Batch) -> Batch:
        """Compose the key of each row, and mark the rates that can't be."""
        given = dict(batch.columns)
        empty: Sequence[Any] = [None] * len(batch.rows)
        sides = {side.code: side for side in Side}
        names = spelt(given["competitor"])
        terms = given.get("terms", empty)
        flags = [
            flag or doubt(MoveKind.RATE_ADDED, sides[side], None, rate)
            for flag, side, rate in zip(
                given.get("quality_flag", empty), given["side"], given["rate"], strict=True
            )
        ]
        keys = zip(names, given["product_code"], given["side"], terms, strict=True)
        given |= {
            "source_no": [
                f"{name} {code} {sides[side]} {said or ''}".strip()
                for name, code, side, said in keys
            ],
            "spelling": names,
            "quality_flag": flags,
            "is_plausible": [flag is None for flag in flags],
        }
        return replace(batch, columns=given)

    def find(self, stage: Stage) -> None:
        reject_ahead(self, stage, "as_of")
        find_competitors(self, stage)

    def records(self, stage: Stage) -> Records:
        return rate_records(stage.dialect, set(stage.rows.c.keys()), source=self.request.source)

    def limit(self, stage: Stage) -> None:
        """Leave alone what is known from a later day."""
        rows = stage.rows
        later = exists().where(_RATE.id == rows.c.record_id, _RATE.as_of > rows.c.as_of)
        stage.connection.execute(
            update(rows)
            .where(rows.c.effect == Effect.UPDATE.code, later)
            .values(effect=Effect.UNCHANGED.code)
        )

    def write(self, stage: Stage, records: Records) -> None:
        records.create(stage)
        records.change(stage)


def rate_records(dialect: str, mapped: set[str], *, source: str) -> Records:
    """Return the records of an import of rates that brings the fields `mapped`.

    :param source: of new rates, where the file doesn't say one for each
    """
    own = {field.name for field in FIELDS[IntakeKind.RATES]} & set(_RATE.keys()) & mapped
    columns = {name: _RATE[name] for name in sorted(own | set(_WORKED_OUT))}
    created = {} if "source" in own else {"source": source}
    return Records(
        dialect,
        parts=(Part(_RATES, _RATE.id, columns, created=created),),
        natural=_RATE.source_no,
        staged_key="source_no",
    )
