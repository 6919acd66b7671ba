"""The file of rejected rows, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.exports import in_one_cell
from core.intake.actions.requests import Rejection
from core.refusals import Invalid
from data.importers.reading import OnRejected
from data.importers.values import FORMULA


@contextmanager
def rejected_file(path: Path) -> Iterator[OnRejected]:
    """Write rejected rows to `path` as they come; without any there is no file.

    It holds records of customers, so nobody else may read it.

    :raises Invalid: it can't be written
    """
    with _explained(path):
        path.unlink(missing_ok=True)
    started = False

    def write(rejections: Sequence[Rejection]) -> None:
        nonlocal started
        encoding = "utf-8" if started else "utf-8-sig"
        with _explained(path), path.open("a", encoding=encoding, newline="") as file:
            path.chmod(0o600)
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
    inert = in_one_cell(text)
    return f"'{inert}" if FORMULA.match(text) else inert


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Invalid(
            f"The rejected rows can't be written to {path}: {error.strerror}. Name another file."
        ) from error
