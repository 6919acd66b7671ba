"""Read a rule from JSON and refuse, by name and place, what it gets wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.customers.rules import IndicatorKind, Medium
from core.segments.criteria.tree import (
    FIELDS,
    HOLDING_FIELDS,
    OPERATORS,
    OPPOSITES,
    Comparison,
    Condition,
    Consents,
    DaysAgo,
    Field,
    Group,
    Holds,
    InList,
    InSegment,
    Join,
    Known,
    Marked,
    Operator,
    Source,
    Value,
)
from core.segments.criteria.values import (
    InvalidRule,
    flag,
    found,
    listed,
    shown,
    unknown,
    value,
    word,
)
from core.segments.rules import SegmentKind

MOST_CONDITIONS = 500  # of one rule, those of the segments in it included
MOST_DEPTH = 20
MOST_VALUES = 1_000
_KINDS = ("field", "attribute", "holds", "lacks", "consent", "indicator", "segment")


def read(rule: object, known: Known, *, code: str | None = None) -> Condition:
    """Turn a rule as it is kept into a checked tree.

    :param code: the segment whose rule it is, so that it can't come to refer to itself
    :raises InvalidRule: naming the first thing that is wrong, and where
    """
    reading = _Reading(known, budget=[MOST_CONDITIONS], within=(code,) if code else ())
    return reading.condition(rule, "rule", depth=0)


@dataclass(frozen=True)
class _Reading:
    known: Known
    budget: list[int]  # shared by nested readings, so that segments can't multiply a rule
    within: tuple[str, ...]
    of_agreement: bool = False

    def condition(self, rule: object, path: str, depth: int) -> Condition:
        if not isinstance(rule, dict):
            raise InvalidRule(path, f"a condition is an object such as {{…}}, not {shown(rule)}.")
        self.budget[0] -= 1
        if self.budget[0] < 0 or depth > MOST_DEPTH:
            raise InvalidRule(
                path,
                f"the rule is too large: at most {MOST_CONDITIONS} conditions, "
                f"{MOST_DEPTH} deep, counting the segments in it.",
            )
        kinds = [kind for kind in (*Join, *_KINDS) if kind in rule]
        if len(kinds) != 1:
            raise InvalidRule(path, f"a condition has exactly one of {listed((*Join, *_KINDS))}.")
        if self.of_agreement and kinds[0] not in {*Join, "field"}:
            raise InvalidRule(
                path,
                f"inside “where” stand only fields of the agreement: {listed(HOLDING_FIELDS)}.",
            )
        return self._of_kind(kinds[0], rule, path, depth)

    def _of_kind(self, kind: str, rule: dict[str, Any], path: str, depth: int) -> Condition:
        match kind:
            case "field" | "attribute":
                return self._comparison(rule, path)
            case "holds" | "lacks":
                return self._holding(rule, kind, path, depth)
            case "consent":
                _only(rule, ("consent", "given"), path)
                medium = word(Medium, rule["consent"], path, "way to reach a customer")
                return Consents(medium, flag(rule.get("given", True), path, "given"))
            case "indicator":
                _only(rule, ("indicator", "set"), path)
                mark = word(IndicatorKind, rule["indicator"], path, "indicator")
                return Marked(mark, flag(rule.get("set", True), path, "set"))
            case "segment":
                return self._segment(rule, path, depth)
        return self._group(Join(kind), rule, path, depth)

    def _group(self, join: Join, rule: dict[str, Any], path: str, depth: int) -> Group:
        _only(rule, (join,), path)
        parts = rule[join]
        if not isinstance(parts, list):
            raise InvalidRule(path, f"“{join}” needs a list of conditions.")
        if not parts and join is not Join.ALL:
            raise InvalidRule(path, f"“{join}” is empty. Add a condition or remove the group.")
        start = "" if path == "rule" else f"{path}."
        return Group(
            join,
            tuple(
                self.condition(part, f"{start}{join}[{number}]", depth + 1)
                for number, part in enumerate(parts, start=1)
            ),
        )

    def _comparison(self, rule: dict[str, Any], path: str) -> Comparison:
        source, fields = self._source(rule)
        key = "attribute" if source is Source.ATTRIBUTE else "field"
        _only(rule, (key, "is", "value"), path)
        subject = found(rule[key], fields, path, key)
        given, fitting = rule.get("is"), OPERATORS[subject.type]
        if given not in fitting:
            known = isinstance(given, str) and given in {*OPPOSITES, *Operator}
            problem = "does not fit" if known else "is not an operator for"
            raise InvalidRule(
                path,
                f"{shown(given)} {problem} “{subject.name}”, a {subject.type}."
                f" Use one of {listed(fitting)}.",
            )
        opposite = given in OPPOSITES
        operator = OPPOSITES[given] if opposite else Operator(given)
        values = self._values(rule, subject, operator, path)
        return Comparison(source, subject, operator, values, opposite)

    def _source(self, rule: dict[str, Any]) -> tuple[Source, Mapping[str, Field]]:
        if self.of_agreement:
            return Source.HOLDING, HOLDING_FIELDS
        if "attribute" in rule:
            return Source.ATTRIBUTE, self.known.attributes
        return Source.STATE, FIELDS

    def _values(
        self, rule: dict[str, Any], subject: Field, operator: Operator, path: str
    ) -> tuple[Value, ...]:
        verb = rule["is"]
        if (operator is Operator.EMPTY) is ("value" in rule):
            needs = "takes no" if "value" in rule else "needs a"
            raise InvalidRule(path, f"“{verb}” {needs} value for “{subject.name}”.")
        if operator is Operator.EMPTY:
            return ()
        given = rule["value"]
        if operator not in {Operator.BETWEEN, Operator.IN}:
            return (value(given, subject, self.known, path),)
        if not isinstance(given, list) or not 1 <= len(given) <= MOST_VALUES:
            raise InvalidRule(path, f"“{verb}” needs a list of 1 to {MOST_VALUES:,} values.")
        values = tuple(value(each, subject, self.known, path) for each in given)
        if operator is Operator.BETWEEN:
            _check_ends(values, given, path)
        return values

    def _holding(self, rule: dict[str, Any], verb: str, path: str, depth: int) -> Holds:
        _only(rule, (verb,), path)
        path, inner = f"{path}.{verb}", rule[verb]
        if not isinstance(inner, dict) or ("product" in inner) == ("category" in inner):
            raise InvalidRule(path, "say which: an object with either “product” or “category”.")
        _only(inner, ("product", "category", "where", "ever"), path)
        product, category = inner.get("product"), inner.get("category")
        if "product" in inner:
            found(product, self.known.products, path, "product")
        elif not isinstance(category, str) or category not in self.known.categories:
            raise unknown(path, "product category", category, sorted(self.known.categories))
        where = None
        if "where" in inner:
            agreement = replace(self, of_agreement=True)
            where = agreement.condition(inner["where"], f"{path}.where", depth + 1)
        ever = flag(inner.get("ever", False), path, "ever")
        return Holds(product, category, where, ever, opposite=verb == "lacks")

    def _segment(self, rule: dict[str, Any], path: str, depth: int) -> Condition:
        _only(rule, ("segment",), path)
        segment = found(rule["segment"], self.known.segments, path, "segment")
        code = str(rule["segment"])
        if segment.is_retired:
            raise InvalidRule(
                path, f"the segment “{segment.name}” ({code}) is retired. Choose another."
            )
        if code in self.within:
            around = (*self.within[self.within.index(code) :], code)
            loop = " → ".join(self.known.segments[each].name for each in around)
            raise InvalidRule(path, f"the segment “{segment.name}” would refer to itself: {loop}.")
        if segment.kind is SegmentKind.STATIC:
            return InList(code)
        inner = replace(self, within=(*self.within, code))
        return InSegment(code, inner.condition(segment.rule, f"{path}.{code}", depth + 1))


def _only(rule: dict[str, Any], allowed: tuple[str, ...], path: str) -> None:
    for key in rule:
        if key not in allowed:
            raise unknown(path, "key", key, allowed)


def _check_ends(values: tuple[Any, ...], given: list[Any], path: str) -> None:
    if len(values) != 2:
        raise InvalidRule(path, "“between” needs two values: from and to.")
    fixed = not any(isinstance(end, DaysAgo) for end in values)
    if fixed and values[0] > values[1]:
        raise InvalidRule(path, f"“between” goes from {given[0]} down to {given[1]}; swap them.")
