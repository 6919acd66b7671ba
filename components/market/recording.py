"""Noting by hand what competitors did, and keeping their names apart."""

import streamlit as st

from components import navigation, words
from components.design.choosing import word
from components.gateway import anew, current_actor, fetch, now, submit
from components.market import naming
from core.access import Permission
from core.market import queries
from core.market.actions.competitors import (
    AddCompetitor,
    MergeCompetitors,
    RenameCompetitor,
    add_competitor,
    merge_competitors,
    rename_competitor,
)
from core.market.actions.recording import RecordMove, record_move
from core.market.events import MoveRecorded
from core.market.queries import CompetitorRow
from core.market.rules import MoveKind, Side
from core.people.queries.units import units

_NOBODY = "Nobody: an event of the market"


def draw() -> None:
    """Draw the form of a move, the competitors' names, and the way to the imports."""
    competitors = fetch(queries.competitors)
    _move(competitors)
    st.divider()
    left, right = st.columns(2)
    with left:
        _names(competitors)
    with right:
        _feeds()


def _move(competitors: list[CompetitorRow]) -> None:
    st.subheader("Record a move")
    with st.form(anew("move"), border=False):
        left, right = st.columns(2)
        competitor = left.selectbox(
            "Competitor",
            competitors,
            index=None,
            format_func=lambda row: row.name,
            placeholder=_NOBODY,
        )
        kind = word(right, "What happened", list(MoveKind), MoveKind.RATE_CHANGE, name=naming.kind)
        left, right = st.columns(2)  # anew for every line: on a phone they follow each other
        day = left.date_input("Day", now().date(), format="DD/MM/YYYY")
        category = right.selectbox(
            "Category",
            fetch(queries.vocabulary).categories,
            index=None,
            accept_new_options=True,
            placeholder="Choose, or write a new one",
        )
        left, right = st.columns(2)
        product = left.text_input("Product", placeholder="As the competitor calls it")
        terms = right.text_input("Terms", placeholder="Such as 12 months fixed")
        left, right = st.columns(2)
        side = left.selectbox(
            "Side",
            list(Side),
            index=None,
            format_func=words.sentence,
            placeholder="None: a fee, points or money",
            help="Of a deposit the higher rate is better for the customer, of a loan the lower.",
        )
        region = right.selectbox(
            "Holds in",
            fetch(units),
            index=None,
            format_func=lambda unit: unit.name,
            placeholder="Everywhere",
        )
        left, right = st.columns(2)
        old = left.number_input("Value before", value=None, step=0.05, format="%.2f")
        new = right.number_input(
            "Value after", value=None, step=0.05, format="%.2f", help="A rate of 5 % is 5."
        )
        left, right = st.columns(2)
        source = left.text_input("Source", placeholder="Where it was read")
        evidence = right.text_input("Evidence", placeholder="Address, page or file")
        doubt = st.text_input(
            "Doubtful because",
            placeholder="Empty if it is sure. What is doubtful is kept, but counts as no fact.",
        )
        asked = st.form_submit_button("Record the move", type="primary")
    if asked:
        submit(
            record_move,
            lambda: RecordMove(
                competitor_id=competitor.id if competitor else None,
                moved_on=day,
                kind=kind,
                product_category=category or "",
                product_name=product,
                side=side,
                terms=terms,
                old_value=old,
                new_value=new,
                unit_id=region.id if region else None,
                source=source,
                evidence=evidence,
                quality_flag=doubt,
            ),
            done=_recorded,
            form="move",
        )


def _recorded(fact: MoveRecorded) -> str:
    doubtful = ", as doubtful" if fact.quality_flag else ""
    who = fact.competitor or "the market"
    return f"The move of {who} on {words.day(fact.moved_on)} is recorded{doubtful}."


def _names(competitors: list[CompetitorRow]) -> None:
    st.subheader("Competitors")
    with st.form(anew("competitor"), border=False):
        name = st.text_input("Name of a new competitor")
        asked = st.form_submit_button("Add the competitor")
    if asked:
        submit(
            add_competitor,
            lambda: AddCompetitor(name),
            done=lambda fact: f"{fact.name} is watched from now on.",
            form="competitor",
        )
    if not competitors:
        return
    with st.expander("Rename a competitor, or merge two that are one"):
        competitor = st.selectbox(
            "Competitor", competitors, format_func=lambda row: row.name, key="renamed"
        )
        with st.form("rename", border=False):
            other = st.text_input("New name")
            asked = st.form_submit_button("Rename")
        if asked:
            submit(
                rename_competitor,
                lambda: RenameCompetitor(competitor.id, other),
                done=lambda fact: f"{fact.was} is {fact.name} now; files may still say either.",
            )
        others = [each for each in competitors if each.id != competitor.id]
        with st.form("merge", border=False):
            twin = st.selectbox("Is the same as", others, format_func=lambda row: row.name)
            asked = st.form_submit_button("Merge into it", disabled=not others)
        if asked:
            submit(
                merge_competitors,
                lambda: MergeCompetitors(twin.id, competitor.id),
                done=lambda fact: (
                    f"{fact.merged} is {fact.name} from now on, with"
                    f" {words.counted(fact.moves, 'move')} and {words.counted(fact.rates, 'rate')}."
                ),
            )


def _feeds() -> None:
    st.subheader("Import a feed")
    st.markdown(
        "Files of moves, of rates and of the central bank's decisions come in by a mapping of their"
        " columns, with a trial before and a way back after. The same file again changes nothing;"
        " a rate that can't be is kept as doubtful."
    )
    actor = current_actor()
    if actor.may(Permission.IMPORT):
        navigation.link("imports", "Go to the imports", actor=actor)
    else:
        st.caption("Importing is for administrators: ask one to bring the file in.")
