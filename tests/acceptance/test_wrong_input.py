"""Wrong files are refused in a sentence, and the database stays as it was."""

import gzip
import resource
from collections.abc import Iterator

import pytest

from core.intake.actions.taking import RowsRejected
from core.refusals import Invalid
from tests.making.files import CUSTOMERS, HEADER, Importing, contents

ROWS = 5_000
WRONG = 4_711
LARGE = 200_000_000  # bytes
MOST_MEMORY = 250_000  # kilobytes more than before, whatever the size of the file


@pytest.fixture
def files(engine, world, tmp_path):
    return Importing(engine, world.ada, tmp_path)


@pytest.fixture(autouse=True)
def database_unchanged(engine) -> Iterator[None]:
    before = contents(engine)
    yield
    assert contents(engine) == before


def lines(change=None):
    """Return a file of customers in which row 4,711 is what `change` makes of it."""
    rows = [f"N{number},Nora {number},B1,{number}.50,smith" for number in range(1, ROWS + 1)]
    if change is not None:
        rows[WRONG - 1] = change
    return HEADER + "\n".join(rows) + "\n"


def test_a_missing_column(files):
    with pytest.raises(Invalid) as refusal:
        files.take(lines().replace("balance", "saldo", 1))
    assert str(refusal.value) == (
        "file.csv has no column balance. It has: no, name, branch, saldo, job."
    )


def test_a_wrong_type_in_row_4711(files):
    with pytest.raises(RowsRejected) as refusal:
        files.take(lines("N4711,Nora,B1,a lot,smith"))
    assert (
        "1 row is rejected, so nothing was imported. Row 4,711, balance “a lot”: isn't an"
        in str(refusal.value)
    )
    [rejection] = files.rejected
    assert (rejection.row, rejection.field) == (WRONG, "balance")


@pytest.mark.parametrize("said", ['{ column = "job" }', '{ constant = "usd" }'])
def test_amounts_in_two_currencies(files, said):
    """They are never added up: the rows that are not in the bank's own are named."""
    mapping = f"{CUSTOMERS}\n[file]\ncurrency = {said}\n"
    with pytest.raises(RowsRejected) as refusal:
        files.take(HEADER + "N1,Nora,B1,5,EUR\nN2,Nick,B1,5,USD\nN3,Nils,B1,5,\n", mapping)
    assert "is USD, and the bank counts in EUR: convert the amounts before" in str(refusal.value)
    wrong = [(2, "currency")] if "column" in said else [(row, "currency") for row in (1, 2, 3)]
    assert [(each.row, each.field) for each in files.rejected] == wrong


def test_a_duplicate_id(files):
    with pytest.raises(RowsRejected) as refusal:
        files.take(lines("N12,Nora,B1,1,smith"))
    assert "Row 4,711, customer_no “N12”: stands in the file twice, first in row 12" in str(
        refusal.value
    )


def test_a_truncated_gzip(files):
    whole = gzip.compress(lines().encode())
    path = files.file(b"", "cut.csv")
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(Invalid) as refusal:
        files.take(path)
    assert str(refusal.value) == (
        "cut.csv is cut off or damaged: its compressed part ends too early. Fetch it again."
    )


def test_a_formula_in_a_name(files):
    with pytest.raises(RowsRejected) as refusal:
        files.take(lines("N4711,=cmd|' /C calc'!A0,B1,1,smith"))
    assert "Row 4,711, name “=cmd|' /C calc'!A0”: begins like a spreadsheet formula" in str(
        refusal.value
    )


@pytest.mark.parametrize(
    ("mapping", "raw", "told"),
    [
        (
            CUSTOMERS.replace("[fields]", '[file]\nencoding = "klingon"\n[fields]'),
            lines().encode(),
            "The mapping names the encoding klingon, which isn't known.",
        ),
        (CUSTOMERS, bytes(range(256)) * 100, "The encoding of file.csv can't be told"),
        (
            CUSTOMERS.replace("[fields]", '[file]\nencoding = "ascii"\n[fields]'),
            lines("N4711,Žofie,B1,1,smith").encode(),
            "file.csv holds bytes that aren't ascii.",
        ),
    ],
)
def test_an_unknown_encoding(files, mapping, raw, told):
    with pytest.raises(Invalid) as refusal:
        files.take(files.file(raw), mapping)
    assert told in str(refusal.value)


@pytest.mark.parametrize("text", ["", "\n", HEADER])
def test_an_empty_file(files, text):
    with pytest.raises(Invalid, match=r"is empty|has a header but no rows"):
        files.take(text)


def test_a_file_of_200_megabytes_is_read_in_parts(files):
    """Its last row is wrong, so all of it is read, staged and judged before it is refused."""
    line = f"N%08d,{'Nora ' * 190},B1,1.50,smith\n"
    path = files.folder / "large.csv"
    with path.open("w") as file:
        file.write(HEADER)
        count = LARGE // len(line % 0)
        file.writelines(line % number for number in range(count))
        file.write("wrong,Nora,B1,much,smith\n")
    assert path.stat().st_size > LARGE * 0.99
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(RowsRejected, match=f"Row {count + 1:,}, balance “much”"):
        files.take(path)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY
