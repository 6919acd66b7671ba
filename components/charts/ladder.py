"""Rates rung by rung: competitors' and ours, the best for the customer on top."""

from collections.abc import Sequence

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from core.market.queries import LadderRow
from core.market.rules import Side
from core.measures import signed

_RUNGS = 24
_FULL = 26  # pixels that a rung needs


def shown(rungs: Sequence[LadderRow]) -> list[LadderRow]:
    """Keep the best rungs and all of ours: more can't be read in a figure."""
    best = rungs[:_RUNGS]
    return [*best, *(rung for rung in rungs[_RUNGS:] if rung.is_ours)]


def rungs(rows: Sequence[LadderRow]) -> go.Figure:
    """Draw one bar a rate, the best for the customer on top, ours in our colour."""
    colours, drawn = look.palette(), shown(rows)
    names = [_rung(number, rung) for number, rung in enumerate(drawn)]
    return look.figure(
        [
            go.Bar(
                y=names,
                x=[rung.rate for rung in drawn],
                orientation="h",
                marker_color=[colours.brand if rung.is_ours else colours.control for rung in drawn],
                text=[_said(rung) for rung in drawn],
                textposition="outside",
                textfont={"color": colours.ink},
                cliponaxis=False,
                customdata=[[rung.product, rung.terms, words.day(rung.since)] for rung in drawn],
                hovertemplate="%{customdata[0]}<br>%{customdata[1]}<br>%{x:.2f} % a year, "
                "since %{customdata[2]}<extra></extra>",
            )
        ],
        x="Rate, % a year",
        height=_FULL * len(drawn) + 60,
        legend=False,
        yaxis={
            "autorange": "reversed",
            "showgrid": False,
            "automargin": True,
            "tickvals": names,
            "ticktext": [_name(rung) for rung in drawn],
        },
        margin={"l": 8, "r": 110, "t": 8, "b": 8},
    )


def reading(rows: Sequence[LadderRow], side: Side) -> str:
    """Say where we stand: our place, who is best, and how many are better for the customer."""
    ours = next((rung for rung in rows if rung.is_ours), None)
    theirs = [rung for rung in rows if not rung.is_ours]
    if not theirs:
        return "No competitor is known to have such a rate on this day."
    best = theirs[0]
    leads = f"{words.plain(best.who)} offers the best competitor rate, {best.rate:.2f} %"
    if ours is None:
        return (
            f"**{leads}**; there are {words.counted(len(theirs), 'rate')} of competitors and none"
            " of ours to compare with."
        )
    better = [rung for rung in theirs if (rung.ahead or 0) > 0]
    what = "more" if side is Side.DEPOSIT else "less"
    said = (
        f"Our {words.plain(ours.product)} at **{ours.rate:.2f} %** is in place"
        f" **{ours.place} of {len(rows)}**: "
    )
    if not better:
        return f"{said}no competitor {'pays more' if side is Side.DEPOSIT else 'asks less'}."
    many = "1 competitor rate is" if len(better) == 1 else f"{len(better)} competitor rates are"
    return (
        f"{said}{many} better for the customer. {leads}, {abs(best.ahead or 0):.2f} points {what}."
    )


def _rung(number: int, rung: LadderRow) -> str:
    # A bar for each, though two may be called alike.
    return f"{number} {rung.who}"


def _name(rung: LadderRow) -> str:
    name = rung.product if rung.is_ours else rung.who
    short = name if len(name) <= 28 else f"{name[:27]}…"
    return f"<b>{safe(short)}</b>" if rung.is_ours else safe(short)


def _said(rung: LadderRow) -> str:
    if rung.ahead is None:
        return f"{rung.rate:.2f} %"
    ahead = signed(f"{rung.ahead:+.2f}") if round(rung.ahead, 2) else "0.00"
    return f"{rung.rate:.2f} % ({ahead})"
