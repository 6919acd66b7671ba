"""A report as paged paper: its text can be read out, and every picture has words and a table."""

import io
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from components import look
from components.reports import letters
from components.reports.content import Document, Grid, Part, Tell, written
from components.reports.pictures import as_png

if TYPE_CHECKING:
    from fpdf import FPDF

_MARGIN, _LINE = 17, 4.6  # millimetres
_BODY, _SMALL, _TABLE = 9.5, 8, 7.5  # points
_WIDEST, _GAP = 62, 2 * 1.6 + 0.6  # millimetres that a column asks for at most; between texts
_NUMBERS = frozenset({"count", "number", "rate", "money", "percent", "points", "bar"})


def as_pdf(document: Document, *, tell: Tell = lambda _step, _done, _of: None) -> bytes:
    """Lay a report out on A4 pages.

    :param tell: hears which part is being laid out, how many are done, and of how many
    """
    of = len(document.parts)
    tell("Laying out the first page", 0, of)
    paper = _blank()(document)
    paper.add_page()
    _opening(paper, document)
    for done, part in enumerate(document.parts):
        tell(part.heading, done, of)
        _part(paper, part)
    tell("Binding the pages", of, of)
    return bytes(paper.output())


@cache
def _blank() -> Any:
    """Make the kind of paper that has our heads and feet; only who prints has to wait for it."""
    from fpdf import FPDF  # noqa: PLC0415

    class Paper(FPDF):
        def __init__(self, document: Document) -> None:
            super().__init__(format="A4")
            self.document = document
            self.add_font("sans", "", letters.font())
            self.add_font("sans", "B", letters.font("Bold"))
            self.set_margin(_MARGIN)
            self.set_auto_page_break(auto=True, margin=_MARGIN + 2)
            self.set_lang("en-GB")
            self.set_title(document.title)
            self.set_author(document.stamp.bank)
            self.set_creator("Fairlead")
            self.set_creation_date(document.stamp.at)

        def header(self) -> None:
            if self.page_no() == 1:
                return
            self.set_y(9)
            _small(self)
            self.cell(0, 4, _fitting(self, f"{self.document.stamp.bank} · {self.document.title}"))
            self.set_y(_MARGIN)

        def footer(self) -> None:
            self.set_y(-13)
            _small(self)
            page = f"Page {self.page_no()} of {{nb}}"
            self.cell(0, 4, _fitting(self, f"{self.document.stamp.made}."))
            self.set_y(-13)
            self.cell(0, 4, page, align="R")

    return Paper


def _opening(paper: "FPDF", document: Document) -> None:
    _text(paper, document.stamp.bank, 6, look.LIGHT.quiet, _BODY)
    _text(paper, document.title, 8, look.LIGHT.ink, 17, bold=True)
    paper.ln(1.5)
    paper.set_font("sans", size=_SMALL)
    with paper.table(
        col_widths=(1, 3.4),
        first_row_as_headings=False,
        borders_layout="NONE",
        text_align="LEFT",
        line_height=4.2,
        padding=(0.35, 1, 0.35, 0),
        v_align="TOP",
    ) as table:
        for name, value in document.cover:
            row = table.row()
            row.cell(name, style=_face(look.LIGHT.quiet))
            row.cell(letters.written(value))
    paper.ln(2)


def _part(paper: "FPDF", part: Part) -> None:
    picture = None if part.picture is None else as_png(part.picture.figure)
    # A heading stays with what it is the heading of.
    if paper.will_page_break(34 if picture is None else _high(paper, picture) + 24):
        paper.add_page()
    paper.ln(3)
    paper.start_section(part.heading)
    _text(paper, part.heading, 6, look.LIGHT.brand, 12, bold=True)
    paper.ln(1)
    for text in part.text:
        size, height = (11, 5.6) if part.is_claim else (_BODY, _LINE)
        _text(paper, text, height, look.LIGHT.ink, size, bold=part.is_claim)
        paper.ln(1)
    if part.picture is not None and picture is not None:
        _text(paper, part.picture.said, _LINE, look.LIGHT.ink, _BODY)
        paper.ln(1)
        paper.image(io.BytesIO(picture), w=paper.epw, alt_text=part.picture.said)
        paper.ln(2)
    if part.evidence:
        _text(paper, part.evidence, 4, look.LIGHT.quiet, _SMALL)
        paper.ln(0.8)
    if part.grid is not None and part.grid.rows:
        _grid(paper, part.grid)


def _text(
    paper: "FPDF", text: str, height: float, colour: str, size: float, *, bold: bool = False
) -> None:
    paper.set_text_color(*_rgb(colour))
    paper.set_font("sans", "B" if bold else "", size)
    said = letters.written(text.expandtabs(1))
    paper.multi_cell(0, height, said, align="L", new_x="LMARGIN", new_y="NEXT")


def _high(paper: "FPDF", png: bytes) -> float:
    """Return how high a picture stands when it is as wide as the page."""
    wide, high = int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
    return paper.epw * high / wide


def _grid(paper: "FPDF", grid: Grid) -> None:
    heads = [letters.written(column.heading) for column in grid.columns]
    lines = [
        [letters.written(written(column, row).expandtabs(1)) for column in grid.columns]
        for row in grid.rows
    ]
    paper.set_font("sans", size=_TABLE)
    paper.set_text_color(*_rgb(look.LIGHT.ink))
    paper.set_draw_color(*_rgb(look.LIGHT.line))
    aligned = tuple("RIGHT" if column.kind in _NUMBERS else "LEFT" for column in grid.columns)
    with paper.table(
        col_widths=_widths(paper, heads, lines),
        text_align=aligned,
        borders_layout="HORIZONTAL_LINES",
        headings_style=_face(look.LIGHT.quiet, bold=True),
        line_height=3.7,
        padding=(0.8, 1.6, 0.8, 1.6),
        v_align="TOP",
    ) as table:
        for line in (heads, *lines):
            table.row(line)
    paper.ln(1)


def _widths(
    paper: "FPDF", heads: Sequence[str], lines: Sequence[Sequence[str]]
) -> tuple[float, ...]:
    """Give each column room for its longest word, and what is left by how much more it would fill.

    The sizes are millimetres while they fit on the page, and parts of it when they don't.
    """
    paper.set_font("sans", "B", _TABLE)
    least, most = [], []
    for n, head in enumerate(heads):
        cells = [head, *(line[n] for line in lines)]
        words = (word for cell in cells for word in cell.split(" "))
        least.append(min(max(map(paper.get_string_width, words)) + _GAP, _WIDEST))
        most.append(min(max(map(paper.get_string_width, cells)) + _GAP, _WIDEST))
    paper.set_font("sans", "", _TABLE)
    more = [max(wide - narrow, 0) for narrow, wide in zip(least, most, strict=True)]
    left = paper.epw - sum(least)
    if left <= 0:
        return tuple(least)
    share = left / sum(more) if sum(more) > left else 1.0
    spare = max(left - sum(more), 0) / len(heads)
    return tuple(narrow + share * gain + spare for narrow, gain in zip(least, more, strict=True))


def _small(paper: "FPDF") -> None:
    paper.set_font("sans", size=_SMALL)
    paper.set_text_color(*_rgb(look.LIGHT.quiet))


def _fitting(paper: "FPDF", text: str) -> str:
    """Shorten a line at the edge of a page, so that it leaves room for the number of the page."""
    text = letters.written(text)
    room = paper.epw - 30
    if paper.get_string_width(text) <= room:
        return text
    while text and paper.get_string_width(f"{text}…") > room:
        text = text[:-1]
    return f"{text}…"


def _face(colour: str, *, bold: bool = False) -> Any:
    from fpdf.fonts import FontFace  # noqa: PLC0415  loaded with the rest of it

    return FontFace(color=_rgb(colour), emphasis="BOLD" if bold else None)


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return red, green, blue
