"""The third step: what is offered, to holders of what, by whom, and what they say."""

from dataclasses import replace
from decimal import Decimal

import streamlit as st

from components.design.choosing import one
from components.design.saving import changed
from components.gateway import fetch
from core.campaigns.queries import DesignSheet
from core.campaigns.queries.reference import consumables, qualifications
from core.campaigns.rules import Objective
from core.customers.queries import products
from core.settings import settings


def offer(design: DesignSheet) -> None:
    """Ask for product, its use, offer and price, guide and the qualification that it takes."""
    known, certified, terms = fetch(products), fetch(qualifications), design.terms
    stocked = fetch(consumables)
    with st.form("offer", border=False):
        left, right = st.columns(2)
        product = one(left, "Product", known, terms.product_id)
        base = None
        if design.objective is Objective.UP_SELL:
            base = one(right, "For holders of", known, terms.base_product_id)
        needed = one(left, "Only by people certified for", certified, terms.qualification_id)
        use = st.text_area(
            "Product use",
            terms.product_use,
            height=80,
            help="How the product serves these customers.",
        )
        words = st.text_area("Offer", terms.offer, help="Stands for {offer} in every content.")
        left, right = st.columns(2)
        frame = left.text_input(
            "Pricing frame",
            terms.pricing_frame,
            help="Within what the person who talks may settle.",
        )
        price = right.number_input(
            f"Transfer price ({settings().currency})",
            0.0,
            value=None if terms.transfer_price is None else float(terms.transfer_price),
            help="What the owner of the product is credited for each sale.",
        )
        gifts = st.multiselect(
            "Given away with it",
            stocked,
            [each for each in stocked if each.id in terms.consumable_ids],
            format_func=lambda each: f"{each.name} ({each.stock} left)",
            placeholder="Nothing",
        )
        guide = st.text_area(
            "Guide for the conversation",
            terms.guide,
            height=160,
            help="What the person sees while talking: questions, answers, what not to say.",
        )
        asked = st.form_submit_button("Save the offer", type="primary")
    if asked:
        changed(
            design,
            replace(
                terms,
                product_id=product.id if product else None,
                base_product_id=base.id if base else None,
                product_use=use.strip(),
                offer=words,
                pricing_frame=frame.strip(),
                transfer_price=None if price is None else Decimal(str(price)),
                consumable_ids=tuple(sorted(each.id for each in gifts)),
                guide=guide,
                qualification_id=needed.id if needed else None,
            ),
            "The offer is saved. Add the stages next.",
        )
