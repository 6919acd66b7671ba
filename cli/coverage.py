"""Coverage: who of each segment was reached with each product, at the command line."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from cli.common import AsJson, ask, do, now, print_json, print_rows, say
from core import saying
from core.coverage.actions import KeepCounted, keep_counted
from core.coverage.queries.cells import Coverage, coverage
from core.coverage.queries.counting import count
from core.coverage.rules import Aim, Period, chosen
from core.coverage.upkeep import usual_periods
from core.refusals import Invalid

_DAY = ["%Y-%m-%d"]
_First = Annotated[
    datetime | None, typer.Option(formats=_DAY, help="The first of days of your own.")
]
_Last = Annotated[datetime | None, typer.Option(formats=_DAY, help="The last of them.")]
_Aim = Annotated[Aim, typer.Option(help="Sell to who lacks it, or keep with who holds it.")]


@dataclass(frozen=True)
class _Line:
    segment: str
    product: str
    eligible: int
    reached: int
    held_out: int
    in_work: int
    suppressed: int
    capped: int
    open_gap: int


def show_coverage(
    *,
    aim: _Aim = Aim.SELL,
    days: Annotated[int, typer.Option(help="So many days up to today: 30, 90 or 365.")] = 90,
    first: _First = None,
    last: _Last = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Count first, whatever was counted.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say for every segment and product who was reached, who is in the way, and who is left."""
    if (first is None) != (last is None):
        raise Invalid("Days of your own have a first and a last: name both.")
    own = chosen(first.date(), last.date(), today=now().date()) if first and last else None
    told = _told(aim, days, own)
    if anew or told.counted_at is None:
        _count(own)
        told = _told(aim, days, own)
    if as_json:
        print_json(told)
        return
    print_rows(
        [
            _Line(
                cell.segment,
                cell.product,
                parts.eligible,
                parts.reached,
                parts.held_out,
                parts.in_work,
                parts.suppressed,
                parts.capped,
                parts.open_gap,
            )
            for cell in told.cells
            for parts in [cell.parts]
            if parts.eligible
        ]
    )
    for name, why in told.left_out.items():
        say(f"{name} is left out: {why}")
    if told.counted_at is not None:
        at = told.counted_at.astimezone(now().tzinfo)
        days_of = f"{saying.day(told.period.first)} to {saying.day(told.period.last)}"
        say(f"{days_of}, as counted {saying.moment(at)}.")


def _told(aim: Aim, days: int, own: Period | None) -> Coverage:
    if own is not None:
        return ask(coverage, aim=aim, first=own.first, last=own.last)
    return ask(coverage, aim=aim, days=days)


def _count(own: Period | None) -> None:
    counted = ask(lambda view: count(view, periods=[own] if own else usual_periods(view)))
    do(keep_counted, KeepCounted(counted))
