"""How much each person of a team has to do, against what the person can do in a day."""

from collections.abc import Sequence

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from components.tables import Column
from core.activities.queries.counts import PersonLoad

COLUMNS = (
    Column("name", "Person", pinned=True),
    Column("open", "Open", "count"),
    Column("due_today", "Due today", "count"),
    Column("overdue", "Overdue", "count"),
    Column("done_today", "Done today", "count"),
    Column("capacity", "Capacity a day", "count"),
    Column("share", "Share of the open work", "percent"),
    Column("is_away", "Away today", "flag"),
)


def workload(people: Sequence[PersonLoad]) -> go.Figure:
    """Draw open work per person, overdue first, with a mark at a day's capacity."""
    colours = look.palette()
    names = [_label(person) for person in people]
    parts = (
        ("Overdue", colours.bad, [person.overdue for person in people]),
        ("Due today", colours.warn, [person.due_today for person in people]),
        (
            "Later",
            colours.brand,
            [person.open - person.overdue - person.due_today for person in people],
        ),
    )
    bars = [
        go.Bar(
            y=names,
            x=values,
            orientation="h",
            name=name,
            marker_color=colour,
            hovertemplate=f"%{{y}}: %{{x:,}} {name.lower()}<extra></extra>",
        )
        for name, colour, values in parts
    ]
    mark = go.Scatter(
        y=names,
        x=[person.capacity for person in people],
        mode="markers",
        name="Capacity a day",
        marker={"symbol": "line-ns-open", "size": 20, "color": colours.ink, "line": {"width": 3}},
        hovertemplate="%{y}: %{x:,} a day<extra></extra>",
    )
    return look.figure(
        [*bars, mark],
        x="Activities",
        height=44 * len(people) + 90,
        barmode="stack",
        yaxis={"autorange": "reversed", "showgrid": False, "automargin": True},
    )


def reading(people: Sequence[PersonLoad]) -> str:
    """Say the workload in one sentence: how much there is, and who is beyond a day's capacity."""
    total = sum(person.open for person in people)
    overdue = sum(person.overdue for person in people)
    beyond = [person.name for person in people if person.open > person.capacity]
    said = (
        f"**{words.counted(total, 'open activity', 'open activities')}** with "
        f"{words.counted(len(people), 'person', 'people')}, {words.count(overdue)} of them overdue."
    )
    if beyond:
        names = ", ".join(words.plain(name) for name in beyond[:3])
        more = f" and {words.count(len(beyond) - 3)} more" if len(beyond) > 3 else ""
        said += f" More than a day's capacity: {names}{more}."
    away = [words.plain(person.name) for person in people if person.is_away]
    if away:
        said += f" Away today: {', '.join(away)}."
    return said


def _label(person: PersonLoad) -> str:
    name = safe(person.name)
    return f"{name}, away" if person.is_away else name
