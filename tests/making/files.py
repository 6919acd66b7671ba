"""Files to import, written for one test, and what the database holds before and after."""

import gzip
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, MetaData, select
from sqlalchemy.orm import Session

from core.access import Actor
from core.database import spilling
from core.intake.actions.requests import Rejection
from core.intake.actions.taking import take_in, try_out
from core.intake.rules import IntakeKind
from core.schema import METADATA
from core.work import changing, rehearsing
from data.importers.meaning import parse_mapping
from data.importers.reading import open_reading
from tests.conftest import NOW

CUSTOMERS = """
source = "the old system"
[fields]
customer_no = "no"
name = "name"
branch = "branch"
balance = "balance"
[attributes]
job = { column = "job", type = "text" }
"""
HEADER = "no,name,branch,balance,job\n"


@dataclass
class Importing:
    """Imports texts as files into one database, as one person."""

    engine: Engine
    actor: Actor
    folder: Path
    rejected: list[Rejection] = field(default_factory=list)

    def file(self, content: str | bytes, name: str = "file.csv") -> Path:
        path = self.folder / name
        raw = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return path

    def take(self, content, mapping=CUSTOMERS, kind=IntakeKind.CUSTOMERS, **more):
        with changing(spilling(self.engine), self.actor, now=NOW) as work:
            return take_in(work, self._request(content, mapping, kind, **more))

    def attempt(self, content, mapping=CUSTOMERS, kind=IntakeKind.CUSTOMERS, **more):
        with rehearsing(spilling(self.engine), self.actor, now=NOW) as work:
            return try_out(work, self._request(content, mapping, kind, **more))

    def _request(self, content, mapping, kind, *, name="file.csv", keep_good_rows=False):
        path = content if isinstance(content, Path) else self.file(content, name)
        meaning = parse_mapping(mapping, kind, name="mapping.toml")
        self.rejected.clear()
        return open_reading(kind, path, meaning).request(
            bank_name="The Bank", keep_good_rows=keep_good_rows, on_rejected=self.rejected.extend
        )


def contents(engine: Engine, *, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Return every row of every table, to compare with later."""
    assert METADATA.tables
    stored = MetaData()
    stored.reflect(engine)
    with Session(engine) as session:
        return {
            table.name: sorted(repr(tuple(row)) for row in session.execute(select(table)))
            for table in stored.sorted_tables
            if table.name not in without
        }
