"""The reported conversions of a run, one by one, with what speaks against each."""

import streamlit as st

from components import filters, words
from components.gateway import current_actor
from components.tables import Column, listing
from components.truth import wording
from core.access import Permission, Sight
from core.truth.queries.findings import Conversion, conversions
from core.truth.queries.runs import Truth
from core.truth.rules import Standing


def _why(row: Conversion) -> str:
    """Say in a sentence what speaks for or against a conversion."""
    said = {
        Standing.STANDS: f"Opened on {words.day(row.opened_on)}."
        if row.opened_on
        else "Held from before the contact until the end of its window.",
        Standing.OPEN: f"May be opened until {words.day(row.until)}.",
        Standing.NO_OPENING: f"Nothing in the holdings until {words.day(row.until)}.",
        Standing.DUPLICATE: "Its opening is counted for an earlier contact.",
        Standing.FOUND_FALSE: "A lead found it false.",
    }[row.standing]
    return f"{said} Part of a burst." if row.in_burst else said


_WHO = (
    Column("customer_no", "Customer", pinned=True),
    Column("name", "Name", width="medium"),
)
_WHAT = (
    Column("standing", "Stands?", sort="standing",
           write=lambda row: wording.LABELS[row.standing]),
    Column("why", "Because", width="large", write=_why),
    Column("branch", "Branch", sort="branch"),
    Column("person", "Reported by"),
    Column("contact_at", "Contact", "date"),
    Column("reported_at", "Reported", "date", sort="reported"),
    Column("opened_on", "Opened", "date"),
    Column("finding", "Lead found"),
)  # fmt: skip


def draw(found: Truth) -> None:
    """List the conversions of a run, those that do not stand or look odd first."""
    st.subheader("Conversions")
    with filters.row():
        standing = filters.one_of(
            "Which", list(Standing), "standing", name=wording.LABELS.__getitem__
        )
        branch = filters.one_of("Branch", found.branches, "branch", name=lambda row: row.branch)
        everything = filters.flag("Also those that stand", "stand")
    actor = current_actor()
    listing(
        conversions,
        columns=_WHAT if actor.sight is Sight.NEVER else (*_WHO, *_WHAT),
        key="conversions",
        filters={
            "run_id": found.id,
            "standing": standing,
            "branch_id": branch.id if branch else None,
            "suspicious": (standing is None and not everything) or None,
        },
        noun="conversion",
        export=Permission.EXPORT,
        empty="Nothing speaks against any of them.",
    )
