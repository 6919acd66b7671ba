"""The theme and the charts say the same with their colours, and both can be read."""

import tomllib
from itertools import product
from pathlib import Path

import pytest

from components import look
from components.charts.grids import written
from components.look import DARK, LIGHT

THEME = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())[
    "theme"
]
READABLE = 4.5  # WCAG AA for text
DISTINCT = 3.0  # WCAG AA for graphical objects
LEGIBLE = 3.5  # half-way between two colours neither ink nor ground has more to offer


def luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(one, other, share):
    parts = [(int(one[n : n + 2], 16), int(other[n : n + 2], 16)) for n in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in parts)


@pytest.mark.parametrize(("palette", "theme"), [(LIGHT, "light"), (DARK, "dark")])
class TestTheme:
    def test_says_the_same_as_the_palette(self, palette, theme):
        told = THEME[theme]
        assert told["primaryColor"] == told["linkColor"] == palette.brand
        assert told["backgroundColor"] == palette.ground
        assert told["textColor"] == palette.ink
        assert told["borderColor"] == palette.line
        assert tuple(told["chartCategoricalColors"]) == palette.series
        judging = (palette.good, palette.warn, palette.bad)
        assert tuple(told[f"{c}TextColor"] for c in ("green", "orange", "red")) == judging

    def test_text_can_be_read_on_every_ground(self, palette, theme):
        grounds = (
            palette.ground,
            THEME[theme]["secondaryBackgroundColor"],
            THEME[theme]["sidebar"]["backgroundColor"],
        )
        texts = (palette.ink, palette.quiet, palette.brand, palette.good, palette.warn, palette.bad)
        for text, ground in product(texts, grounds):
            assert contrast(text, ground) >= READABLE, (text, ground)

    def test_buttons_can_be_read(self, palette, theme):
        assert contrast(palette.on_brand, palette.brand) >= READABLE

    def test_figures_can_be_read_on_every_shade_of_a_cell(self, palette, theme, monkeypatch):
        monkeypatch.setattr(look, "palette", lambda: palette)
        shares = [n / 100 for n in range(101)]
        labels = written([(0, 0)] * len(shares), [""] * len(shares), shares)
        for colour, (share, label) in product(
            (palette.good, palette.warn, palette.brand), zip(shares, labels, strict=True)
        ):
            cell = mixed(palette.line, colour, share)
            assert contrast(label["font"]["color"], cell) >= LEGIBLE, (colour, share)

    def test_bars_and_lines_can_be_told_from_the_ground(self, palette, theme):
        for shape in (*palette.series, palette.control):
            assert contrast(shape, palette.ground) >= DISTINCT, shape
