"""What a run changed in groups of its customers."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement

from core.access import Permission
from core.campaigns.rules import RandomisedBy
from core.customers.model import CustomerState
from core.impact.breaking import BrokenDown, Part, break_down, part_of
from core.impact.queries.drawn import Drawn, add_up, clusters_of, drawn_in_groups
from core.impact.queries.funnel import NOT_KNOWN
from core.impact.queries.gifts import Given, gifts_by_group, gifts_by_segments
from core.impact.queries.groups import Group, Way, group, joined, ways_to_split
from core.impact.queries.kept import kept
from core.impact.queries.runs import RunImpact, impact
from core.impact.queries.split import EVERY_SEGMENT, by_group, by_segment
from core.impact.report import Arm
from core.impact.rules import Reason
from core.impact.tally import Tally
from core.refusals import Invalid
from core.runs.model import Candidate
from core.segments.criteria import Known
from core.segments.queries import (
    MOST_SEGMENTS,
    changed_by_campaign,
    known_words,
    mask,
    usable,
)
from core.work import Reader

# Known of the treated alone: among the held out nobody was contacted.
_ONE_SIDED = frozenset({"channel", "month", "arm"})


def ways_to_break_down(view: Reader) -> list[Way]:
    """List by what an effect can be taken apart: what is known alike of treated and held out."""
    ways = [way for way in ways_to_split(view) if way.name not in _ONE_SIDED]
    at = next((place for place, way in enumerate(ways) if ":" in way.name), len(ways))
    return [*ways[:at], Way(EVERY_SEGMENT, "Segment"), *ways[at:]]


def breakdown(view: Reader, *, run_id: int, by: str) -> list[BrokenDown]:
    """Compare treated with held out in each group of a run's customers, the largest first.

    All treated arms count together. Groups are read as they stand now, or of large runs as they
    stood when they were counted, which `as_of` tells; of a segment that customers
    join or leave because of the campaign no effect is given, since that would be its own doing.

    :param by: branch, region, attribute:NAME, segment:CODE, or segments for a row of each, in
        several of which a customer may be
    :raises NotFound: there is no such run, attribute or segment, or nobody of it is in scope
    :raises Invalid: there is no such split, it has too many groups, or is not known of held out
    """
    return broken_down(view, impact(view, run_id=run_id), by)


def broken_down(
    view: Reader, run: RunImpact, by: str, *, exactly: bool = False
) -> list[BrokenDown]:
    """Do the same of a run that was measured already.

    :param exactly: whether to take what was kept only if nothing has changed in the run since
    """
    view.authorize(Permission.SEE_IMPACT)
    if by in _ONE_SIDED:
        raise Invalid(
            f"An effect can't be split by {by}: of held out customers there is none to compare."
        )
    several = by == EVERY_SEGMENT
    parts, as_of = (_by_segment if several else _by)(view, run, by, exactly=exactly)
    found = break_down(parts, run.report, run.facts.terms, overlapping=several)
    return [replace(row, as_of=as_of) for row in found] if as_of else found


def _by(
    view: Reader, run: RunImpact, by: str, *, exactly: bool
) -> tuple[list[Part], datetime | None]:
    found = kept(view, run.id, by, exactly=exactly)
    tallies = found.tallies if found else by_group(view, run.id, by)
    live = group(view, by, Candidate, run.id)
    given = gifts_by_group(view, run.id, live) if run.gifts else {}
    drawn = _clusters(view, run, live)
    code = by.partition(":")[2] if by.startswith("segment:") else None
    changed = code and code in _changed(known_words(view), run)
    parts = _parts(
        ((*at[1:], _arm(at, tally, given, drawn)) for at, tally in tallies.items()),
        changed={"in", "out"} if changed else (),
    )
    return parts, found.counted_at if found else None


def _by_segment(
    view: Reader, run: RunImpact, by: str, *, exactly: bool
) -> tuple[list[Part], datetime | None]:
    """Count by the number that says in which segments a customer is, and take the sums apart."""
    found = kept(view, run.id, by, exactly=exactly)
    tallies = found.tallies if found else by_segment(view, run.id).tallies
    known = known_words(view)
    ids = usable(known).ids[:MOST_SEGMENTS]
    codes = {segment.id: (code, segment.name) for code, segment in known.segments.items()}
    named = [codes[id_] for id_ in ids]
    number = mask(view, ids, known=known)
    given = gifts_by_segments(view, run.id, number) if run.gifts else {}
    gifts: defaultdict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for (arm, inside), cost in given.items():
        for place, name in enumerate(named):
            if inside >> place & 1:
                gifts[arm, *name] += cost
    drawn = _clusters_of_segments(view, run, named, number)
    parts = _parts(
        ((*at[1:], _arm(at, tally, gifts, drawn)) for at, tally in tallies.items()),
        changed=_changed(known, run),
    )
    return parts, found.counted_at if found else None


def _changed(known: Known, run: RunImpact) -> frozenset[str]:
    facts = run.facts
    return changed_by_campaign(known, facts.product_id, moves_money=facts.has_outcome)


def _arm(at: tuple[Any, ...], tally: Tally, gifts: Given, drawn: Drawn | None) -> Arm:
    """Make an arm of a group; `at` begins with its number, and finds what belongs to it."""
    clusters = None if drawn is None else clusters_of(drawn[at])
    return Arm(at[0], f"arm {at[0]}", None, tally, gifts.get(at, Decimal(0)), clusters)


def _clusters(view: Reader, run: RunImpact, split: Group) -> Drawn | None:
    """Sum up who was drawn as a whole, by arm, key and label; None where customers were."""
    if run.facts.drawn_by is RandomisedBy.CUSTOMER:
        return None
    by: tuple[Any, ...] = (split.key.label("key"), split.label.label("label"))
    return drawn_in_groups(view, run.id, by, lambda statement: joined(statement, [split]))


def _clusters_of_segments(
    view: Reader, run: RunImpact, named: Sequence[tuple[str, str]], number: ColumnElement[int]
) -> Drawn | None:
    if run.facts.drawn_by is RandomisedBy.CUSTOMER:
        return None
    found: Drawn = defaultdict(dict)
    each = drawn_in_groups(
        view,
        run.id,
        (number.label("inside"),),
        lambda statement: statement.join(
            CustomerState, CustomerState.customer_id == Candidate.customer_id
        ),
    )
    for (arm, inside), clusters in each.items():
        for place, name in enumerate(named):
            if inside >> place & 1:
                add_up(found[arm, *name], clusters)
    return found


def _parts(
    rows: Iterable[tuple[str | None, str | None, Arm]], *, changed: Collection[str | None] = ()
) -> list[Part]:
    """Put arms together to groups; of those that the campaign itself changes nothing is said."""
    found: defaultdict[tuple[str | None, str], dict[int, Arm]] = defaultdict(dict)
    for key, label, arm in rows:
        found[key, NOT_KNOWN if label is None else str(label)][arm.arm] = arm
    return [
        part_of(key, label, arms, Reason.CHANGED if key in changed else None)
        for (key, label), arms in found.items()
    ]
