"""What a selection looks like: from everybody in the unit down to the candidates."""

from dataclasses import dataclass

import plotly.graph_objects as go

from components import look, words
from components.tables import Column
from core.runs.queries import AgainstForecast, Waterfall
from core.runs.rules import Exclusion

# Where the full words would push the bars off a telephone's screen.
_SHORT = {
    Exclusion.NO_CONSENT: "No consent",
    Exclusion.NOT_IN_SEGMENT: "Not in the segment",
    Exclusion.ON_EXCLUSION_LIST: "On an exclusion list",
    Exclusion.HOLDS_PRODUCT: "Product rule",
    Exclusion.BUSY_ELSEWHERE: "Busy elsewhere",
    Exclusion.CONTROL_ELSEWHERE: "Held out elsewhere",
    Exclusion.HOLDOUT: "Held out of all",
}


@dataclass(frozen=True)
class Bar:
    """One bar of the waterfall: who is left after this rule, and whom it kept out."""

    label: str
    rule: str
    excluded: int
    remaining: int


COLUMNS = (
    Column("rule", "Rule, in the order in which it is asked"),
    Column("excluded", "Kept out", "count"),
    Column("remaining", "Left", "count"),
)


def bars(drawn: Waterfall) -> list[Bar]:
    """List the bars from top to bottom, rules that kept nobody out included."""
    rules = [
        Bar(
            words.sentence(_SHORT.get(step.reason, step.reason)),
            words.sentence(step.reason),
            step.excluded,
            step.remaining,
        )
        for step in drawn.steps
    ]
    everybody, left = "Customers of the unit", "Candidates"
    return [
        Bar("Customers", everybody, 0, drawn.population),
        *rules,
        Bar(left, left, 0, drawn.candidates),
    ]


def _less(customers: int) -> str:
    return f"\N{MINUS SIGN}{words.count(customers)}" if customers else "0"


def waterfall(drawn: Waterfall) -> go.Figure:
    """Draw whom each rule kept out, hanging where the rule before it left off."""
    rows = bars(drawn)
    colours = look.palette()
    names = [row.label for row in rows]
    ends = {0, len(rows) - 1}
    kept = [row.remaining if n in ends else 0 for n, row in enumerate(rows)]
    return look.figure(
        [
            go.Bar(
                y=names,
                x=kept,
                orientation="h",
                name="Left",
                marker_color=colours.brand,
                text=[
                    words.count(row.remaining) if n in ends else "" for n, row in enumerate(rows)
                ],
                textposition="auto",
                hoverinfo="skip",
            ),
            go.Bar(
                y=names,
                x=[row.excluded for row in rows],
                base=[row.remaining for row in rows],
                orientation="h",
                name="Kept out",
                marker_color=colours.control,
                text=["" if n in ends else _less(row.excluded) for n, row in enumerate(rows)],
                textposition="outside",
                customdata=[[row.remaining] for row in rows],
                hovertemplate="%{y}: %{x:,} kept out, %{customdata[0]:,} left<extra></extra>",
                cliponaxis=False,
            ),
        ],
        x="Customers",
        height=34 * len(rows) + 60,
        legend=False,
        barmode="stack",
        yaxis={"autorange": "reversed", "showgrid": False, "automargin": True},
        margin={"l": 8, "r": 60, "t": 8, "b": 8},
    )


def reading(drawn: Waterfall) -> str:
    """Say the selection in one sentence: how many are left, and what kept most of them out."""
    share = words.percent(drawn.candidates / drawn.population) if drawn.population else words.NONE
    said = (
        f"**{words.count(drawn.candidates)}** of {words.count(drawn.population)} customers "
        f"({share}) are candidates."
    )
    largest = max(drawn.steps, key=lambda step: step.excluded)
    if largest.excluded:
        said += (
            f" Most others were kept out by *{largest.reason}*: {words.count(largest.excluded)}."
        )
    return said


COMPARED = (
    Column("reason", "Rule", width="large", write=lambda row: words.sentence(row.reason)),
    Column("forecast", "Forecast", "count"),
    Column("selected", "Selected", "count"),
    Column("difference", "Difference", "count"),
)


def compared(found: AgainstForecast) -> str:
    """Say in one sentence how the selection differs from the forecast that was approved."""
    if not found.is_same_unit:
        return (
            f"The forecast counted all of {found.unit} and expected "
            f"{words.counted(found.expected, 'candidate')} there; this run selects in one part."
        )
    off = found.candidates - found.expected
    said = f"The forecast expected {words.counted(found.expected, 'candidate')}"
    if not off:
        return f"{said}, and so many were found."
    way = 1 if off > 0 else -1  # whoever kept out fewer is why there are more
    moved = min(found.steps, key=lambda step: way * step.difference)
    fewer = ("more", "fewer") if off > 0 else ("fewer", "more")
    return (
        f"{said}, and {words.count(found.candidates)} were found, {words.count(abs(off))} "
        f"{fewer[0]}: most of it by “{words.sentence(moved.reason)}”, which kept out "
        f"{words.count(abs(moved.difference))} {fewer[1]}."
    )
