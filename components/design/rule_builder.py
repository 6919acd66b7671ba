"""A rule put together from conditions in plain words, without writing any of it."""

from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from typing import Any

import streamlit as st

from components import words
from components.design.rule_values import apart, comparison, one
from components.errors import explain
from components.gateway import CHOSEN
from core.customers.rules import IndicatorKind, Medium
from core.segments.criteria import (
    FIELDS,
    Field,
    InvalidRule,
    Known,
    described,
    read,
)

JOINS = {"all": "All of these", "any": "Any of these", "none": "None of these"}
_HOLDS, _LACKS = "holds a product", "does not hold a product"
_CONSENT, _INDICATOR, _SEGMENT = "allows contact by", "has the indicator", "is in the segment"
Path = tuple[int, ...]
BUILT = f"{CHOSEN}rule:"  # where what somebody builds is kept


def rule_builder(
    start: dict[str, Any], known: Known, *, key: str, of: str | None = None
) -> dict[str, Any]:
    """Draw a rule and the means to change it; return it as it stands.

    The rule is kept while the person works on it, and forgotten once something was saved.

    :param of: the code of the segment whose rule it is, which can be no part of its own rule
    """
    slot = f"{BUILT}{key}"
    if slot not in st.session_state:
        st.session_state[slot] = _grouped(deepcopy(start))
    rule: dict[str, Any] = st.session_state[slot]
    _group(rule, (), known, slot, of)
    return _pruned(rule)


def _pruned(rule: dict[str, Any]) -> dict[str, Any]:
    """Leave out the groups that nothing was added to yet: they would mean nobody."""
    if not any(join in rule for join in JOINS):
        return rule
    join = _join(rule)
    parts = [_pruned(part) for part in rule[join]]
    return {join: [part for part in parts if part not in ({"any": []}, {"none": []}, {"all": []})]}


def _grouped(rule: dict[str, Any]) -> dict[str, Any]:
    return rule if any(join in rule for join in JOINS) else {"all": [rule]}


def _join(group: Mapping[str, Any]) -> str:
    return next(join for join in JOINS if join in group)


def _group(group: dict[str, Any], path: Path, known: Known, slot: str, of: str | None) -> None:
    """Draw one group: how it joins, its conditions, and what can be added to it."""
    place = f"{slot}:{'.'.join(map(str, path))}"
    with st.container(border=True, gap="small"):
        join = _join(group)
        chosen = st.segmented_control(
            "Customers have to meet",
            list(JOINS),
            format_func=JOINS.__getitem__,
            default=join,
            required=True,
            key=f"{place}:join:{join}",
        )
        if chosen != join:
            group[chosen] = group.pop(join)
            st.rerun()
        parts = group[join]
        if not parts:
            st.caption("No condition yet: this means every customer.")
        for number, part in enumerate(parts):
            if any(each in part for each in JOINS):
                _group(part, (*path, number), known, slot, of)
            else:
                _condition(part, parts, f"{place}:{number}", known)
        with st.container(horizontal=True, gap="small"):
            with st.popover("Add a condition", icon=":material/add:"):
                _adding(parts, place, known, of)
            if len(path) < 2 and st.button("Add a group", key=f"{place}:group", type="tertiary"):
                parts.append({"any": []})
                st.rerun()
            if path and st.button("Remove the group", key=f"{place}:gone", type="tertiary"):
                _remove(st.session_state[slot], path)
                st.rerun()


def _condition(part: dict[str, Any], parts: list[Any], place: str, known: Known) -> None:
    said = described(part, known).removeprefix("Customers ").removesuffix(".")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(words.plain(words.sentence(said)), width="stretch")
        if st.button("Remove", key=f"{place}:drop", icon=":material/close:", type="tertiary"):
            parts.remove(part)
            st.rerun()


def _remove(rule: dict[str, Any], path: Path) -> None:
    *above, last = path
    for number in above:
        rule = rule[_join(rule)][number]
    del rule[_join(rule)][last]


def _adding(parts: list[Any], place: str, known: Known, of: str | None) -> None:
    """Ask for one condition: about what, how, and with which value."""
    fields: dict[str, tuple[str, Field]] = {
        words.sentence(field.label): ("field", field) for field in FIELDS.values()
    }
    fields |= {
        f"{words.sentence(field.label)} (imported)": ("attribute", field)
        for field in known.attributes.values()
    }
    about = st.selectbox(
        "About",
        [*map(words.sentence, (_HOLDS, _LACKS, _CONSENT, _INDICATOR, _SEGMENT)), *fields],
        key=f"{place}:about",
    )
    if about in fields:
        made = comparison(*fields[about], place, known)
    else:
        made = _other(about[:1].lower() + about[1:], place, known, of)
    if st.button("Add", key=f"{place}:add", type="primary", disabled=made is None):
        try:
            read(made, known, code=of)
        except InvalidRule as refusal:
            explain(refusal)
            return
        parts.append(made)
        st.rerun()


def _other(about: str, place: str, known: Known, of: str | None) -> dict[str, Any] | None:
    if about in {_HOLDS, _LACKS}:
        named = apart({code: p.name for code, p in known.products.items()})
        products = {name: {"product": code} for name, code in named.items()}
        categories = {f"Any {name}": {"category": name} for name in sorted(known.categories)}
        which = one("Product", products | categories, f"{place}:product")
        return None if which is None else {"holds" if about == _HOLDS else "lacks": which}
    if about == _CONSENT:
        medium = one("Way", {words.sentence(m): m.value for m in Medium}, f"{place}:way")
        return _marked("consent", medium, "given", "Consent given", f"{place}:given")
    if about == _INDICATOR:
        kind = one("Indicator", {words.sentence(k): k.value for k in IndicatorKind}, f"{place}:k")
        return _marked("indicator", kind, "set", "Indicator is set", f"{place}:set")
    usable = {code: s.name for code, s in known.segments.items() if _is_meant(code, known, of)}
    code = one("Segment", apart(usable), f"{place}:segment")
    return None if code is None else {"segment": code}


def _is_meant(segment: str, known: Known, of: str | None) -> bool:
    """Tell whether a segment can be named: neither retired nor, through others, of `of` itself."""
    with suppress(InvalidRule):
        read({"segment": segment}, known, code=of)
        return True
    return False


def _marked(name: str, value: Any, flag: str, label: str, key: str) -> dict[str, Any] | None:
    wanted = st.toggle(label, value=True, key=key)
    return None if value is None else {name: value} | ({} if wanted else {flag: False})
