"""The portfolio-wide holdout: who is kept from every sales campaign, begun and ended here."""

import streamlit as st

from components import words
from components.gateway import current_actor, fetch, now, submit
from components.tables import Column, table
from components.tiles import Tile, tiles
from core.access import Permission
from core.activities.actions.holdouts import (
    MOST_HELD,
    EndHoldout,
    StartHoldout,
    end_holdout,
    start_holdout,
)
from core.activities.events import HoldoutStarted
from core.runs.queries.holdouts import HoldoutRow, customers_of_bank, holdouts

_WHOLE = 10_000  # shares are in basis points
_USUAL = 5.0  # per cent
_COLUMNS = (
    Column("name", "Name", width="medium"),
    Column("starts_on", "From", "date"),
    Column("ends_on", "Last day", "date"),
    Column("share", "Share", "percent", write=lambda row: row.share / _WHOLE),
    Column("population", "Customers then", "count"),
    Column("held", "Held out", "count"),
    Column("leaked", "Contacted all the same", "count"),
    Column("author", "Started by"),
)


def draw() -> None:
    """Draw the holdout that goes on, or the form that starts one, and those before it."""
    rows = fetch(holdouts)
    going = next((row for row in rows if row.goes_on), None)
    steers = current_actor().may(Permission.STEER_PORTFOLIO)
    if going is not None:
        _one(going, steers=steers)
    else:
        st.info(
            "Nobody is held out of all sales campaigns, so nobody can tell what all of them "
            "together change: the effects of campaigns that share customers do not add up.",
            icon=":material/balance:",
        )
        if steers:
            _start()
        else:
            st.caption("A campaign manager of the whole bank can start a holdout.")
    before = [row for row in rows if row is not going]
    if before:
        st.subheader("Holdouts before")
        table(before, columns=_COLUMNS, key="holdouts")


def _one(row: HoldoutRow, *, steers: bool) -> None:
    st.subheader(words.plain(row.name))
    until = "until somebody ends it" if row.ends_on is None else f"up to {words.day(row.ends_on)}"
    tiles(
        [
            Tile("Held out", words.count(row.held), note=f"of {words.count(row.population)}"),
            Tile("Share", words.percent(row.share / _WHOLE)),
            Tile("Since", words.day(row.starts_on), note=until),
            Tile(
                "Contacted all the same",
                words.count(row.leaked),
                help="Customers with whom a sales contact was noted, with a reason why.",
            ),
        ]
    )
    st.caption(
        "No selection takes these customers, nothing is made, handed out or taken for them, and a "
        "sales contact is refused. Administrative work and service go on."
    )
    if not steers or (row.ends_on is not None and row.ends_on <= now().date()):
        return
    with st.popover("End the holdout", icon=":material/lock_open:"):
        st.markdown(
            "Today becomes its last day. From tomorrow on campaigns may take its customers, and "
            "what they change then can't be told from the rest any more."
        )
        if st.button("Let today be the last day", type="primary"):
            submit(
                end_holdout,
                lambda: EndHoldout(row.id),
                done=lambda fact: f"“{words.plain(fact.name)}” ends with today.",
            )


def _start() -> None:
    st.subheader("Start a holdout")
    everybody = fetch(customers_of_bank)
    left, middle, right = st.columns(3)
    name = left.text_input("Name", placeholder=f"Holdout {now():%Y}")
    share = middle.number_input(
        "Share in %", 0.01, MOST_HELD / 100, _USUAL, 0.5, help="Of all customers of the bank."
    )
    last = right.date_input(
        "Last day",
        value=None,
        min_value=now().date(),
        help="Leave it empty to hold out until somebody ends it.",
    )
    drawn = round(everybody * share / 100)
    st.markdown(
        f"About **{words.counted(drawn, 'customer')}** of {words.count(everybody)} will be drawn, "
        "by chance alone. Their unfinished sales work ends at once and their queued messages are "
        "withdrawn, which can't be undone; a promised call to one of them is not made."
    )
    if st.button("Start the holdout", type="primary", icon=":material/lock:"):
        submit(
            start_holdout,
            lambda: StartHoldout(name, round(share * 100), last),
            done=_started,
        )


def _started(fact: HoldoutStarted) -> str:
    said = f"{words.counted(fact.held, 'customer')} held out of all sales campaigns from now on."
    if fact.aborted:
        said += f" {words.counted(fact.aborted, 'activity', 'activities')} ended."
    if fact.withdrawn:
        said += f" {words.counted(fact.withdrawn, 'message')} withdrawn."
    return said
