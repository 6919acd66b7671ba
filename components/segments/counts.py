"""How many a rule means while it is being written, step by step, and a few of them."""

from typing import Any

import streamlit as st

from components import words
from components.gateway import current_actor, fetch
from components.tables import Column, table
from components.tiles import Tile, tiles
from core.access import Permission
from core.campaigns.queries.previews import audience_steps
from core.customers.rules import Medium
from core.segments.queries import matching_sample

_SAMPLE = (
    Column("customer_no", "Customer"),
    Column("name", "Name"),
    Column("branch", "Branch"),
    Column("balance", "Balance"),
)


def counts(rule: dict[str, Any], medium: Medium | None) -> None:
    """Show how many are left by each step, from everybody down to whom nothing keeps out."""
    found = fetch(audience_steps, rule=rule, medium=medium)
    way = f"Allow contact by {medium}" if medium else "Whatever the channel"
    tiles(
        [
            Tile("Customers", words.count(found.population), help="All in your scope."),
            _step("Meant by the rule", found.fitting, found.population),
            _step(
                "May be contacted",
                found.contactable,
                found.fitting,
                "Active, not asked to be left alone, not in distress.",
            ),
            _step(way, found.consenting, found.contactable),
            _step(
                "Below the caps",
                found.uncapped,
                found.consenting,
                "Not contacted as often as the contact policy allows, and no refusal of late.",
            ),
        ],
        narrowest=150,
    )
    if found.fitting and current_actor().may(Permission.SEE_CUSTOMERS):
        with st.expander("Ten of them"):
            table(fetch(matching_sample, rule=rule, limit=10), columns=_SAMPLE, key="sample")


def _step(label: str, left: int, before: int, meaning: str | None = None) -> Tile:
    gone = before - left
    note = f"{words.count(gone)} fewer" if gone else "nobody fewer"
    return Tile(label, words.count(left), help=meaning, note=note)
