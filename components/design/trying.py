"""A design tried on ten customers: what each of them would be told."""

import streamlit as st

from components import words
from components.gateway import fetch
from core.campaigns.queries import DesignSheet, sample
from core.campaigns.queries.samples import SampleCustomer


def ten_customers(design: DesignSheet) -> None:
    """Let one of ten customers be chosen, and show every stage in the words meant for them."""
    found = fetch(sample, design_id=design.id)
    if not found:
        st.info("Nobody fits today: nothing would be said to anybody.", icon=":material/inbox:")
        return
    place = st.pills(
        "Customer",
        range(len(found)),
        default=0,
        format_func=lambda place: _named(found[place]),
        required=True,
        label_visibility="collapsed",
        key=f"ten:{design.id}",
    )
    chosen = found[min(place, len(found) - 1)]
    cared_for = f", cared for by {chosen.person}" if chosen.person else ""
    st.caption(words.plain(f"{_named(chosen)} of {chosen.branch}{cared_for}."))
    for said in chosen.stages:
        with st.container(border=True):
            st.markdown(f"**{said.position}. {words.plain(said.stage)}**")
            if said.subject:
                st.caption(words.plain(said.subject))
            st.markdown(words.plain(said.body).replace("\n", "  \n") or words.NONE)


def _named(customer: SampleCustomer) -> str:
    return f"{customer.name or 'Name hidden'} ({customer.customer_no or words.NONE})"
