"""The sixth step: what is given away, what the work costs, and what a conversion is worth."""

from dataclasses import replace

import streamlit as st

from components import words
from components.design import amounts, gate
from components.design.saving import step_of
from components.gateway import fetch
from core.campaigns.gifts import gift_cost
from core.campaigns.queries import DesignSheet, Forecast, forecast
from core.campaigns.queries.reference import consumables
from core.campaigns.terms import DesignTerms
from core.settings import settings


def costs(design: DesignSheet) -> None:
    """Ask for gifts and amounts of money; say how many gifts are needed and what all costs."""
    draft, end = step_of(
        design,
        "Gifts & costs",
        "Save gifts and costs",
        "Gifts and costs are saved. Say how it is measured next.",
    )
    begun, stocked, currency = draft.begun, fetch(consumables), settings().currency
    which, at_most = st.columns([3, 1])
    gifts = which.multiselect(
        "Given away with it",
        stocked,
        [each for each in stocked if each.id in begun.consumable_ids],
        format_func=lambda each: f"{each.name} ({words.money(each.unit_cost)}, {each.stock} left)",
        placeholder="Nothing",
        help="One of each to every customer who says yes.",
        key=draft.key("gifts"),
    )
    planned = at_most.number_input(
        "Of each at most",
        value=begun.planned_gifts,
        step=1,
        help="How many of each are planned; empty for as many as there are in stock.",
        key=draft.key("planned"),
    )
    left, middle, right = st.columns(3)
    contact = left.number_input(
        f"Cost of a contact ({currency})",
        value=amounts.shown(begun.contact_cost),
        key=draft.key("contact"),
    )
    fixed = middle.number_input(
        f"Fixed cost ({currency})", value=amounts.shown(begun.fixed_cost), key=draft.key("fixed")
    )
    worth = right.number_input(
        f"Worth of a conversion ({currency})",
        value=amounts.shown(begun.value_per_conversion),
        key=draft.key("worth"),
    )

    def asked() -> DesignTerms:
        return replace(
            design.terms,
            consumable_ids=tuple(sorted(each.id for each in gifts)),
            planned_gifts=planned,
            contact_cost=amounts.money(contact),
            fixed_cost=amounts.money(fixed),
            value_per_conversion=amounts.money(worth),
        )

    end(asked)
    if gate.is_countable(design):
        told(design, fetch(forecast, design_id=design.id))
    else:
        st.info("With an audience, this shows what it all costs.", icon=":material/payments:")


def told(design: DesignSheet, found: Forecast) -> None:
    """Say how many gifts the saved version needs, and what it costs in all."""
    for shortage in found.shortages:
        st.warning(words.plain(words.sentence(shortage)), icon=":material/inventory_2:")
    if design.gifts:
        each = words.money(gift_cost(design.gifts))
        if found.conversions is None:
            said = f"Gifts cost {each} for each conversion; give the expected conversions to "
            st.markdown(words.plain(f"{said}learn how many are needed."))
        else:
            needed = words.counted(round(found.conversions), "conversion")
            st.markdown(words.plain(f"{needed} expected, each with gifts of {each}."))
        if design.terms.planned_gifts is not None:
            most = gift_cost(design.gifts) * design.terms.planned_gifts
            st.markdown(words.plain(f"The gifts that are planned cost {words.money(most)}."))
    if found.cost is not None:
        st.markdown(
            f"Contacting {words.counted(found.treated, 'customer')} costs "
            f"**{words.plain(words.money(found.cost))}** in all, gifts and fixed cost included."
        )
    lacking(found)


def lacking(found: Forecast) -> None:
    """Say why no cost or no gain is foretold."""
    if found.lacks:
        st.caption(f"No gain is foretold without {words.plain(_listed(found.lacks))}.")


def _listed(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
