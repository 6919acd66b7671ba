"""What a person sees when something is refused, and when something is broken."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
import structlog

from components.sessions import SignedOut
from components.words import plain
from core.refusals import Conflict, NotAllowed, NotFound, Refusal

_log = structlog.get_logger("screens")
_ICONS = {
    NotAllowed: ":material/lock:",
    NotFound: ":material/search_off:",
    Conflict: ":material/sync_problem:",
}


@contextmanager
def boundary() -> Iterator[None]:
    """Run a page: a refusal is explained, a defect gets a number, and the rest stays usable."""
    try:
        yield
    except SignedOut:
        st.rerun()  # the shell shows the sign-in
    except Refusal as refusal:
        explain(refusal)
    except Exception as defect:  # noqa: BLE001  the one place where defects end; the log has all of it
        show(defect)


def explain(refusal: Refusal) -> None:
    """Show a refusal in its own words, calmly: nothing is broken."""
    _log.info("refused", kind=type(refusal).__name__)
    st.warning(plain(str(refusal)), icon=_ICONS.get(type(refusal), ":material/info:"))


def show(defect: Exception) -> bool:
    """Show that something is broken, with a number under which the log tells the rest."""
    reference = secrets.token_hex(4).upper()
    _log.error("defect", reference=reference, exc_info=defect)
    st.error(
        "Something went wrong here and nothing was saved. The rest of the product goes on "
        f"working. If it happens again, tell your administrator this number: **{reference}**",
        icon=":material/build:",
    )
    return True
