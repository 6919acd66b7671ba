"""Confirm candidates: a relationship manager answers for the own customers."""

import streamlit as st

from components import words
from components.gateway import anew, as_seen, heading, submit
from components.tables import Column, table
from core.runs import queries
from core.runs.actions.confirming import Confirm, confirm_candidates

COLUMNS = (
    Column("name", "Customer"),
    Column("customer_no", "Number"),
    Column("branch", "Branch"),
)

heading("Confirm candidates", "Which of your customers may these campaigns contact?")
wanted = as_seen(queries.confirmations_wanted)
if not wanted:
    st.info("No campaign waits for your word.", icon=":material/inbox:")
    st.stop()
first_of_run = {row.run_id: row for row in reversed(wanted)}
run_id = st.selectbox(
    "Campaign",
    sorted(first_of_run),
    format_func=lambda id_: f"{first_of_run[id_].campaign} ({first_of_run[id_].run})",
    key="run",
    bind="query-params",
)
of_run = [row for row in wanted if row.run_id == run_id]
if offer := first_of_run[run_id].offer:
    st.markdown(f"Offer: {words.plain(offer)}")
st.markdown(f"**{words.counted(len(of_run), 'customer')}** of yours proposed.")
chosen = table(of_run, columns=COLUMNS, key=f"wanted{run_id}", choose="many")

with st.form(anew("answer"), border=False):
    reason = st.text_input("Why not", help="Needed for the customers whom you leave out.")
    with st.container(horizontal=True):
        yes = st.form_submit_button(f"Contact {len(chosen) or 'the chosen'}", type="primary")
        no = st.form_submit_button(f"Leave out {len(chosen) or 'the chosen'}")
if yes or no:
    submit(
        confirm_candidates,
        lambda: Confirm(run_id, [row.customer_id for row in chosen], accept=yes, reason=reason),
        done=lambda fact: (
            f"{words.counted(len(fact.customer_ids), 'customer')} "
            f"{'confirmed' if fact.is_accepted else 'left out'}."
        ),
        form="answer",
    )
