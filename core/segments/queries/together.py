"""The customers of one combination of segments, one by one."""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, not_

from core.access import Permission
from core.customers.queries.listed import ListedCustomer, listed
from core.refusals import Invalid
from core.segments.queries.membership import conditions
from core.segments.queries.overlap import several
from core.windows import Part, Window
from core.work import Reader


def together(
    view: Reader,
    *,
    segment_ids: Sequence[int],
    inside: Collection[int],
    window: Window | None = None,
) -> Part[ListedCustomer]:
    """List who is in exactly those segments of the compared ones that are named.

    :param segment_ids: those compared, as `overlap` counts them
    :raises Invalid: they can't be compared, or none of them is named
    :raises InvalidRule: the rule of one of them can't be meant, naming it
    """
    view.authorize(Permission.SEE_SEGMENTS)
    ids = several(segment_ids)
    if not inside or not {*inside} <= {*ids}:
        raise Invalid("Choose a combination of the segments that are compared.")
    each = zip(ids, conditions(view, ids), strict=True)
    return listed(view, and_(*(one if id_ in inside else not_(one) for id_, one in each)), window)
