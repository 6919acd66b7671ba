"""What is at stake by the threats and opportunities that are open."""

from collections.abc import Sequence

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from components.charts.grids import axis, wrapped
from components.threats.saying import meaning, standing
from core.portfolio.queries.threats import ThreatRow
from core.settings import settings

_FULL = 40  # pixels a bar needs


def stakes(rows: Sequence[ThreatRow]) -> go.Figure:
    """Draw the balance of those exposed, coloured by whether somebody answers.

    The last custom value of a bar is its place among the rows.
    """
    kinds: dict[str, list[tuple[int, ThreatRow]]] = {}
    for place, row in enumerate(rows):
        kinds.setdefault(_kind(row), []).append((place, row))
    traces = [
        go.Bar(
            y=[place for place, _ in own],
            x=[float(row.balance) for _, row in own],
            customdata=[
                [
                    safe(row.name),
                    words.counted(row.customers, "customer"),
                    words.money(row.balance),
                    place,
                ]
                for place, row in own
            ],
            orientation="h",
            name=kind,
            marker_color=look.colour(meaning(own[0][1])),
            hovertemplate="%{customdata[0]}<br>%{customdata[1]} with %{customdata[2]}"
            "<extra></extra>",
        )
        for kind, own in kinds.items()
    ]
    return look.figure(
        traces,
        x=f"Balance when it was found ({settings().currency})",
        height=_FULL * len(rows) + 110,
        legend=len(kinds) > 1,
        barmode="stack",
        xaxis={"nticks": 5},
        # On a telephone bars need half of the width.
        yaxis=axis([wrapped(row.name, 26) for row in rows], range=[len(rows) - 0.5, -0.5]),
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
