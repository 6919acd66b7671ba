"""How much of the work was done in time, against what the bank promises itself."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from components.tables import Column
from core.service.queries.shares import Share
from core.service.rules import WHOLE

COLUMNS = (
    Column("name", "Work of", pinned=True),
    Column("rate", "In time", "percent", write=lambda row: row.rate.value),
    Column("met", "In time, activities", "count"),
    Column("missed", "Missed, activities", "count"),
)


def met_share(shares: Sequence[Share], *, target: float | None) -> go.Figure:
    """Draw the share that was in time for each row, with a line at the target."""
    colours = look.palette()
    bars = go.Bar(
        y=[_label(share) for share in shares],
        x=[share.rate.value for share in shares],
        customdata=[[words.rate(share.rate)] for share in shares],
        orientation="h",
        marker_color=colours.brand,
        hovertemplate="%{y}: %{customdata[0]} in time<extra></extra>",
    )
    drawn = look.figure(
        [bars],
        x="Share of due work done in time",
        height=36 * len(shares) + 110,
        legend=False,
        margin={"t": 28},  # for the word above the line
        xaxis={"range": [0, 1.02], "tickformat": ".0%"},
        yaxis={"autorange": "reversed", "showgrid": False, "automargin": True, "type": "category"},
    )
    if target is not None:
        drawn.add_vline(
            x=target,
            line={"color": colours.ink, "width": 2, "dash": "dot"},
            annotation={"text": "target", "font": {"color": colours.quiet, "size": 12}},
            annotation_position="top",
        )
    return drawn


def target_of(shares: Sequence[Share], targets: Mapping[str, int]) -> float | None:
    """Return what was promised of the work of these priorities together, as a share.

    :param shares: told apart by priority
    :param targets: of each priority by its word, in basis points
    """
    due = sum(share.rate.denominator for share in shares)
    if not due:
        return None
    kept = sum(targets[share.name] * share.rate.denominator for share in shares)
    return kept / (due * WHOLE)


def reading(shares: Sequence[Share], *, target: float | None) -> str:
    """Say which share was in time, what was promised, and who is furthest from it."""
    met, due = sum(s.met for s in shares), sum(s.rate.denominator for s in shares)
    if not due or target is None:
        return "Nothing was due in this period."
    judged = "met" if met >= target * due else "missed"
    said = (
        f"**{words.percent(met / due)}** of {words.counted(due, 'activity', 'activities')} that"
        f" were due were done in time; the target of {words.percent(target)} is {judged}."
    )
    last = min(shares, key=lambda share: share.rate.value or 0)
    if len(shares) > 1 and last.missed:
        said += f" The lowest is {words.plain(last.name)} with {words.percent(last.rate)}."
    return said


def _label(share: Share) -> str:
    return safe(share.name)
