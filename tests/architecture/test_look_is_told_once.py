"""The theme and the charts say the same with their colours, and both can be read."""

import tomllib
from itertools import product
from pathlib import Path

import pytest

from components.look import DARK, LIGHT

THEME = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())[
    "theme"
]
READABLE = 4.5  # WCAG AA for text
DISTINCT = 3.0  # WCAG AA for graphical objects


def luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


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

    def test_bars_and_lines_can_be_told_from_the_ground(self, palette, theme):
        for shape in (*palette.series, palette.control):
            assert contrast(shape, palette.ground) >= DISTINCT, shape
