"""Writing a segment: a rule or a list, new or changed, and taking it out of use."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from components import navigation, words
from components.design.rule_builder import BUILT, rule_builder
from components.gateway import CHOSEN, fetch, submit
from components.segments.counts import counts
from core.customers.rules import Medium
from core.segments.actions import (
    ChangeSegment,
    DefineSegment,
    ListSegment,
    RetireSegment,
    change_segment,
    define_segment,
    list_segment,
    retire_segment,
)
from core.segments.events import SegmentListed
from core.segments.queries import SegmentSheet, sentence, vocabulary

_SHOWN_UNKNOWN = 5


@dataclass
class _Begun:
    """The segment as somebody found it; `told` is the version that they know to be kept now."""

    found: SegmentSheet
    told: int


def new_rule() -> None:
    """Ask for a rule under a code and a name, with its counts while it is being written."""
    rule = rule_builder({"all": []}, fetch(vocabulary), key="new-segment")
    st.markdown(f"**{words.plain(fetch(sentence, rule=rule))}**")
    counts(rule, _medium("new"))
    code, name, description = _words("new")
    if st.button("Keep the segment", type="primary"):
        submit(
            define_segment,
            lambda: DefineSegment(code, name, rule, description),
            done=lambda fact: f"“{fact.name}” is kept: {fact.says}",
            then=navigation.opens("segments", id=lambda fact: fact.segment_id),
        )


def new_list() -> None:
    """Ask for a fixed list of customers, pasted or from a file."""
    code, name, description = _words("list")
    numbers = _numbers("list")
    if st.button("Keep the list", type="primary"):
        submit(
            list_segment,
            lambda: ListSegment(code, name, numbers, description, version=0),
            done=_listed,
            then=navigation.opens("segments", id=lambda fact: fact.segment_id),
        )


def change(found: SegmentSheet) -> None:
    """Change what a segment says. What somebody typed stays, also when they were too late."""
    begun = _begun(found)
    if found.version != begun.found.version:
        st.warning(
            "Somebody changed this segment since you began. It now says: "
            f"**{words.plain(found.says)}** What you wrote is still here: keep it to put it in "
            "the place of theirs, or start over with what is kept.",
            icon=":material/group:",
        )
    name_slot, about_slot, *_ = _slots(found.id)
    name = st.text_input("Name", found.name, key=name_slot)
    description = st.text_area("Description", found.description, height=70, key=about_slot)
    version = begun.told
    if found.rule is None:
        numbers = _numbers(f"list-{found.id}")
        st.caption("Those on the list are replaced by these; leave it empty to keep them.")
        if st.button("Save", type="primary"):
            if numbers:
                submit(
                    list_segment,
                    lambda: ListSegment(found.code, name, numbers, description, version=version),
                    done=_listed,
                    then=lambda _: _forget(found.id),
                )
            else:
                _save(found, version, name, None, description)
    else:
        st.caption("Every draft that uses it follows. What was approved keeps its own rule.")
        rule = rule_builder(found.rule, fetch(vocabulary), key=f"segment-{found.id}", of=found.code)
        st.markdown(f"**{words.plain(fetch(sentence, rule=rule))}**")
        counts(rule, _medium(f"{found.id}"))
        if st.button("Save", type="primary"):
            _save(found, version, name, rule, description)
    if st.button("Start over with what is kept", type="tertiary"):
        _forget(found.id)
        st.rerun()
    begun.told = found.version


def retire(found: SegmentSheet) -> None:
    """Offer to take a segment out of use; refused by name where something uses it."""
    st.caption("A retired segment is no longer offered or counted. Its history stays.")
    if st.button("Retire the segment", icon=":material/inventory_2:"):
        submit(
            retire_segment,
            lambda: RetireSegment(found.id, found.version),
            done=lambda fact: f"“{fact.name}” is retired.",
        )


def _save(
    found: SegmentSheet, version: int, name: str, rule: dict[str, Any] | None, description: str
) -> None:
    submit(
        change_segment,
        lambda: ChangeSegment(found.id, version, name, rule, description),
        done=lambda fact: f"“{fact.name}” now means: {fact.says}",
        then=lambda _: _forget(found.id),
    )


def _begun(found: SegmentSheet) -> _Begun:
    """Return what the change began with; of an older version nothing stays that nobody touched."""
    slot = f"{CHOSEN}begun:{found.id}"
    begun: _Begun | None = st.session_state.get(slot)
    if begun is not None and begun.found.version != found.version and not _touched(begun.found):
        _forget(found.id)
        begun = None
    if begun is None:
        begun = st.session_state[slot] = _Begun(found, found.version)
    return begun


def _touched(as_found: SegmentSheet) -> bool:
    """Tell whether somebody typed or built anything that is not kept."""
    name, about, numbers, _ = _slots(as_found.id)
    rule = st.session_state.get(f"{BUILT}segment-{as_found.id}", as_found.rule)
    return (
        rule not in (as_found.rule, {"all": [as_found.rule]})
        or st.session_state.get(name, as_found.name) != as_found.name
        or st.session_state.get(about, as_found.description) != as_found.description
        or bool(st.session_state.get(numbers))
    )


def _forget(segment_id: int) -> None:
    built, begun = f"{BUILT}segment-{segment_id}", f"{CHOSEN}begun:{segment_id}"
    for slot in (built, begun, *_slots(segment_id)):
        st.session_state.pop(slot, None)


def _slots(segment_id: int) -> tuple[str, str, str, str]:
    """Name the fields of the form: name, description, numbers, and the file of numbers."""
    return (
        f"segment-name-{segment_id}",
        f"segment-about-{segment_id}",
        f"numbers-list-{segment_id}",
        f"file-list-{segment_id}",
    )


def _medium(key: str) -> Medium | None:
    return st.selectbox(
        "Counted for",
        list(Medium),
        index=None,
        format_func=words.sentence,
        placeholder="Any channel",
        key=f"medium-{key}",
        width=220,
    )


def _words(key: str) -> tuple[str, str, str]:
    left, right = st.columns([1, 2])
    code = left.text_input("Code", key=f"code-{key}", placeholder="savers")
    name = right.text_input("Name", key=f"name-{key}", placeholder="Savers")
    return code, name, st.text_area("Description", height=70, key=f"about-{key}")


def _numbers(key: str) -> list[str]:
    pasted = st.text_area(
        "Customer numbers",
        placeholder="One on each line, or with commas or semicolons between",
        key=f"numbers-{key}",
    )
    file = st.file_uploader(
        "Or a file with one number on each line", ["txt", "csv"], key=f"file-{key}"
    )
    text = pasted if file is None else pasted + "\n" + file.getvalue().decode(errors="replace")
    for separator in ",;\t\r":
        text = text.replace(separator, "\n")
    return [line.strip().strip('"') for line in text.splitlines() if line.strip()]


def _listed(fact: SegmentListed) -> str:
    said = f"“{fact.name}” has {words.counted(fact.members, 'customer')}."
    if not fact.unknown:
        return said
    shown = ", ".join(fact.unknown[:_SHOWN_UNKNOWN])
    return f"{said} Nobody has these numbers: {shown}{' …' * (len(fact.unknown) > _SHOWN_UNKNOWN)}"
