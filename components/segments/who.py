"""Who is in a segment: against the whole bank, over other segments, and why one customer is."""

from dataclasses import dataclass

import streamlit as st

from components import customers_behind, filters, look, words
from components.charts import segments as charts
from components.charts.frame import chart
from components.gateway import current_actor, fetch, now
from components.tables import Column, table
from core.access import Permission
from core.impact.queries.runs import impacts
from core.runs.queries.candidates import why
from core.segments.queries import SegmentSheet, segments
from core.segments.queries.overlap import MOST_TOGETHER, Combination, Overlap, overlap
from core.segments.queries.profile import Bucket, Profile, profile
from core.segments.queries.provenance import Finding, provenance
from core.segments.queries.together import together

_FINDINGS = (
    Column("says", "Part of the rule", width="large",
           write=lambda part: f"{_INDENT * part.depth}{words.sentence(part.says)}"),
    Column("holds", "Holds", write=lambda part: words.yes_no(part.holds)),
    Column("value", "What the customer has", write=lambda part: part.value or words.NONE),
)  # fmt: skip
_INDENT = "\N{EM SPACE}"


@dataclass(frozen=True)
class _Spread:
    label: str
    inside: int
    share: float | None
    usual: float | None


_SPREAD = (
    Column("label", "Customers", width="medium"),
    Column("inside", "In the segment", "count"),
    Column("share", "Of the segment", "percent"),
    Column("usual", "Of all customers", "percent"),
)


def profiled(found: SegmentSheet) -> None:
    """Draw how the segment spreads over each property, beside all customers."""
    whole: Profile = fetch(profile, segment_id=found.id)
    if not whole.customers:
        st.info("Nobody is in this segment now.", icon=":material/group_off:")
        return
    left, right = st.columns(2)
    for number, dimension in enumerate(whole.dimensions):
        with right if number % 2 else left:
            st.subheader(dimension.name)
            if dimension.several:
                st.caption("A customer may count in several bars.")
            chart(
                charts.profile(dimension, whole),
                key=f"profile-{number}",
                reading=charts.profile_reading(dimension, whole),
                rows=[_spread(bucket, whole) for bucket in dimension.buckets],
                columns=_SPREAD,
                cut_off=now(),
            )


def _spread(bucket: Bucket, of: Profile) -> _Spread:
    label = words.sentence(bucket.label)
    return _Spread(label, bucket.inside, of.share(bucket).value, of.usual(bucket).value)


def compared() -> None:
    """Ask for segments and draw how many customers they have in common."""
    rows = fetch(segments)
    known = words.told_apart({row.id: row.name for row in rows}, {row.id: row.code for row in rows})
    chosen = filters.some_of(
        "Segments to compare",
        list(known),
        "of",
        name=known.__getitem__,
        everything="Choose two or more",
        width="stretch",
    )
    if not 2 <= len(chosen) <= MOST_TOGETHER:
        st.info(f"Choose two to {MOST_TOGETHER} segments.", icon=":material/join_inner:")
        return
    found: Overlap = fetch(overlap, segment_ids=chosen)
    if not found.combinations:
        st.info("Nobody is in any of them.", icon=":material/group_off:")
        return
    clicked = chart(
        charts.combinations(found),
        key="overlap",
        reading=charts.combinations_reading(found),
        rows=found.combinations,
        columns=_combinations(known),
        cut_off=now(),
        choose=True,
        numbered=True,
    )
    if len(found.combinations) > charts.MOST_COMBINATIONS:
        st.caption(f"The {charts.MOST_COMBINATIONS} largest are drawn; the table has all of them.")
    if not current_actor().may(Permission.SEE_CUSTOMERS):
        return
    if not clicked or clicked[0] >= len(found.combinations):
        st.caption("Choose a bar to see who they are.")
        return
    inside = found.combinations[clicked[0]].segment_ids
    st.subheader(words.plain(", ".join(known[id_] for id_ in inside)))
    of = {"segment_ids": tuple(chosen), "inside": inside}
    customers_behind.draw(together, key="together", filters=of)


def _combinations(names: dict[int, str]) -> tuple[Column, ...]:
    def write(row: Combination) -> str:
        return ", ".join(names[id_] for id_ in row.segment_ids)

    return (
        Column("segment_ids", "In exactly these", width="large", write=write),
        Column("customers", "Customers", "count"),
        Column("balance", "Balance", "money"),
    )


def why_in(found: SegmentSheet) -> None:
    """Ask for a customer and show what every part of the rule finds; and what runs made of it."""
    given = filters.text("Customer", "customer", placeholder="Customer number")
    if not given:
        st.info("Enter a customer number to see why.", icon=":material/person_search:")
        return
    answer = fetch(provenance, segment_id=found.id, customer=given)
    with st.container(horizontal=True, vertical_alignment="center"):
        inside = answer.is_inside
        look.badge("In the segment" if inside else "Not in it", "good" if inside else "neutral")
        st.markdown(f"**{words.plain(answer.customer_no or '')}** {words.plain(answer.name or '')}")
    _decisive(answer.findings)
    table(answer.findings, columns=_FINDINGS, key="findings")
    if answer.by_number and current_actor().may(Permission.RUN_CAMPAIGNS):
        for run in fetch(impacts, segment_id=found.id):
            said = fetch(why, run_id=run.id, customer_no=given)
            st.caption(words.plain(f"{run.facts.campaign}, {run.facts.code}: {said.sentence}"))


def _decisive(findings: tuple[Finding, ...]) -> None:
    """Say first what keeps the customer out, where a single rule of the outermost group does."""
    whole, *parts = findings
    missed = [part for part in parts if part.depth == 1 and not part.holds]
    if whole.says == "All of these" and missed:
        st.markdown(f"Missing: {'; '.join(words.plain(each.says) for each in missed)}.")
