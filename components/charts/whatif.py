"""When each queue is done: as things are, and if work is moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from components.tables import Column
from core.measures import Rate
from core.queues.whatif.comparing import Comparison, Proposal
from core.queues.whatif.outlooks import Finish, Never, Outlook

ARROW = "\N{RIGHTWARDS ARROW}"
_FURTHER = timedelta(days=3)  # beyond the last date, for what is never done
_ROW = 40  # pixels


@dataclass(frozen=True)
class Line:
    """One queue as things are, and if work is moved."""

    name: str
    now: Outlook
    then: Outlook


@dataclass(frozen=True)
class Way:
    """What all queues come to in one way to split the work."""

    name: str
    moves: int | None
    total: Outlook


def ways(comparison: Comparison) -> list[Way]:
    """Return what becomes of the sum as things are, and by each proposal."""
    proposed = [
        Way(each.name, len(each.persons), each.replay.total) for each in comparison.proposals
    ]
    return [Way("as things are", None, comparison.now.total), *proposed]


def lines(comparison: Comparison, proposal: Proposal) -> list[Line]:
    """Return one line for each person with work, one for the pool if it has any, and the sum."""
    now, then = comparison.now, proposal.replay
    queues = zip([*now.people, now.pool], [*then.people, then.pool], strict=True)
    told = [Line(before.name, before, after) for before, after in queues]
    told = [line for line in told if line.now.work or line.then.work]
    return [*told, Line(now.total.name, now.total, then.total)]


def finishes(told: Sequence[Line], *, start: datetime) -> go.Figure:
    """Draw when each queue is done, from a hollow mark now to a full one then."""
    colours = look.palette()
    told = [
        line for line in told if line.now.finishes is not None or line.then.finishes is not None
    ]
    known = [
        end
        for line in told
        for end in (line.now.finishes, line.then.finishes)
        if isinstance(end, datetime)
    ]
    never = max(known, default=start) + _FURTHER

    def at(end: Finish) -> datetime | None:
        return never if isinstance(end, Never) else end

    names = [_label(line.name) for line in told]
    ways = [
        go.Scatter(
            x=[at(line.now.finishes) or start, at(line.then.finishes) or start],
            y=[name, name],
            mode="lines",
            line={"color": colours.line, "width": 4},
            hoverinfo="skip",
            showlegend=False,
        )
        for name, line in zip(names, told, strict=True)
    ]
    marks = [
        go.Scatter(
            x=[at(end) for end in ends],
            y=names,
            customdata=[finish(end) for end in ends],
            mode="markers",
            name=title,
            marker={
                "size": 13,
                "color": colour,
                "line": {"width": 2, "color": colour},
                "symbol": ["x-thin" if isinstance(end, Never) else symbol for end in ends],
            },
            hovertemplate=f"%{{y}}: %{{customdata}} ({title.lower()})<extra></extra>",
        )
        for title, symbol, colour, ends in (
            ("As things are", "circle-open", colours.quiet, [line.now.finishes for line in told]),
            ("If work is moved", "circle", colours.brand, [line.then.finishes for line in told]),
        )
    ]
    return look.figure(
        [*ways, *marks],
        x="The queue is done (a cross: never)",
        height=_ROW * len(told) + 100,
        xaxis={
            "type": "date",
            "showgrid": True,
            "gridcolor": colours.line,
            "tickformat": "%a<br>%-d %b",
            "nticks": 6,
        },
        yaxis={
            "categoryorder": "array",
            "categoryarray": names[::-1],
            "showgrid": False,
            "automargin": True,
        },
    )


WAYS = (
    Column("name", "Way", pinned=True, write=lambda way: words.sentence(way.name)),
    Column("moves", "Moves", "count"),
    Column("overdue", "Overdue", "count", write=lambda way: way.total.overdue),
    Column("level", "In time", "percent", write=lambda way: way.total.level.value),
    Column("finishes", "Queues done", write=lambda way: finish(way.total.finishes)),
)
COLUMNS = (
    Column("name", "Person", pinned=True),
    Column("work", "Activities", write=lambda line: _counts(line.now.work, line.then.work)),
    Column("overdue", "Overdue", write=lambda line: _counts(line.now.overdue, line.then.overdue)),
    Column("level", "In time", write=lambda line: _shares(line.now.level, line.then.level)),
    Column(
        "finishes",
        "Queue done",
        write=lambda line: _both(finish(line.now.finishes), finish(line.then.finishes)),
    ),
    Column("used", "Time used", write=lambda line: _shares(line.now.used, line.then.used)),
    Column(
        "minutes", "Hours of work", write=lambda line: _hours(line.now.minutes, line.then.minutes)
    ),
)


def reading(comparison: Comparison, proposal: Proposal) -> str:
    """Say in one sentence what moving the work would change."""
    now, then = comparison.now.total, proposal.replay.total
    last_day = words.weekday(comparison.until - timedelta(minutes=1))
    said = f"By the end of {last_day}, overdue {_changes(now.overdue, then.overdue)}"
    before, after = now.level.value, then.level.value
    if before is not None and after is not None and words.percent(before) != words.percent(after):
        said += f" and **{words.percent(after)}** instead of {words.percent(before)} is in time"
    if moved := _most_moved(lines(comparison, proposal)[:-1]):
        said += f"; {words.plain(moved.name)} would {_sooner(moved)}"
    return f"{said}."


def finish(end: Finish) -> str:
    """Write when a queue is done."""
    if end is None:
        return "nothing to do"
    return str(end) if isinstance(end, Never) else words.weekday(end)


def _most_moved(told: Sequence[Line]) -> Line | None:
    """Return whose queue is done on another day than before, of these the furthest apart."""

    def apart(line: Line) -> float:
        now, then = line.now.finishes, line.then.finishes
        if now is None or then is None or finish(now) == finish(then):
            return 0
        if isinstance(now, Never) or isinstance(then, Never):
            return 0 if type(now) is type(then) else inf
        return abs((now - then).total_seconds())

    furthest = max(told, key=apart, default=None)
    return furthest if furthest is not None and apart(furthest) else None


def _sooner(line: Line) -> str:
    now, then = finish(line.now.finishes), finish(line.then.finishes)
    if isinstance(line.then.finishes, Never):
        return f"not finish ({then}) instead of on {now}"
    return f"finish on **{then}** instead of {now}"


def _changes(before: int, after: int) -> str:
    if before == after:
        return f"stays at **{words.count(after)}**"
    verb = "falls" if after < before else "rises"
    return f"{verb} from {words.count(before)} to **{words.count(after)}**"


def _both(before: str, after: str) -> str:
    return before if before == after else f"{before} {ARROW} {after}"


def _counts(before: int, after: int) -> str:
    return _both(words.count(before), words.count(after))


def _shares(before: Rate, after: Rate) -> str:
    return _both(words.percent(before, digits=0), words.percent(after, digits=0))


def _hours(before: int, after: int) -> str:
    return _both(words.number(before / 60, digits=1), words.number(after / 60, digits=1))


def _label(name: str) -> str:
    return safe(name)
