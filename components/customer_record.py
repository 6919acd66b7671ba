"""One customer's record, part by part, and what may be noted in each."""

from collections.abc import Callable
from datetime import datetime, time

import streamlit as st

from components import activity_sheet, look, navigation, words
from components.gateway import current_actor, fetch, now, submit
from components.tables import Column, forget, listing, table
from core.access import Permission
from core.activities.actions.opting import (
    SetConsent,
    SetDoNotContact,
    set_consent,
    set_do_not_contact,
)
from core.activities.events import ConsentChanged, DoNotContactChanged
from core.activities.queries.lists import of_customer
from core.customers.actions import (
    AssignCustomer,
    ClearIndicator,
    SetIndicator,
    assign_customer,
    clear_indicator,
    set_indicator,
)
from core.customers.queries import ContactFacts, IndicatorRow, consents, indicators, trustees
from core.customers.rules import IndicatorKind, Medium
from core.responses.queries import answers_of
from core.runs import queries as runs

_MEDIA, _KINDS = [*Medium], [*IndicatorKind]
_NOBODY = 0  # chosen in place of a person: the branch answers for the customer
_CONSENTS = (
    Column("medium", "Medium"),
    Column("is_given", "Allowed", "flag"),
    Column("since", "Since", "moment"),
    Column("origin", "Known from", write=lambda row: row.origin or "Nobody has asked"),
)
_INDICATORS = (
    Column("kind", "Indicator"),
    Column("is_valid", "Valid", "flag"),
    Column("valid_from", "From", "moment"),
    Column("valid_until", "Until", "moment"),
    Column("cleared_at", "Taken off", "moment"),
    Column("reference", "Set by", write=lambda row: row.reference or "a person"),
)
_WORK = (
    Column("campaign", "Campaign", sort="campaign", width="medium"),
    Column("type", "Type"),
    Column("status", "Status", sort="status"),
    Column("detail", "Detailed status"),
    Column("reason", "Reason"),
    Column("person", "Person", sort="person"),
    Column("activity_on", "Activity date", "date", sort="activity date"),
    Column("closed_at", "Closed", "moment", sort="closed"),
)
_ANSWERS = (
    Column("at", "When", "moment"),
    Column("campaign", "Campaign", width="medium"),
    Column("outcome", "Answer"),
    Column("who", "To whom"),
    Column("note", "Note", width="large"),
)
_PLACES = (
    Column("run", "Run"),
    Column("campaign", "Campaign", width="medium"),
    Column("selected_at", "Selected", "moment"),
    Column("confirmation", "Candidate"),
    Column("reason", "Kept out by"),
)


def standing(known: ContactFacts) -> None:
    """Draw in one line what everybody has to know at once."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        look.badge(words.sentence(known.kind), "neutral")
        if not known.is_active:
            look.badge("Not active", "warn")
        if known.do_not_contact:
            look.badge("Do not contact", "bad")
        for mark in known.indicators:
            meaning: look.Meaning = "bad" if mark is IndicatorKind.DISTRESS else "brand"
            look.badge(words.sentence(mark), meaning)
        st.caption(words.plain(known.branch))


def facts(known: ContactFacts) -> None:
    """Draw what is known, and who answers for the customer."""
    activity_sheet.customer(known.id)
    if current_actor().may(Permission.ASSIGN_CUSTOMERS):
        _responsible(known)


def allowed(known: ContactFacts) -> None:
    """Draw consent by medium, and let it be given or withdrawn."""
    table(fetch(consents, customer_id=known.id), columns=_CONSENTS, key="consents")
    if not current_actor().may(Permission.NOTE_CUSTOMERS):
        return
    with st.form("consent", border=False):
        medium = st.selectbox("The customer says about", _MEDIA, format_func=words.sentence)
        with st.container(horizontal=True):
            gives = st.form_submit_button("Yes, contact me this way", type="primary")
            withdraws = st.form_submit_button("No, not any more")
    if gives or withdraws:
        submit(
            set_consent,
            lambda: SetConsent(known.id, medium, is_given=gives),
            done=lambda fact: (
                f"Consent for contact by {fact.medium} is "
                f"{'given' if fact.is_given else 'withdrawn'}.{_ended(fact)}"
            ),
        )
    wish = "May be contacted again" if known.do_not_contact else "Does not want to be contacted"
    st.caption(
        "A withdrawal ends the unfinished work that it forbids. Giving consent revives none."
    )
    if st.button(wish, icon=":material/do_not_disturb:"):
        submit(
            set_do_not_contact,
            lambda: SetDoNotContact(known.id, is_set=not known.do_not_contact),
            done=lambda fact: (
                "The customer is left alone from now on." + _ended(fact)
                if fact.is_set
                else "The customer may be contacted again, as far as consent goes."
            ),
        )


def marks(known: ContactFacts) -> None:
    """Draw the indicators with their validity, and let them be set and taken off."""
    rows = fetch(indicators, customer_id=known.id)
    table(rows, columns=_INDICATORS, key="indicators", empty="No indicator was ever set.")
    actor = current_actor()
    if not (actor.may(Permission.NOTE_CUSTOMERS) or actor.may(Permission.RUN_CAMPAIGNS)):
        return
    left, right = st.columns(2)
    with left, st.form("set_indicator"):
        kind = st.selectbox("Indicator", _KINDS, format_func=words.sentence)
        until = st.date_input("Until the end of", value=None, format="DD/MM/YYYY")
        st.caption("Without a day it stays until somebody takes it off.")
        asked = st.form_submit_button("Set the indicator", type="primary")
    if asked:
        end = datetime.combine(until, time.max, tzinfo=now().tzinfo) if until else None
        submit(
            set_indicator,
            lambda: SetIndicator(known.id, kind, end),
            done=lambda fact: f"{words.sentence(fact.indicator)} is set.",
        )
    with right:
        _clear(known, rows)


def past(known: ContactFacts) -> None:
    """List the work and the answers that the asker may see."""
    works = current_actor().may(Permission.WORK_ACTIVITIES)
    chosen = listing(
        of_customer,
        columns=_WORK,
        key="work",
        filters={"customer_id": known.id},
        noun="activity",
        nouns="activities",
        empty="You see no activity with this customer.",
        choose="one" if works else None,
        export=None,
    )
    if chosen:
        forget("work")
        navigation.go_to("my_work", id=chosen[0].id)
    st.markdown("**Answers**")
    said = fetch(answers_of, customer_id=known.id)
    table(said, columns=_ANSWERS, key="answers", empty="You see no answer of this customer.")


def held_back(known: ContactFacts) -> None:
    """Say why campaigns leave the customer out: today, and run by run."""
    found = fetch(runs.obstacles, customer_id=known.id)
    if not found:
        st.success("Nothing holds this customer back today.", icon=":material/check:")
    for each in found:
        by = f": {', '.join(each.media)}" if each.media else ""
        st.warning(words.sentence(f"{each.reason}{by}."), icon=":material/block:")
    st.caption("A campaign's own segment, product and lists can leave the customer out as well.")
    actor = current_actor()
    if actor.may(Permission.RUN_CAMPAIGNS) or actor.may(Permission.SEE_PORTFOLIO):
        judged = fetch(runs.places, customer_id=known.id)
        st.markdown("**Run by run**")
        table(judged, columns=_PLACES, key="places", empty="No run of yours has judged them yet.")


def _responsible(known: ContactFacts) -> None:
    offered = {each.id: each.name for each in fetch(trustees, customer_id=known.id)}
    choices = [_NOBODY, *offered]
    stands = known.responsible_id if known.responsible_id in offered else _NOBODY
    with st.form("responsible", border=False):
        person_id = st.selectbox(
            "Relationship manager",
            choices,
            index=choices.index(stands),
            format_func=lambda id_: offered.get(id_, "Nobody: the branch answers"),
        )
        asked = st.form_submit_button("Change who answers for the customer")
    if asked:
        submit(
            assign_customer,
            lambda: AssignCustomer(known.id, person_id or None, known.responsible_id),
            done=lambda fact: (
                f"{offered.get(fact.person_id)} answers for the customer from now on."
                if fact.person_id
                else "The branch answers for the customer from now on."
            ),
        )


def _clear(known: ContactFacts, rows: list[IndicatorRow]) -> None:
    valid = [row for row in rows if row.is_valid]
    kinds = list(dict.fromkeys(row.kind for row in valid))
    for kind in kinds:
        if st.button(f"Take {kind} off", key=f"clear:{kind.code}"):
            submit(
                clear_indicator,
                _clearing(known.id, kind),
                done=lambda fact: f"{words.sentence(fact.indicator)} is taken off.",
            )


def _clearing(customer_id: int, kind: IndicatorKind) -> Callable[[], ClearIndicator]:
    return lambda: ClearIndicator(customer_id, kind)


def _ended(fact: ConsentChanged | DoNotContactChanged) -> str:
    ended = []
    if fact.aborted:
        ended.append(f"{words.counted(fact.aborted, 'activity', 'activities')} ended")
    if fact.withdrawn:
        ended.append(f"{words.counted(fact.withdrawn, 'message')} withdrawn")
    return f" {', '.join(ended)}." if ended else ""
