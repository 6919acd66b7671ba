"""The fifth step: what success is, who is held out to prove it, what it costs and may bring."""

from dataclasses import replace
from decimal import Decimal

import streamlit as st

from components import words
from components.design.choosing import word
from components.design.saving import changed
from components.gateway import fetch
from components.tiles import Tile, tiles
from core.campaigns.queries import DesignSheet, forecast
from core.campaigns.rules import Metric
from core.impact.planning import smallest_detectable_gain
from core.settings import settings

_MEANING = {
    Metric.CONVERSION: "won leads among the confirmed candidates",
    Metric.RESPONSE: "positive answers among the confirmed candidates",
    Metric.REACH: "customers reached among the confirmed candidates",
    Metric.UPTAKE: "the outcome seen among those treated",
}


def measuring(design: DesignSheet) -> None:
    """Ask for metric, goal, control share and money; show what may come of it."""
    terms, currency = design.terms, settings().currency
    with st.form("measuring", border=False):
        left, right = st.columns(2)
        metric = word(
            left,
            "Judged by",
            list(Metric),
            terms.metric,
            name=lambda each: f"{words.sentence(each)}: {_MEANING[each]}",
        )
        goal = right.number_input("Goal (%)", 0.0, 100.0, _hundred(terms.goal), 0.5)
        control = left.number_input(
            "Held out as control group (%)",
            0.0,
            50.0,
            terms.control_share / 100,
            1.0,
            help="Without one, rates are shown but no impact.",
        )
        expected = right.number_input(
            "Expected conversions (%)", 0.0, 100.0, _hundred(terms.expected_rate), 0.5
        )
        contact = left.number_input(
            f"Cost of a contact ({currency})", 0.0, value=_amount(terms.contact_cost)
        )
        fixed = right.number_input(f"Fixed cost ({currency})", 0.0, value=_amount(terms.fixed_cost))
        worth = left.number_input(
            f"Worth of a conversion ({currency})", 0.0, value=_amount(terms.value_per_conversion)
        )
        asked = st.form_submit_button("Save the measurement", type="primary")
    if asked:
        changed(
            design,
            replace(
                terms,
                metric=metric,
                goal=_share(goal),
                control_share=round(control * 100),
                expected_rate=_share(expected),
                contact_cost=_money(contact),
                fixed_cost=_money(fixed),
                value_per_conversion=_money(worth),
            ),
            "The measurement is saved. Review it next.",
        )
    outlook(design)


def outlook(design: DesignSheet) -> None:
    """Show how many would be contacted and held out, and what the figures add up to."""
    if design.terms.segment_id is None:
        st.info("With an audience, this shows how many would be contacted.")
        return
    found = fetch(forecast, design_id=design.id)
    expected = None if found.conversions is None else round(found.conversions)
    tiles(
        [
            Tile(
                "Could be contacted",
                words.count(found.treated),
                note=f"of {words.count(found.population)} customers",
            ),
            Tile("Held out", words.count(found.control)),
            Tile("Expected conversions", words.count(expected)),
            Tile("Cost", words.money(found.cost, short=True)),
            Tile("Expected gain", words.money(found.net, short=True), help="Worth minus cost."),
        ],
        narrowest=150,
    )
    st.markdown(
        visible_gain(
            control=found.control, treated=found.treated, expected=design.terms.expected_rate
        )
    )


def visible_gain(*, control: int, treated: int, expected: float | None) -> str:
    """Say in one sentence which gain arms of these sizes could show, four times in five.

    :param expected: the share of the treated that is expected to convert
    """
    if not control:
        return "Without a control group no impact can be proven, whatever comes of it."
    everybody = control + treated
    held_out = (
        f"With {words.percent(control / everybody)} held out of "
        f"{words.counted(everybody, 'customer')}"
    )
    if not expected:
        return f"{held_out}: give the expected conversions to learn which gain can be seen."
    gain = smallest_detectable_gain(expected, control=control, treated=treated)
    if gain is None or gain > expected:
        return (
            f"{held_out}, **no gain could be told from chance**, even if nobody converted "
            "without the campaign: hold out more, or address more."
        )
    return (
        f"{held_out}, the smallest gain that can be seen is "
        f"**{words.points(gain, digits=1).removeprefix('+')}**, where "
        f"{words.percent(expected)} are expected to convert."
    )


def _hundred(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 6)


def _share(percent: float | None) -> float | None:
    return None if percent is None else round(percent / 100, 8)


def _amount(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _money(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(round(amount, 2)))
