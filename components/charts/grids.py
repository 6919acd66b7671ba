"""Names along both sides of a figure that is a grid of cells."""

import textwrap
from collections.abc import Sequence

from components import look

ROW = 36  # pixels


def axis(names: Sequence[str], **more: object) -> dict[str, object]:
    """Return an axis on which each name stands at its place, counted from 0."""
    return {
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
        "tickfont": {"color": look.palette().ink, "size": 12},
        "ticklabeloverflow": "allow",
        "fixedrange": True,
        **more,
    }


def wrapped(name: str, width: int = 22) -> str:
    """Break a long name into two lines, which leaves room for the cells; the rest is cut off."""
    first, *rest = textwrap.wrap(name, width) or [""]
    lines = [first, *([textwrap.shorten(" ".join(rest), width, placeholder="…")] if rest else [])]
    return "<br>".join(safe(line) for line in lines)


def safe(name: str) -> str:
    """Keep what somebody typed from being read as markup."""
    return name.replace("<", "&lt;")
