"""Imports: what came in from other systems, and taking in more."""

import streamlit as st

from components import importing, words
from components.gateway import heading, submit
from components.tables import Column, listing, table
from core.intake import queries
from core.intake.actions.reverting import Revert, revert
from core.intake.rules import IntakeKind
from core.settings import settings

OWN = "a file of mine"
TYPES = ["csv", "gz", "txt", "tsv", "asc"]
COLUMNS = (
    Column("id", "Number", "count", width="small"),
    Column("at", "When", "moment", sort="at"),
    Column("kind", "What"),
    Column("file_name", "File", sort="file"),
    Column("source", "Source"),
    Column("by", "By", sort="by"),
    Column("created", "Created", "count"),
    Column("updated", "Updated", "count"),
    Column("unchanged", "Unchanged", "count"),
    Column("rejected", "Rejected", "count"),
    Column("reverted_at", "Undone", "moment"),
)
KEPT = (Column("number", "Number"), Column("reason", "Why it stays", width="large"))

heading("Imports", "What came in from other systems, and can it be undone?")
new, done = st.tabs(["Import a file", "Imports so far"])

with new:
    left, right = st.columns(2)
    with left:
        kinds = list(IntakeKind)
        kind: IntakeKind = st.selectbox("Rows are", kinds, format_func=words.sentence, key="kind")
        file = st.file_uploader(
            "File",
            TYPES,
            key="file",
            max_upload_size=settings().upload_megabytes,
            help="Columns with a header, any delimiter and encoding, also compressed with gzip.",
        )
    with right:
        known = importing.mappings(kind)
        name = st.selectbox(
            "Mapping",
            [OWN, *known],
            format_func=words.sentence,
            key="mapping",
            help="Says in TOML what each column means. The guide has examples to start from.",
        )
        mapping, own = known.get(name), None
        if name == OWN:
            own = st.file_uploader("Mapping file", ["toml"], key="own")
            mapping = own.getvalue() if own else None
        others = st.file_uploader(
            "Other files that the mapping names",
            [*TYPES],
            accept_multiple_files=True,
            key="others",
            max_upload_size=settings().upload_megabytes,
        )
    if file is None or not mapping:
        st.info("Choose a file and a mapping to see what they would do.", icon=":material/info:")
    else:
        upload = importing.Upload(kind, file, mapping, own.name if own else name, others)
        if st.button("Try it out", icon=":material/science:", key="try"):
            importing.try_upload(upload)
        if trial := importing.trial_of(upload):
            importing.show(trial)
            keep = bool(trial.verdict.rejected) and st.checkbox(
                f"Import the others; leave out {trial.verdict.rejected:,} rejected", key="keep"
            )
            wrong = bool(trial.verdict.rejected) and not keep
            if st.button("Import", type="primary", disabled=wrong, key="take"):
                importing.take(upload, keep_good_rows=keep)

with done:
    chosen = listing(
        queries.imports,
        columns=COLUMNS,
        key="imports",
        noun="import",
        nouns="imports",
        empty="Nothing was imported yet.",
        choose="one",
        export=None,
        newest_first=True,
    )
    if chosen and chosen[0].reverted_at is not None:
        st.caption(f"Import {chosen[0].id} is undone; {chosen[0].kept or 0:,} records stayed.")
    elif chosen and (reversal := importing.undoing(chosen[0].id)):
        fact = reversal.fact
        st.markdown(
            f"Undoing import {fact.intake_id} deletes {fact.deleted:,} records, restores"
            f" {fact.restored:,} and leaves {fact.kept:,} alone."
        )
        if reversal.kept:
            table(reversal.kept[:100], columns=KEPT, key="kept")
        if st.button(f"Undo import {fact.intake_id}", icon=":material/undo:", key="undo"):
            submit(
                revert,
                lambda: Revert(fact.intake_id),
                done=lambda back: (
                    f"Import {back.fact.intake_id} is undone: {back.fact.deleted:,} deleted,"
                    f" {back.fact.restored:,} restored, {back.fact.kept:,} left alone."
                    + importing.told(back.fact)
                ),
            )
