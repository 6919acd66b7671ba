"""How large runs are split, kept as it was counted: a look at every customer takes too long."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, or_, select

from core.access import Permission
from core.campaigns.rules import RandomisedBy
from core.customers.model import Attribute
from core.customers.rules import AttributeType
from core.impact.model import RunCell, RunFold, RunSplit
from core.impact.queries.groups import FOLDED
from core.impact.queries.split import EVERY_SEGMENT, Tallies, by_group, by_segment
from core.impact.tally import COUNTS, Tally
from core.refusals import Invalid
from core.runs.model import CountedCandidate, Run
from core.segments.model import Segment
from core.work import Reader

LARGE = 100_000  # candidates; of fewer, everybody is looked at when it is asked
_MONTH, _OF_SEGMENT = "month", "segment:"


@dataclass(frozen=True)
class Kept:
    """The groups of a run as they stood at a moment."""

    counted_at: datetime
    tallies: Tallies


@dataclass(frozen=True)
class NewSplit:
    """A run split in one way, to be kept; `fold` is how its fold stood when it was counted.

    `seen_at` says when its outcomes had been looked for last. Where `tallies` is None there are
    more groups than anybody reads.
    """

    run_id: int
    way: str
    counted_at: datetime
    fold: RunFold
    seen_at: datetime | None
    tallies: Tallies | None

    @property
    def plain(self) -> dict[str, Any]:
        rows = [
            [*at, *(getattr(tally, name) for name in COUNTS[:-2]), str(tally.value), tally.squares]
            for at, tally in (self.tallies or {}).items()
        ]
        return {"groups": rows}


def kept(view: Reader, run_id: int, way: str, *, exactly: bool = False) -> Kept | None:
    """Return how a run is split in the whole bank, if that was counted and still holds.

    It holds while nothing has changed in the run, and on the day on which it was counted; of
    segments, while none was redefined.

    :param exactly: whether it holds only while nothing has changed
    """
    view.authorize(Permission.SEE_IMPACT)
    if way in FOLDED or not view.actor.scope.bank_wide:
        return None
    row = view.session.get(RunSplit, (run_id, way))
    if row is None or not row.groups["groups"]:
        return None
    if way not in _current(view, run_id, exactly=exactly):
        return None
    tallies = {
        (arm, key, label): Tally.of(counts) for arm, key, label, *counts in row.groups["groups"]
    }
    return Kept(row.counted_at.astimezone(view.now.tzinfo), tallies)


def kept_at(view: Reader, *, run_id: int, way: str) -> datetime | None:
    """Return of when the groups of a run are, unless they are as of now."""
    found = kept(view, run_id, way)
    return found.counted_at if found else None


def split_next(view: Reader) -> list[NewSplit]:
    """Split the next large run of which something is not kept, or holds no more.

    Runs that were drawn by managers or branches are left out: these are looked at one by one.
    """
    view.authorize(Permission.SEE_IMPACT)
    wanted = _ways(view)
    for fold in _large(view):
        if missing := wanted - _current(view, fold.run_id):
            return list(_split(view, fold, missing))
    return []


def _split(view: Reader, fold: RunFold, ways: set[str]) -> Iterator[NewSplit]:
    run_id = fold.run_id
    seen_at = view.session.get_one(Run, run_id).outcomes_seen_at
    found: dict[str, Tallies | None] = {}
    if any(_is_of_segments(way) for way in ways):
        segments = by_segment(view, run_id)
        found[EVERY_SEGMENT] = segments.tallies
        for place, (code, name) in enumerate(segments.named):
            found[f"{_OF_SEGMENT}{code}"] = {
                (arm, "in" if inside else "out", name if inside else f"not {name}"): tally
                for inside in (True, False)
                for arm, tally in segments.inside(place, is_inside=inside).items()
            }
    for way in ways:
        if not _is_of_segments(way):
            try:
                found[way] = by_group(view, run_id, way)
            except Invalid:  # too many groups
                found[way] = None
    for way, tallies in found.items():
        yield NewSplit(run_id, way, view.now, fold, seen_at, tallies)


def _large(view: Reader) -> Sequence[RunFold]:
    return view.session.scalars(
        select(RunFold)
        .join(RunCell, RunCell.run_id == RunFold.run_id)
        .join(Run, Run.id == RunFold.run_id)
        .where(Run.randomised_by == RandomisedBy.CUSTOMER)
        .group_by(RunFold.run_id)
        .having(func.sum(RunCell.targeted) >= LARGE)
        .order_by(RunFold.run_id)
    ).all()


def _ways(view: Reader) -> set[str]:
    """Return the ways that everybody is asked about: numbers and dates make too many groups."""
    attributes = select(Attribute.name).where(
        Attribute.type.in_([AttributeType.TEXT, AttributeType.FLAG])
    )
    ways = {_MONTH, EVERY_SEGMENT}
    return ways | {f"attribute:{name}" for name in view.session.scalars(attributes)}


def _current(view: Reader, run_id: int, *, exactly: bool = False) -> set[str]:
    """Return the ways to split a run that were counted and still hold."""
    is_changing = exists().where(CountedCandidate.run_id == run_id)
    rows = view.session.execute(
        select(
            RunSplit.way,
            RunSplit.counted_at,
            or_(RunSplit.changes != RunFold.changes, is_changing),
        )
        .join(RunFold, RunFold.run_id == RunSplit.run_id)
        .where(RunSplit.run_id == run_id)
    ).all()
    redefined = view.session.scalar(select(func.max(Segment.changed_at)))
    still = None if exactly else view.now.date()
    return {
        way
        for way, counted_at, has_changed in rows
        if (not has_changed or counted_at.astimezone(view.now.tzinfo).date() == still)
        and (not _is_of_segments(way) or redefined is None or redefined < counted_at)
    }


def _is_of_segments(way: str) -> bool:
    return way == EVERY_SEGMENT or way.startswith(_OF_SEGMENT)
