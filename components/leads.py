"""The lead that came of an activity, followed to won or lost."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import streamlit as st

from components import look, words
from components.gateway import fetch, submit
from components.look import Meaning
from core.responses.actions.correcting import CorrectLead, correct_to_lost, correct_to_won
from core.responses.actions.giving import Give, give
from core.responses.actions.leads import LoseLead, WinLead, lose_lead, win_lead
from core.responses.queries import LeadRow, answer, gifts_of_lead, lead_of
from core.responses.rules import LeadStatus

_MEANINGS: dict[LeadStatus, Meaning] = {
    LeadStatus.OPEN: "brand",
    LeadStatus.WON: "good",
    LeadStatus.LOST: "neutral",
}


def response(activity_id: int, *, is_mine: bool, onward: Callable[[object], None]) -> None:
    """Draw what the customer said, and the lead with what can be done about it."""
    said = fetch(answer, activity_id=activity_id)
    if said is not None:
        note = f": {words.plain(said.note)}" if said.note else ""
        st.markdown(f"**Customer {said.outcome}** on {words.moment(said.at)}{note}")
    lead = fetch(lead_of, activity_id=activity_id)
    if lead is None:
        return
    with st.container(border=True):
        _drawn(lead)
        if is_mine and lead.status is not LeadStatus.LOST:
            _give(lead)
        if is_mine and lead.status is LeadStatus.OPEN:
            _follow(lead, onward)
        elif is_mine:
            with st.expander("Noted by mistake?", icon=":material/edit:"):
                _correct(lead)


def _drawn(lead: LeadRow) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**Lead: {words.plain(lead.product or 'service')}**")
        look.badge(words.sentence(lead.status), _MEANINGS[lead.status])
    parts = [f"opened {words.day(lead.opened_at)}"]
    if lead.agreement_no:
        parts.append(f"from agreement {lead.agreement_no}")
    if lead.value is not None:
        parts.append(words.money(lead.value))
    if lead.loss_reason:
        parts.append(lead.loss_reason)
    st.caption(words.sentence(" · ".join(words.plain(part) for part in parts)))


def _give(lead: LeadRow) -> None:
    """Offer what comes with the offer, and say what the customer has got of it."""
    for gift in fetch(gifts_of_lead, lead_id=lead.id):
        name = words.plain(gift.name)
        if gift.given_at is not None:
            st.caption(f":material/redeem: {name}, given {words.moment(gift.given_at)}")
            continue
        left = f"{words.count(gift.left)} left" if gift.left else "none left"
        label, key = f"Give: {gift.name} ({left})", f"give{lead.id}-{gift.id}"
        if st.button(label, key=key, icon=":material/redeem:", disabled=not gift.left):
            submit(
                give,
                partial(Give, lead.id, gift.id),
                done=lambda fact: f"{fact.gift}: given away, {words.count(fact.left)} left.",
            )


def _follow(lead: LeadRow, onward: Callable[[object], None]) -> None:
    won, lost = st.columns(2)
    with won, st.form(f"won{lead.id}", border=False):
        value = st.number_input(
            "Worth", min_value=0.0, value=None, step=100.0, placeholder="Optional"
        )
        if st.form_submit_button("Won", type="primary", icon=":material/trophy:"):
            amount = None if value is None else Decimal(str(value))
            submit(
                win_lead,
                lambda: WinLead(lead.id, amount, version=lead.version),
                done=lambda _fact: "The lead is won.",
                then=onward,
            )
    with lost, st.form(f"lost{lead.id}", border=False):
        reason = st.text_input("Why lost", placeholder="Went to a competitor")
        if st.form_submit_button("Lost", icon=":material/close:"):
            submit(
                lose_lead,
                lambda: LoseLead(lead.id, reason, version=lead.version),
                done=lambda _fact: "The lead is lost.",
                then=onward,
            )


def _correct(lead: LeadRow) -> None:
    """Ask why a closed lead is the other way round."""
    is_won = lead.status is LeadStatus.WON
    with st.form(f"correct{lead.id}", border=False):
        reason = st.text_input("Why it is corrected", placeholder="Noted on the wrong customer")
        value = None
        if not is_won:
            value = st.number_input("Worth", min_value=0.0, value=None, placeholder="Optional")
        said = "It was lost" if is_won else "It was won"
        if st.form_submit_button(said):
            amount = None if value is None else Decimal(str(value))
            submit(
                correct_to_lost if is_won else correct_to_won,
                lambda: CorrectLead(lead.id, reason, amount, version=lead.version),
                done=lambda fact: f"The lead is {fact.status}, no longer {fact.was}.",
            )
