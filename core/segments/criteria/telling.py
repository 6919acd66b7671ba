"""Say a rule in plain words, and spell out the segments in it."""

from datetime import date
from typing import Any

from core import saying
from core.segments.criteria.reading import read
from core.segments.criteria.tree import (
    Comparison,
    Condition,
    Consents,
    DaysAgo,
    Group,
    Holds,
    InList,
    InSegment,
    Join,
    Known,
    Marked,
    Operator,
    Source,
    Type,
    Value,
)
from core.segments.rules import SegmentKind

_WORDS = {
    Operator.EQUALS: "is {}",
    Operator.LESS: "is below {}",
    Operator.AT_MOST: "is at most {}",
    Operator.MORE: "is above {}",
    Operator.AT_LEAST: "is at least {}",
    Operator.BETWEEN: "is between {} and {}",
    Operator.EMPTY: "is not known",
}
_DATE_WORDS = {
    Operator.LESS: "is before {}",
    Operator.AT_MOST: "is not after {}",
    Operator.MORE: "is after {}",
    Operator.AT_LEAST: "is not before {}",
}
_OPPOSITES = {Operator.EQUALS: "is not {}", Operator.EMPTY: "is known"}
_FLAGS = {
    ("active", True): "who are active",
    ("active", False): "who are not active",
    ("do_not_contact", True): "who asked not to be contacted",
    ("do_not_contact", False): "who did not ask to be left alone",
}


def described(rule: dict[str, Any], known: Known) -> str:
    """Say in one sentence whom a rule means, with the names of products, branches and segments.

    :raises InvalidRule: the rule can't be meant
    """
    tree = read(rule, known)
    if tree == Group(Join.ALL, ()):
        return "Every customer."
    return f"Customers {_said(tree, known)}."


def spelled_out(rule: dict[str, Any], known: Known) -> dict[str, Any]:
    """Put the rules of the segments it refers to in their place; static lists stay as they are.

    What is spelled out no longer changes when one of those segments does.

    :raises InvalidRule: the rule can't be meant
    """
    read(rule, known)
    return _spelled(rule, known)


def _spelled(rule: dict[str, Any], known: Known) -> dict[str, Any]:
    for join in Join:
        if join in rule:
            return {join.value: [_spelled(part, known) for part in rule[join]]}
    if "segment" in rule:
        segment = known.segments[rule["segment"]]
        if segment.kind is SegmentKind.DYNAMIC and segment.rule is not None:
            return _spelled(segment.rule, known)
    return dict(rule)


def _said(tree: Condition, known: Known) -> str:  # noqa: PLR0911  one for each kind of condition
    match tree:
        case Group():
            return _group(tree, known)
        case Comparison():
            return _comparison(tree, known)
        case Holds():
            return _holding(tree, known)
        case Consents(medium, given):
            return f"who {'allow' if given else 'do not allow'} contact by {medium}"
        case Marked(indicator, is_set):
            article = "a" if is_set else "no"
            return f"who have {article} {indicator} indicator"
        case InList(code):
            return f"who are on the list “{known.segments[code].name}”"
        case InSegment(code):
            return f"who are in the segment “{known.segments[code].name}”"


def _group(group: Group, known: Known) -> str:
    if not group.parts:
        return "of any kind"
    if group.join is not Join.ALL:
        parts = _joined([_part(part, known) for part in group.parts], "or")
        if group.join is Join.NONE:
            return f"except those {parts}"
        return f"either {parts}" if len(group.parts) > 1 else parts
    exceptions = [_said(part, known) for part in group.parts if _is_none(part)]
    others = [_part(part, known) for part in group.parts if not _is_none(part)]
    return " ".join(([_joined(others, "and")] if others else []) + exceptions)


def _part(part: Condition, known: Known) -> str:
    said = _said(part, known)
    return f"({said})" if isinstance(part, Group) and len(part.parts) > 1 else said


def _is_none(part: Condition) -> bool:
    return isinstance(part, Group) and part.join is Join.NONE


def _within(label: str) -> str:
    """Write a label as it stands within a sentence; abbreviations stay as they are."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def _comparison(tree: Comparison, known: Known) -> str:
    subject, label = tree.subject, _within(tree.subject.label)
    if subject.type is Type.FLAG and tree.operator is Operator.EQUALS:
        wanted = bool(tree.values[0]) is not tree.opposite
        known_words = _FLAGS.get((subject.name, wanted))
        if known_words and tree.source is Source.STATE:
            return known_words
        return f"whose {label} is {'yes' if wanted else 'no'}"
    if tree.operator is Operator.IN:
        values = _joined([_value(value, tree, known) for value in tree.values], "or")
        return f"whose {label} is {'not ' if tree.opposite else ''}{values}"
    words = _WORDS[tree.operator]
    if tree.opposite:
        words = _OPPOSITES[tree.operator]
    elif subject.type is Type.DATE:
        words = _DATE_WORDS.get(tree.operator, words)
    return f"whose {label} " + words.format(*(_value(value, tree, known) for value in tree.values))


def _value(value: Value, tree: Comparison, known: Known) -> str:  # noqa: PLR0911  one for each type
    match tree.subject.type, value:
        case Type.UNIT, str():
            return known.units[value].name
        case Type.PERSON, str():
            return known.people[value].name
        case _, bool():
            return "yes" if value else "no"
        case _, date():
            return saying.day(value)
        case _, DaysAgo(days):
            return f"the date {days} days ago" if days else "today"
        case _, int() | float():
            return f"{value:,}"
    return str(value)


def _holding(tree: Holds, known: Known) -> str:
    verb = "do not hold" if tree.opposite else "hold"
    if tree.ever:
        verb = "never held" if tree.opposite else "hold or have held"
    what = f"any product of the category {tree.category}"
    if tree.product is not None:
        what = f"the product {known.products[tree.product].name}"
    condition = f" {_said(tree.where, known)}" if tree.where else ""
    return f"who {verb} {what}{condition}"


def _joined(parts: list[str], word: str) -> str:
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"
