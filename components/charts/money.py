"""Where the money of a campaign came from and where it went."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import plotly.graph_objects as go

from components import look, words
from components.tables import Column
from core.impact.estimates import Interval
from core.impact.money import Gain
from core.impact.report import Comparison
from core.impact.rules import Absent, Reason
from core.measures import signed
from core.settings import settings


@dataclass(frozen=True)
class MoneyRow:
    """One step from value to profit. `amount` is what it adds, or leaves; None has its reason."""

    label: str
    amount: float | None
    interval: Interval | None = None
    reason: str = ""
    is_sum: bool = False

    @property
    def low(self) -> float | None:
        return self.interval.low if self.interval else None

    @property
    def high(self) -> float | None:
        return self.interval.high if self.interval else None

    @property
    def meaning(self) -> look.Meaning:
        """Return whether a sum is provably more or less than nothing; costs judge nothing."""
        if not self.is_sum or self.interval is None or self.interval.holds(0.0):
            return "neutral"
        return "good" if self.interval.low > 0 else "bad"


MONEY_COLUMNS = (
    Column("label", "What"),
    Column("amount", "Amount", "money"),
    Column("low", "From", "money"),
    Column("high", "To", "money"),
    Column("reason", "Why there is none"),
)


def money_rows(comparison: Comparison) -> list[MoneyRow]:
    """List the steps from the value that would not have come otherwise to what is left of it."""
    costs = comparison.costs
    return [
        _sum("Value", comparison.value),
        _cost("Contact", costs.contact, Reason.NO_COST),
        _cost("Offer", costs.offer, "nothing was given away"),
        _cost("Fixed cost", costs.fixed, "none was given"),
        _sum("Profit", comparison.profit),
    ]


def _cost(label: str, amount: Decimal | None, reason: str) -> MoneyRow:
    if amount is None:
        return MoneyRow(label, None, reason=reason)
    return MoneyRow(label, -float(amount))


def _sum(label: str, found: Gain | Absent) -> MoneyRow:
    if isinstance(found, Absent):
        return MoneyRow(label, None, reason=found.reason, is_sum=True)
    return MoneyRow(label, found.value, found.interval, is_sum=True)


def waterfall(rows: Sequence[MoneyRow]) -> go.Figure:
    """Draw what each step takes off what the one before left; sums begin at zero."""
    colours = look.palette()
    starts, left = [], 0.0
    for row in rows:
        starts.append(0.0 if row.is_sum else left)
        left = (row.amount or 0.0) if row.is_sum else left + (row.amount or 0.0)
    spans = [row.interval for row in rows]
    amounts = [row.amount or 0.0 for row in rows]
    fills = {"good": colours.good, "bad": colours.bad}
    drawn = look.figure(
        [
            go.Bar(
                y=[row.label for row in rows],
                x=amounts,
                base=starts,
                orientation="h",
                marker_color=[
                    fills.get(row.meaning, colours.brand) if row.is_sum else colours.control
                    for row in rows
                ],
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [
                        span.high - amount if span else 0
                        for span, amount in zip(spans, amounts, strict=True)
                    ],
                    "arrayminus": [
                        amount - span.low if span else 0
                        for span, amount in zip(spans, amounts, strict=True)
                    ],
                    "color": colours.ink,
                    "thickness": 1.5,
                    "width": 5,
                },
                customdata=[_told(row) for row in rows],
                hovertemplate="%{y}: %{customdata}<extra></extra>",
                cliponaxis=False,
            )
        ],
        x=f"Money ({settings().currency})",
        height=52 * len(rows) + 70,
        legend=False,
        yaxis={"autorange": "reversed", "showgrid": False, "automargin": True},
        margin={"l": 8, "r": 30, "t": 8, "b": 8},
    )
    drawn.add_vline(x=0, line={"color": colours.ink, "width": 1.5})
    for place, row in enumerate(rows):
        ends = [starts[place], starts[place] + amounts[place], row.low or 0.0]
        drawn.add_annotation(
            x=min(ends),
            y=place,
            text=_short(row),
            showarrow=False,
            xanchor="left",
            yshift=25,
            font={"color": colours.ink if row.amount is not None else colours.quiet, "size": 13},
        )
    return drawn


def _short(row: MoneyRow) -> str:
    return row.reason if row.amount is None else words.money(row.amount, short=True)


def _told(row: MoneyRow) -> str:
    if row.interval is None:
        return _short(row)
    low, high = (words.money(x, short=True) for x in (row.interval.low, row.interval.high))
    return f"{_short(row)}, 95 % {low} to {high}"


def money_reading(comparison: Comparison) -> str:
    """Say the money in one sentence."""
    value, profit, cost = comparison.value, comparison.profit, comparison.cost
    if isinstance(value, Absent):
        return f"The effect can't be told in money: **{value.reason}**."
    brought = f"The campaign brought **{words.money(value.value, short=True)}** that would not have"
    brought += " come otherwise"
    if isinstance(cost, Absent) or isinstance(profit, Absent):
        why = cost.reason if isinstance(cost, Absent) else Reason.NO_COST
        return f"{brought}; what is left after cost can't be said: **{why}**."
    low, high = (words.money(x, short=True) for x in (profit.interval.low, profit.interval.high))
    said = (
        f"{brought} and cost {words.money(cost, short=True)}: "
        f"**{words.money(profit.value, short=True)}** is left ({low} to {high})"
    )
    returned = comparison.returned
    if isinstance(returned, Absent):
        return f"{said}."
    part, least, most = (
        on_cost(x) for x in (returned.value, returned.interval.low, returned.interval.high)
    )
    return f"{said}, a return of **{part}** on cost ({least} to {most})."


def on_cost(part: float) -> str:
    """Write profit as a part of what was spent."""
    return signed(f"{part * 100:+,.0f} %")
