"""Segments: which groups of customers there are, who is in them, and how they move."""

import streamlit as st

from components import filters, navigation, words
from components.gateway import current_actor, fetch, heading, read_anew, submit
from components.segments import editing, sheet, who
from components.tables import Column, forget, listing
from core.access import Permission
from core.segments.actions import TakeSnapshots, take_snapshots
from core.segments.queries import segment, standings
from core.segments.queries.catalogue import catalogue
from core.segments.rules import SegmentKind

# So narrow that the first figures are in sight on a telephone.
COLUMNS = (
    Column("name", "Segment", sort="name", width=215),
    Column("customers", "Customers", "count", sort="size", width=82),
    Column("sizes", "13 weeks", "line", help="Customers, week by week.", width=110),
    Column(
        "grown",
        "Change",
        "count",
        help="Customers more or fewer than at the start of the line.",
        width=70,
    ),
    Column("balance", "Balance", "money", sort="balance", width=120),
    Column("churn", "Churn risk", "percent", sort="churn", width=82),
    Column("kind", "Kind", width=72),
    Column("code", "Code", width=120),
    Column("author", "Author"),
    Column("changed_at", "Changed", "moment", sort="changed"),
)
ALL, COMPARE, NEW_RULE, NEW_LIST = "All segments", "Compare", "New rule", "New list"


def one(segment_id: int) -> None:
    """Show one segment, a part of it at a time."""
    found = fetch(segment, segment_id=segment_id)
    heading(found.name, "Who is in it, how does it move, and what did campaigns do with it?")
    navigation.link("segments", "All segments", actor=actor, icon=":material/arrow_back:")
    sheet.head(found)
    parts = {"Overview": sheet.overview, "Versions": sheet.history}
    if found.problem is None:
        parts = {
            "Overview": sheet.overview,
            "Profile": who.profiled,
            "Trend": sheet.over_time,
            "Campaigns": sheet.campaigns,
            "Why": who.why_in,
            "Versions": sheet.history,
        }
    if not actor.may(Permission.SEE_CUSTOMERS):
        parts.pop("Why", None)
    if may_define and not found.is_retired:
        parts |= {"Change": editing.change, "Retire": editing.retire}
    parts[filters.switch("Part", list(parts), "part")](found)


def everything() -> None:
    """List the segments, and lead to the one that is chosen."""
    with filters.row():
        text = filters.text("Search", "q", placeholder="Name or code")
        kind = filters.one_of(
            "Kind", list(SegmentKind), "kind", name=words.sentence, everything="Rules and lists"
        )
        retired = filters.flag("Retired too", "retired")
        if may_define:
            st.space("stretch")
            takes = st.button("Take a snapshot", icon=":material/photo_camera:")
            if takes:
                submit(
                    take_snapshots,
                    lambda: TakeSnapshots(read_anew(standings)),
                    done=lambda fact: f"{words.counted(fact.segments, 'segment')} counted.",
                )
    chosen = listing(
        catalogue,
        columns=COLUMNS,
        key="segments",
        filters={"text": text, "kind": kind, "with_retired": retired or None},
        noun="segment",
        empty="No segment matches. “New rule” makes one.",
        choose="one",
        export=Permission.EXPORT_AGGREGATES,
    )
    st.caption("Figures are those of the last snapshot; every night brings one.")
    if chosen:
        forget("segments")
        navigation.go_to("segments", id=chosen[0].id)


actor = current_actor()
may_define = actor.may(Permission.DEFINE_SEGMENTS)
shown = navigation.record()
if shown is not None:
    one(shown)
else:
    heading("Segments", "Which groups of customers are there, and how do they move?")
    views = {ALL: everything, COMPARE: who.compared}
    if may_define:
        views |= {NEW_RULE: editing.new_rule, NEW_LIST: editing.new_list}
    views[filters.switch("View", list(views), "view")]()
