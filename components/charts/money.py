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
    """One step from value to profit. `amount` is what it adds, or leaves; None has its reason.

    A gain in money is not proven by itself where the conversions that it stands for are not.
    """

    label: str
    amount: float | None
    interval: Interval | None = None
    reason: str = ""
    is_sum: bool = False
    is_proven: bool = True

    @property
    def low(self) -> float | None:
        return self.interval.low if self.interval else None

    @property
    def high(self) -> float | None:
        return self.interval.high if self.interval else None

    @property
    def meaning(self) -> look.Meaning:
        """Return whether a sum is provably more or less than nothing; costs judge nothing."""
        proven = self.is_sum and self.is_proven
        if not proven or self.interval is None or self.interval.holds(0.0):
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
    few = Absent(Reason.TOO_FEW) if comparison.is_too_few else None
    proven = comparison.is_proven
    return [
        _sum("Value", few or comparison.value, is_proven=proven),
        _cost("Contact", costs.contact, Reason.NO_COST),
        _cost("Offer", costs.offer, "nothing was given away"),
        _cost("Fixed cost", costs.fixed, "none was given"),
        _sum("Profit", few or comparison.profit, is_proven=comparison.is_profit_proven),
    ]


def _cost(label: str, amount: Decimal | None, reason: str) -> MoneyRow:
    if amount is None:
        return MoneyRow(label, None, reason=reason)
    return MoneyRow(label, -float(amount))


def _sum(label: str, found: Gain | Absent, *, is_proven: bool) -> MoneyRow:
    if isinstance(found, Absent):
        return MoneyRow(label, None, reason=found.reason, is_sum=True)
    return MoneyRow(label, found.value, found.interval, is_sum=True, is_proven=is_proven)


def waterfall(rows: Sequence[MoneyRow]) -> go.Figure:
    """Draw what each step takes off what the one before left; sums begin at zero."""
    colours = look.palette()
    starts, left = [], 0.0
    for row in rows:
        starts.append(0.0 if row.is_sum else left)
        left = (row.amount or 0.0) if row.is_sum else left + (row.amount or 0.0)
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
                customdata=[_told(row) for row in rows],
                hovertemplate="%{y}: %{customdata}<extra></extra>",
                cliponaxis=False,
            ),
            _spans([row for row in rows if row.interval is not None]),
        ],
        x=f"Money ({settings().currency})",
        height=46 * len(rows) + 70,
        legend=False,
        yaxis={"autorange": "reversed", "showgrid": False, "automargin": True},
        margin={"l": 8, "r": 84, "t": 8, "b": 8},
    )
    drawn.add_vline(x=0, line={"color": colours.ink, "width": 1.5})
    for place, row in enumerate(rows):
        ends = (starts[place], starts[place] + amounts[place], row.high or 0.0)
        given = row.amount is not None
        drawn.add_annotation(
            x=max(ends) if given else 0.0,
            y=place,
            text=_short(row),
            showarrow=False,
            xanchor="left",
            xshift=8,
            font={"color": colours.ink if given else colours.quiet, "size": 13},
        )
    return drawn


def _spans(rows: Sequence[MoneyRow]) -> go.Scatter:
    """Draw how sure the sums are; costs are known."""
    return go.Scatter(
        x=[row.amount for row in rows],
        y=[row.label for row in rows],
        mode="markers",
        marker={"size": 1, "color": look.palette().ink},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [(row.high or 0.0) - (row.amount or 0.0) for row in rows],
            "arrayminus": [(row.amount or 0.0) - (row.low or 0.0) for row in rows],
            "color": look.palette().ink,
            "thickness": 1.5,
            "width": 5,
        },
        hoverinfo="skip",
        cliponaxis=False,
    )


def _short(row: MoneyRow) -> str:
    return row.reason if row.amount is None else words.money(row.amount, short=True)


def _told(row: MoneyRow) -> str:
    if row.interval is None:
        return _short(row)
    low, high = (words.money(x, short=True) for x in (row.interval.low, row.interval.high))
    return f"{_short(row)}, 95 % {low} to {high}"


def money_reading(comparison: Comparison, *, is_sound: bool = True) -> str:
    """Say the money in one sentence, and claim nothing that is not proven."""
    value, profit, cost = comparison.value, comparison.profit, comparison.cost
    if comparison.is_too_few:
        return "The effect can't be told in money: **too few** customers."
    if isinstance(value, Absent):
        return f"The effect can't be told in money: **{value.reason}**."
    claim = _claim(value, is_proven=comparison.is_proven)
    said = f"{claim}{'' if is_sound else ', as far as a compromised comparison can tell'}"
    if isinstance(cost, Absent):
        return f"{said}; what is left after cost can't be said: **{cost.reason}**."
    if isinstance(profit, Absent):
        return f"{said}."
    left = _left(profit, is_proven=comparison.is_profit_proven)
    said += f". After {words.money(cost, short=True)} of cost {left}"
    returned = comparison.returned
    if isinstance(returned, Absent):
        return f"{said}."
    part, least, most = (
        on_cost(x) for x in (returned.value, returned.interval.low, returned.interval.high)
    )
    return f"{said}, which is **{part}** of the cost ({least} to {most})."


def _claim(value: Gain, *, is_proven: bool) -> str:
    amount = f"**{words.money(abs(value.value), short=True)}** ({_between(value)})"
    if value.interval.holds(0.0) or not is_proven:
        more = "more" if value.value >= 0 else "less"
        return f"No money is proven: {amount} {more} came than without the campaign"
    if value.value > 0:
        return f"The campaign brought {amount} that would not have come otherwise"
    return f"The campaign lost {amount} that would have come otherwise"


def _left(profit: Gain, *, is_proven: bool) -> str:
    amount = f"**{words.money(profit.value, short=True)}** is left ({_between(profit)})"
    return amount if is_proven else f"{amount}, so whether it paid is open"


def _between(gain: Gain) -> str:
    low, high = (words.money(x, short=True) for x in (gain.interval.low, gain.interval.high))
    return f"{low} to {high}"


def on_cost(part: float) -> str:
    """Write profit as a part of what was spent."""
    return signed(f"{part * 100:+,.0f} %")
