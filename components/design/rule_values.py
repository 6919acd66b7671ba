"""Asking for the value that a condition compares with, in the way that its kind is written."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

import streamlit as st

from components import words
from core.customers.rules import CustomerKind
from core.segments.criteria import OPERATORS, Field, Known, Type

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


def comparison(kind: str, field: Field, place: str, known: Known) -> dict[str, Any] | None:
    """Ask how a property is compared with what; nothing as long as that is not known."""
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
    return one(label, _choices(field, known), key)


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
        with suppress(ValueError):
            return kind(text)
    return text


def _choices(field: Field, known: Known) -> dict[str, str]:
    if field.type is Type.UNIT:
        return apart({code: unit.name for code, unit in known.units.items()})
    if field.type is Type.PERSON:
        return {f"{p.name} ({number})": number for number, p in known.people.items()}
    return {words.sentence(kind): kind.value for kind in CustomerKind}


def apart(names: Mapping[str, str]) -> dict[str, str]:
    """Return the codes by name; of two with one name neither hides the other."""
    named = words.told_apart(names, {code: code for code in names})
    return {name: code for code, name in named.items()}


def one(label: str, choices: Mapping[str, Any], key: str) -> Any:
    """Ask for one of what is offered by name."""
    name = st.selectbox(label, list(choices), index=None, key=key, placeholder="Choose")
    return None if name is None else choices[name]
