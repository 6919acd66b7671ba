"""What is given away with offers."""

from decimal import Decimal

import streamlit as st

from components.design.choosing import one
from components.gateway import fetch, submit
from components.tables import Column, table
from core.campaigns.actions.gifts import SaveConsumable, save_consumable
from core.campaigns.queries.reference import consumables
from core.settings import settings

_COLUMNS = (
    Column("name", "Given away", width="large"),
    Column("unit_cost", "One costs", "money"),
    Column("stock", "Left", "count"),
)


def gift_list() -> None:
    """List what can be given away; add to it, or say what is left."""
    known = fetch(consumables)
    table(known, columns=_COLUMNS, key="gifts", empty="Nothing can be given away yet.")
    kept = one(st.container(), "Change", known, None, nothing="Something new")
    with st.form(f"gift{kept.id if kept else ''}", border=False):
        name = st.text_input("Name", kept.name if kept else "", placeholder="Money box")
        left, right = st.columns(2)
        cost = left.number_input(
            f"One costs ({settings().currency})", 0.0, value=float(kept.unit_cost) if kept else 0.0
        )
        stock = right.number_input("Left", 0, value=kept.stock if kept else 0)
        if st.form_submit_button("Save", type="primary"):
            submit(
                save_consumable,
                lambda: SaveConsumable(
                    name, Decimal(str(cost)), int(stock), kept.id if kept else None
                ),
                done=lambda fact: f"“{fact.name}” is saved.",
            )
