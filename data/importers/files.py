"""Tables in text files, whatever their delimiter, encoding and compression, read in parts."""

import codecs
import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

import pandas as pd
from charset_normalizer import from_bytes

from core.refusals import Invalid
from data.importers.mapping import FileSettings

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

DELIMITERS = ",;\t|"
MOST_ROWS_AT_ONCE = 50_000
TEXT_AT_ONCE = 10_000_000  # characters: wide rows are taken fewer at a time
_BLOCK = 1 << 20
_SAMPLE = 1 << 18  # bytes looked at to guess an encoding that isn't UTF-8
_LINES = 50  # looked at to guess the delimiter
_MOST_CHAOS = 0.1  # above, the guess reads like noise
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TABLES = {
    b"PK\x03\x04": "a spreadsheet or zip archive",
    b"%PDF": "a PDF",
    b"\x7fELF": "a program",
}


@dataclass(frozen=True)
class Part:
    """Some rows of a file, and why others can't be told apart into columns."""

    rows: pd.DataFrame
    misshapen: Mapping[int, str]

    def __len__(self) -> int:
        return len(self.rows) + len(self.misshapen)


@dataclass(frozen=True)
class TextTable:
    """A file that was looked through once, and how to read it.

    :param sha256: of its bytes as they are on the disk
    """

    path: Path
    name: str
    sha256: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    rows_at_once: int

    def need(self, columns: Sequence[str]) -> None:
        """Continue only if the file has all of `columns`."""
        if missing := [column for column in dict.fromkeys(columns) if column not in self.header]:
            raise Invalid(
                f"{self.name} has no column {', '.join(missing)}. It has: {', '.join(self.header)}."
            )

    def parts(self, columns: Sequence[str] | None = None) -> Iterator[Part]:
        """Yield the rows as text, some ten thousand at a time, numbered from 1 in the index.

        :raises Invalid: the text can't be decoded, or a quotation mark is never closed
        """
        wanted = self.header if columns is None else columns
        places = [self.header.index(column) for column in wanted]
        last = 0
        with _explained(self), _opened_text(self.path, self.encoding) as text:
            rows = csv.reader(text, delimiter=self.delimiter, strict=True)
            next(rows)
            while lines := self._lines(rows):
                numbered = list(enumerate(filter(None, lines), last + 1))  # but not blank lines
                last += len(numbered)
                yield self._part(numbered, wanted, places)

    def _lines(self, rows: "CsvReader") -> list[list[str]]:
        try:
            return list(islice(rows, self.rows_at_once))
        except csv.Error as error:
            raise Invalid(
                f"Line {rows.line_num:,} of {self.name} can't be read: {error}. A quotation mark"
                f" may never be closed, or the delimiter be another than {self.delimiter!r}."
            ) from error

    def _part(
        self, rows: Sequence[tuple[int, list[str]]], wanted: Sequence[str], places: Sequence[int]
    ) -> Part:
        width = len(self.header)
        misshapen = {
            number: f"has {len(row)} columns where the header has {width}"
            for number, row in rows
            if len(row) != width
        }
        whole = [row for _, row in rows if len(row) == width]
        numbers = [number for number, row in rows if len(row) == width]
        text = {
            name: pd.Series([row[place] for row in whole], index=numbers, dtype=str).str.strip()
            for name, place in zip(wanted, places, strict=True)
        }
        return Part(pd.DataFrame(text, index=numbers, columns=list(wanted)), misshapen)

    def whole(self) -> pd.DataFrame:
        """Return all rows at once, of a file that others are looked up in.

        :raises Invalid: a row has too few or too many columns
        """
        frames = []
        for part in self.parts():
            for number, reason in part.misshapen.items():
                raise Invalid(f"Row {number:,} of {self.name} {reason}.")
            frames.append(part.rows)
        return pd.concat(frames) if frames else pd.DataFrame(columns=list(self.header), dtype=str)


def open_table(path: Path, settings: FileSettings, *, name: str | None = None) -> TextTable:
    """Look through a file once, for whether it is whole, how it is written and what it has.

    :param name: what to call it, when `path` is only where an upload was put
    :raises Invalid: it isn't there, is empty or cut off, or how it is written can't be told
    """
    name = name or path.name
    if not path.is_file():
        raise Invalid(f"There is no file {path}.")
    if settings.encoding is not None:
        _known_encoding(settings.encoding)
    sha256 = _digest(path)
    start, strange = _read_through(path, name)
    if not start.strip():
        raise Invalid(f"{name} is empty.")
    encoding = settings.encoding or _encoding(start, strange, name)
    lines = _first_lines(path, encoding, name)
    delimiter = settings.delimiter or _delimiter(lines)
    header = tuple(column.strip() for column in next(csv.reader(lines, delimiter=delimiter)))
    if repeated := sorted({column for column in header if header.count(column) > 1}):
        raise Invalid(f"{name} names the column {', '.join(repeated)} more than once.")
    width = max(1, sum(map(len, lines)) // len(lines))
    at_once = min(MOST_ROWS_AT_ONCE, max(1, TEXT_AT_ONCE // width))
    return TextTable(path, name, sha256, encoding, delimiter, header, at_once)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO | gzip.GzipFile]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if not packed:
            yield raw
            return
        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield unpacked


@contextmanager
def _opened_text(path: Path, encoding: str) -> Iterator[IO[str]]:
    with _opened(path) as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
        yield text


@contextmanager
def _explained(table: TextTable) -> Iterator[None]:
    """Turn what goes wrong while reading into a sentence."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise Invalid(_undecodable(table.name, table.encoding)) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Invalid(_cut_off(table.name)) from error


def _digest(path: Path) -> str:
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _read_through(path: Path, name: str) -> tuple[bytes, bytes]:
    """Return the first bytes, and the first ones that aren't UTF-8 (none if all are)."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    start, strange = b"", b""
    try:
        with _opened(path) as raw:
            while block := raw.read(_BLOCK):
                start = start or block[:_SAMPLE]
                if strange:
                    continue  # read on all the same: the file has to be whole
                try:
                    decoder.decode(block)
                except UnicodeDecodeError as error:
                    strange = block[max(0, error.start - _SAMPLE // 2) :][:_SAMPLE]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Invalid(_cut_off(name)) from error
    for mark, what in _NOT_TABLES.items():
        if start.startswith(mark):
            raise Invalid(f"{name} is {what}, not a text file. Save the table as CSV.")
    return start, strange


def _known_encoding(encoding: str) -> None:
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise Invalid(
            f"The mapping names the encoding {encoding}, which isn't known."
            " Use a name such as utf-8, cp1250 or iso-8859-2."
        ) from error


def _encoding(start: bytes, strange: bytes, name: str) -> str:
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    if not strange and b"\0" not in start:
        return "utf-8"
    best = from_bytes(strange or start).best()
    if best is None or best.chaos > _MOST_CHAOS or "\0" in str(best):
        raise Invalid(
            f"The encoding of {name} can't be told: it isn't UTF-8 and fits no other."
            ' Name it in the mapping, such as encoding = "cp1250" under [file].'
        )
    return best.encoding


def _first_lines(path: Path, encoding: str, name: str) -> list[str]:
    try:
        with _opened_text(path, encoding) as text:
            start = text.read(_SAMPLE)
    except UnicodeDecodeError as error:
        raise Invalid(_undecodable(name, encoding)) from error
    lines = start.splitlines(keepends=True)
    whole = lines if len(lines) == 1 or len(start) < _SAMPLE else lines[:-1]
    return whole[:_LINES]


def _delimiter(lines: list[str]) -> str:
    """Return the delimiter that cuts the header into most parts, and the rows into as many."""

    def fit(delimiter: str) -> tuple[float, int]:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        width = len(rows[0])
        return (sum(len(row) == width for row in rows) / len(rows) if width > 1 else 0, width)

    return max(DELIMITERS, key=fit)


def _undecodable(name: str, encoding: str) -> str:
    return (
        f"{name} holds bytes that aren't {encoding}."
        ' Name its encoding in the mapping, such as encoding = "cp1250" under [file].'
    )


def _cut_off(name: str) -> str:
    return f"{name} is cut off or damaged: its compressed part ends too early. Fetch it again."
