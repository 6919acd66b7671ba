"""Files that leave: pictures, paper and workbooks say what the screen says, in any letters."""

import io
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import product

import numpy as np
import plotly.graph_objects as go
import pypdfium2
import pytest
from openpyxl import load_workbook
from PIL import Image

from components import look
from components.charts import impact as charts
from components.reports.content import Document, Grid, Part, Picture, Sheet, Stamp, written
from components.reports.paper import as_pdf
from components.reports.pictures import as_png, framed_png
from components.reports.strokes import Untold
from components.reports.workbook import as_xlsx
from components.tables import Column
from core.impact.tally import Tally
from tests.conftest import NOW

STAMP = Stamp("Banka Žižkov", NOW, "Łukasz Ågren", (("By", "branch"),))
EFFECTS = [
    charts.Estimate("A gain", 0.05, 0.03, 0.07),
    charts.Estimate("A loss for $5 or $6", -0.04, -0.06, -0.02),
    charts.Estimate("Nobody there", None, None, None, "too few"),
]
DAYS = [date(2026, 1, day) for day in range(1, 29)]
FIGURES = {
    "intervals": charts.intervals(EFFECTS, "points"),
    "funnel": charts.funnel(charts.step_rows(Tally(100, 90, 80, 70, 40, 30, 2, 0))),
    "band": go.Figure(
        [
            go.Scatter(x=DAYS, y=np.linspace(1, 3, 28), mode="lines", line={"width": 0}),
            go.Scatter(x=DAYS, y=np.zeros(28), fill="tonexty", fillcolor="rgba(10, 20, 30, 0.3)"),
            go.Scatter(x=DAYS[-1:], y=[1], mode="markers+text", text=["now"], name="Now"),
        ],
        layout={"showlegend": True, "yaxis": {"range": [-1, 4], "tickformat": ".0%"}},
    ).add_hline(y=0),
    "bars": go.Figure(
        [
            go.Bar(x=["North", "South"], y=[1, 2], name="Treated", text=["1", "2"]),
            go.Bar(x=["North", "South"], y=[2, 1], name="Held out"),
        ],
        layout={"barmode": "stack"},
    ),
    "against": go.Figure(
        [
            go.Scatter(x=[0.1], y=[0.2], error_y={"array": [0.1]}, mode="markers"),
            go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot"}),
        ],
        layout={"shapes": [{"type": "line", "x0": 0, "x1": 1, "y0": 0, "y1": 1}]},
    ),
}


def opened(png):
    return Image.open(io.BytesIO(png)).convert("RGB")


def colours(png):
    return {colour for _, colour in opened(png).getcolors(1 << 20)}


def rgb(code):
    return tuple(int(code[n : n + 2], 16) for n in (1, 3, 5))


def pages(pdf):
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range() for page in document]


def book(xlsx):
    return load_workbook(io.BytesIO(xlsx))


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_a_figure_becomes_a_picture(figure):
    picture = opened(as_png(figure))

    assert picture.width == 1_376
    assert len(picture.getcolors(1 << 20)) > 20


def test_a_picture_is_light_whatever_the_screen_is(monkeypatch):
    monkeypatch.setattr(look, "mode", lambda: "dark")
    png = as_png(charts.intervals(EFFECTS, "points"))

    assert {rgb(look.LIGHT.good), rgb(look.LIGHT.bad), rgb(look.LIGHT.ground)} <= colours(png)
    assert not {rgb(look.DARK.good), rgb(look.DARK.bad), rgb(look.DARK.ground)} & colours(png)


def test_a_picture_says_what_it_shows_and_how_far_it_holds():
    picture = Picture(FIGURES["intervals"], "**1 of 3** is proven.")
    bare, told = as_png(picture.figure), framed_png(
        picture, title="Impact", evidence="Evidence: randomised. " * 9, stamp=STAMP
    )  # fmt: skip

    assert picture.said == "1 of 3 is proven."
    assert opened(told).height > opened(bare).height + 150


def test_a_trace_that_nobody_can_draw_is_named():
    with pytest.raises(Untold, match="sankey"):
        as_png(go.Figure([go.Sankey()]))


@dataclass(frozen=True)
class Row:
    name: str
    share: float | None = 0.5
    money: Decimal = Decimal("-12.50")
    day: date = date(2026, 3, 2)
    at: datetime = NOW


COLUMNS = (
    Column("name", "Name"),
    Column("share", "Share", "percent"),
    Column("money", "Money", "money"),
    Column("day", "Day", "date"),
    Column("at", "Moment", "moment"),
)
LETTERS = "− – ÷ “quoted” € Łukasz Ågren Žižkov Çelik Ñandú Σ Ж"  # noqa: RUF001  they are the point


def document(*parts):
    return Document("Impact of Žižkov", STAMP, (("Filters", "By: branch"),), parts)


def test_paper_has_every_letter_that_names_are_written_with():
    [text] = pages(as_pdf(document(Part("Said", (LETTERS,)))))

    assert LETTERS in text
    for said in ("Banka Žižkov", "Impact of Žižkov", "By: branch", "Page 1 of 1"):
        assert said in text
    assert "Made 2 Mar 2026, 09:00 by Łukasz Ågren" in text


def test_paper_is_paged_and_every_page_says_whose_it_is():
    rows = [Row(f"Row {n}") for n in range(120)]
    told = []
    texts = pages(
        as_pdf(
            document(Part("Rows", grid=Grid(COLUMNS, rows), evidence="Counted.")),
            tell=lambda *step: told.append(step),
        )
    )

    assert len(texts) > 2
    for number, text in enumerate(texts, start=1):
        assert f"Page {number} of {len(texts)}" in text
        assert "Banka Žižkov" in text
        assert "Share" in text  # headings are repeated
    assert sum(text.count("−12.5") for text in texts) == 120  # noqa: RUF001  a minus, not a hyphen
    assert "Counted." in texts[0]  # beside the heading
    assert told[0][1:] == (0, 1)
    assert told[-1][1:] == (1, 1)


@pytest.mark.parametrize(
    "name",
    ["X" * 400, "long " * 90, "two\nlines\r\nand\ttabs", "你好 🎉", "\x00\x07", "$5 or $6_x^2"],
)
def test_no_name_is_too_odd_to_be_printed(name):
    rows = [Row(name), Row("Ann")]
    line = charts.Estimate(name, 0.05, 0.03, 0.07)
    picture = Picture(charts.intervals([line, *EFFECTS], "points"), name)
    pdf = as_pdf(document(Part(name, (name,), picture, Grid(COLUMNS * 2, rows))))

    assert "Ann" in " ".join(pages(pdf))
    book(as_xlsx(document(Part(name)), [Sheet("Rows", COLUMNS, rows)]))


def test_a_letter_without_a_sign_is_seen_to_be_missing():
    assert "Mr \N{REPLACEMENT CHARACTER}" in pages(as_pdf(document(Part("Said", ("Mr 你",)))))[0]


def test_a_picture_on_paper_has_words_for_who_cant_see_it():
    picture = Picture(FIGURES["intervals"], "**1 of 3** is proven.")
    pdf = as_pdf(document(Part("Effects", picture=picture)))

    assert "1 of 3 is proven." in pages(pdf)[0]
    assert b"/Alt" in pdf
    assert b"/Lang (en-GB)" in pdf


def test_cells_are_written_as_on_the_screen():
    row = Row("Ann", share=None)

    assert [written(column, row) for column in COLUMNS] == [
        "Ann",
        "–",  # noqa: RUF001  the product's own dash
        "−12.5",  # noqa: RUF001  a minus
        "2 Mar 2026",
        "2 Mar 2026, 09:00",
    ]


def test_a_workbook_holds_numbers_as_numbers():
    found = book(as_xlsx(document(), [Sheet("Rows", COLUMNS, [Row("Ann")])]))

    assert found.sheetnames == ["Cover", "Rows"]
    assert found["Cover"]["B3"].value == "By: branch"
    cells = [cell.value for cell in found["Rows"][2]]
    assert cells == ["Ann", 0.5, -12.5, datetime(2026, 3, 2), datetime(2026, 3, 2, 9)]  # noqa: DTZ001
    assert [cell.number_format for cell in found["Rows"][2]][1:3] == ["0.00%", "#,##0.00"]


@pytest.mark.parametrize(
    "text", ["".join(pair) for pair in product(("=", "+", "-", "@", "\t="), ("1+1", "cmd|'x'!A1"))]
)
def test_no_text_becomes_a_formula(text):
    found = book(as_xlsx(document(), [Sheet("Rows", COLUMNS[:1], [Row(text)])]))
    cell = found["Rows"]["A2"]

    assert (cell.data_type, cell.value) == ("s", text)
    assert cell.quotePrefix


def test_a_file_is_named_after_what_it_is_about():
    assert STAMP.names("Impact SAVE-1: “Gold”", "pdf") == "impact-save-1-gold-20260302-0900.pdf"


def test_who_opens_a_page_waits_for_none_of_it():
    load = "import sys; from components.impact import exporting; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", load], capture_output=True, text=True, check=True
    )

    assert not {"matplotlib", "fpdf", "xlsxwriter"} & set(loaded.stdout.split())
