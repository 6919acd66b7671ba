"""What a person has changed on a step and not saved yet, kept while they look elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.errors import explain
from core.campaigns.actions import CampaignTerms
from core.campaigns.terms import DesignTerms, StageTerms, differences
from core.refusals import Refusal

T = TypeVar("T", CampaignTerms, DesignTerms, StageTerms)
_KEPT, _TURNS, _TYPED = "unsaved:", "unsaved-turns:", "typed:"


@dataclass(frozen=True)
class Draft(Generic[T]):
    """Terms as they are saved, and under a name of their own what was changed since.

    :ivar stamp: tells one saved state from the next, so that fields begin anew with each
    """

    name: str
    saved: T
    stamp: object = ""

    @property
    def begun(self) -> T:
        """The terms to show: those saved, with what was changed and not saved yet."""
        return replace(self.saved, **st.session_state.get(f"{_KEPT}{self.name}", {}))

    def key(self, field: str) -> str:
        """Name a field, so that it keeps what is typed into it."""
        turn = st.session_state.get(f"{_TURNS}{self.name}", 0)
        return f"{self.name}:{self.stamp}:{turn}:{field}"

    def keep(self, now: T) -> bool:
        """Remember what differs from what is saved; tell whether anything does."""
        changes = {field: now for field, (_, now) in differences(self.saved, now).items()}
        slot = f"{_KEPT}{self.name}"
        if changes:
            st.session_state[slot] = changes
        else:
            st.session_state.pop(slot, None)
        return bool(changes)

    def settle(self) -> None:
        """Forget what was changed: it is being saved."""
        st.session_state.pop(f"{_KEPT}{self.name}", None)

    def drop(self) -> None:
        """Forget what was changed; the fields show again what is saved."""
        self.settle()
        turn = f"{_TURNS}{self.name}"
        st.session_state[turn] = st.session_state.get(turn, 0) + 1


def saving(draft: Draft[T], ask: Callable[[], T], save: Callable[[T], None], label: str) -> None:
    """Draw the button that saves a step, and say beside it what is not saved yet.

    :param ask: makes the terms of what stands in the fields; what it refuses is explained
    """
    now, refused = None, None
    try:
        now = ask()
    except Refusal as refusal:
        refused = refusal
    # Beside the button and not above it: a button that moves away under the pointer is missed.
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        asked = st.button(label, type="primary", key=draft.key("save"))
        if now is not None and draft.keep(now):
            st.markdown(":orange[:material/edit: Not saved yet]", width="content")
            if st.button("Undo", type="tertiary", key=draft.key("undo")):
                draft.drop()
                st.rerun()
    if refused is not None:
        explain(refused)
    elif asked and now is not None:
        draft.settle()
        save(now)
        draft.keep(now)  # whoever comes here was refused


def typed(place: DeltaGenerator, label: str, name: str, *, height: int | None = None) -> str:
    """Ask for words that belong to nothing saved yet, and keep them while one is away.

    :param height: of an area for several lines, in pixels
    """
    slot = f"{_TYPED}{name}"
    key = f"{slot}:{st.session_state.get(f'{_TURNS}{slot}', 0)}"
    before = st.session_state.get(slot, "")
    text: str = (
        place.text_input(label, before, key=key)
        if height is None
        else place.text_area(label, before, height=height, key=key)
    )
    st.session_state[slot] = text
    return text


def untype(*names: str) -> None:
    """Empty fields for words, now that these are saved."""
    for name in names:
        slot, turn = f"{_TYPED}{name}", f"{_TURNS}{_TYPED}{name}"
        st.session_state.pop(slot, None)
        st.session_state[turn] = st.session_state.get(turn, 0) + 1


def names(begin: str) -> list[str]:
    """List the drafts whose names begin like this and that hold something unsaved."""
    kept = (str(key) for key in st.session_state if str(key).startswith(f"{_KEPT}{begin}"))
    return [key.removeprefix(_KEPT) for key in kept]


def carry_over(begin: str, to: str) -> None:
    """Let the drafts of one version be those of the next."""
    for name in names(begin):
        st.session_state[f"{_KEPT}{to}{name.removeprefix(begin)}"] = st.session_state.pop(
            f"{_KEPT}{name}"
        )
