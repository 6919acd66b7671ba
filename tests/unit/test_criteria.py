"""What a rule may say, what it is refused for, and how it reads in plain words."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.segments.criteria import (
    Field,
    InvalidRule,
    Known,
    Sold,
    Type,
    changed_by,
    described,
    read,
    spelled_out,
)
from core.segments.criteria.tree import KnownPerson, KnownProduct, KnownSegment, KnownUnit
from core.segments.rules import SegmentKind

ACTIVE = {"field": "active", "is": "=", "value": True}
RICH = {"field": "balance", "is": ">=", "value": 9_000}
OPENED = {"field": "status", "is": "=", "value": "open"}
GROWN_UP = {"field": "age", "is": ">=", "value": 18}


def segment(id_, name, rule, *, retired=False):
    kind = SegmentKind.STATIC if rule is None else SegmentKind.DYNAMIC
    return KnownSegment(id_, name, kind, rule, retired)


KNOWN = Known(
    attributes={"income": Field("income", "income", Type.NUMBER)},
    products={
        "savings": KnownProduct(1, "Savings account", "account", 0),
        "gold": KnownProduct(2, "Gold card", "card", None),
    },
    units={"B1": KnownUnit("North", (3,)), "R1": KnownUnit("Region", (2, 3))},
    people={"S001": KnownPerson(1, "Ann Example")},
    segments={
        "adults": segment(1, "Adults", {"all": [ACTIVE, GROWN_UP]}),
        "vip": segment(2, "VIP", None),
        "gone": segment(3, "Gone", ACTIVE, retired=True),
        "a": segment(4, "A", {"segment": "b"}),
        "b": segment(5, "B", {"any": [ACTIVE, {"segment": "a"}]}),
        "wide": segment(6, "Wide", {"any": [ACTIVE] * 300}),
        "everybody": segment(7, "Everybody", {"all": []}),
    },
)


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        (ACTIVE, False),
        ({"attribute": "income", "is": ">", "value": 1}, False),
        ({"segment": "vip"}, False),
        ({"indicator": "distress"}, False),
        ({"holds": {"product": "gold"}}, False),
        ({"lacks": {"category": "card"}}, False),
        ({"holds": {"product": "savings"}}, True),
        ({"lacks": {"category": "account"}}, True),
        ({"consent": "phone"}, True),
        ({"indicator": "campaign candidate"}, True),
        ({"field": "last_contact_days", "is": ">", "value": 30}, True),
        ({"all": [ACTIVE, {"any": [{"field": "yearly_value", "is": ">", "value": 9}]}]}, True),
        ({"none": [{"segment": "savers"}]}, True),
        (RICH, True),
        ({"none": [{"all": [ACTIVE, RICH]}]}, True),
        ({"holds": {"product": "gold", "where": RICH}}, True),
        ({"holds": {"product": "gold", "where": OPENED}}, False),
    ],
)
def test_what_a_campaign_for_savings_changes(rule, changed):
    savers = segment(8, "Savers", {"holds": {"product": "savings"}})
    known = replace(KNOWN, segments={**KNOWN.segments, "savers": savers})

    assert changed_by(read(rule, known), Sold("savings", "account", moves_money=True)) is changed


@pytest.mark.parametrize("moves_money", [True, False])
@pytest.mark.parametrize("rule", [RICH, {"holds": {"product": "gold", "where": RICH}}])
def test_balances_change_where_a_campaign_moves_money(rule, moves_money):
    assert changed_by(read(rule, KNOWN), Sold(moves_money=moves_money)) is moves_money


def test_a_campaign_without_a_product_changes_what_contacts_do():
    assert not changed_by(read({"holds": {"product": "savings"}}, KNOWN), Sold())
    assert changed_by(read({"consent": "phone"}, KNOWN), Sold())


@pytest.mark.parametrize(
    ("rule", "place", "says"),
    [
        ({"field": "agee", "is": "=", "value": 1}, "rule", "Did you mean “age”?"),
        ({"attribute": "job", "is": "=", "value": "x"}, "rule", "no attribute “job”"),
        ({"holds": {"product": "saving"}}, "rule.holds", "Did you mean “savings”?"),
        ({"lacks": {"category": "loans"}}, "rule.lacks", "no product category “loans”"),
        ({"field": "branch", "is": "=", "value": "B9"}, "rule", "no unit “B9”"),
        ({"field": "manager", "is": "=", "value": "S9"}, "rule", "no person “S9”"),
        ({"segment": "nobody"}, "rule", "no segment “nobody”"),
        ({"segment": "gone"}, "rule", "“Gone” (gone) is retired"),
        ({"segment": "a"}, "rule.a.b.any[2]", "would refer to itself: A → B → A"),
        ({"consent": "pigeon"}, "rule", "no way to reach a customer “pigeon”"),
        ({"indicator": "rich"}, "rule", "no indicator “rich”"),
        ({"all": [ACTIVE, {"any": [{"field": "x"}]}]}, "all[2].any[1]", "no field “x”"),
        ({"field": "age", "is": "=>", "value": 1}, "rule", "“=>” is not an operator for “age”"),
        ({"field": "age", "value": 1}, "rule", "“None” is not an operator"),
        ({"field": "active", "is": "<", "value": True}, "rule", "“<” does not fit “active”"),
        ({"field": "age", "is": "=", "value": "18"}, "rule", "a whole number, not “18”"),
        ({"field": "age", "is": "=", "value": True}, "rule", "a whole number, not “True”"),
        ({"field": "age", "is": "=", "value": 18.5}, "rule", "a whole number"),
        ({"field": "age", "is": "=", "value": 151}, "rule", "goes from 0 to 150"),
        ({"field": "balance", "is": ">", "value": 1e300}, "rule", "out of range"),
        ({"field": "balance", "is": ">", "value": float("nan")}, "rule", "out of range"),
        ({"field": "active", "is": "=", "value": 1}, "rule", "a yes or no, not “1”"),
        ({"field": "kind", "is": "=", "value": "dog"}, "rule", "no kind of customer “dog”"),
        ({"field": "born_on", "is": "=", "value": "2026-02-30"}, "rule", "needs a date"),
        ({"field": "born_on", "is": "=", "value": "20260201"}, "rule", "needs a date"),
        ({"field": "born_on", "is": "=", "value": {"days ago": -1}}, "rule", "needs a date"),
        ({"field": "age", "is": "between", "value": [1]}, "rule", "two values"),
        ({"field": "age", "is": "between", "value": [9, 1]}, "rule", "swap them"),
        ({"field": "age", "is": "in", "value": []}, "rule", "1 to 1,000 values"),
        ({"field": "age", "is": "in", "value": 5}, "rule", "needs a list"),
        ({"field": "age", "is": "="}, "rule", "“=” needs a value"),
        ({"field": "age", "is": "empty", "value": 1}, "rule", "“empty” takes no value"),
        ({"field": "age", "is": "=", "vlaue": 1}, "rule", "Did you mean “value”?"),
        ({"any": []}, "rule", "“any” is empty"),
        ({"all": {}}, "rule", "needs a list"),
        ({"all": [ACTIVE], "any": [ACTIVE]}, "rule", "exactly one of"),
        ({}, "rule", "exactly one of"),
        ([ACTIVE], "rule", "a condition is an object"),
        (None, "rule", "a condition is an object"),
        ({"holds": {}}, "rule.holds", "either “product” or “category”"),
        ({"holds": {"product": "gold", "category": "card"}}, "rule.holds", "either"),
        ({"holds": {"category": ["card"]}}, "rule.holds", "no product category"),
        (
            {"holds": {"product": "gold", "where": {"consent": "phone"}}},
            "rule.holds.where",
            "only fields of the agreement",
        ),
        (
            {"holds": {"product": "gold", "where": {"field": "age", "is": "=", "value": 1}}},
            "rule.holds.where",
            "no field “age”",
        ),
        ({"consent": "phone", "given": "yes"}, "rule", "“given” is true or false"),
        ({"any": [{"segment": "wide"}, {"segment": "wide"}]}, "any[2].wide", "too large"),
    ],
)
def test_what_is_wrong_is_refused_by_name_and_place(rule, place, says):
    with pytest.raises(InvalidRule) as refusal:
        read(rule, KNOWN)

    assert says in str(refusal.value)
    assert refusal.value.path.startswith(place)


def test_the_place_is_said_by_the_number_of_the_condition():
    with pytest.raises(InvalidRule, match=r"^In condition 2, condition 1: there is no field “x”"):
        read({"all": [ACTIVE, {"any": [{"field": "x"}]}]}, KNOWN)


def test_a_segment_may_not_come_to_refer_to_itself():
    with pytest.raises(InvalidRule, match=r"In rule: .* itself: Adults → Adults"):
        read({"segment": "adults"}, KNOWN, code="adults")


def test_a_very_deep_rule_is_refused_before_python_gives_up():
    rule = ACTIVE
    for _ in range(5_000):
        rule = {"all": [rule]}

    with pytest.raises(InvalidRule, match="too large"):
        read(rule, KNOWN)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["all", "field", "is", "value", "holds", "product", "where", "any"]
                ),
                inner | st.sampled_from(["age", "gold", "=", "between"]),
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
def test_whatever_is_given_is_read_or_refused(rule):
    with suppress(InvalidRule):
        read(rule, KNOWN)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"all": []}, "Every customer."),
        (ACTIVE, "Customers who are active."),
        (
            {"all": [ACTIVE, GROWN_UP, {"consent": "phone"}]},
            "Customers who are active, whose age is at least 18 and who allow contact by phone.",
        ),
        (
            {"any": [{"lacks": {"category": "card"}}, ACTIVE]},
            "Customers either who do not hold any product of the category card or who are active.",
        ),
        (
            {"all": [{"segment": "adults"}, {"none": [{"segment": "vip"}]}]},
            "Customers who are in the segment “Adults” except those who are on the list “VIP”.",
        ),
        (
            {"field": "branch", "is": "not in", "value": ["B1", "R1"]},
            "Customers whose branch is not North or Region.",
        ),
        (
            {"field": "born_on", "is": ">=", "value": "1990-01-05"},
            "Customers whose birth date is not before 5 Jan 1990.",
        ),
        (
            {"field": "joined_on", "is": "<", "value": {"days ago": 90}},
            "Customers whose date of joining is before the date 90 days ago.",
        ),
        (
            {"attribute": "income", "is": "between", "value": [1000, 2500.5]},
            "Customers whose income is between 1,000 and 2,500.5.",
        ),
        (
            {"indicator": "distress", "set": False},
            "Customers who have no distress indicator.",
        ),
        ({"field": "age", "is": "empty"}, "Customers whose age is not known."),
        (
            {"field": "manager", "is": "!=", "value": "S001"},
            "Customers whose responsible person is not Ann Example.",
        ),
    ],
)
def test_a_rule_reads_as_a_sentence(rule, says):
    assert described(rule, KNOWN) == says


@pytest.mark.parametrize(
    ("label", "says"),
    [("Yearly income", "whose yearly income is"), ("EU score", "whose EU score is")],
)
def test_the_name_of_an_attribute_stands_within_a_sentence(label, says):
    known = replace(KNOWN, attributes={"income": Field("income", label, Type.NUMBER)})
    assert says in described({"attribute": "income", "is": ">", "value": 1}, known)


def test_spelling_out_puts_the_rules_of_segments_in_place():
    rule = {"all": [{"segment": "adults"}, {"segment": "vip"}]}

    assert spelled_out(rule, KNOWN) == {
        "all": [{"all": [ACTIVE, GROWN_UP]}, {"segment": "vip"}],
    }


def test_a_segment_of_everybody_can_be_referred_to():
    assert spelled_out({"segment": "everybody"}, KNOWN) == {"all": []}
