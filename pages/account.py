"""My account: who I am here, and my password."""

import streamlit as st

from components import own_password, words
from components.gateway import current_actor, fetch, heading
from core.people import queries

me = current_actor()
heading("My account", "Who am I here, and how do I sign in?")
profile = fetch(queries.own_profile)
st.markdown(
    f"**{words.plain(profile.name)}**, {words.plain(profile.unit)}  \n"
    f"Roles: {', '.join(profile.roles) or 'none yet'}  \n"
    f"E-mail: {words.plain(profile.email)}"
)
st.subheader("Password")
own_password.later()
