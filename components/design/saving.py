"""Saving a step of the designer, and following to the version that it made."""

import streamlit as st

from components import navigation
from components.gateway import submit
from core.campaigns.actions import ChangeDesign, change_design
from core.campaigns.events import DesignChanged, FeedbackTakenUp, StagesSet
from core.campaigns.queries import DesignSheet
from core.campaigns.terms import DesignTerms


def changed(design: DesignSheet, terms: DesignTerms, done: str) -> None:
    """Save the terms of a version; go on with the next version if this one may not change."""
    submit(
        change_design,
        lambda: ChangeDesign(design.id, design.row_version, terms),
        done=lambda fact: told(fact, done),
        then=follow,
    )


def told(fact: DesignChanged | StagesSet, done: str) -> str:
    if fact.copied_from is None:
        return done
    return f"{done} Version {fact.copied_from} stays as it is; this is version {fact.version}."


def follow(fact: DesignChanged | FeedbackTakenUp | StagesSet) -> None:
    """Open the version that was changed, on the same step."""
    if navigation.record() != fact.design_id:
        navigation.go_to("designer", id=fact.design_id, step=st.query_params.get("step"))
