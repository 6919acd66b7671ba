"""One trace of a figure after the other, drawn on paper as the screen draws it."""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from components.reports import letters

POINT = 0.72  # points of print in a pixel of the screen
_MARKERS = {
    "circle": "o",
    "circle-open": "o",
    "diamond": "D",
    "diamond-open": "D",
    "square": "s",
    "square-open": "s",
    "x": "x",
    "line-ns": "|",
    "line-ew": "_",
    "triangle-up": "^",
    "triangle-down": "v",
}
_DASHES: dict[str, Any] = {"dot": ":", "dash": "--", "dashdot": "-."}
Trace = Mapping[str, Any]


class Untold(TypeError):
    """A figure holds a kind of trace that nobody has taught the paper yet."""


class Scale:
    """One axis: numbers and moments stay what they are, words take places in their order."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.is_time = False

    def places(self, values: Sequence[Any]) -> list[Any]:
        return [self.place(value) for value in values]

    def place(self, value: Any) -> Any:
        moment = _moment(value) if isinstance(value, str) else value
        if isinstance(moment, date):
            self.is_time = True
            return moment
        if isinstance(value, str):
            if value not in self.words:
                self.words.append(value)
            return self.words.index(value)
        return float("nan") if value is None else value


def _moment(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def draw(axes: Any, trace: Trace, across: Scale, up: Scale, layout: dict[str, Any]) -> None:
    """Draw one trace on the axes of a picture; `own` in it is the colour if it names none.

    :raises Untold: there is no way to draw traces of this kind
    """
    kind = trace.get("type", "scatter")
    if kind not in _WAYS:
        raise Untold(f"a {kind} can't be drawn on paper")
    _WAYS[kind](axes, trace, across, up, layout)


def _scatter(axes: Any, trace: Trace, across: Scale, up: Scale, layout: dict[str, Any]) -> None:
    x, y = across.places(listed(trace.get("x"))), up.places(listed(trace.get("y")))
    mode = trace.get("mode") or ("lines" if len(x) > 20 else "lines+markers")
    line, marker = trace.get("line") or {}, trace.get("marker") or {}
    colour = line.get("color") or marker.get("color") or trace["own"]
    named = trace.get("name") if trace.get("showlegend") is not False else None
    label = named or "_"
    drawstyle = {"hv": "steps-post", "vh": "steps-pre"}.get(str(line.get("shape")), "default")
    _fill(axes, trace, x, y, layout)
    _errors(axes, trace, x, y, colour)
    if "lines" in mode:
        axes.plot(
            x,
            y,
            color=_shade(colour),
            linewidth=float(line.get("width", 2)) * POINT,
            linestyle=_DASHES.get(line.get("dash", ""), "-"),
            drawstyle=drawstyle,
            label=label,
            zorder=3,
        )
        label = "_"
    if "markers" in mode:
        _markers(axes, {"color": trace["own"], **marker}, x, y, label)
    if "text" in mode:
        for at, high, text in zip(x, y, listed(trace.get("text")), strict=False):
            axes.annotate(plain(text), (at, high), ha="center", va="center", zorder=5)


def _markers(axes: Any, marker: Mapping[str, Any], x: list[Any], y: list[Any], label: str) -> None:
    symbol = marker.get("symbol", "circle")
    colours, sizes = marker.get("color"), marker.get("size", 6)
    for place, (at, high) in enumerate(zip(x, y, strict=True)):
        own = _of(symbol, place)
        colour = _shade(_of(colours, place))
        is_open = own.endswith("-open")
        axes.plot(
            [at],
            [high],
            marker=_MARKERS.get(own, "o"),
            markersize=float(_of(sizes, place)) * POINT,
            color=colour,
            markerfacecolor=axes.get_facecolor() if is_open else colour,
            markeredgewidth=1.8 if is_open else 0.8,
            linestyle="none",
            label=label if place == 0 else "_",
            zorder=4,
            clip_on=False,
        )


def _errors(axes: Any, trace: Trace, x: list[Any], y: list[Any], colour: Any) -> None:
    for way in ("x", "y"):
        error = trace.get(f"error_{way}")
        if not error:
            continue
        above = listed(error.get("array"))
        below = listed(error.get("arrayminus")) or above
        axes.errorbar(
            x,
            y,
            **{f"{way}err": [below, above]},
            fmt="none",
            ecolor=_shade(error.get("color") or colour),
            elinewidth=float(error.get("thickness", 2)) * POINT,
            capsize=float(error.get("width", 4)) * POINT,
            zorder=3,
        )


def _fill(axes: Any, trace: Trace, x: list[Any], y: list[Any], layout: dict[str, Any]) -> None:
    fill, shade = trace.get("fill"), _shade(trace.get("fillcolor"))
    if fill == "tozeroy":
        axes.fill_between(x, y, 0, color=shade, linewidth=0, zorder=1)
    elif fill == "toself":
        axes.fill(x, y, color=shade, linewidth=0, zorder=1)
    elif fill == "tonexty":
        axes.fill_between(x, y, layout.get("before", 0), color=shade, linewidth=0, zorder=1)
    layout["before"] = y


def _bar(axes: Any, trace: Trace, across: Scale, up: Scale, layout: dict[str, Any]) -> None:
    lies = trace.get("orientation") == "h"
    names, sizes = (trace.get("y"), trace.get("x")) if lies else (trace.get("x"), trace.get("y"))
    places = (up if lies else across).places(listed(names))
    lengths = [0 if size is None else size for size in listed(sizes)]
    group, nth, of = layout["grouping"](trace)
    thick = 1 - float(layout.get("bargap", 0.2))
    if group:
        thick /= of
        places = [place + (nth - (of - 1) / 2) * thick for place in places]
    base = listed(trace.get("base")) or [0] * len(lengths)
    if layout.get("barmode") in {"stack", "relative"}:
        base = layout["stacked"](places, lengths)
    marker = trace.get("marker") or {}
    draw_bars = axes.barh if lies else axes.bar
    draw_bars(
        places,
        lengths,
        thick,
        base,
        color=[_shade(_of(marker.get("color", trace["own"]), n)) for n in range(len(lengths))],
        label=trace.get("name") or "_",
        zorder=2,
    )
    _bar_texts(axes, trace, places, lengths, base, lies=lies)


def _bar_texts(
    axes: Any,
    trace: Trace,
    places: list[Any],
    lengths: list[Any],
    base: Sequence[Any],
    *,
    lies: bool,
) -> None:
    where = trace.get("textposition", "inside")
    for n, text in enumerate(listed(trace.get("text"))):
        inside = _of(where, n) != "outside"
        font = trace.get("insidetextfont" if inside else "outsidetextfont") or {}
        end = base[n] if inside else base[n] + lengths[n]
        axes.annotate(
            plain(text),
            (end, places[n]) if lies else (places[n], base[n] + lengths[n]),
            xytext=(4, 0) if lies else (0, 3),
            textcoords="offset points",
            ha="left" if lies else "center",
            va="center" if lies else "bottom",
            color=_shade(font.get("color")),
            fontsize=13 * POINT,
            zorder=5,
            annotation_clip=False,
        )


_WAYS: dict[str, Callable[..., None]] = {"scatter": _scatter, "bar": _bar}


def listed(values: Any) -> list[Any]:
    """Return the values of a trace as a list; none of them is an empty one."""
    if isinstance(values, Mapping):  # numbers that Plotly has packed for the way to a browser
        packed = b64decode(values["bdata"])
        return list(np.frombuffer(packed, np.dtype(values["dtype"])).tolist())
    return [] if values is None else list(values)


def _of(values: Any, place: int) -> Any:
    several = hasattr(values, "__len__") and not isinstance(values, str)
    return listed(values)[place] if several else values


def _shade(colour: Any) -> Any:
    """Read a colour as figures have it: by its code, or by its parts and how far it covers."""
    if isinstance(colour, str) and colour.startswith("rgb"):
        parts = colour[colour.index("(") + 1 : -1].split(",")
        return (*(float(part) / 255 for part in parts[:3]), *map(float, parts[3:]))
    return colour


def plain(text: Any) -> str:
    """Return a text of a figure as paper takes it: no markup, and no formula begins at a dollar."""
    said = str(text).replace("<br>", "\n")
    for mark in ("<b>", "</b>", "<i>", "</i>", "<extra></extra>"):
        said = said.replace(mark, "")
    return letters.written(said).replace("$", r"\$")
