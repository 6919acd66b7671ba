"""What all campaigns together changed, or why nobody can say."""

import streamlit as st

from components import words
from components.gateway import fetch
from components.impact import estimates
from components.tiles import tiles
from core.impact.queries.portfolio import Portfolio, portfolio
from core.impact.rules import Absent, Reason

WHY_NOT = {
    Reason.NO_HOLDOUT: (
        "Effects of single campaigns can't be added up, because they may have had the same "
        "customers. A total needs some customers who are held out of every campaign, from the "
        "first day of the period to its last."
    ),
    Reason.NO_CAMPAIGN: "Since customers were held out, no campaign about a product has begun.",
    Reason.WHOLE_BANK: "You see a part of the bank; customers are held out in all of it.",
}


def draw() -> None:
    """Draw the total where some customers were held out of every campaign."""
    found = fetch(portfolio)
    comparison = found.comparison
    if comparison is None:
        st.subheader("All campaigns together")
        why = WHY_NOT.get(found.refused, found.why) if found.refused else found.why
        st.info(f"**No total: {found.refused}.** {why}", icon=":material/functions:")
        return
    estimates.title("All campaigns together", found.grade)
    st.markdown(f"#### {words.plain(found.sentence)}")
    few = Absent(Reason.TOO_FEW) if comparison.is_too_few else None
    tiles(
        [
            estimates.tile("incremental conversions", few or comparison.conversions, "count"),
            estimates.tile("incremental profit", few or comparison.profit, "money"),
            estimates.return_tile(few or comparison.returned),
            estimates.tile("difference", few or comparison.difference, "points"),
        ],
        narrowest=180,
    )
    st.caption(words.plain(basis(found)))


def basis(found: Portfolio) -> str:
    """Say whom it compares over which days, and what counts."""
    comparison = found.comparison
    held = comparison.control.tally.targeted if comparison else 0
    others = comparison.treated.tally.targeted if comparison else 0
    return (
        f"{found.why} {words.counted(others, 'customer')} against {words.count(held)} of "
        f"“{found.holdout}”, {words.day(found.starts_on)} to {words.day(found.ends_on)}: whether "
        f"they opened {words.counted(found.products, 'product')} of the "
        f"{words.counted(found.runs, 'run')} that began then to sell, at what that is worth to "
        "their designs, less what these runs cost."
    )
