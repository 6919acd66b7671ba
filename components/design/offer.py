"""The third step: what is offered, to holders of what, and at which price within the bank."""

from dataclasses import replace

import streamlit as st

from components.design import amounts
from components.design.choosing import one
from components.design.saving import step_of
from components.gateway import fetch
from core.campaigns.queries import DesignSheet
from core.campaigns.rules import Objective
from core.campaigns.terms import DesignTerms
from core.customers.queries import products
from core.settings import settings


def offer(design: DesignSheet) -> None:
    """Ask for the product, its use, the offer and the transfer price."""
    draft, end = step_of(
        design, "Offer", "Save the offer", "The offer is saved. Add the stages next."
    )
    known, begun = fetch(products), draft.begun
    left, right = st.columns(2)
    product = one(left, "Product", known, begun.product_id, key=draft.key("product"))
    base = None
    if design.objective is Objective.UP_SELL:
        base = one(right, "For holders of", known, begun.base_product_id, key=draft.key("base"))
    use = st.text_area(
        "Product use",
        begun.product_use,
        height=80,
        help="How the product serves these customers.",
        key=draft.key("use"),
    )
    words = st.text_area(
        "Offer", begun.offer, help="Stands for {offer} in every content.", key=draft.key("offer")
    )
    price = st.number_input(
        f"Transfer price ({settings().currency})",
        value=amounts.shown(begun.transfer_price),
        help="What the owner of the product is credited for each sale.",
        key=draft.key("price"),
    )

    def asked() -> DesignTerms:
        return replace(
            design.terms,
            product_id=product.id if product else None,
            base_product_id=base.id if base else None,
            product_use=use.strip(),
            offer=words,
            transfer_price=amounts.money(price),
        )

    end(asked)
