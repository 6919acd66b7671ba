"""The fifth step: what is said in the conversation, within which prices, and by whom."""

from dataclasses import replace

import streamlit as st

from components.design.choosing import one
from components.design.saving import step_of
from components.gateway import fetch
from core.campaigns.queries import DesignSheet
from core.campaigns.queries.reference import qualifications
from core.campaigns.terms import DesignTerms


def guiding(design: DesignSheet) -> None:
    """Ask for the guide, the pricing frame and the qualification that the work takes."""
    draft, end = step_of(
        design, "Guide", "Save the guide", "The guide is saved. Say what it costs next."
    )
    begun = draft.begun
    guide = st.text_area(
        "Guide for the conversation",
        begun.guide,
        height=220,
        help="What the person sees while talking: questions, answers, what not to say.",
        key=draft.key("guide"),
    )
    left, right = st.columns(2)
    frame = left.text_input(
        "Pricing frame",
        begun.pricing_frame,
        help="Within what the person who talks may settle.",
        key=draft.key("frame"),
    )
    needed = one(
        right,
        "Only by people certified for",
        fetch(qualifications),
        begun.qualification_id,
        key=draft.key("needed"),
    )

    def asked() -> DesignTerms:
        return replace(
            design.terms,
            guide=guide,
            pricing_frame=frame.strip(),
            qualification_id=needed.id if needed else None,
        )

    end(asked)
