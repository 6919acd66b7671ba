"""Two versions of a campaign beside each other, with what changed marked."""

from collections.abc import Sequence

import streamlit as st

from components import words
from components.design import reading
from core.campaigns.queries import DesignSheet, side_by_side

_WIDTHS = (2, 5, 5)


def with_an_earlier(design: DesignSheet, designs: Sequence[DesignSheet]) -> bool:
    """Set a version beside an earlier one that is chosen; tell whether there is any.

    :param designs: the versions of the campaign, the newest first
    """
    earlier = [each for each in designs if each.version < design.version]
    if not earlier:
        return False
    before = earlier[0]
    if len(earlier) > 1:
        number = st.selectbox("Compared with version", [e.version for e in earlier], width=220)
        before = next(each for each in earlier if each.version == number)
    rows = side_by_side(before, design)
    changed = [row for row in rows if row.is_changed]
    if not changed:
        st.caption(f"Nothing differs from version {before.version}.")
    else:
        differ = words.counted(len(changed), "thing differs", "things differ")
        st.markdown(f"{differ} from version {before.version}, of {words.count(len(rows))} said.")
    _what, left, right = st.columns(_WIDTHS)
    with left:
        reading.headline(before)
    with right:
        reading.headline(design)
    only = st.toggle("Only what changed", key=f"only:{design.id}") if changed else False
    for row in changed if only else rows:
        mark = " :orange-badge[changed]" if row.is_changed else ""
        what, left, right = st.columns(_WIDTHS)
        what.markdown(f"**{words.plain(row.what)}**{mark}")
        left.markdown(_said(row.before))
        right.markdown(_said(row.after))
    return True


def _said(text: str) -> str:
    return words.plain(text).replace("\n", "  \n") or words.NONE
