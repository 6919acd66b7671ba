"""Taking rows and reports out of the product: rights of their own, and never without a trace."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from core.access import Permission
from core.journal.model import Event
from core.refusals import Invalid
from core.work import Work

# Where other countries' spreadsheets begin a new cell, and a formula would be one.
_NEW_CELL = re.compile(r"([;\t\r\n]\s*)(?=[=@+-])")


@dataclass(frozen=True)
class RowsExported(Event):
    kind: ClassVar[str] = "rows.exported"

    list_name: str
    filters: dict[str, str]
    rows: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"list:{self.list_name}",)


@dataclass(frozen=True)
class Export:
    """A request to take the rows of a list out, as it is filtered now.

    `right` says what the rows are: customers' records or aggregates.
    """

    list_name: str
    filters: Mapping[str, str]
    rows: int
    right: Permission = Permission.EXPORT

    def __post_init__(self) -> None:
        if self.right not in {Permission.EXPORT, Permission.EXPORT_AGGREGATES}:
            raise Invalid(f"{self.right} is not a right to export.")


def in_one_cell(text: str) -> str:
    """Keep a spreadsheet that cuts at semicolons or line breaks from finding a formula within."""
    return _NEW_CELL.sub(r"\1'", text)


def export(work: Work, request: Export) -> RowsExported:
    """Note who took which rows out, before the file leaves.

    :raises NotAllowed: the roles of this person do not include this export
    """
    work.authorize(request.right)
    fact = RowsExported(request.list_name, dict(request.filters), request.rows)
    work.record(fact)
    return fact


class Format(StrEnum):
    PDF = "PDF"
    PNG = "PNG"
    XLSX = "XLSX"


@dataclass(frozen=True)
class ReportExported(Event):
    kind: ClassVar[str] = "report.exported"

    report: str
    about: str
    filters: dict[str, str]
    format: Format

    @property
    def subjects(self) -> tuple[str, ...]:
        return (self.about,) if self.about else ()


@dataclass(frozen=True)
class ExportReport:
    """A request to take a report of impact out, as it is filtered now.

    `about` is the subject that it is about, such as "run:3"; empty for a report of everything.
    """

    report: str
    about: str
    filters: Mapping[str, str]
    format: Format


def export_report(work: Work, request: ExportReport) -> ReportExported:
    """Note who took which report out, before the file leaves.

    Seeing impact is not enough: a report speaks for the bank wherever it is read.

    :raises NotAllowed: the roles of this person do not include this export
    """
    work.authorize(Permission.EXPORT_IMPACT)
    fact = ReportExported(request.report, request.about, dict(request.filters), request.format)
    work.record(fact)
    return fact
