"""How a text file is written: its compression, encoding and delimiter, found out by looking."""

import codecs
import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from charset_normalizer import from_bytes

from core.refusals import Invalid

DELIMITERS = ",;\t|"
_BLOCK = 1 << 20
_SAMPLE = 1 << 18  # bytes looked at to guess an encoding that isn't UTF-8
_LINES = 50  # looked at to guess the delimiter
LONGEST_LINE = 5_000_000  # characters: a file without line breaks must not fill the memory
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


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO | gzip.GzipFile]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if not packed:
            yield raw
            return
        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield unpacked


@contextmanager
def opened_text(path: Path, encoding: str) -> Iterator[IO[str]]:
    with opened(path) as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
        yield text


@dataclass
class Lines:
    """The lines of a text one after the other, and how many characters they had so far.

    :raises Invalid: one is so long that this can't be a table
    """

    text: IO[str]
    name: str
    number: int = 0
    characters: int = 0

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(LONGEST_LINE):
            self.number += 1
            self.characters += len(line)
            if len(line) == LONGEST_LINE:
                raise Invalid(
                    f"Line {self.number:,} of {self.name} is longer than {LONGEST_LINE:,}"
                    " characters, so it is no table with a row on each line."
                )
            yield line


def digest(path: Path) -> str:
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def read_through(path: Path, name: str, most: int | None = None) -> tuple[bytes, bytes]:
    """Return the first bytes, and the first ones that aren't UTF-8 (none if all are).

    :param most: how many bytes it may have once it is unpacked
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    start, strange, size = b"", b"", 0
    try:
        with opened(path) as raw:
            while block := raw.read(_BLOCK):
                start = start or block[:_SAMPLE]
                size += len(block)
                if most is not None and size > most:
                    raise Invalid(
                        f"{name} has more than {most / 1_000_000:,.0f} MB once it is unpacked;"
                        " import it at the command line."
                    )
                if strange:
                    continue  # read on all the same: the file has to be whole
                try:
                    decoder.decode(block)
                except UnicodeDecodeError as error:
                    strange = block[max(0, error.start - _SAMPLE // 2) :][:_SAMPLE]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Invalid(cut_off(name)) from error
    for mark, what in _NOT_TABLES.items():
        if start.startswith(mark):
            raise Invalid(f"{name} is {what}, not a text file. Save the table as CSV.")
    return start, strange


def known_encoding(encoding: str) -> None:
    try:
        "a".encode(encoding)
    except (LookupError, ValueError) as error:
        raise Invalid(
            f"The mapping names the encoding {encoding}, which isn't known."
            " Use a name such as utf-8, cp1250 or iso-8859-2."
        ) from error


def encoding_of(start: bytes, strange: bytes, name: str) -> str:
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


def first_lines(path: Path, encoding: str, name: str) -> list[str]:
    try:
        with opened_text(path, encoding) as text:
            start = text.read(_SAMPLE)
    except UnicodeError as error:
        raise Invalid(undecodable(name, encoding)) from error
    lines = list(io.StringIO(start, newline=""))
    whole = lines if len(lines) == 1 or len(start) < _SAMPLE else lines[:-1]
    if not "".join(whole).strip():
        raise Invalid(f"{name} is empty.")
    if not whole[0].strip():
        raise Invalid(f"The first line of {name} is empty; it has to name the columns.")
    return whole[:_LINES]


def delimiter_of(lines: list[str]) -> str:
    """Return the delimiter that cuts the header into most parts, and the rows into as many."""

    def fit(delimiter: str) -> tuple[float, int]:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        width = len(rows[0])
        return (sum(len(row) == width for row in rows) / len(rows) if width > 1 else 0, width)

    return max(DELIMITERS, key=fit)


def undecodable(name: str, encoding: str) -> str:
    return (
        f"{name} holds bytes that aren't {encoding}."
        ' Name its encoding in the mapping, such as encoding = "cp1250" under [file].'
    )


def cut_off(name: str) -> str:
    return f"{name} is cut off or damaged: its compressed part ends too early. Fetch it again."
