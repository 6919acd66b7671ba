"""Tables in text files, whatever their delimiter, encoding and compression, read in parts."""

import csv
import gzip
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from core.refusals import Invalid
from data.importers.mapping import FileSettings
from data.importers.writing import (
    Lines,
    cut_off,
    delimiter_of,
    digest,
    encoding_of,
    first_lines,
    known_encoding,
    opened_text,
    read_through,
    undecodable,
)

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

MOST_ROWS_AT_ONCE = 50_000
TEXT_AT_ONCE = 10_000_000  # characters: wide rows are taken fewer at a time


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
        with _explained(self), opened_text(self.path, self.encoding) as text:
            lines = Lines(text, self.name)
            rows = csv.reader(lines, delimiter=self.delimiter, strict=True)
            next(rows)
            while some := self._some(rows, lines):
                numbered = list(enumerate(filter(None, some), last + 1))  # but not blank lines
                last += len(numbered)
                yield self._part(numbered, wanted, places)

    def _some(self, rows: "CsvReader", lines: Lines) -> list[list[str]]:
        some: list[list[str]] = []
        until = lines.characters + TEXT_AT_ONCE
        try:
            for row in islice(rows, MOST_ROWS_AT_ONCE):
                some.append(row)
                if lines.characters > until:
                    break
        except csv.Error as error:
            raise Invalid(
                f"Line {rows.line_num:,} of {self.name} can't be read: {error}. A quotation mark"
                f" may never be closed, or the delimiter be another than {self.delimiter!r}."
            ) from error
        return some

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


def open_table(
    path: Path, settings: FileSettings, *, name: str | None = None, most: int | None = None
) -> TextTable:
    """Look through a file once, for whether it is whole, how it is written and what it has.

    :param name: what to call it, when `path` is only where an upload was put
    :param most: how many bytes it may have once it is unpacked
    :raises Invalid: it isn't there, is empty or cut off, or how it is written can't be told
    """
    if not path.is_file():
        raise Invalid(f"There is no file {name or path}.")
    name = name or path.name
    if settings.encoding is not None:
        known_encoding(settings.encoding)
    sha256 = digest(path)
    start, strange = read_through(path, name, most)
    if not start.strip():
        raise Invalid(f"{name} is empty.")
    encoding = settings.encoding or encoding_of(start, strange, name)
    lines = first_lines(path, encoding, name)
    try:
        delimiter = settings.delimiter or delimiter_of(lines)
        header = tuple(column.strip() for column in next(csv.reader(lines, delimiter=delimiter)))
    except csv.Error as error:
        raise Invalid(f"The first lines of {name} can't be read as a table: {error}.") from error
    if repeated := sorted({column for column in header if header.count(column) > 1}):
        raise Invalid(f"{name} names the column {', '.join(repeated)} more than once.")
    return TextTable(path, name, sha256, encoding, delimiter, header)


@dataclass(frozen=True)
class Folder:
    """Where the other files are that a mapping names.

    :param most: how many bytes each may have once it is unpacked
    """

    path: Path
    most: int | None = None

    def table(self, name: str) -> TextTable:
        """Open a file of this folder.

        :raises Invalid: it can't be read, or leads to files that are nobody's to import
        """
        path = Path(os.path.normpath(self.path / name))
        if "\0" in name or not path.is_relative_to(os.path.normpath(self.path)):
            raise Invalid(
                f"The mapping names the file {name}, which isn't in the folder of the imported"
                " one; put it there and give its name alone."
            )
        return open_table(path, FileSettings(), name=name, most=self.most)


@contextmanager
def _explained(table: TextTable) -> Iterator[None]:
    """Turn what goes wrong while reading into a sentence."""
    try:
        yield
    except UnicodeError as error:
        raise Invalid(undecodable(table.name, table.encoding)) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Invalid(cut_off(table.name)) from error
