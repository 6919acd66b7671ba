"""Sheets of exact numbers, with what they are about and when and by whom they were taken out."""

import io
from collections.abc import Sequence
from typing import Any

from components.reports.content import Document, Sheet
from components.tables import Column, Kind
from core.settings import settings

_FORMATS: dict[Kind, str] = {
    "count": "#,##0",
    "number": "#,##0.00####",
    "rate": "0.00",
    "money": "#,##0.00",
    "percent": "0.00%",
    "points": "+0.00;-0.00;0.00",
    "date": "d mmm yyyy",
    "moment": "d mmm yyyy hh:mm",
}
_WIDEST = 60


def as_xlsx(document: Document, sheets: Sequence[Sheet]) -> bytes:
    """Write a cover and sheets. Numbers stay numbers, and no text is ever taken for a formula."""
    import xlsxwriter  # noqa: PLC0415  only who takes a workbook has to wait for it

    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    book.set_properties(
        {
            "title": document.title,
            "author": document.stamp.bank,
            "comments": f"{document.stamp.made}.",
            "created": document.stamp.at.replace(tzinfo=None),
        }
    )
    text, bold = {"quote_prefix": True, "text_wrap": False}, {"bold": True, "text_wrap": True}
    styles: dict[str, Any] = {
        kind: book.add_format({"num_format": form}) for kind, form in _FORMATS.items()
    }
    styles |= {"text": book.add_format(text), "head": book.add_format(bold | {"valign": "top"})}
    _cover(book, document, styles)
    for sheet in sheets:
        _sheet(book, sheet, styles)
    book.close()
    return file.getvalue()


def _cover(book: Any, document: Document, styles: dict[str, Any]) -> None:
    page = book.add_worksheet("Cover")
    page.set_column(0, 0, 24)
    page.set_column(1, 1, 110)
    page.write_string(0, 0, document.title, styles["head"])
    for line, (name, value) in enumerate(document.cover, start=2):
        page.write_string(line, 0, name, styles["head"])
        page.write_string(line, 1, value, styles["text"])


def _sheet(book: Any, sheet: Sheet, styles: dict[str, Any]) -> None:
    page = book.add_worksheet(sheet.name)
    page.freeze_panes(1, 0)
    for place, column in enumerate(sheet.columns):
        values = [column.value(row) for row in sheet.rows]
        longest = max((len(str(value)) for value in values if isinstance(value, str)), default=12)
        page.set_column(place, place, min(max(longest, len(column.heading), 10), _WIDEST))
        page.write_string(0, place, column.heading, styles["head"])
        for line, value in enumerate(values, start=1):
            _write(page, line, place, value, column, styles)
    if sheet.rows:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)


def _write(
    page: Any, line: int, place: int, value: Any, column: Column, styles: dict[str, Any]
) -> None:
    match value:
        case None:
            return
        case bool():
            page.write_boolean(line, place, value)
        case int() | float():
            page.write_number(line, place, value, styles.get(column.kind))
        case str():
            page.write_string(line, place, value, styles["text"])
        case _:
            style = styles["moment" if hasattr(value, "hour") else "date"]
            moment = value.astimezone(settings().zone) if getattr(value, "tzinfo", None) else value
            naive = moment.replace(tzinfo=None) if hasattr(moment, "hour") else moment
            page.write_datetime(line, place, naive, style)
