"""The file of rejected rows, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.intake.actions.requests import Rejection
from data.importers.reading import OnRejected
from data.importers.values import FORMULA


@contextmanager
def rejected_file(path: Path) -> Iterator[OnRejected]:
    """Write rejected rows to `path` as they come; without any there is no file."""
    path.unlink(missing_ok=True)
    started = False

    def write(rejections: Sequence[Rejection]) -> None:
        nonlocal started
        with path.open("a" if started else "w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            if not started:
                rows.writerow(["row", "field", "reason", "value"])
            started = True
            rows.writerows(
                (one.row, harmless(one.field), harmless(one.reason), harmless(one.value or ""))
                for one in rejections
            )

    yield write


def harmless(text: str) -> str:
    """Keep a spreadsheet from running a text as a formula."""
    return f"'{text}" if FORMULA.match(text) else text
