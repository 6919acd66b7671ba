"""Many segments at once: one number for each customer that says which of them the customer is in.

However many segments are asked about, the customers are looked at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Select, cast, select

from core.customers.model import CustomerState
from core.database import MOST_BITS, Ids, as_bits, numbers_of
from core.refusals import Invalid, NotFound
from core.segments.criteria import InvalidRule, Known, read
from core.segments.criteria.tree import InList, KnownSegment
from core.segments.queries.compiling import Compiler
from core.segments.queries.counting import within
from core.segments.queries.vocabulary import known_words
from core.segments.rules import SegmentKind
from core.work import Reader

MOST_SEGMENTS = MOST_BITS


def membership(
    view: Reader, segment_ids: Sequence[int], *, known: Known | None = None
) -> Select[*tuple[Any, ...]]:
    """Return a SELECT of `customer_id`, `branch_id` and `mask` over the customers in scope.

    Add columns of `CustomerState` and conditions to it as you need; it looks at each row once.

    :param segment_ids: the i-th of them is the bit `1 << i` of the mask
    :raises Invalid: there are more than `MOST_SEGMENTS`
    :raises InvalidRule: the rule of one of them can't be meant, naming it
    """
    return within(
        view,
        select(
            CustomerState.customer_id,
            CustomerState.branch_id,
            mask(view, segment_ids, known=known).label("mask"),
        ),
    )


def mask(
    view: Reader, segment_ids: Sequence[int], *, known: Known | None = None
) -> ColumnElement[int]:
    """Return the number for statements that select FROM `customer_state`; it is never NULL.

    Like `compiled` it asks for no permission and limits to nobody's scope: the statement does.
    """
    if len(segment_ids) > MOST_SEGMENTS:
        raise Invalid(f"At most {MOST_SEGMENTS} segments can be looked at together.")
    return cast(as_bits(conditions(view, segment_ids, known=known)), BigInteger)


def conditions(
    view: Reader, segment_ids: Sequence[int], *, known: Known | None = None
) -> list[ColumnElement[bool]]:
    """Return for each segment whether a row of `customer_state` is in it; never NULL, as `mask`."""
    known = known or known_words(view)
    codes = {segment.id: code for code, segment in known.segments.items()}
    if not codes.keys() >= set(segment_ids):
        raise NotFound("There is no such segment.")
    compiler = Compiler(view, known, of_many=True)
    return [_inside(compiler, codes[segment_id]) for segment_id in segment_ids]


def tally(
    view: Reader,
    groups: Sequence[Ids],
    segment_ids: Sequence[int],
    *,
    known: Known,
    limits: Sequence[ColumnElement[bool]] = (),
) -> list[dict[int, int]]:
    """Count how many customers are in each segment: of all, and of each group of ids.

    The customers in scope are looked at once, however many segments and groups there are.

    :param limits: conditions over state rows: who is counted
    """
    words = [
        segment_ids[first : first + MOST_SEGMENTS]
        for first in range(0, len(segment_ids), MOST_SEGMENTS)
    ]
    masks = (mask(view, word, known=known) for word in words)
    rows = within(view, select(CustomerState.customer_id, *masks)).where(*limits)
    ids, *numbers = numbers_of(view.session, rows)
    chosen = [np.isin(ids, group) for group in groups]
    found = [
        [np.count_nonzero(inside), *(np.count_nonzero(inside & one) for one in chosen)]
        for word, number in zip(words, numbers, strict=True)
        for inside in (number >> bit & 1 == 1 for bit, _ in enumerate(word))
    ]
    counts = zip(*found, strict=True) if found else [()] * (1 + len(groups))
    return [dict(zip(segment_ids, each, strict=True)) for each in counts]


@dataclass(frozen=True)
class Usable:
    """The segments in use by name, and of those whose rule can't be meant any more, why."""

    ids: tuple[int, ...]
    problems: Mapping[int, str] = field(default_factory=dict)


def usable(known: Known) -> Usable:
    """Tell the segments that can be counted from those whose rules name something that is gone."""
    ids, problems = [], {}
    in_use = [(code, one) for code, one in known.segments.items() if not one.is_retired]
    for code, segment in sorted(in_use, key=lambda pair: (pair[1].name.lower(), pair[1].id)):
        try:
            _read(known, code, segment)
        except InvalidRule as refusal:
            problems[segment.id] = str(refusal)
        else:
            ids.append(segment.id)
    return Usable(tuple(ids), problems)


def _inside(compiler: Compiler, code: str) -> ColumnElement[bool]:
    segment = compiler.known.segments[code]
    return compiler.condition(_read(compiler.known, code, segment))


def _read(known: Known, code: str, segment: KnownSegment) -> Any:
    if segment.kind is SegmentKind.STATIC or segment.rule is None:
        return InList(code)
    try:
        return read(segment.rule, known, code=code)
    except InvalidRule as refusal:
        problem = str(refusal).removeprefix(f"In {refusal.path}: ")
        raise InvalidRule(f"“{segment.name}”, {refusal.path}", problem) from refusal
