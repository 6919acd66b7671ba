"""The second step: who is meant, by a segment or by a rule written here, with its size."""

from dataclasses import replace

import streamlit as st

from components import words
from components.design.rule_builder import rule_builder
from components.design.saving import follow, step_of, told
from components.design.unsaved import typed, untype
from components.gateway import fetch, submit
from components.segments.counts import counts
from core.campaigns.actions import UseNewSegment, use_new_segment
from core.campaigns.events import DesignChanged
from core.campaigns.queries import DesignSheet
from core.customers.rules import Medium
from core.segments.actions import ChangeSegment, DefineSegment, change_segment
from core.segments.queries import (
    SegmentSheet,
    segment,
    segments,
    sentence,
    vocabulary,
)

_EVERYBODY: dict[str, object] = {"all": []}
_WAYS = ("Use a segment", "Write a rule")


def audience(design: DesignSheet) -> None:
    """Choose or write the rule of the audience, and see its size while doing so."""
    known = fetch(segments)
    way = st.segmented_control(
        "Audience",
        _WAYS,
        default=_WAYS[0] if known else _WAYS[1],
        required=True,
        label_visibility="collapsed",
    )
    if way == _WAYS[1] or not known:
        _write(design)
    else:
        _choose(design)


def _choose(design: DesignSheet) -> None:
    rows = fetch(segments)
    ids = [row.id for row in rows]
    draft, end = step_of(
        design,
        "Audience",
        "Use this audience",
        "The audience is chosen. Say what is offered next.",
    )
    begun = draft.begun
    left, right = st.columns(2)
    chosen = left.selectbox(
        "Segment",
        rows,
        index=ids.index(begun.segment_id) if begun.segment_id in ids else None,
        format_func=lambda row: row.name,
        placeholder="Choose a segment",
        key=draft.key("segment"),
    )
    listed = begun.exclusion_segment_id
    excluded = right.selectbox(
        "Leave out those of",
        rows,
        index=ids.index(listed) if listed in ids else None,
        format_func=lambda row: row.name,
        placeholder="Nobody",
        key=draft.key("excluded"),
    )
    if chosen is None:
        st.info("Choose whom the campaign is for, or write a rule.", icon=":material/group_add:")
        return
    found = fetch(segment, segment_id=chosen.id)
    if found.problem:
        st.warning(words.plain(found.problem))
        return
    st.markdown(words.plain(found.says))
    end(
        lambda: replace(
            design.terms,
            segment_id=chosen.id,
            exclusion_segment_id=excluded.id if excluded else None,
        )
    )
    rule = found.rule or {"segment": found.code}
    counts(rule, _medium(design))
    if found.rule is not None:
        with st.expander("Change the rule of this segment"):
            _change(found)


def _change(found: SegmentSheet) -> None:
    st.caption("Every draft that uses the segment follows. What was approved keeps its own rule.")
    rule = rule_builder(
        found.rule or {"all": []}, fetch(vocabulary), key=f"segment-{found.id}", of=found.code
    )
    st.markdown(words.plain(fetch(sentence, rule=rule)))
    if st.button("Save the rule"):
        submit(
            change_segment,
            lambda: ChangeSegment(found.id, found.version, found.name, rule, found.description),
            done=lambda fact: f"“{fact.name}” now means: {fact.says}",
        )


def _write(design: DesignSheet) -> None:
    rule = rule_builder({"all": []}, fetch(vocabulary), key=f"design-{design.id}")
    st.markdown(f"**{words.plain(fetch(sentence, rule=rule))}**")
    counts(rule, _medium(design))
    left, right = st.columns([1, 2])
    code = typed(left, "Code of the segment", f"{design.id}:Audience:code")
    name = typed(right, "Name of the segment", f"{design.id}:Audience:name")

    def kept(fact: DesignChanged) -> None:
        untype(f"{design.id}:Audience:code", f"{design.id}:Audience:name")
        follow(fact)

    if st.button("Keep the rule and use it", type="primary"):
        submit(
            use_new_segment,
            lambda: UseNewSegment(
                design.id, design.row_version, design.terms, DefineSegment(code, name, rule)
            ),
            done=lambda fact: told(
                fact, "The audience is kept as a segment and used. Say what is offered next."
            ),
            then=kept,
        )


def _medium(design: DesignSheet) -> Medium | None:
    return next((stage.medium for stage in design.stages if stage.medium), None)
