"""Competitors' rates beside ours."""

import streamlit as st

from components import filters, navigation, words
from components.charts import ladder as charts
from components.charts.frame import chart, latest
from components.gateway import current_actor, fetch, now
from components.market import feed
from components.market.naming import comparison as called
from components.tables import Column, table
from core.market import queries
from core.market.queries import LadderRow
from core.people.queries.units import units

COLUMNS = (
    Column("place", "Place", "count", width="small"),
    Column("who", "Who"),
    Column("product", "Product", width="medium"),
    Column("terms", "Terms", width="medium"),
    Column("rate", "Rate (% a year)", "rate"),
    Column(
        "ahead",
        "Better than ours (points)",
        "points",
        help="By how many points it is better for the customer; below zero it is worse.",
    ),
    Column("since", "Known since", "date"),
    Column("region", "Region", write=lambda row: row.region or "everywhere"),
)
_MOST = 500


def draw() -> None:
    """Draw the ladder of one kind of rate on one day."""
    known = fetch(queries.comparisons)
    if not known:
        st.info(
            "No rate is known yet. Import a feed of rates or moves, or set a rate of ours.",
            icon=":material/inbox:",
        )
        return
    with filters.row():
        what = filters.one_of("Compare", known, "compare", name=called, everything=called(known[0]))
        what = what or known[0]
        region = filters.one_of("In", fetch(units), "in", name=lambda unit: unit.name)
        on = filters.day("On", "on")
        unit_id = region.id if region else None
        own = _own(
            fetch(queries.own_rungs, category=what.category, side=what.side, unit_id=unit_id, on=on)
        )
        ours = filters.one_of(
            "Our rate", own, "with", name=_named, everything=_named(own[0]) if own else "None"
        )
        ours = ours or next(iter(own), None)
        terms = filters.text(
            "Competitors' terms", "hold", placeholder=ours.terms if ours else "Any"
        )
        alike = not filters.flag("Whatever their terms", "any")
        every = filters.flag("Every product, not each competitor's best", "every")
    terms = terms or (ours.terms if ours and alike else "")
    rungs = fetch(
        queries.ladder,
        category=what.category,
        side=what.side,
        terms=terms,
        product_id=ours.product_id if ours else None,
        own_terms=ours.terms if ours else None,
        best_only=not every,
        unit_id=unit_id,
        on=on,
    )
    if not rungs:
        st.info("Nobody is known to have such a rate on this day.", icon=":material/inbox:")
        return
    drawn = charts.shown(rungs)
    clicked = chart(
        charts.rungs(rungs), key="ladder", reading=charts.reading(rungs, what.side), choose=True
    )
    left_out = len(rungs) - len(drawn)
    more = f" The table has {words.count(left_out)} more." if left_out else ""
    st.caption(
        f"As of {words.day(on or now().date())}, the last published by then"
        f"{f', of the terms “{words.plain(terms)}”' if terms else ''}. Withdrawn products and"
        f" doubtful rates are left out.{more}"
    )
    chosen = table(rungs[:_MOST], columns=COLUMNS, key="rungs", choose="one")
    if chosen := latest("rung", [drawn[place] for place in clicked if place < len(drawn)], chosen):
        _behind(chosen[0], what.category)
    else:
        st.caption("Choose a rate, in the figure or in the table, to see the moves behind it.")


def _behind(rung: LadderRow, category: str) -> None:
    if rung.is_ours:
        navigation.link(
            "competitors", "The history of our rates", actor=current_actor(), view="Our rates"
        )
        return
    asked = {"competitor_id": rung.competitor_id, "category": category, "product": rung.product}
    asked |= {"terms": rung.terms} if rung.terms else {}
    feed.behind(f"Moves of {rung.who} on {rung.product}", asked)


def _own(rungs: list[LadderRow]) -> list[LadderRow]:
    """Return our rates, one of each product and terms: the best where regions differ."""
    found: dict[tuple[int | None, str], LadderRow] = {}
    for rung in rungs:
        found.setdefault((rung.product_id, rung.terms), rung)
    return list(found.values())


def _named(rung: LadderRow) -> str:
    return f"{rung.product}, {rung.terms}" if rung.terms else rung.product
