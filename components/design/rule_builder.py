"""A rule put together from conditions in plain words, without writing any of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date
from typing import Any

import streamlit as st

from components import words
from components.errors import explain
from components.gateway import CHOSEN
from core.customers.rules import CustomerKind, IndicatorKind, Medium
from core.segments.criteria import (
    FIELDS,
    OPERATORS,
    Field,
    InvalidRule,
    Known,
    Type,
    described,
    read,
)

JOINS = {"all": "All of these", "any": "Any of these", "none": "None of these"}
_WORDS = {
    "=": "is",
    "!=": "is not",
    "<": "is below",
    "<=": "is at most",
    ">": "is above",
    ">=": "is at least",
    "between": "is between",
    "in": "is one of",
    "not in": "is none of",
    "empty": "is not known",
    "not empty": "is known",
}
_HOLDS, _LACKS = "holds a product", "does not hold a product"
_CONSENT, _INDICATOR, _SEGMENT = "allows contact by", "has the indicator", "is in the segment"
Path = tuple[int, ...]
BUILT = f"{CHOSEN}rule:"  # where what somebody builds is kept


def rule_builder(start: dict[str, Any], known: Known, *, key: str) -> dict[str, Any]:
    """Draw a rule and the means to change it; return it as it stands.

    The rule is kept while the person works on it, and forgotten once something was saved.
    """
    slot = f"{BUILT}{key}"
    if slot not in st.session_state:
        st.session_state[slot] = _grouped(deepcopy(start))
    rule: dict[str, Any] = st.session_state[slot]
    _group(rule, (), known, slot)
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


def _group(group: dict[str, Any], path: Path, known: Known, slot: str) -> None:
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
                _group(part, (*path, number), known, slot)
            else:
                _condition(part, parts, f"{place}:{number}", known)
        with st.container(horizontal=True, gap="small"):
            with st.popover("Add a condition", icon=":material/add:"):
                _adding(parts, place, known)
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


def _adding(parts: list[Any], place: str, known: Known) -> None:
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
        made = _comparison(*fields[about], place, known)
    else:
        made = _other(about[:1].lower() + about[1:], place, known)
    if st.button("Add", key=f"{place}:add", type="primary", disabled=made is None):
        try:
            read(made, known)
        except InvalidRule as refusal:
            explain(refusal)
            return
        parts.append(made)
        st.rerun()


def _other(about: str, place: str, known: Known) -> dict[str, Any] | None:
    if about in {_HOLDS, _LACKS}:
        named = _apart({code: p.name for code, p in known.products.items()})
        products = {name: {"product": code} for name, code in named.items()}
        categories = {f"Any {name}": {"category": name} for name in sorted(known.categories)}
        which = _one("Product", products | categories, f"{place}:product")
        return None if which is None else {"holds" if about == _HOLDS else "lacks": which}
    if about == _CONSENT:
        medium = _one("Way", {words.sentence(m): m.value for m in Medium}, f"{place}:way")
        return _marked("consent", medium, "given", "Consent given", f"{place}:given")
    if about == _INDICATOR:
        kind = _one("Indicator", {words.sentence(k): k.value for k in IndicatorKind}, f"{place}:k")
        return _marked("indicator", kind, "set", "Indicator is set", f"{place}:set")
    usable = {code: s.name for code, s in known.segments.items() if not s.is_retired}
    code = _one("Segment", _apart(usable), f"{place}:segment")
    return None if code is None else {"segment": code}


def _marked(name: str, value: Any, flag: str, label: str, key: str) -> dict[str, Any] | None:
    wanted = st.toggle(label, value=True, key=key)
    return None if value is None else {name: value} | ({} if wanted else {flag: False})


def _comparison(kind: str, field: Field, place: str, known: Known) -> dict[str, Any] | None:
    here = f"{place}:{kind}:{field.name}"
    verb = st.selectbox(
        "How", OPERATORS[field.type], format_func=_WORDS.__getitem__, key=f"{here}:how"
    )
    rule: dict[str, Any] = {kind: field.name, "is": verb}
    if verb in {"empty", "not empty"}:
        return rule
    if verb == "between":
        ends = [_value(field, known, f"{here}:{end}", end) for end in ("From", "To")]
        return None if None in ends else rule | {"value": ends}
    if verb in {"in", "not in"}:
        several = _several(field, known, f"{here}:several")
        return rule | {"value": several} if several else None
    value = _value(field, known, f"{here}:value", "Value")
    return None if value is None else rule | {"value": value}


def _value(field: Field, known: Known, key: str, label: str) -> Any:
    if field.type is Type.WHOLE:
        return st.number_input(label, 0, field.most, value=None, step=1, key=key)
    if field.type is Type.NUMBER:
        return st.number_input(label, value=None, key=key)
    if field.type is Type.DATE:
        chosen = st.date_input(
            label, None, min_value=date(1900, 1, 1), format="DD/MM/YYYY", key=key
        )
        return chosen.isoformat() if isinstance(chosen, date) else None
    if field.type is Type.FLAG:
        return st.segmented_control(label, [True, False], format_func=words.yes_no, key=key)
    if field.type is Type.TEXT:
        return st.text_input(label, key=key) or None
    return _one(label, _choices(field, known), key)


def _several(field: Field, known: Known, key: str) -> Sequence[Any]:
    if field.type in {Type.UNIT, Type.PERSON, Type.KIND}:
        choices = _choices(field, known)
        return [choices[name] for name in st.multiselect("Values", list(choices), key=key)]
    text = st.text_input("Values, with semicolons between", key=key)
    given = [part.strip() for part in text.split(";") if part.strip()]
    return given if field.type in {Type.TEXT, Type.DATE} else [_number(part) for part in given]


def _number(text: str) -> Any:
    # What is no number stays as it was typed: reading the rule says what is wrong with it.
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _choices(field: Field, known: Known) -> dict[str, str]:
    if field.type is Type.UNIT:
        return _apart({code: unit.name for code, unit in known.units.items()})
    if field.type is Type.PERSON:
        return {f"{p.name} ({number})": number for number, p in known.people.items()}
    return {words.sentence(kind): kind.value for kind in CustomerKind}


def _apart(names: Mapping[str, str]) -> dict[str, str]:
    """Return the codes by name; of two with one name neither hides the other."""
    often = Counter(names.values())
    return {name if often[name] == 1 else f"{name} ({code})": code for code, name in names.items()}


def _one(label: str, choices: Mapping[str, Any], key: str) -> Any:
    name = st.selectbox(label, list(choices), index=None, key=key, placeholder="Choose")
    return None if name is None else choices[name]
