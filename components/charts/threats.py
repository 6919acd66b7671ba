"""What is at stake by the threats and opportunities that are open."""

from collections.abc import Sequence

import plotly.graph_objects as go

from components import look, words
from components.charts.grids import wrapped
from components.threats.saying import meaning, standing
from core.portfolio.queries.threats import ThreatRow
from core.settings import settings

_FULL = 40  # pixels a bar needs


def stakes(rows: Sequence[ThreatRow]) -> go.Figure:
    """Draw the balance of those exposed, coloured by whether somebody answers.

    The last custom value of a bar is its place among the rows.
    """
    kinds = dict.fromkeys(_kind(row) for row in rows)
    names = [_label(row) for row in rows]
    traces = [
        go.Bar(
            y=[name for name, row in zip(names, rows, strict=True) if _kind(row) == kind],
            x=[float(row.balance) for row in rows if _kind(row) == kind],
            customdata=[
                [words.money(row.balance), words.counted(row.customers, "customer"), place]
                for place, row in enumerate(rows)
                if _kind(row) == kind
            ],
            orientation="h",
            name=kind,
            marker_color=next(look.colour(meaning(row)) for row in rows if _kind(row) == kind),
            hovertemplate="%{y}<br>%{customdata[1]} with %{customdata[0]}<extra></extra>",
        )
        for kind in kinds
    ]
    return look.figure(
        traces,
        x=f"Balance when it was found ({settings().currency})",
        height=_FULL * len(rows) + 110,
        legend=len(kinds) > 1,
        barmode="stack",
        xaxis={"nticks": 5},
        yaxis={
            "autorange": "reversed",
            "showgrid": False,
            "automargin": True,
            "type": "category",
            "categoryorder": "array",
            "categoryarray": names,
        },
    )


def reading(rows: Sequence[ThreatRow], total: int) -> str:
    """Say how many are open, and where most is at stake."""
    first = rows[0]
    shown = "" if total == len(rows) else f" The {len(rows)} largest are drawn."
    return (
        f"**{words.counted(total, 'conclusion')}** open. Most is at stake in"
        f" “{words.plain(first.name)}”: {words.counted(first.customers, 'customer')} with"
        f" {words.money(first.balance, short=True)}.{shown}"
    )


def _kind(row: ThreatRow) -> str:
    return f"{words.sentence(row.kind)}, {standing(row).lower()}"


def _label(row: ThreatRow) -> str:
    return wrapped(f"{row.id}. {row.name}", 26)  # on a telephone bars need half of the width
