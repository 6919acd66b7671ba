"""All threats and opportunities: what is at stake, and which still lack an answer."""

import streamlit as st

from components import filters, navigation, words
from components.charts import threats as charts
from components.charts.frame import chart
from components.gateway import current_actor, fetch, now, submit
from components.tables import Column, forget, listing
from components.threats.saying import standing
from components.tiles import Tile, tiles
from core.access import Permission
from core.customers.queries.products import products
from core.market import queries as market
from core.market.actions.threats import FindThreats, find_threats
from core.market.queries.matching import stakes
from core.market.rules import ConclusionKind, ThreatStatus
from core.portfolio.queries.threats import threats, unanswered
from core.windows import Window

COLUMNS = (
    Column("name", "What", width=270),  # the standing is in sight on a telephone
    Column("standing", "Standing", sort="standing", write=standing),
    Column("gap", "Gap (points)", "rate", help="By how much theirs is better for the customer."),
    Column("customers", "Customers", "count", sort="customers"),
    Column("balance", "Balance", "money", sort="balance", help="When it was found."),
    Column(
        "leaving",
        "Likely to leave",
        "count",
        help="The sum of the churn risks.",
        write=lambda row: round(row.leaving),
    ),
    Column("product", "Product"),
    Column("region", "Region"),
    Column("deadline", "Answer by", "date", sort="deadline"),
    Column("campaign", "Answered by"),
    Column("found_at", "Found", "moment", sort="found"),
    Column("competitor", "Competitor"),
    Column("segment", "Segment"),
    Column("kind", "Kind"),
)
_DRAWN = 12


def draw() -> None:
    """Draw what is at stake, and the list; one that is chosen opens."""
    lack = fetch(unanswered)
    tiles(
        [
            Tile("Unanswered threats", words.count(lack.threats)),
            Tile(
                "Customers, at most",
                words.count(lack.customers),
                help="Exposed to one threat without an answer; one customer may be to several.",
            ),
            Tile("Balance, at most", words.money(lack.balance, short=True)),
        ]
    )
    _look()
    still = fetch(
        threats,
        status=ThreatStatus.OPEN,
        window=Window(sort="balance", descending=True, size=_DRAWN),
    )
    if still.total > 1:
        clicked = chart(
            charts.stakes(still.rows),
            key="stakes",
            reading=charts.reading(still.rows, still.total),
            cut_off=now(),
            choose=True,
            numbered=True,
        )
        if clicked and clicked[0] < len(still.rows):
            navigation.go_to("threats", id=still.rows[clicked[0]].id)
        st.caption("Click one to see who is exposed, and to answer it.")
    _list()


def _look() -> None:
    if not current_actor().may(Permission.RECORD_MARKET):
        return
    if st.button("Look for threats now", icon=":material/search:"):
        submit(
            find_threats,
            lambda: FindThreats(fetch(stakes)),
            done=lambda fact: (
                f"{words.counted(len(fact.threat_ids), 'threat')} found: {'; '.join(fact.names)}."
            ),
        )


def _list() -> None:
    with filters.row():
        status = filters.one_of("Status", list(ThreatStatus), "status", name=words.sentence)
        kind = filters.one_of("Kind", list(ConclusionKind), "kind", name=words.sentence)
        product = filters.one_of("Product", fetch(products), "of", name=lambda row: row.name)
        competitor = filters.one_of(
            "Competitor", fetch(market.competitors), "competitor", name=lambda row: row.name
        )
        lacking = filters.flag("Without an answer", "lacking")
    chosen = listing(
        threats,
        columns=COLUMNS,
        key="threats",
        filters={
            "status": status,
            "kind": kind,
            "product_id": product.id if product else None,
            "competitor_id": competitor.id if competitor else None,
            "lacks_answer": lacking,
        },
        noun="conclusion",
        empty="Nothing threatens anybody. Set a watch, or note what you concluded yourself.",
        choose="one",
        export=Permission.EXPORT_AGGREGATES,
    )
    if chosen:
        forget("threats")
        navigation.go_to("threats", id=chosen[0].id)
