"""The frame around every page: who is signed in, which pages are theirs, what went wrong."""

import streamlit as st

from components import errors, navigation, sessions
from core.settings import settings


def main() -> None:
    st.set_page_config(page_title=f"Fairlead · {settings().bank_name}", layout="wide")
    visit = sessions.recognise()
    page = navigation.menu(visit.actor if visit else None)
    if visit is None:
        st.title("Sign in")
        st.stop()
    with errors.boundary():
        navigation.admit(page, visit.actor)
        page.run()


main()
