"""Saving a step of the designer, and following to the version that it made."""

from collections.abc import Callable

import streamlit as st

from components import navigation
from components.design import unsaved
from components.gateway import submit
from core.campaigns.actions import ChangeDesign, change_design
from core.campaigns.events import DesignChanged, FeedbackTakenUp, StagesSet
from core.campaigns.queries import DesignSheet
from core.campaigns.terms import DesignTerms


def step_of(
    design: DesignSheet, step: str, label: str, done: str
) -> tuple[unsaved.Draft[DesignTerms], Callable[[Callable[[], DesignTerms]], None]]:
    """Begin a step that changes terms: its draft, and what draws its button at the end."""
    draft = unsaved.Draft(f"{design.id}:{step}", design.terms, design.row_version)

    def end(ask: Callable[[], DesignTerms]) -> None:
        unsaved.saving(draft, ask, lambda terms: changed(design, terms, done), label)

    return draft, end


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
    """Open the version that was changed, on the same step, with what is not saved elsewhere."""
    seen = navigation.record()
    if seen != fact.design_id:
        unsaved.carry_over(f"{seen}:", f"{fact.design_id}:")
        # The step stays as it is: the address follows the switch, and nobody else may set it.
        st.query_params["id"] = str(fact.design_id)
