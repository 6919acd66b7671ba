"""Joining two sets by sorting them together."""

from collections.abc import Sequence

from sqlalchemy import FromClause, Subquery, cast, func, literal, null, select, union_all


def beside(
    rows: FromClause, others: FromClause, *, on: Sequence[str], take: Sequence[str]
) -> Subquery:
    """Return `rows` with columns of the one row of `others` that has the same keys, or NULL.

    Neither database foresees how many rows a parameter or a window brings. Left to choose, they
    compare each row with each other one. This sorts both sides once, whatever they expect.

    :param on: keys, of the same name on both sides and never NULL in `others`
    :param take: columns of `others`; `rows` has none of these names
    """
    names = rows.c.keys()
    left = select(
        *rows.c,
        *(cast(null(), others.c[name].type).label(name) for name in take),
        literal(1).label("is_row"),
    )
    right = select(
        *(
            others.c[name] if name in on else cast(null(), rows.c[name].type).label(name)
            for name in names
        ),
        *(others.c[name] for name in take),
        literal(0).label("is_row"),
    )
    both = union_all(left, right).subquery()
    keys = [both.c[name] for name in on]
    taken = (func.max(both.c[name]).over(partition_by=keys).label(name) for name in take)
    met = select(*(both.c[name] for name in names), *taken, both.c.is_row).subquery()
    return select(*(met.c[name] for name in (*names, *take))).where(met.c.is_row == 1).subquery()
