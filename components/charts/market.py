"""What the market looks like: moves by month, and who follows the central bank."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from components.market.naming import named
from core.market.queries import FollowRow, MarketEventRow, MonthTally
from core.market.queries.following import WITHIN_DAYS
from core.market.rules import MoveKind

OTHERS = "Others"
_DRAWN = 6  # series that can be told apart
_FEW = 6  # moves a month, up to which every one has its line
_NOT_FOLLOWED = WITHIN_DAYS + 3
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star")


@dataclass(frozen=True)
class Months:
    """How many moves there were by month and by what; `left_out` are doubtful ones."""

    counts: Mapping[tuple[MoveKind | str, date], int]
    left_out: int = 0

    @classmethod
    def of(cls, rows: Sequence[MonthTally], *, doubtful: bool = False) -> "Months":
        """Count the facts, or only what is doubtful."""
        counts = {
            (row.what, row.month): many
            for row in rows
            if (many := row.doubtful if doubtful else row.facts)
        }
        return cls(counts, 0 if doubtful else sum(row.doubtful for row in rows))

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def calendar(self) -> list[date]:
        """Return every month from the first to the last one, those without a move too."""
        found = [min(month for _, month in self.counts)]
        last = max(month for _, month in self.counts)
        while found[-1] < last:
            found.append(_next(found[-1]))
        return found

    def by_what(self) -> "Counter[MoveKind | str]":
        found: Counter[MoveKind | str] = Counter()
        for (what, _month), many in self.counts.items():
            found[what] += many
        return found

    def by_month(self) -> "Counter[date]":
        found: Counter[date] = Counter()
        for (_what, month), many in self.counts.items():
            found[month] += many
        return found

    def within(self, events: Sequence[MarketEventRow]) -> list[MarketEventRow]:
        """Keep the events of these months."""
        first, last = self.calendar[0], last_day(self.calendar[-1])
        return [event for event in events if first <= event.moved_on <= last]


def months(moves: Months, events: Sequence[MarketEventRow] = ()) -> go.Figure:
    """Draw moves by month, stacked by what they are, with events of the market as lines."""
    drawn, colours = moves.calendar, look.palette()
    largest = [what for what, _ in moves.by_what().most_common()]
    kept = largest if len(largest) <= _DRAWN else largest[: _DRAWN - 1]
    series: list[MoveKind | str] = [*kept, *([OTHERS] if len(kept) < len(largest) else [])]
    counts = {(what, month): 0 for what in series for month in drawn}
    for (what, month), many in moves.counts.items():
        counts[what if what in kept else OTHERS, month] += many
    highest = max(moves.by_month().values())
    figure = look.figure(
        [
            go.Bar(
                x=drawn,
                y=[counts[what, month] for month in drawn],
                name=safe(named(what)),
                marker_color=colours.quiet if what == OTHERS else colours.series[number],
                hovertemplate="%{x|%b %Y}: %{y:,}<extra>%{fullData.name}</extra>",
            )
            for number, what in enumerate(series)
        ],
        y="Moves",
        height=340,
        barmode="stack",
        bargap=0.2,
        xaxis={"type": "date", "tickformat": "%b<br>%Y", "nticks": 10},
        yaxis={"dtick": 1} if highest <= _FEW else {},
    )
    figure.update_layout(legend_traceorder="normal")
    for event in moves.within(events):
        figure.add_vline(
            x=event.moved_on.isoformat(),
            line={"color": colours.ink, "width": 1, "dash": "dot"},
            opacity=0.55,
        )
    return figure


def months_reading(moves: Months, events: Sequence[MarketEventRow], by: str) -> str:
    """Say how many moves there were, in which month most, and of what."""
    drawn, by_month = moves.calendar, moves.by_month()
    busiest = max(drawn, key=lambda month: by_month[month])
    [(most, many)] = moves.by_what().most_common(1)
    said = (
        f"**{words.counted(moves.total, 'move')}** in {words.counted(len(drawn), 'month')}, most in"
        f" {busiest:%B %Y} ({words.count(by_month[busiest])});"
        f" {words.percent(many / moves.total, digits=0)} are {'by ' if by == 'competitor' else ''}"
        f"*{words.plain(named(most))}*."
    )
    if moves.left_out:
        said += f" {words.counted(moves.left_out, 'doubtful move')} left out."
    if within := moves.within(events):
        said += f" Dotted lines are {words.counted(len(within), 'decision')} of the central bank."
    return said


def last_day(month: date) -> date:
    return _next(month) - timedelta(days=1)


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def follows(rows: Sequence[FollowRow]) -> go.Figure:
    """Draw for each decision after how many days each competitor moved, and whether by as much.

    The last custom value of a point is its place among the rows.
    """
    colours = look.palette()
    names = sorted({row.competitor for row in rows})
    traces = []
    for number, name in enumerate(names):
        places = [place for place, row in enumerate(rows) if row.competitor == name]
        own = [rows[place] for place in places]
        colour = colours.series[number % len(colours.series)]
        symbol = _SYMBOLS[number % len(_SYMBOLS)]
        dot = {"size": 11, "color": colour, "line": {"width": 1.5, "color": colour}}
        label = safe(name)
        traces.append(
            go.Scatter(
                x=[_decision(row) for row in own],
                y=[_NOT_FOLLOWED if row.days is None else row.days for row in own],
                mode="markers",
                name=label,
                legendgroup=label,
                showlegend=False,
                marker={**dot, "symbol": [_filled(symbol, row) for row in own]},
                customdata=[[_told(rows[place]), place] for place in places],
                hovertemplate="%{fullData.name}: %{customdata[0]}<extra></extra>",
            )
        )
        # The legend would show the first marker, be it hollow or not.
        traces.append(
            go.Scatter(
                x=[None],
                y=[None],
                mode="markers",
                name=label,
                legendgroup=label,
                marker={**dot, "symbol": symbol},
            )
        )
    ticks = list(range(0, WITHIN_DAYS + 1, 7))
    return look.figure(
        traces,
        x="Decision of the central bank",
        y="Days until the competitor moved",
        height=380,
        scattermode="group",
        xaxis={"type": "category", "tickangle": -45},
        yaxis={
            "tickvals": [*ticks, _NOT_FOLLOWED],
            "ticktext": [*map(str, ticks), "not"],
            "range": [-1, _NOT_FOLLOWED + 2],
        },
    )


def busiest(rows: Sequence[FollowRow], most: int) -> list[FollowRow]:
    """Keep the competitors who changed most rates; more can't be told apart in a figure."""
    changed: dict[int, int] = {}
    for row in rows:
        changed[row.competitor_id] = changed.get(row.competitor_id, 0) + row.at_mode.denominator
    kept = sorted(changed, key=lambda id_: -changed[id_])[:most]
    return [row for row in rows if row.competitor_id in kept]


def follow_reading(rows: Sequence[FollowRow]) -> str:
    """Say how often, how exactly and how soon competitors followed."""
    moved = [row for row in rows if row.days is not None]
    decisions = len({row.decided_on for row in rows})
    followers = words.counted(_competitors(rows), "competitor")
    pairs = f"{words.counted(decisions, 'decision')} and {followers}"
    if not moved:
        return f"Within {WITHIN_DAYS} days of {pairs}, no rate was changed."
    same = sum(row.is_same for row in moved)
    days = sorted(row.days or 0 for row in moved)
    exactly = "every time" if same == len(moved) else f"{words.count(same)} times"
    return (
        f"Of {pairs}, rates were changed within {WITHIN_DAYS} days in **{len(moved)} of"
        f" {len(rows)}** cases, **{exactly}** by just what was decided; half of them"
        f" within **{words.counted(days[len(days) // 2], 'day')}**."
    )


def _competitors(rows: Sequence[FollowRow]) -> int:
    return len({row.competitor_id for row in rows})


def _filled(symbol: str, row: FollowRow) -> str:
    return symbol if row.is_same else f"{symbol}-open"


def _decision(row: FollowRow) -> str:
    return f"{row.decided_on:%-d %b %y}, {row.decision:+.2f}"


def _told(row: FollowRow) -> str:
    if row.change is None:
        return f"no change within {WITHIN_DAYS} days"
    return (
        f"{row.change:+.2f} points on {words.day(row.on)}, {words.rate(row.at_mode)} of its rates"
    )
