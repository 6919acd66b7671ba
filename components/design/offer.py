"""The third step: what is offered, to holders of what, by whom, and what they say."""

from dataclasses import replace

import streamlit as st

from components.design.choosing import one
from components.design.saving import changed
from components.gateway import fetch
from core.campaigns.queries import DesignSheet
from core.campaigns.queries.reference import qualifications
from core.campaigns.rules import Objective
from core.customers.queries import products


def offer(design: DesignSheet) -> None:
    """Ask for product, offer, guide and the qualification that it takes."""
    known, certified, terms = fetch(products), fetch(qualifications), design.terms
    with st.form("offer", border=False):
        left, right = st.columns(2)
        product = one(left, "Product", known, terms.product_id)
        base = None
        if design.objective is Objective.UP_SELL:
            base = one(right, "For holders of", known, terms.base_product_id)
        needed = one(left, "Only by people certified for", certified, terms.qualification_id)
        words = st.text_area("Offer", terms.offer, help="Stands for {offer} in every content.")
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
                offer=words,
                guide=guide,
                qualification_id=needed.id if needed else None,
            ),
            "The offer is saved. Add the stages next.",
        )
