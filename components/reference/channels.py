"""Channels, what they make, and the contents that go through them."""

import streamlit as st

from components import words
from components.design.choosing import one, word
from components.gateway import fetch, submit
from components.tables import Column, table
from core.campaigns.actions.reference import (
    SaveActionType,
    SaveChannel,
    SaveContent,
    save_action_type,
    save_channel,
    save_content,
)
from core.campaigns.queries.reference import action_types, channels, contents
from core.campaigns.rules import TOKENS
from core.customers.rules import Medium


def _makes(is_internal: bool) -> str:  # noqa: FBT001  it is the value that is written
    return "Activities for people" if is_internal else "Messages that go out"


_CHANNELS = (
    Column("name", "Channel"),
    Column("medium", "Consent needed for"),
    Column("action_type", "Default action type"),
    Column("is_internal", "Makes", write=lambda row: _makes(row.is_internal)),
)
_ACTIONS = (
    Column("name", "Action type"),
    Column("is_campaign_activity", "Makes", write=lambda row: _makes(row.is_campaign_activity)),
)
_CONTENTS = (
    Column("name", "Content", width="medium"),
    Column("channel", "Channel"),
    Column("subject", "Subject", width="medium"),
    Column("body", "Words", width="large"),
)


def channel_list() -> None:
    """List the channels and action types; change the chosen channel or add another."""
    chosen = table(fetch(channels), columns=_CHANNELS, key="channels", choose="one")
    kept = chosen[0] if chosen else None
    st.subheader("Change the channel" if kept else "Add a channel")
    types = fetch(action_types)
    with st.form(f"channel:{kept.id if kept else 'new'}", border=False):
        left, right = st.columns(2)
        name = left.text_input("Name", kept.name if kept else "")
        medium = word(
            right, "Consent needed for", list(Medium), kept.medium if kept else Medium.PHONE
        )
        action_type = one(
            left,
            "Default action type",
            types,
            kept.action_type_id if kept else None,
            nothing="Choose: activities or messages",
        )
        asked = st.form_submit_button("Save the channel", type="primary")
    if asked:
        submit(
            save_channel,
            lambda: SaveChannel(
                name, medium, action_type.id if action_type else None, kept.id if kept else None
            ),
            done=lambda fact: f"The channel “{fact.name}” is saved.",
        )
    st.divider()
    _action_types()


def _action_types() -> None:
    chosen = table(fetch(action_types), columns=_ACTIONS, key="action_types", choose="one")
    kept = chosen[0] if chosen else None
    st.subheader("Change the action type" if kept else "Add an action type")
    with st.form(f"action:{kept.id if kept else 'new'}", border=False):
        name = st.text_input("Name", kept.name if kept else "")
        internal = st.toggle(
            "Is campaign activity: makes work for people, not messages",
            kept.is_campaign_activity if kept else True,
        )
        asked = st.form_submit_button("Save the action type")
    if asked:
        submit(
            save_action_type,
            lambda: SaveActionType(name, internal, kept.id if kept else None),
            done=lambda fact: f"The action type “{fact.name}” is saved.",
        )


def content_list() -> None:
    """List the contents; change the chosen one or add another."""
    chosen = table(fetch(contents), columns=_CONTENTS, key="contents", choose="one")
    kept = chosen[0] if chosen else None
    st.subheader("Change the content" if kept else "Add a content")
    st.caption(f"Replaced for each customer: {words.plain(', '.join(TOKENS))}")
    with st.form(f"content:{kept.id if kept else 'new'}", border=False):
        left, right = st.columns(2)
        name = left.text_input("Name", kept.name if kept else "")
        channel = one(right, "Channel", fetch(channels), kept.channel_id if kept else None)
        subject = st.text_input("Subject", kept.subject if kept else "")
        body = st.text_area("Words", kept.body if kept else "", height=160)
        asked = st.form_submit_button("Save the content", type="primary")
    if asked:
        submit(
            save_content,
            lambda: SaveContent(
                name, channel.id if channel else 0, body, subject, kept.id if kept else None
            ),
            done=lambda fact: f"The content “{fact.name}” is saved.",
        )
