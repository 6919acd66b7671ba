"""Concluding by hand that somebody is exposed, or could be won for more."""

from datetime import date

import streamlit as st

from components import navigation, words
from components.design.choosing import word
from components.gateway import fetch, now, submit
from core.customers.queries.products import products
from core.market.actions.threats import NoteThreat, note_threat
from core.market.queries import move
from core.market.queries.tasks import market_tasks
from core.market.rules import ConclusionKind
from core.people.queries.units import units
from core.segments.queries import segments
from core.windows import Window


def draw() -> None:
    """Draw the form: what it is, whom it is about, and what it follows from."""
    st.caption("Such as life events, a law, or what a market task has found.")
    move_id = navigation.record("move")
    if move_id is not None:
        row = fetch(move, move_id=move_id)
        st.markdown(
            f"It follows from the move **{words.plain(row.product_name)}** of"
            f" {words.plain(row.competitor or 'the market')}, {words.day(row.moved_on)}."
        )
    with st.form("note", border=False):
        left, right = st.columns(2)
        name = left.text_input("What", placeholder="Such as: many move house this spring")
        kind = word(right, "Kind", list(ConclusionKind), ConclusionKind.THREAT)
        product = left.selectbox(
            "Holders of",
            fetch(products),
            index=None,
            format_func=lambda each: each.name,
            placeholder="Any product",
        )
        segment = right.selectbox(
            "Customers of the segment",
            fetch(segments),
            index=None,
            format_func=lambda each: each.name,
            placeholder="Any",
        )
        region = left.selectbox("In", fetch(units), format_func=lambda unit: unit.name)
        task = right.selectbox(
            "Follows from the market task",
            fetch(market_tasks, window=Window(size=200)).rows,
            index=None,
            format_func=lambda each: f"{each.code} {each.name}",
            placeholder="None",
        )
        deadline: date | None = left.date_input(
            "Answer by", None, min_value=now().date(), format="DD/MM/YYYY"
        )
        asked = st.form_submit_button("Note it", type="primary")
    if asked:
        submit(
            note_threat,
            lambda: NoteThreat(
                kind=kind,
                name=name,
                unit_id=region.id,
                product_id=product.id if product else None,
                segment_id=segment.id if segment else None,
                task_id=task.id if task else None,
                move_id=move_id,
                deadline=deadline,
            ),
            done=lambda fact: (
                f"Noted: {words.counted(fact.customers, 'customer')} with"
                f" {words.money(fact.balance)} are exposed."
            ),
            then=navigation.opens("threats", id=lambda fact: fact.threat_id),
        )
