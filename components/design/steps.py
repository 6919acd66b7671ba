"""The steps of the designer: in which order they come, and how far each is."""

from dataclasses import dataclass

import streamlit as st

from components import words
from components.design import unsaved
from core.campaigns.queries import DesignSheet
from core.campaigns.rules import SUBMIT

STEPS = (
    "Brief",
    "Audience",
    "Offer",
    "Stages",
    "Guide",
    "Gifts & costs",
    "Measurement",
    "Review",
)


@dataclass(frozen=True)
class State:
    """`lacks` is what the step still asks for; without `is_needed` approval doesn't wait for it."""

    lacks: tuple[str, ...] = ()
    is_needed: bool = True


def states(design: DesignSheet) -> dict[str, State]:
    """Say of each step what is still open there."""
    said, is_open = design.terms, design.status in SUBMIT.sources
    audience = tuple(gap for gap in design.missing if "audience" in gap.lower())
    stages = tuple(gap for gap in design.missing if "Stage " in gap or "stage." in gap)
    others = tuple(gap for gap in design.missing if gap not in {*audience, *stages})
    costs = (
        ("the cost of a contact", said.contact_cost),
        ("the worth of a conversion", said.value_per_conversion),
    )
    measures = (
        ("a goal", said.goal),
        ("the expected conversions", said.expected_rate),
        ("the gain that is to be shown", said.expected_gain),
        ("a control group", said.control_share or None),
    )
    return {
        "Brief": State(),
        "Audience": State(audience),
        "Offer": State(others) if others else _asks((("what is offered", said.offer or None),)),
        "Stages": State(stages),
        "Guide": _asks((("what to say in the conversation", said.guide.strip() or None),)),
        "Gifts & costs": _asks(costs),
        "Measurement": _asks(measures),
        "Review": State(("Ask for approval.",), is_needed=False) if is_open else State(),
    }


def _asks(wanted: tuple[tuple[str, object], ...]) -> State:
    lacking = [name for name, value in wanted if value is None]
    return State((f"Say {' and '.join(lacking)}.",) if lacking else (), is_needed=False)


def line(design: DesignSheet, step: str) -> None:
    """Draw how far this step is, which others are open, and where something is not saved."""
    found = states(design)
    here = found[step]
    if not here.lacks:
        parts = [":green[:material/check_circle:] This step is complete."]
    elif here.is_needed:
        parts = [f":red[:material/error:] {words.plain(' '.join(here.lacks))}"]
    else:
        parts = [f":gray[:material/radio_button_unchecked:] {words.plain(' '.join(here.lacks))}"]
    if others := [name for name, state in found.items() if state.lacks and name != step]:
        parts.append(f"Still open: {', '.join(others)}.")
    begin = f"{design.id}:"
    changed = {name.removeprefix(begin).split(":")[0] for name in unsaved.names(begin)}
    if elsewhere := [name for name in STEPS if name in changed and name != step]:
        parts.append(f":orange[:material/edit: Not saved yet: {', '.join(elsewhere)}.]")
    st.markdown(" ".join(parts))
