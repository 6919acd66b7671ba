"""Reported conversions held against the holdings: the one place that judges them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)

from core.customers.model import Holding
from core.database import Code
from core.truth.queries.claims import Known, claims_of
from core.truth.queries.days import numbered
from core.truth.queries.kept import kept, kept_claims
from core.truth.rules import Standing
from core.work import Reader

# An opening as one number that sorts by its day, then by its id.
_IDS: ColumnElement[int] = literal_column(str(1 << 36), BigInteger)
_NONE: ColumnElement[int] = literal_column("0", BigInteger)


def judged(view: Reader, run_ids: Collection[int], by: Known) -> Subquery:
    """Return every reported conversion of these runs, in scope, with what became of it.

    Of runs with many it is read from what was kept, as long as that holds; only there does
    `in_burst` say something.
    """
    held = kept(view, run_ids, by)
    live = [id_ for id_ in run_ids if id_ not in held]
    parts = [kept_claims(view, list(held))] if held else []
    if live or not held:
        parts.append(judged_now(view, live, by))
    return (union_all(*parts) if len(parts) > 1 else parts[0]).subquery("judged")


def judged_now(view: Reader, run_ids: Collection[int], by: Known) -> Select[*tuple[Any, ...]]:
    """Judge every reported conversion of these runs, in scope, whatever was kept of them.

    An opening stands for one report: for that of the earliest contact within whose window it
    lies, from the day of the contact until so many days after the report. Where customers are to
    be kept, the product has to be held from before the contact until the window's end.
    """
    claims = claims_of(view, run_ids, by).cte("claims")
    given = _given(view, claims, _deepest(view, claims), by)
    mark = given.c.mark
    is_late = given.c.due_day > by.until
    standing = case(
        (given.c.is_false, Standing.FOUND_FALSE.literal),
        (and_(mark > _NONE, or_(~given.c.keeps, ~is_late)), Standing.STANDS.literal),
        (mark > _NONE, Standing.OPEN.literal),
        (_evidence(view, given, _NONE, by).is_not(None), Standing.DUPLICATE.literal),
        (and_(~given.c.keeps, is_late), Standing.OPEN.literal),
        else_=Standing.NO_OPENING.literal,
    )
    opened = case((and_(mark > _NONE, ~given.c.keeps), mark / _IDS), else_=null())
    return select(
        *(given.c[name] for name in _COLUMNS),
        cast(opened, BigInteger).label("opened_day"),
        type_coerce(standing, Code(Standing)).label("standing"),
        false().label("in_burst"),
    ).where(given.c.run_id.in_(run_ids), view.actor.scope.limits(given.c.branch_id))


_COLUMNS = (
    "run_id",
    "customer_id",
    "branch_id",
    "contact_at",
    "converted_at",
    "won_at",
    "outcome_at",
    "reported_at",
    "due_day",
    "finding",
    "at_random",
)


_SAME = ("customer_id", "product_id", "keeps")  # what reports have to agree in to be about the same


def _ranked(claims: CTE) -> CTE:
    """Number the reports about one customer and product by their contact, the earliest first."""
    place = func.row_number().over(
        partition_by=[claims.c[key] for key in _SAME],
        order_by=[claims.c.contact_at, claims.c.run_id],
    )
    return select(*claims.c, place.label("place")).where(~claims.c.is_false).cte("ranked")


def _deepest(view: Reader, claims: CTE) -> int:
    """Return how many reports there are at most about one customer and product."""
    many = (
        select(func.count().label("reports"))
        .select_from(claims)
        .where(~claims.c.is_false)
        .group_by(*(claims.c[key] for key in _SAME))
        .subquery()
    )
    return view.session.scalar(select(func.max(many.c.reports))) or 1


def _given(view: Reader, claims: CTE, deepest: int, by: Known) -> Subquery:
    """Give the openings away, report by report in the order of contacts, each to one.

    `mark` is the opening that a report was given, or less than zero: the last one given away.
    Each turn is a step of its own, which both databases join as sets; recursion they do by row.
    """
    ranked = _ranked(claims)
    turns: list[CTE] = []
    for place in range(1, deepest + 1):
        last = func.abs(turns[-1].c.mark) if turns else _NONE
        mark = func.coalesce(_evidence(view, ranked, last, by), -last).label("mark")
        # Said as two ranges: what PostgreSQL takes for few rows it joins one by one.
        turn = (ranked.c.place > place - 1, -ranked.c.place > -(place + 1))
        rows = select(*ranked.c, mark).where(*turn)
        if turns:
            same = (turns[-1].c[key] == ranked.c[key] for key in _SAME)
            rows = rows.join(turns[-1], and_(*same))
        turns.append(rows.cte(f"turn_{place}"))
    none = select(*claims.c, _NONE, _NONE).where(claims.c.is_false)
    return union_all(*(select(*turn.c) for turn in turns), none).subquery("given")


def _evidence(
    view: Reader, claims: FromClause, last: ColumnElement[int], by: Known
) -> ColumnElement[int]:
    """Find the first agreement after `last` that a report may stand on, as one number."""
    of = (
        Holding.customer_id == claims.c.customer_id,
        # Not by the index of products: one customer has few agreements, one product very many.
        Holding.product_id + 0 == claims.c.product_id,
    )
    opened = numbered(view, Holding.opened_on)
    opening = cast(opened, BigInteger) * _IDS + Holding.id
    new = (
        select(func.min(opening))
        .where(*of, opened >= claims.c.contact_day, opened <= claims.c.due_day, opening > last)
        .correlate_except(Holding)
        .scalar_subquery()
    )
    end = case((claims.c.due_day < by.until, claims.c.due_day), else_=by.until)
    kept = (
        select(cast(claims.c.due_day, BigInteger) * _IDS + func.min(Holding.id))
        .where(
            *of,
            or_(Holding.opened_on.is_(None), opened < claims.c.contact_day),
            or_(Holding.closed_on.is_(None), numbered(view, Holding.closed_on) > end),
            cast(claims.c.contact_day, BigInteger) * _IDS > last,
        )
        .correlate_except(Holding)
        .scalar_subquery()
    )
    return case((claims.c.keeps, kept), else_=new)
