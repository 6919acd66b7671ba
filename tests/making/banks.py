"""Random small banks and rules over them, and what a rule means said a second time in Python.

The second telling reads the JSON as it is kept and shares no code with the product: what it and
the compiled SQL agree on is not a mistake of one of them.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from core.customers.rules import IndicatorKind, Medium
from tests.conftest import NOW, ZONE

TODAY = NOW.date()
PRODUCTS = {"current": 1, "savings": 2, "card": 3, "gold": 4, "insurance": 5}
CATEGORIES = {"current": "other", "savings": "other", "insurance": "other"} | dict.fromkeys(
    ("card", "gold"), "card"
)
UNITS = {"BANK": {1, 2, 3, 4, 5}, "R1": {2, 3, 4}, "B1": {3}, "B2": {4}}
PEOPLE = {"S001": 1, "S002": 2}
ATTRIBUTES = {"income": "number", "job": "text", "wed on": "date", "own.home": "flag"}

numbers = st.integers(-3, 3) | st.sampled_from([-0.25, 0.5, 1.25])
words = st.sampled_from(["A", "B", "it's", 'q"t', "é", "50%"])
days = st.integers(0, 4)
dates = st.integers(-3, 3).map(lambda n: TODAY - timedelta(days=n))
births = st.sampled_from(
    [
        date(2008, 3, 1),
        date(2008, 3, 2),
        date(2008, 3, 3),
        date(2008, 2, 29),
        date(1990, 12, 31),
        date(1960, 7, 1),
        TODAY,
        TODAY + timedelta(days=1),
    ]
)
moments = st.builds(
    lambda day, at: datetime.combine(day, at, tzinfo=ZONE),
    dates,
    st.sampled_from([time(0), time(0, 0, 1), time(12), time(23, 59, 59)]),
)
money = st.sampled_from([-3, 0, 0.5, 1.25, 2, 3])

holdings = st.fixed_dictionaries(
    {
        "product": st.sampled_from(sorted(PRODUCTS)),
        "status": st.none() | words,
        "balance": st.none() | money,
        "opened_on": st.none() | dates,
        "closed_on": st.none() | dates,
    }
)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "income": st.none() | numbers,
        "job": st.none() | words,
        "wed on": st.none() | dates.map(date.isoformat),
        "own.home": st.none() | st.booleans(),
        "stray": st.just({"ignored": [1]}),
    },
)
customers = st.fixed_dictionaries(
    {
        "branch": st.sampled_from([3, 4, 5]),
        "manager": st.none() | st.sampled_from([1, 2]),
        "kind": st.sampled_from(["private", "corporate"]),
        "active": st.booleans(),
        "do_not_contact": st.booleans(),
        "born_on": st.none() | births,
        "joined_on": st.none() | dates,
        "balance": st.none() | money,
        "yearly_value": st.none() | money,
        "churn_risk": st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.25]),
        "last_contact_at": st.none() | moments,
        "last_refusal_at": st.none() | moments,
        "pending": days,
        "consents": st.sets(st.sampled_from([m.value for m in Medium])),
        "indicators": st.sets(st.sampled_from([kind.value for kind in IndicatorKind])),
        "run_out": st.sets(st.sampled_from([kind.value for kind in IndicatorKind])),
        "holdings": st.lists(holdings, max_size=3),
        "attributes": attributes,
        "listed": st.booleans(),
    }
)
banks = st.lists(customers, min_size=1, max_size=6)

_ORDERED = ["=", "!=", "<", "<=", ">", ">="]


def _comparing(key: str, name: str, values: st.SearchStrategy[Any], *, ordered: bool = True) -> Any:
    def made(**parts: Any) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({key: st.just(name)} | parts)

    simple = made(**{"is": st.sampled_from(_ORDERED if ordered else ["=", "!="]), "value": values})
    empty = made(**{"is": st.sampled_from(["empty", "not empty"])})
    several = made(
        **{"is": st.sampled_from(["in", "not in"])},
        value=st.lists(values, min_size=1, max_size=3),
    )
    ends = st.lists(values, min_size=2, max_size=2)
    between = made(**{"is": st.just("between"), "value": ends.map(_upwards)})
    return simple | empty | several | between if ordered else simple | empty | several


def _upwards(ends: list[Any]) -> list[Any]:
    return ends if any(isinstance(end, dict) for end in ends) else sorted(ends)


rule_dates = dates.map(date.isoformat) | st.fixed_dictionaries({"days ago": days})
_flags = st.sampled_from(["active", "do_not_contact"])
comparisons = st.one_of(
    _comparing("field", "age", st.sampled_from([0, 17, 18, 35, 36, 150])),
    _comparing("field", "born_on", births.map(date.isoformat)),
    _comparing("field", "joined_on", rule_dates),
    _comparing("field", "branch", st.sampled_from(sorted(UNITS)), ordered=False),
    _comparing("field", "manager", st.sampled_from(sorted(PEOPLE)), ordered=False),
    _comparing("field", "kind", st.sampled_from(["private", "corporate"]), ordered=False),
    st.fixed_dictionaries(
        {"field": _flags, "is": st.sampled_from(["=", "!="]), "value": st.booleans()}
    ),
    _comparing("field", "balance", money),
    _comparing("field", "yearly_value", money),
    _comparing("field", "churn_risk", st.sampled_from([0, 0.25, 0.5, 1.25])),
    _comparing("field", "last_contact_days", days),
    _comparing("field", "last_refusal_days", days),
    _comparing("field", "pending", days),
    _comparing("attribute", "income", numbers),
    _comparing("attribute", "job", words, ordered=False),
    _comparing("attribute", "wed on", rule_dates),
    st.fixed_dictionaries(
        {
            "attribute": st.just("own.home"),
            "is": st.sampled_from(["=", "!="]),
            "value": st.booleans(),
        }
    ),
)
of_agreement = st.one_of(
    _comparing("field", "status", words, ordered=False),
    _comparing("field", "balance", money),
    _comparing("field", "opened_on", rule_dates),
)


def _grouped(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda join, inner: {join: inner},
        st.sampled_from(["all", "any", "none"]),
        st.lists(parts, min_size=1, max_size=3),
    )


held = st.builds(
    lambda which, more: which | more,
    st.sampled_from([{"product": code} for code in PRODUCTS])
    | st.sampled_from([{"category": name} for name in ("card", "other")]),
    st.fixed_dictionaries(
        {}, optional={"where": of_agreement | _grouped(of_agreement), "ever": st.booleans()}
    ),
)
leaves = st.one_of(
    comparisons,
    st.builds(lambda verb, inner: {verb: inner}, st.sampled_from(["holds", "lacks"]), held),
    st.fixed_dictionaries(
        {"consent": st.sampled_from([m.value for m in Medium])}, optional={"given": st.booleans()}
    ),
    st.fixed_dictionaries(
        {"indicator": st.sampled_from([kind.value for kind in IndicatorKind])},
        optional={"set": st.booleans()},
    ),
    st.sampled_from([{"segment": "listed"}, {"segment": "nested"}]),
)
rules = st.recursive(leaves, _grouped, max_leaves=8) | st.just({"all": []})
NESTED: dict[str, Any] = {"none": [{"field": "active", "is": "=", "value": False}]}


def means(rule: dict[str, Any], customer: dict[str, Any]) -> bool:  # noqa: PLR0911  as many as forms
    """Say whether the rule means this customer."""
    if "all" in rule:
        return all(means(part, customer) for part in rule["all"])
    if "any" in rule:
        return any(means(part, customer) for part in rule["any"])
    if "none" in rule:
        return not any(means(part, customer) for part in rule["none"])
    if "consent" in rule:
        return (rule["consent"] in customer["consents"]) is rule.get("given", True)
    if "indicator" in rule:
        return (rule["indicator"] in customer["indicators"]) is rule.get("set", True)
    if "segment" in rule:
        return customer["listed"] if rule["segment"] == "listed" else means(NESTED, customer)
    if "holds" in rule or "lacks" in rule:
        inner = rule.get("holds") or rule["lacks"]
        return any(_held(inner, each) for each in customer["holdings"]) is ("holds" in rule)
    if "attribute" in rule:
        return _compared(rule, customer["attributes"].get(rule["attribute"]))
    return _compared(rule, _known(customer, rule["field"]))


def _held(inner: dict[str, Any], agreement: dict[str, Any]) -> bool:
    if inner.get("product", agreement["product"]) != agreement["product"]:
        return False
    category = CATEGORIES[agreement["product"]]
    if inner.get("category", category) != category:
        return False
    if agreement["closed_on"] is not None and not inner.get("ever", False):
        return False
    return "where" not in inner or _agreement_fits(inner["where"], agreement)


def _agreement_fits(rule: dict[str, Any], agreement: dict[str, Any]) -> bool:
    for join, judge in (("all", all), ("any", any)):
        if join in rule:
            return judge(_agreement_fits(part, agreement) for part in rule[join])
    if "none" in rule:
        return not any(_agreement_fits(part, agreement) for part in rule["none"])
    return _compared(rule, agreement[rule["field"]])


def _known(customer: dict[str, Any], name: str) -> Any:
    born = customer["born_on"]
    if name == "age":
        if born is None:
            return None
        before = (TODAY.month, TODAY.day) < (born.month, born.day)
        return TODAY.year - born.year - before
    if name.endswith("_days"):
        at = customer[name.removesuffix("_days") + "_at"]
        return None if at is None else (TODAY - at.astimezone(ZONE).date()).days
    return customer[name]


def _compared(rule: dict[str, Any], known: Any) -> bool:  # noqa: C901, PLR0911  as many as operators
    verb = rule["is"]
    if isinstance(known, date):
        known = known.isoformat()
    match verb:
        case "empty":
            return known is None
        case "not empty":
            return known is not None
        case "!=":
            return not _compared(rule | {"is": "="}, known)
        case "not in":
            return not _compared(rule | {"is": "in"}, known)
    if known is None:
        return False
    given = rule["value"] if isinstance(rule["value"], list) else [rule["value"]]
    if rule.get("field") == "branch":
        return any(known in UNITS[code] for code in given)
    values = [_meant(value) for value in given]
    match verb:
        case "=" | "in":
            return known in values
        case "<":
            return known < values[0]
        case "<=":
            return known <= values[0]
        case ">":
            return known > values[0]
        case ">=":
            return known >= values[0]
    return values[0] <= known <= values[1]


def _meant(value: Any) -> Any:
    if isinstance(value, dict):
        return (TODAY - timedelta(days=value["days ago"])).isoformat()
    return PEOPLE.get(value, value) if isinstance(value, str) else value


_BASE: dict[str, Any] = {
    "branch": 3,
    "manager": None,
    "kind": "private",
    "active": True,
    "do_not_contact": False,
    "born_on": None,
    "joined_on": None,
    "balance": None,
    "yearly_value": None,
    "churn_risk": None,
    "last_contact_at": None,
    "last_refusal_at": None,
    "pending": 0,
    "consents": set(),
    "indicators": set(),
    "run_out": set(),
    "holdings": [],
    "attributes": {},
    "listed": False,
}


def _held_once(**changes: Any) -> dict[str, Any]:
    empty = {"status": None, "balance": None, "opened_on": None, "closed_on": None}
    return {"holdings": [{"product": "card"} | empty | changes]}


EDGES = [
    _BASE | change
    for change in (
        {},
        *(
            {"born_on": date(2008, 3, day)} for day in (1, 2, 3)
        ),  # turned 18 yesterday, today, not yet
        {"born_on": date(2007, 3, 2)},
        {"born_on": date(2007, 3, 3)},
        *(
            {
                "last_contact_at": datetime.combine(TODAY - timedelta(days=n), at, tzinfo=ZONE),
                "last_refusal_at": datetime.combine(TODAY - timedelta(days=n), at, tzinfo=ZONE),
                "balance": n,
                "pending": n,
                "joined_on": TODAY - timedelta(days=n),
                "attributes": {"income": n, "wed on": (TODAY - timedelta(days=n)).isoformat()},
            }
            for n in range(4)
            for at in (time(0), time(23, 59, 59))
        ),
        *({"indicators": {kind.value}} for kind in IndicatorKind),
        *({"run_out": {kind.value}} for kind in IndicatorKind),
        *({"consents": {medium.value}} for medium in Medium),
        _held_once(),
        _held_once(closed_on=TODAY),
        _held_once(balance=2, status="A", opened_on=TODAY),
        _held_once(balance=3, closed_on=TODAY),
        _held_once(product="insurance"),
        _held_once(product="insurance", closed_on=TODAY),
        {"branch": 4, "manager": 1, "active": False, "kind": "corporate", "listed": True},
    )
]


def edge_rules() -> list[dict[str, Any]]:
    """Return every operator with the values at which its answer turns."""
    rules: list[dict[str, Any]] = []
    numbered = [({"field": "age"}, (17, 18, 19))]
    numbered += [({"field": name}, (0, 1, 2)) for name in _COUNTED]
    numbered += [({"attribute": "income"}, (0, 1, 2))]
    dated = tuple((TODAY - timedelta(days=n)).isoformat() for n in (2, 1, 0))
    numbered += [({"field": "joined_on"}, dated), ({"attribute": "wed on"}, dated)]  # type: ignore[list-item]  # dates as text
    for subject, values in numbered:
        rules += [subject | {"is": verb, "value": v} for verb in _ORDERED for v in values]
        rules += [
            subject | {"is": "between", "value": [low, high]}
            for low, high in (
                (values[0], values[1]),
                (values[1], values[1]),
                (values[1], values[2]),
            )
        ]
        rules += [subject | {"is": verb, "value": [values[1]]} for verb in ("in", "not in")]
        rules += [subject | {"is": verb} for verb in ("empty", "not empty")]
    rules += [{"indicator": kind.value, "set": s} for kind in IndicatorKind for s in (True, False)]
    rules += [{"consent": medium.value} for medium in Medium]
    inner = [{}, {"ever": True}, {"where": {"field": "balance", "is": ">=", "value": 2}}]
    rules += [
        {verb: {"product": code} | more}
        for verb in ("holds", "lacks")
        for code in ("card", "insurance")
        for more in inner
    ]
    return rules


_COUNTED = ("last_contact_days", "last_refusal_days", "pending", "balance")
