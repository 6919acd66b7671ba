"""What one run brought, what it cost, and what is left: step by step."""

import streamlit as st

from components import words
from components.charts import money as charts
from components.charts.frame import chart
from components.gateway import now
from components.impact import estimates
from core.impact.queries.facts import RunFacts
from core.impact.queries.runs import RunImpact
from core.impact.rules import Grade
from core.settings import settings


def draw(run: RunImpact) -> None:
    """Draw the way from value to profit of every treated arm."""
    if run.report.refused is not None:
        return
    estimates.title("Money", run.report.grade)
    for comparison in run.report.comparisons:
        if len(run.report.comparisons) > 1:
            st.markdown(f"**{words.sentence(words.plain(comparison.treated.name))}**")
        rows = charts.money_rows(comparison)
        chart(
            charts.waterfall(rows),
            key=f"money{run.id}-{comparison.treated.arm}",
            reading=charts.money_reading(comparison, is_sound=run.report.grade is Grade.RANDOMISED),
            rows=rows,
            columns=charts.MONEY_COLUMNS,
            cut_off=now(),
        )
    st.caption(terms_of(run.facts))


def terms_of(facts: RunFacts) -> str:
    """Say what each part of the cost was worked out from; what nobody gave is said too."""
    hour = settings().contact_hour_cost
    if facts.contact_cost is not None:
        contact = f"{words.money(facts.contact_cost)} for each customer contacted"
    elif hour is not None and facts.minutes is not None:
        contact = (
            f"{words.number(facts.minutes, digits=0)} minutes for each try, "
            f"at {words.money(hour)} an hour"
        )
    else:
        contact = "a contact at a cost that nobody gave"
    parts = [contact]
    if facts.transfer_price is not None:
        parts.append(f"{words.money(facts.transfer_price)} to the product's owner for each sale")
    fixed = facts.fixed_cost
    parts.append("no fixed cost given" if fixed is None else f"{words.money(fixed)} for the run")
    said = (
        f"Value: of all customers with the outcome, treated less held out. Cost: {', '.join(parts)}"
    )
    return f"{said}; gifts at what they cost when they were given."
