"""Journal: who did what to which record, and when."""

import streamlit as st

from components import filters, words
from components.gateway import fetch, heading
from components.tables import Column, listing
from core import history

COLUMNS = (
    Column("at", "When", "moment", sort="time"),
    Column("actor", "Who", write=lambda row: row.actor or "the system"),
    Column("kind", "What", write=lambda row: words.sentence(row.what)),
    Column("subjects", "Records", width="medium"),
    Column("facts", "Facts", width="large", write=lambda row: words.facts(row.facts)),
)

heading("Journal", "Who did what to which record, and when?")
with filters.row():
    subject = filters.text("Record", "record", placeholder="run:7, or run for all runs")
    kind = filters.one_of(
        "What",
        fetch(history.kinds),
        "kind",
        name=lambda kind: words.sentence(kind.replace(".", " ").replace("-", " ")),
        everything="Anything",
    )
    person = filters.one_of(
        "Who", fetch(history.authors), "who", name=lambda who: who.name, everything="Anybody"
    )
    since = filters.day("From", "from")
    until = filters.day("To", "to")
chosen = listing(
    history.entries,
    columns=COLUMNS,
    key="journal",
    filters={
        "subject": subject,
        "kind": kind,
        "person_id": person and person.id,
        "since": since,
        "until": until,
    },
    noun="entry",
    nouns="entries",
    empty="Nothing of this kind has happened in your part of the bank.",
    choose="one",
    newest_first=True,
)
if chosen:
    [entry] = chosen
    st.subheader(f"Entry {entry.id}: {words.plain(entry.what)}")
    st.caption(f"{words.moment(entry.at)}, {words.plain(entry.actor or 'the system')}")
    st.json(dict(entry.facts), expanded=2)
