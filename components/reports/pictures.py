"""Charts as pictures, drawn from the very figures that the screen shows, and without a browser."""

import io
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from components import look, words
from components.reports import strokes
from components.reports.content import Picture, Stamp
from components.reports.strokes import POINT, Scale, listed, plain
from core.measures import signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _SHARP = 860, 160  # pixels as on the screen; dots to an inch of 100 of them
_LINE = 17  # pixels that a line of text takes
_LONGEST = 40  # letters in a line of a name beside an axis
_LETTERS = 118  # in a line across the picture
_ON_PAPER = {
    getattr(look.DARK, name): getattr(look.LIGHT, name)
    for name in ("ink", "quiet", "line", "brand", "control", "good", "warn", "bad", "ground")
} | dict(zip(look.DARK.series, look.LIGHT.series, strict=True))


def as_png(figure: go.Figure) -> bytes:
    """Draw a figure by itself, for a page that says around it what it is."""
    return _saved(_drawn(figure, above=(), below=()))


def framed_png(picture: Picture, *, title: str, evidence: str, stamp: Stamp) -> bytes:
    """Draw a figure with what it must not travel without: what it says, and how far it holds."""
    filters = "; ".join(f"{name}: {value}" for name, value in stamp.filters)
    below = [
        *_lines(evidence),
        *(_lines(f"Filters: {filters}") if filters else ()),
        *_lines(f"{stamp.bank}. {stamp.made}."),
    ]
    return _saved(_drawn(picture.figure, above=[title, *_lines(picture.said)], below=below))


def _lines(text: str) -> list[str]:
    return textwrap.wrap(text, _LETTERS)


def _saved(paper: "Figure") -> bytes:
    file = io.BytesIO()
    paper.savefig(file, format="png", dpi=_SHARP, metadata={"Software": None})
    return file.getvalue()


def _drawn(
    figure: go.Figure, *, above: list[str] | tuple[()], below: list[str] | tuple[()]
) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  only who takes a
    from matplotlib.figure import Figure  # noqa: PLC0415  picture has to wait for it

    told = _light(figure.to_plotly_json())
    layout: dict[str, Any] = told["layout"]
    heads, feet = _LINE * len(above) + 8 * bool(above), _LINE * len(below) + 6 * bool(below)
    height = float(layout.get("height") or 320) + heads + feet
    paper = Figure(figsize=(_WIDTH / 100, height / 100), facecolor=look.LIGHT.ground)
    FigureCanvasAgg(paper)
    room = (0.008, feet / height, 0.984, 1 - (heads + feet) / height)
    paper.set_layout_engine("constrained", rect=room)
    axes = paper.add_subplot()
    _plot(axes, told["data"], layout)
    for n, line in enumerate(above):
        strong = (
            {"fontsize": 16 * POINT, "fontweight": "bold"} if n == 0 else {"fontsize": 13 * POINT}
        )
        y = 1 - (4 + _LINE * n + 2 * bool(n)) / height
        paper.text(0.012, y, plain(line), va="top", color=look.LIGHT.ink, **strong)
    for n, line in enumerate(reversed(below)):
        y = (5 + _LINE * n) / height
        paper.text(0.012, y, plain(line), color=look.LIGHT.quiet, fontsize=11.5 * POINT)
    return paper


def _plot(axes: "Axes", traces: list[dict[str, Any]], layout: dict[str, Any]) -> None:
    across, up = Scale(), Scale()
    bars = [trace for trace in traces if trace.get("type") == "bar"]
    grouped = len(bars) > 1 and layout.get("barmode", "group") == "group"
    tops: dict[Any, float] = {}

    def stacked(places: list[Any], lengths: list[Any]) -> list[float]:
        base = [tops.get(place, 0.0) for place in places]
        tops.update((p, b + size) for p, b, size in zip(places, base, lengths, strict=True))
        return base

    ways = layout | {
        "grouping": lambda trace: (grouped, bars.index(trace), len(bars)),
        "stacked": stacked,
    }
    for n, trace in enumerate(traces):
        trace["own"] = look.LIGHT.series[n % len(look.LIGHT.series)]
        strokes.draw(axes, trace, across, up, ways)
    _axis(axes, "x", layout.get("xaxis") or {}, across)
    _axis(axes, "y", layout.get("yaxis") or {}, up)
    for shape in layout.get("shapes") or ():
        _shape(axes, shape, across, up)
    for note in layout.get("annotations") or ():
        _note(axes, note, across, up)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(look.LIGHT.line)
    _, names = axes.get_legend_handles_labels()
    if layout.get("showlegend") and names:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=4,
            frameon=False,
            fontsize=12 * POINT,
            labelcolor=look.LIGHT.ink,
        )


def _axis(axes: "Axes", name: str, told: Mapping[str, Any], scale: Scale) -> None:
    from matplotlib.ticker import MultipleLocator  # noqa: PLC0415  loaded with the rest of it

    axis = axes.xaxis if name == "x" else axes.yaxis
    font = told.get("tickfont") or {}
    axes.tick_params(
        axis="x" if name == "x" else "y",
        labelsize=float(font.get("size", 13)) * POINT,
        labelcolor=font.get("color") or look.LIGHT.quiet,
        length=0,
    )
    title = (told.get("title") or {}).get("text")
    if title:
        axis.set_label_text(plain(title), fontsize=13 * POINT, color=look.LIGHT.quiet)
    values, texts = listed(told.get("tickvals")), listed(told.get("ticktext"))
    if values:
        axis.set_ticks(scale.places(values), labels=[_short(text) for text in texts or values])
    elif scale.words:
        axis.set_ticks(range(len(scale.words)), labels=[_short(word) for word in scale.words])
    elif told.get("dtick") and not scale.is_time:
        axis.set_major_locator(MultipleLocator(float(told["dtick"])))
    if told.get("type") == "log":
        axis.axes.set(**{f"{name}scale": "log"})
    if not values and not scale.words:
        _written(axis, told, scale)
    if told.get("showgrid", True):
        axis.grid(visible=True, color=look.LIGHT.line, linewidth=0.7, zorder=0)
        axes.set_axisbelow(True)
    ends = listed(told.get("range"))
    if ends and told.get("type") != "log":
        axes.set(**{f"{name}lim": tuple(scale.places(ends))})
    elif told.get("autorange") == "reversed":
        axis.set_inverted(True)


def _short(text: Any) -> str:
    """Leave room for the figure beside the longest of names."""
    lines = str(text).replace("<br>", "\n").splitlines()
    cut = (line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…" for line in lines)
    return plain("\n".join(cut))


def _written(axis: Any, told: Mapping[str, Any], scale: Scale) -> None:
    """Write what stands along an axis as the screen does: grouped, as shares, or as days."""
    from matplotlib.dates import num2date  # noqa: PLC0415  loaded with the rest of it
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415

    form, suffix = str(told.get("tickformat") or ""), str(told.get("ticksuffix") or "")

    def write(value: float, _place: int) -> str:
        if scale.is_time:
            return words.day(num2date(value).date())  # type: ignore[no-untyped-call]
        said = f"{100 * value:g}\N{NO-BREAK SPACE}%" if form.endswith("%") else f"{value:,.10g}"
        return plain(signed(f"{said}{suffix}"))

    axis.set_major_formatter(FuncFormatter(write))


def _shape(axes: "Axes", shape: Mapping[str, Any], across: Scale, up: Scale) -> None:
    line = shape.get("line") or {}
    style: dict[str, Any] = {
        "color": line.get("color") or look.LIGHT.quiet,
        "linewidth": float(line.get("width", 1)) * POINT,
        "linestyle": {"dot": ":", "dash": "--"}.get(line.get("dash", ""), "-"),
        "zorder": 2,
    }
    x = across.places([shape.get("x0"), shape.get("x1")])
    y = up.places([shape.get("y0"), shape.get("y1")])
    if str(shape.get("yref", "y")).endswith(("domain", "paper")):
        axes.axvline(x[0], **style)
    elif str(shape.get("xref", "x")).endswith(("domain", "paper")):
        axes.axhline(y[0], **style)
    else:
        axes.plot(x, y, **style)


def _note(axes: "Axes", note: Mapping[str, Any], across: Scale, up: Scale) -> None:
    font = note.get("font") or {}
    ground = note.get("bgcolor")
    sides = {"left": "left", "right": "right"}
    axes.annotate(
        plain(note.get("text", "")),
        (across.place(note.get("x")), up.place(note.get("y"))),
        xytext=(float(note.get("xshift") or 0) * POINT, float(note.get("yshift") or 0) * POINT),
        textcoords="offset points",
        ha=sides.get(note.get("xanchor", ""), "center"),
        va={"top": "top", "bottom": "bottom"}.get(note.get("yanchor", ""), "center"),
        color=font.get("color") or look.LIGHT.ink,
        fontsize=float(font.get("size", 13)) * POINT,
        bbox={"facecolor": ground, "edgecolor": "none", "pad": 1} if ground else None,
        zorder=6,
        annotation_clip=False,
    )


def _light(told: Any) -> Any:
    """Give a figure that was made for a dark screen the colours of paper."""
    if isinstance(told, dict):
        return {name: _light(value) for name, value in told.items()}
    if isinstance(told, (list, tuple)):
        return [_light(value) for value in told]
    return _ON_PAPER.get(told, told) if isinstance(told, str) else told
