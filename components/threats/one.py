"""One threat: what it is, who is exposed, and how it is answered."""

import streamlit as st

from components import look, navigation, words
from components.gateway import as_seen, current_actor
from components.tables import Column, listing
from components.threats import answering, saying
from components.tiles import Tile, tiles
from core.access import Permission
from core.market.queries.exposure import exposed_customers
from core.market.rules import ThreatStatus
from core.portfolio.queries.threats import ThreatRow, threat

COLUMNS = (
    Column("customer_no", "Number"),
    Column("name", "Name"),
    Column("balance", "Balance", "money", sort="balance"),
    Column("yearly_value", "Value a year", "money", sort="value"),
    Column("churn_risk", "Churn risk", "percent", sort="churn"),
    Column("branch", "Branch", sort="branch"),
)


def draw(threat_id: int) -> None:
    """Draw the sheet of one threat or opportunity."""
    row = as_seen(threat, threat_id=threat_id)
    actor = current_actor()
    navigation.link("threats", "All conclusions", actor=actor, icon=":material/arrow_back:")
    with st.container(horizontal=True, vertical_alignment="center"):
        look.badge(saying.standing(row), saying.meaning(row))
        st.markdown(f"#### {words.plain(row.name)}")
    st.markdown(saying.terms(row))
    tiles(
        [
            Tile("Customers exposed", words.count(row.customers), help="When it was found."),
            Tile("Balance", words.money(row.balance, short=True)),
            Tile("Value a year", words.money(row.value, short=True)),
            Tile(
                "Likely to leave",
                words.count(round(row.leaving)),
                help="The sum of the churn risks of those exposed.",
            ),
        ]
    )
    st.caption(words.plain(" · ".join(_notes(row))))
    _sources(row)
    _came(row)
    if row.status is ThreatStatus.OPEN:
        answering.draw(row)
    if actor.may(Permission.SEE_CUSTOMERS):
        st.subheader("Who is exposed now")
        listing(
            exposed_customers,
            columns=COLUMNS,
            key="exposed",
            filters={"threat_id": threat_id},
            noun="customer",
            empty="Nobody is exposed any more.",
            newest_first=True,
        )


def _notes(row: ThreatRow) -> list[str]:
    who = f"by {row.author}" if row.author else "by rule"
    whom = [f"holders of {row.product}"] if row.product else []
    whom += [f"of the segment {row.segment}"] if row.segment else []
    notes = [
        f"{words.sentence(row.kind)}, {row.region}",
        f"found {words.moment(row.found_at)} {who}",
        ", ".join(whom),
    ]
    if row.deadline:
        notes.append(f"answer by {words.day(row.deadline)}")
    if row.reason:
        notes.append(f"dismissed: {row.reason}")
    return notes


def _sources(row: ThreatRow) -> None:
    actor = current_actor()
    with st.container(horizontal=True):
        if row.move_id is not None:
            navigation.link("competitors", "The move", actor=actor, move=row.move_id)
        if row.task_id is not None:
            navigation.link("market_tasks", f"Market task {row.task}", actor=actor, id=row.task_id)
        if row.campaign_id is not None:
            navigation.link("campaign", row.campaign, actor=actor, id=row.campaign_id)


def _came(row: ThreatRow) -> None:
    if row.effect is None:
        return
    with st.container(border=True):
        look.badge("What the answer changed", saying.judged(row.effect))
        st.markdown(saying.effect(row.effect))
    navigation.link("impact", "The measured run", actor=current_actor(), run=row.effect.run_id)
