"""How the product looks: the only place with a colour. Light and dark mean the same.

Ink for what is read, one brand colour for what is ours, three colours that judge. Every pair of
text and ground keeps a contrast of 4.5 to 1 or better; series differ in lightness as well as hue.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

_STATIC = Path(__file__).parent / "static"
ICON = str(_STATIC / "icon.png")
FONT = "'Source Sans', 'Segoe UI', system-ui, sans-serif"


@dataclass(frozen=True)
class Palette:
    """The colours of one mode by what they say."""

    ink: str
    quiet: str  # axes, notes, what stands in the background
    line: str
    ground: str
    brand: str
    on_brand: str  # what is written on the brand colour
    control: str  # the held-out group, wherever it is compared with ours
    good: str
    warn: str
    bad: str
    strong: float  # out of 1: from where on ink is read less well on a colour than the ground is
    series: tuple[str, ...]


LIGHT = Palette(
    ink="#0E1822",
    quiet="#56636F",
    line="#D9DFE5",
    ground="#FFFFFF",
    brand="#1B5A8C",
    on_brand="#FFFFFF",
    control="#8996A3",
    good="#1C7A4B",
    warn="#946200",
    bad="#B42A2A",
    strong=0.78,
    series=("#1B5A8C", "#C57A14", "#2F8F83", "#8B5FA8", "#B14A63", "#5C6B7A"),
)
DARK = Palette(
    ink="#E8EDF2",
    quiet="#A3B0BC",
    line="#33414E",
    ground="#121A22",
    brand="#7DB8E8",
    on_brand="#0F1720",
    control="#8593A0",
    good="#62C796",
    warn="#E3B341",
    bad="#F08A85",
    strong=0.48,
    series=("#7DB8E8", "#F0B25C", "#6FCDBF", "#C29BE0", "#EC8FA6", "#A3B0BC"),
)
_WRITTEN_ON_BRAND = (
    '[data-testid^="stBaseButton-primary"]:not(:disabled)',
    '[data-testid^="stBaseButton-primary"]:not(:disabled) *',
    '[data-testid="stMultiSelect"] [data-tag] *',
)
# Lists need the width that Streamlit leaves free at the sides; what stands in one line with
# buttons and fields is as high as they are. On a telephone the name of a link takes two lines,
# and what stands side by side to choose from takes as many as it needs.
_LAYOUT = """
@media (min-width: 48rem) {
  [data-testid="stMainBlockContainer"] { padding-left: 3rem; padding-right: 3rem; }
}
[data-testid="stButtonGroup"] button { min-height: 2.5rem; }
[data-testid="stButtonGroup"] [role="radiogroup"] { flex-wrap: wrap; }
[data-testid="stPageLink-NavLink"] :is(span, p) { white-space: normal; overflow: visible; }
"""
Meaning = Literal["neutral", "brand", "good", "warn", "bad"]
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    "responsive": True,
}
_IN_PRINT: ContextVar[bool] = ContextVar("in_print", default=False)


@contextmanager
def in_print() -> Iterator[None]:
    """Draw for paper meanwhile, which is light whatever the browser shows, if there is one."""
    before = _IN_PRINT.set(True)
    try:
        yield
    finally:
        _IN_PRINT.reset(before)


def mode() -> Literal["light", "dark"]:
    """Return which of the two this browser shows."""
    return "dark" if not _IN_PRINT.get() and st.context.theme.type == "dark" else "light"


def dress() -> None:
    """Write dark on the brand colour in dark mode, where Streamlit would write white on light.

    The browser chooses, so that it is right at once when somebody changes the mode.
    """
    places = ", ".join(_WRITTEN_ON_BRAND)
    either = f"light-dark({LIGHT.on_brand}, {DARK.on_brand})"
    # Browsers that don't know how to choose keep the first.
    written = f"color: {palette().on_brand} !important; color: {either} !important;"
    st.html(f"<style>{places} {{ {written} }} {_LAYOUT}</style>")


def from_afar() -> None:
    """Draw the page for a wall: figures that can be read in passing, and no menu beside them."""
    st.html(
        """<style>
[data-testid="stSidebar"], [data-testid="stSidebarCollapsedControl"],
[data-testid="stExpandSidebarButton"], [data-testid="stToolbar"] { display: none; }
[data-testid="stMetricValue"] { font-size: 3.5rem; }
[data-testid="stMetricLabel"] p { font-size: 1.4rem; }
[data-testid="stCaptionContainer"] p { font-size: 1.15rem; }
</style>"""
    )


def logo() -> str:
    return str(_STATIC / f"logo-{mode()}.svg")


def palette() -> Palette:
    """Return the colours of the mode that this browser shows."""
    return DARK if mode() == "dark" else LIGHT


def colour(meaning: Meaning) -> str:
    return {
        "neutral": palette().quiet,
        "brand": palette().brand,
        "good": palette().good,
        "warn": palette().warn,
        "bad": palette().bad,
    }[meaning]


def faded(shade: str) -> str:
    """Return a colour as the ground of what is drawn in it."""
    red, green, blue = (int(shade[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"


def badge(label: str, meaning: Meaning = "neutral") -> None:
    """Draw a small label whose colour judges; the word says the same."""
    shades: dict[Meaning, Literal["gray", "blue", "green", "orange", "red"]] = {
        "neutral": "gray",
        "brand": "blue",
        "good": "green",
        "warn": "orange",
        "bad": "red",
    }
    st.badge(label, color=shades[meaning])


def figure(
    traces: Sequence[Any],
    *,
    x: str = "",
    y: str = "",
    height: int = 320,
    legend: bool = True,
    **layout: Any,
) -> go.Figure:
    """Put traces on the product's own ground.

    :param x: what the axis counts and its unit; the same for y
    :param layout: anything else of Plotly's layout, such as `barmode="stack"`
    """
    drawn = go.Figure(list(traces), layout=_layout(palette(), height=height, legend=legend))
    drawn.update_layout(xaxis_title_text=x or None, yaxis_title_text=y or None)
    return drawn.update_layout(**layout) if layout else drawn


def _layout(colours: Palette, *, height: int, legend: bool) -> dict[str, Any]:
    axis = {
        "gridcolor": colours.line,
        "linecolor": colours.line,
        "zerolinecolor": colours.quiet,
        "tickfont": {"color": colours.quiet, "size": 13},
        "title": {"font": {"color": colours.quiet, "size": 13}},
        "automargin": True,
        "separatethousands": True,
    }
    return {
        "template": None,
        "height": height,
        "colorway": list(colours.series),
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "color": colours.ink, "size": 14},
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "xaxis": {**axis, "showgrid": False},
        "yaxis": axis,
        "bargap": 0.35,
        "showlegend": legend,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hoverlabel": {
            "bgcolor": colours.ground,
            "bordercolor": colours.line,
            "font": {"color": colours.ink, "family": FONT},
        },
        "hovermode": "closest",
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": colours.quiet},
    }
