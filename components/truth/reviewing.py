"""What the lead of a branch is asked to look at, and what was found."""

import streamlit as st

from components import filters, words
from components.gateway import submit
from components.tables import Column, listing
from components.truth import wording
from core.truth.actions import RecordFinding, record_finding
from core.truth.queries.reviews import ReviewRow, reviews
from core.truth.rules import Finding

COLUMNS = (
    Column("customer_no", "Customer", pinned=True),
    Column("name", "Name"),
    Column("campaign", "Campaign"),
    Column("person", "Reported by"),
    Column("contact_at", "Contact", "date"),
    Column("reported_at", "Reported", "date", sort="reported"),
    Column("opened_on", "Opened", "date"),
    Column("standing", "In the holdings", sort="standing",
           write=lambda row: wording.LABELS[row.standing]),
    Column("at_random", "Asked", write=lambda row: "At random" if row.at_random else "Looks odd"),
    Column("finding", "Found"),
    Column("note", "Note", width="medium"),
)  # fmt: skip
_ANSWERS = (Finding.GENUINE, Finding.FALSE)


def draw() -> None:
    """List what is to be looked at, and keep what is found of the one that is chosen."""
    st.subheader("To look at in your branch")
    with filters.row():
        is_all = filters.flag("Also those already looked at", "all")
    chosen = listing(
        reviews,
        columns=COLUMNS,
        key="reviews",
        filters={"every": is_all or None},
        noun="sale",
        choose="one",
        empty="Nothing is to be looked at.",
    )
    if chosen:
        _ask(chosen[0])


def _ask(row: ReviewRow) -> None:
    with st.form(f"found{row.run_id}-{row.customer_id}", border=True):
        st.markdown(
            f"**{words.plain(row.name or row.customer_no or 'Customer')}**, "
            f"{words.plain(row.campaign)}: reported {words.day(row.reported_at)}, "
            f"{wording.LABELS[row.standing].lower()}."
        )
        finding = st.radio(
            "What did you find?",
            _ANSWERS,
            format_func=words.sentence,
            captions=["The customer wanted it.", "It was never sold."],
            index=None,
            horizontal=True,
        )
        note = st.text_input("Note", placeholder="What you saw in the file, or heard")
        if st.form_submit_button("Keep the finding", type="primary"):
            submit(
                record_finding,
                lambda: RecordFinding(
                    row.run_id, row.customer_id, finding or Finding.OPEN, note, seen=row.finding
                ),
                done=lambda fact: f"Kept as {fact.finding}.",
            )
