"""The terms that hold now: the bank's, and those of segments."""

import streamlit as st

from components import words
from components.tables import Column, table
from core.campaigns.queries.policy import Policy
from core.campaigns.rules import ContactTerms

_COLUMNS = (
    Column("segment", "Segment", width=200),
    Column("most", "At most", "count", write=lambda row: row.terms.most_contacts),
    Column("period", "In days", "count", write=lambda row: row.terms.period_days),
    Column("quiet", "Quiet days", "count", write=lambda row: row.terms.quiet_days),
)
_PROBLEM = Column("problem", "Problem", width="large")


def draw(policy: Policy) -> None:
    """Say the bank's terms in a sentence, and list the segments that have their own."""
    if policy.rules is None:
        st.info("No policy is set: nothing limits how often customers are contacted.")
        return
    st.markdown(f"Every customer: {said(policy.rules.bank)}")
    st.caption(
        "Sales contacts of all campaigns count together; administrative ones do not."
        " A segment's terms hold instead of the bank's; of several, the strictest."
    )
    if policy.segments:
        broken = any(row.problem for row in policy.segments)
        columns = (*_COLUMNS, _PROBLEM) if broken else _COLUMNS
        table(policy.segments, columns=columns, key="overrides")


def said(terms: ContactTerms) -> str:
    """Say terms in a sentence."""
    if not terms.most_contacts:
        return "**no** sales contacts at all."
    often = words.counted(terms.most_contacts, "sales contact")
    return (
        f"at most **{often}** in **{words.counted(terms.period_days, 'day')}**, and none for"
        f" **{words.counted(terms.quiet_days, 'day')}** after a refusal."
    )
