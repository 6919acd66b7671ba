"""One activity as everybody sees it: where it stands, what to know, and what happened to it."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from components import look, words
from components.gateway import fetch
from components.look import Meaning
from components.tables import Column, table
from core.activities.queries.history import attempts, history
from core.activities.queries.rows import ActivityRow
from core.activities.queries.sheet import Sheet
from core.activities.rules import Detail, Status, Urgency
from core.customers.queries import Agreement, contact_facts

_HISTORY = (
    Column("at", "When", "moment"),
    Column("who", "Who", write=lambda row: row.who or "System"),
    Column("verb", "What", write=lambda row: words.sentence(row.verb)),
    Column("status", "Status", write=lambda row: _step(row, "status")),
    Column("reason", "Reason", write=lambda row: _step(row, "reason")),
    Column("detail", "Detailed status", write=lambda row: _step(row, "detail")),
    Column("person", "Person", write=lambda row: _step(row, "person")),
    Column("branch", "Branch", write=lambda row: _step(row, "branch")),
    Column("due_at", "Due", write=lambda row: _step(row, "due_at", words.moment)),
    Column("next", "Next action", write=lambda row: _step(row, "next_action_at", words.moment)),
)
_ATTEMPTS = (
    Column("at", "When", "moment"),
    Column("who", "Who"),
    Column("channel", "Channel"),
    Column("outcome", "Outcome"),
    Column("reason", "Reason"),
    Column("note", "Note", width="large"),
)
_MEANINGS: dict[Status, Meaning] = {
    Status.UNASSIGNED: "neutral",
    Status.ASSIGNED: "brand",
    Status.IN_PROGRESS: "brand",
    Status.COMPLETED: "good",
    Status.CANCELLED: "neutral",
}
_URGENT: dict[Urgency, Meaning] = {
    Urgency.OVERDUE: "bad",
    Urgency.PROMISED: "warn",
    Urgency.DUE_TODAY: "warn",
}


def head(row: ActivityRow) -> None:
    """Draw whom it is about, and where it stands."""
    st.subheader(words.plain(row.customer), anchor=False)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        look.badge(row.detail or row.status, _detail(row.detail) or _MEANINGS[row.status])
        if row.urgency in _URGENT:
            look.badge(words.sentence(row.urgency), _URGENT[row.urgency])
        look.badge(f"{row.priority} priority", "brand" if row.priority.code == 1 else "neutral")
        look.badge(words.sentence(row.type), "neutral")
    due = f"Due {words.day(row.due_at)}" if row.closed_at is None else ""
    closed = f"Closed {words.moment(row.closed_at)}" if row.closed_at else ""
    promised = f"Next action {words.moment(row.next_action_at)}" if row.next_action_at else ""
    if promised and row.promise:
        promised += f", {row.promise}"
    said = (row.campaign, row.stage, due, closed, promised, row.reason or "")
    st.caption(" · ".join(words.plain(part) for part in said if part))


def guide(sheet: Sheet) -> None:
    """Draw what to say: offer, guide and script, tokens filled in."""
    if sheet.offer:
        st.info(words.plain(sheet.offer), icon=":material/sell:")
    if sheet.guide:
        st.markdown("**How to go about it**")
        st.markdown(_paragraphs(sheet.guide))
    if sheet.script:
        st.markdown(f"**{words.plain(sheet.subject) or 'What to say'}**")
        st.markdown(_paragraphs(sheet.script))
    if sheet.channel:
        st.caption(f"By {words.plain(sheet.channel).lower()}.")


def customer(customer_id: int) -> None:
    """Draw what to know before the contact; warn of what must not be said."""
    known = fetch(contact_facts, customer_id=customer_id)
    st.markdown("**Before the contact**")
    if known.in_distress:
        st.error("In distress: help, and do not sell.", icon=":material/health_and_safety:")
    if known.do_not_contact:
        st.error("This customer does not want to be contacted.", icon=":material/do_not_disturb:")
    media = ", ".join(known.allowed) or "nothing"
    facts = {
        "Number": known.customer_no,
        "Phone": known.phone,
        "Email": known.email,
        "Age": known.age,
        "Customer since": words.day(known.joined_on),
        "Relationship manager": known.responsible,
        "Consents to": media,
        "Last contact": words.moment(known.last_contact_at),
        "Last refusal": words.moment(known.last_refusal_at),
        "Record of": words.day(known.updated_at),
    }
    _facts(facts)
    if known.agreements:
        st.markdown("**Holds**")
        st.markdown("  \n".join(_agreement(one) for one in known.agreements))


def _agreement(one: Agreement) -> str:
    balance = "" if one.balance is None else words.money(one.balance)
    parts = (one.product, one.agreement_no or "", balance)
    return " · ".join(words.plain(part) for part in parts if part)


def fields(row: ActivityRow) -> None:
    """Draw every field of the record."""
    _facts(
        {
            "Campaign": row.campaign,
            "Activity type": words.sentence(row.type),
            "Activity subtype": row.subtype,
            "Status": row.status,
            "Customer name": row.customer,
            "PIN": row.pin,
            "Fiscal registration no.": row.fiscal_no,
            "Responsible person": row.person,
            "Responsible branch": row.branch,
            "Campaign priority": row.priority,
            "Activity date": words.day(row.activity_on),
            "End date": words.day(row.ends_on),
            "Due": words.moment(row.due_at),
            "Next action": words.moment(row.next_action_at),
            "Promised": row.promise,
            "Detailed status": row.detail,
            "Status reason": row.reason,
            "Closed on": words.moment(row.closed_at),
            "Completed": words.yes_no(row.is_completed),
            "Attempts": row.attempts,
            "Stage": row.stage,
            "Run": row.run,
        }
    )


def past(row: ActivityRow) -> None:
    """Draw history, attempts and the whole record, each behind a tab."""
    changes, tried, record = st.tabs(["History", "Attempts", "All fields"])
    with changes:
        rows = fetch(history, activity_id=row.id)
        table(list(reversed(rows)), columns=_HISTORY, key=f"history{row.id}")
    with tried:
        table(
            fetch(attempts, activity_id=row.id),
            columns=_ATTEMPTS,
            key=f"attempts{row.id}",
            empty="Nobody has tried to reach this customer yet.",
        )
    with record:
        fields(row)


def _facts(facts: Mapping[str, object]) -> None:
    """Draw one line for each fact that there is."""
    lines = (
        f"{label}: **{words.plain(str(value))}**"
        for label, value in facts.items()
        if value not in (None, "", words.NONE)
    )
    st.markdown("  \n".join(lines))


def _step(row: object, field: str, written: Callable[[Any], object] = str) -> str | None:
    before, after = getattr(row, f"from_{field}"), getattr(row, f"to_{field}")
    if before == after:
        return None
    ends = (words.NONE if end is None else written(end) for end in (before, after))
    return " → ".join(map(str, ends))


def _detail(detail: Detail | None) -> Meaning | None:
    if detail is None:
        return None
    return "good" if detail in {Detail.CONVERTED, Detail.WON} else "neutral"


def _paragraphs(text: str) -> str:
    return "\n\n".join(words.plain(line) for line in text.splitlines() if line.strip())
